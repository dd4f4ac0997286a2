using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>Refusals around templates: stable codes and the words that a clerk or another system's author reads.</summary>
public static class TemplateRefusals
{
    public static readonly Refusal Unknown = new("messages.template_unknown", "没有这个消息模板。", RefusalKind.Invalid) { Field = "template" };
    public static readonly Refusal NotActive = new("messages.template_not_active", "这个消息模板还没有启用，或已停用。", RefusalKind.Conflict) { Field = "template" };

    public static readonly Refusal CodeTaken = new("messages.template_code_taken", "这个模板代码已被使用。", RefusalKind.Conflict) { Field = "Code" };

    public static readonly Refusal CodeForm = new("messages.template_code", "模板代码应为 2 到 60 位小写字母、数字和下划线，以字母开头。") { Field = "Code" };
    public static readonly Refusal NameLength = new("messages.template_name", "请填写模板名称，最多 60 个字。") { Field = "Name" };
    public static readonly Refusal CategoryUnknown = new("messages.template_category", "请选择模板类别。") { Field = "Category" };
    public static readonly Refusal CategoryFixed = new("messages.template_category_fixed", "启用过的模板不能更改类别，可以复制为新模板。", RefusalKind.Conflict) { Field = "Category" };
    public static readonly Refusal NoVariant = new("messages.template_empty", "请至少填写一个渠道的内容。") { Field = "Variants" };
    public static readonly Refusal TooManyVariables = new("messages.template_variables", $"变量最多 {TemplateRules.MostVariables} 个。") { Field = "Variables" };
    public static readonly Refusal NoDraft = new("messages.template_no_draft", "没有未启用的修改。", RefusalKind.Conflict);
    public static readonly Refusal OnlyDraft = new("messages.template_only_draft", "这个模板还没有启用过的版本，可以直接删除模板。", RefusalKind.Conflict);
    public static readonly Refusal Waiting = new("messages.template_waiting", "这一版已经在等待批准。", RefusalKind.Conflict);
    public static readonly Refusal NotSubmitted = new("messages.template_not_submitted", "这一版还没有提交批准。", RefusalKind.Conflict);
    public static readonly Refusal OwnTemplate = new("messages.template_own", "这一版有您写的内容，须由另一位同事批准。", RefusalKind.Forbidden);
    public static readonly Refusal ApprovalNeeded = new("messages.template_approval_needed", "这一版须由另一位同事批准后才能启用，请先提交批准。", RefusalKind.Conflict);
    public static readonly Refusal AlreadyActive = new("messages.template_already_active", "这个模板已经在使用。", RefusalKind.Conflict);
    public static readonly Refusal Shipped = new("messages.template_shipped", "系统自带的模板不能删除，可以停用。", RefusalKind.Conflict);
    public static readonly Refusal ReasonNeeded = new("messages.template_reason", "请写明原因，2 到 300 个字。") { Field = "Reason" };

    public static Refusal VariableName(string name) =>
        new("messages.template_variable_name", $"“{name}”不是有效的变量名，只能用文字、字母、数字和下划线，最多 40 个字。") { Field = "Variables" };

    public static Refusal VariableTwice(string name) => new("messages.template_variable_twice", $"变量“{name}”写了两次。") { Field = "Variables" };

    public static Refusal VariableTitle(string name) => new("messages.template_variable_title", $"请填写变量“{name}”的名称，最多 40 个字。") { Field = "Variables" };

    public static Refusal VariableShape(string name) => new("messages.template_variable_shape", $"变量“{name}”的类型或最大长度不正确（最大长度 0 到 2000）。") { Field = "Variables" };

    public static Refusal SampleInvalid(TemplateVariable variable, string fault) =>
        new("messages.template_sample", $"“{variable.Title}”的示例值{fault}。") { Field = "Variables" };

    public static Refusal ChannelTwice(MessageChannel channel) =>
        new("messages.template_channel_twice", Enum.IsDefined(channel) ? $"“{ChannelWords.Of(channel)}”的内容写了两次。" : "渠道不存在。") { Field = "Variants" };

    public static Refusal TextFault(MessageChannel channel, string where, string fault) =>
        new("messages.template_text", $"{ChannelWords.Of(channel)}的{where}：{fault}") { Field = $"{channel}" };

    public static Refusal VariableUndeclared(MessageChannel channel, string where, string name) =>
        new("messages.template_variable_undeclared", $"{ChannelWords.Of(channel)}的{where}用到“{name}”，但没有这个变量。") { Field = $"{channel}" };

    public static Refusal VariantFault(MessageChannel channel, string field, string fault) =>
        new("messages.template_variant", $"{ChannelWords.Of(channel)}：{fault}") { Field = $"{channel}.{field}" };

    public static Refusal ChannelMissing(MessageChannel channel) =>
        new("messages.template_without_channel", $"这个消息模板没有“{ChannelWords.Of(channel)}”的内容。") { Field = "channel" };

    public static Refusal VariableMissing(TemplateVariable variable) =>
        new("messages.variable_missing", $"缺少“{variable.Title}”（{variable.Name}）。") { Field = $"variables.{variable.Name}" };

    public static Refusal VariableInvalid(TemplateVariable variable, string fault) =>
        new("messages.variable_invalid", $"“{variable.Title}”（{variable.Name}）{fault}。") { Field = $"variables.{variable.Name}" };

    public static Refusal VariableUnknown(string name) =>
        new("messages.variable_unknown", $"模板中没有变量“{name}”。") { Field = $"variables.{name}" };
}
