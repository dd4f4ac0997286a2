using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>Refusals around templates: stable codes and the words that a clerk or another system's author reads.</summary>
public static class TemplateRefusals
{
    public static readonly Refusal Unknown = new("messages.template_unknown", "没有这个消息模板。", RefusalKind.Invalid) { Field = "template" };
    public static readonly Refusal NotActive = new("messages.template_not_active", "这个消息模板还没有启用，或已停用。", RefusalKind.Conflict) { Field = "template" };

    public static readonly Refusal CodeTaken = new("messages.template_code_taken", "这个模板代码已被使用。", RefusalKind.Conflict) { Field = "Code" };

    public static Refusal ChannelMissing(MessageChannel channel) =>
        new("messages.template_without_channel", $"这个消息模板没有“{ChannelWords.Of(channel)}”的内容。") { Field = "channel" };

    public static Refusal VariableMissing(TemplateVariable variable) =>
        new("messages.variable_missing", $"缺少“{variable.Title}”（{variable.Name}）。") { Field = $"variables.{variable.Name}" };

    public static Refusal VariableInvalid(TemplateVariable variable, string fault) =>
        new("messages.variable_invalid", $"“{variable.Title}”（{variable.Name}）{fault}。") { Field = $"variables.{variable.Name}" };

    public static Refusal VariableUnknown(string name) =>
        new("messages.variable_unknown", $"模板中没有变量“{name}”。") { Field = $"variables.{name}" };
}
