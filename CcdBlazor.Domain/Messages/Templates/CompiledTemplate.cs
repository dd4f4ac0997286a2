using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>One version of a template, ready to check values and to render. Immutable; shared by all threads.</summary>
public sealed partial class CompiledTemplate
{
    /// <summary>Longest value of a variable in text elements, where the variable says nothing.</summary>
    public const int LongestValue = 500;

    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly Dictionary<MessageChannel, Variant> variants = [];
    private readonly Dictionary<string, TemplateVariable> variables;

    public CompiledTemplate(Guid id, string code, int version, MessageCategory category, TemplateContent content)
    {
        Id = id;
        Code = code;
        Version = version;
        Category = category;
        Content = content;
        variables = content.Variables.ToDictionary(v => v.Name);
        foreach (var variant in content.Variants)
            variants[variant.Channel] = new Variant(variant);
    }

    public Guid Id { get; }

    public string Code { get; }

    public int Version { get; }

    public MessageCategory Category { get; }

    public TemplateContent Content { get; }

    public bool Speaks(MessageChannel channel) => variants.ContainsKey(channel);

    /// <summary>The provider's own template behind the channel's words, where it has one.</summary>
    public string? ProviderTemplate(MessageChannel channel) => variants.TryGetValue(channel, out var variant) ? variant.Source.ProviderTemplate : null;

    /// <summary>What a request's values lack or get wrong, all at once; null when the template can be rendered with them.</summary>
    public Refusal? Check(IReadOnlyDictionary<string, string> values)
    {
        List<Refusal>? found = null;
        foreach (var variable in Content.Variables)
        {
            if (!values.TryGetValue(variable.Name, out var value) || value.Length == 0)
            {
                if (variable.Required)
                    (found ??= []).Add(TemplateRefusals.VariableMissing(variable));
            }
            else if (FaultOf(variable, value) is { } fault)
            {
                (found ??= []).Add(TemplateRefusals.VariableInvalid(variable, fault));
            }
        }

        if (values.Count > 0)
            foreach (var name in values.Keys)
                if (!variables.ContainsKey(name))
                    (found ??= []).Add(TemplateRefusals.VariableUnknown(name));
        return found is null ? null : found.Count == 1 ? found[0] : found[0] with { Others = found[1..] };
    }

    /// <summary>The message of one channel. The values must have passed <see cref="Check"/>.</summary>
    public RenderedContent Render(MessageChannel channel, IReadOnlyDictionary<string, string> values)
    {
        var variant = variants[channel];
        var escape = EscapeFor(channel, variant.Source.Form);
        return new RenderedContent(
            variant.Source.Form,
            variant.Subject?.Render(values, OneLine),
            variant.Text.Render(values, escape),
            variant.Html?.Render(values, Html.Encode),
            variant.Url?.Render(values, Uri.EscapeDataString) is { } url ? WholeUrl(variant, values, url) : null,
            variant.Source.ProviderTemplate,
            variant.Parameters.Length == 0 ? [] : Array.ConvertAll(variant.Parameters, p => KeyValuePair.Create(p.Name, p.Text.Render(values, OneLine))));
    }

    /// <summary>An address that is one variable and nothing else keeps its own form; a value inside an address is a part of it.</summary>
    private static string WholeUrl(Variant variant, IReadOnlyDictionary<string, string> values, string escaped) =>
        variant.UrlVariable is { } name ? values.GetValueOrDefault(name, "") : escaped;

    private static Func<string, string> EscapeFor(MessageChannel channel, string form) => (channel, form) switch
    {
        (_, "html") => Html.Encode,
        (_, "markdown") => Markdown,
        // WeCom, Official Account and Feishu read tags in plain text: links and mentions of everybody must not come from a value.
        (MessageChannel.WeCom or MessageChannel.OfficialAccount or MessageChannel.Feishu, _) => Angles,
        (MessageChannel.Sms, _) => OneLine,
        _ => Plain,
    };

    /// <summary>Control characters other than line breaks and tabs go.</summary>
    private static string Plain(string value) => value.Any(c => char.IsControl(c) && c is not ('\n' or '\t')) ? new string([.. value.Where(c => !char.IsControl(c) || c is '\n' or '\t')]) : value;

    /// <summary>No line breaks and no control characters: subjects and provider parameters are one line.</summary>
    private static string OneLine(string value) => value.Any(char.IsControl) ? ControlRuns().Replace(value, " ").Trim() : value;

    private static string Angles(string value) => Plain(value).Replace('<', '＜').Replace('>', '＞');

    private static string Markdown(string value) => MarkdownMarks().Replace(Angles(OneLine(value)), @"\$0");

    /// <summary>What is wrong with a value, as the end of a Chinese sentence; null when it fits its variable.</summary>
    internal static string? FaultOf(TemplateVariable variable, string value)
    {
        var longest = variable.MaxLength > 0 ? variable.MaxLength : LongestValue;
        // A text element is never shorter than a char, so most values need no counting.
        if (value.Length > longest && new StringInfo(value).LengthInTextElements > longest)
            return $"最多 {longest} 个字";
        return variable.Type switch
        {
            VariableType.Text => null,
            VariableType.Number => decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _) ? null : "应是数字",
            VariableType.Money => decimal.TryParse(value, NumberStyles.Number, CultureInfo.InvariantCulture, out _) ? null : "应是金额",
            VariableType.Date => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? null : "应是日期，如 2026-11-20",
            VariableType.DateTime => DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) ? null : "应是时间，如 2026-11-20 14:05",
            VariableType.Phone => value.Length is >= 5 and <= 20 && value.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '*') ? null : "应是电话号码",
            VariableType.Url => Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" ? null : "应是完整的网址",
            VariableType.Code => value.Length is >= 4 and <= 8 && value.All(char.IsAsciiLetterOrDigit) ? null : "应是 4 到 8 位数字或字母",
            _ => "类型不明",
        };
    }

    [GeneratedRegex(@"[\p{Cc}]+")]
    private static partial Regex ControlRuns();

    [GeneratedRegex(@"[\\`*_\[\]()#~|!-]")]
    private static partial Regex MarkdownMarks();

    private sealed class Variant(ChannelVariant source)
    {
        public ChannelVariant Source => source;

        public TemplateText Text { get; } = TemplateText.Parse(source.Text);

        public TemplateText? Subject { get; } = source.Subject is { } s ? TemplateText.Parse(s) : null;

        public TemplateText? Html { get; } = source.Html is { } h ? TemplateText.Parse(h) : null;

        public TemplateText? Url { get; } = source.Url is { } u ? TemplateText.Parse(u) : null;

        /// <summary>The name, when the address is exactly one variable.</summary>
        public string? UrlVariable { get; } = source.Url is { } u && TemplateText.Parse(u) is { Variables: [var name] } && u.Trim() == $"{{{{{name}}}}}" ? name : null;

        public (string Name, TemplateText Text)[] Parameters { get; } = [.. (source.Parameters ?? []).Select(p => (p.Name, TemplateText.Parse(p.Text)))];
    }
}
