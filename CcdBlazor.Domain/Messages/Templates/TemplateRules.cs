using System.Text;
using System.Text.RegularExpressions;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>What must be right before a template is stored, and what its author should know. Limits are those of the channels' providers.</summary>
public static partial class TemplateRules
{
    public const int LongestName = 60;
    public const int MostVariables = 50;

    /// <summary>Aliyun and Tencent: a template's text, variables and signature included.</summary>
    public const int LongestSms = 500;
    public const int LongestSubject = 200;
    public const int LongestHtmlBytes = 200 * 1024;

    /// <summary>WeCom application and robot messages (doc 90236): beyond it the text is cut off silently.</summary>
    public const int LongestWeComBytes = 2048;
    public const int LongestCardTitle = 128;
    public const int LongestCardText = 512;

    /// <summary>Feishu: body of a custom bot 20 KB, card or post of an application 30 KB.</summary>
    public const int LongestFeishuBotBytes = 20 * 1024;
    public const int LongestFeishuBytes = 30 * 1024;
    public const int LongestNoticeTitle = 60;
    public const int LongestNoticeText = 1000;
    public const int LongestOfficialAccountText = 600;

    /// <summary>Typed keywords of Official Account messages and how long their values may be; 0 where only the form counts.</summary>
    private static readonly Dictionary<string, (int Most, string Words)> Keywords = new(StringComparer.Ordinal)
    {
        ["thing"] = (20, "事物"), ["number"] = (32, "数字"), ["letter"] = (32, "字母"), ["symbol"] = (5, "符号"), ["character_string"] = (32, "字符串"),
        ["time"] = (20, "时间"), ["date"] = (20, "日期"), ["amount"] = (12, "金额"), ["phone_number"] = (17, "电话"), ["car_number"] = (8, "车牌"),
        ["name"] = (10, "姓名"), ["phrase"] = (5, "汉字短语"), ["const"] = (20, "常量"), ["short_thing"] = (10, "短事物"),
    };

    /// <summary>Everything that keeps the draft from being stored; null when nothing does.</summary>
    public static Refusal? Check(TemplateDraft draft)
    {
        var found = new List<Refusal>();
        if (!Code().IsMatch(draft.Code))
            found.Add(TemplateRefusals.CodeForm);
        if (draft.Name.Trim().Length is 0 or > LongestName)
            found.Add(TemplateRefusals.NameLength);
        if (!Enum.IsDefined(draft.Category))
            found.Add(TemplateRefusals.CategoryUnknown);
        CheckVariables(draft.Content.Variables, found);
        CheckVariants(draft.Content, found);
        return found.Count == 0 ? null : found.Count == 1 ? found[0] : found[0] with { Others = found[1..] };
    }

    /// <summary>What does not keep the draft from being stored, but may keep its messages from arriving as meant.</summary>
    public static IReadOnlyList<string> Warnings(TemplateContent content)
    {
        var found = new List<string>();
        var used = content.Variants.SelectMany(UsedBy).ToHashSet(StringComparer.Ordinal);
        foreach (var variable in content.Variables)
            if (!used.Contains(variable.Name))
                found.Add($"变量“{variable.Title}”（{variable.Name}）没有用到。");
        foreach (var variant in content.Variants)
            WarnOf(variant, content.Variables, found);
        return found;
    }

    /// <summary>Names of all variables that a variant's texts use.</summary>
    public static IEnumerable<string> UsedBy(ChannelVariant variant) => TextsOf(variant).SelectMany(t => TemplateText.Parse(t.Text).Variables);

    /// <summary>Length limit of an Official Account keyword such as <c>thing1</c>; null when the type is not known.</summary>
    public static (int Most, string Words)? KeywordOf(string parameter) =>
        Keyword().Match(parameter) is { Success: true } match && Keywords.TryGetValue(match.Groups[1].Value, out var known) ? known : null;

    private static IEnumerable<(string Where, string Text)> TextsOf(ChannelVariant variant)
    {
        yield return ("正文", variant.Text);
        if (variant.Subject is { } subject)
            yield return ("标题", subject);
        if (variant.Html is { } html)
            yield return ("网页正文", html);
        if (variant.Url is { } url)
            yield return ("链接", url);
        foreach (var parameter in variant.Parameters ?? [])
            yield return ($"参数 {parameter.Name}", parameter.Text);
    }

    private static void CheckVariables(IReadOnlyList<TemplateVariable> variables, List<Refusal> found)
    {
        if (variables.Count > MostVariables)
            found.Add(TemplateRefusals.TooManyVariables);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var variable in variables)
        {
            if (!TemplateText.IsName(variable.Name))
                found.Add(TemplateRefusals.VariableName(variable.Name));
            else if (!names.Add(variable.Name))
                found.Add(TemplateRefusals.VariableTwice(variable.Name));
            if (variable.Title.Trim().Length is 0 or > 40)
                found.Add(TemplateRefusals.VariableTitle(variable.Name));
            if (!Enum.IsDefined(variable.Type) || variable.MaxLength is < 0 or > 2000)
                found.Add(TemplateRefusals.VariableShape(variable.Name));
            else if (variable.Sample.Length > 0 && CompiledTemplate.FaultOf(variable, variable.Sample) is { } fault)
                found.Add(TemplateRefusals.SampleInvalid(variable, fault));
        }
    }

    private static void CheckVariants(TemplateContent content, List<Refusal> found)
    {
        if (content.Variants.Count == 0)
            found.Add(TemplateRefusals.NoVariant);
        var declared = content.Variables.Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        var channels = new HashSet<MessageChannel>();
        foreach (var variant in content.Variants)
        {
            if (!Enum.IsDefined(variant.Channel) || !channels.Add(variant.Channel))
            {
                found.Add(TemplateRefusals.ChannelTwice(variant.Channel));
                continue;
            }

            foreach (var (where, text) in TextsOf(variant))
            {
                var parsed = TemplateText.Parse(text);
                foreach (var fault in parsed.Faults)
                    found.Add(TemplateRefusals.TextFault(variant.Channel, where, fault));
                foreach (var name in parsed.Variables)
                    if (!declared.Contains(name))
                        found.Add(TemplateRefusals.VariableUndeclared(variant.Channel, where, name));
            }

            foreach (var fault in FaultsOf(variant))
                found.Add(TemplateRefusals.VariantFault(variant.Channel, fault.Field, fault.Text));
        }
    }

    private static IEnumerable<(string Field, string Text)> FaultsOf(ChannelVariant variant)
    {
        var subject = variant.Subject?.Trim() ?? "";
        if (TemplateWords.FormsOf(variant.Channel).All(f => f.Form != variant.Form))
            yield return ("Form", "不支持这种消息形式。");
        if (variant.Text.Trim().Length == 0 && variant.Form is not ("template" or "subscribe"))
            yield return ("Text", "请填写正文。");
        if (subject.Any(char.IsControl))
            yield return ("Subject", "标题只能有一行。");
        if (variant.Url is { Length: > 0 } url && !IsAddress(url.Trim(), variant.Channel))
            yield return ("Url", variant.Channel == MessageChannel.InApp ? "链接应是站内路径（以 / 开头）或完整网址。" : "链接应是以 https:// 开头的完整网址，或只是一个变量。");
        switch (variant.Channel)
        {
            case MessageChannel.Sms when Literal(variant.Text).Length > LongestSms:
                yield return ("Text", $"短信最多 {LongestSms} 个字。");
                break;
            case MessageChannel.Email:
                if (subject.Length is 0 or > LongestSubject)
                    yield return ("Subject", $"请填写邮件主题，最多 {LongestSubject} 个字。");
                if (variant.Form == "html" && string.IsNullOrWhiteSpace(variant.Html))
                    yield return ("Html", "请填写网页正文，或改用纯文本。");
                if (variant.Html is { } html && (Encoding.UTF8.GetByteCount(html) > LongestHtmlBytes || Active().IsMatch(html)))
                    yield return ("Html", "网页正文不能含脚本、表单和事件，最多 200 KB。");
                break;
            case MessageChannel.WeCom when variant.Form == "textcard":
                if (subject.Length is 0 || Literal(subject).Length > LongestCardTitle || Literal(variant.Text).Length > LongestCardText || string.IsNullOrWhiteSpace(variant.Url))
                    yield return ("Subject", $"文本卡片需要标题（最多 {LongestCardTitle} 字）、正文（最多 {LongestCardText} 字）和链接。");
                break;
            case MessageChannel.WeCom when Encoding.UTF8.GetByteCount(Literal(variant.Text)) > LongestWeComBytes:
                yield return ("Text", $"企业微信最多 {LongestWeComBytes} 字节（约 680 个汉字），超出的部分会被直接截掉。");
                break;
            case MessageChannel.Feishu:
                if (Encoding.UTF8.GetByteCount(Literal(variant.Text)) > LongestFeishuBytes)
                    yield return ("Text", "飞书消息最多 30 KB。");
                if (variant.Form == "post" && subject.Length == 0)
                    yield return ("Subject", "富文本需要标题。");
                break;
            case MessageChannel.InApp or MessageChannel.Push:
                if (subject.Length == 0 || Literal(subject).Length > LongestNoticeTitle)
                    yield return ("Subject", $"请填写标题，最多 {LongestNoticeTitle} 个字。");
                if (Literal(variant.Text).Length > LongestNoticeText)
                    yield return ("Text", $"正文最多 {LongestNoticeText} 个字。");
                break;
            case MessageChannel.OfficialAccount when variant.Form is "template" or "subscribe":
                foreach (var fault in KeywordFaults(variant))
                    yield return fault;
                break;
            case MessageChannel.OfficialAccount when Literal(variant.Text).Length > LongestOfficialAccountText:
                yield return ("Text", $"客服消息最多 {LongestOfficialAccountText} 个字。");
                break;
        }

        foreach (var twice in (variant.Parameters ?? []).GroupBy(p => p.Name).Where(g => g.Count() > 1))
            yield return ("Parameters", $"参数“{twice.Key}”写了两次。");
        if ((variant.Parameters ?? []).Any(p => p.Name.Trim().Length is 0 or > 40))
            yield return ("Parameters", "每个参数都要有名称，最多 40 个字。");
    }

    private static IEnumerable<(string Field, string Text)> KeywordFaults(ChannelVariant variant)
    {
        if (variant.Parameters is not { Count: > 0 })
            yield return ("Parameters", "公众号模板需要填写关键词，例如 thing1。");
        foreach (var parameter in variant.Parameters ?? [])
            if (KeywordOf(parameter.Name) is { } keyword && Literal(parameter.Text).Length > keyword.Most)
                yield return ("Parameters", $"关键词 {parameter.Name}（{keyword.Words}）最多 {keyword.Most} 个字。");
    }

    private static void WarnOf(ChannelVariant variant, IReadOnlyList<TemplateVariable> variables, List<string> found)
    {
        var channel = ChannelWords.Of(variant.Channel);
        var longest = variables.GroupBy(v => v.Name).ToDictionary(g => g.Key, g => new string('测', g.First().MaxLength is > 0 and var most ? most : 40), StringComparer.Ordinal);
        string AtLongest(string text) => TemplateText.Parse(text).Render(longest, v => v);
        switch (variant.Channel)
        {
            case MessageChannel.Sms:
                if (string.IsNullOrWhiteSpace(variant.ProviderTemplate))
                    found.Add("短信：还没有填写服务商审核通过的模板编号，暂时发不出去。");
                else if (ShippedTemplates.IsPlaceholder(variant.ProviderTemplate))
                    found.Add($"短信：{variant.ProviderTemplate} 是示例编号，请换成服务商审核通过的编号。");
                var given = (variant.Parameters ?? []).SelectMany(p => TemplateText.Parse(p.Text).Variables).ToHashSet(StringComparer.Ordinal);
                foreach (var name in TemplateText.Parse(variant.Text).Variables.Where(n => !given.Contains(n)))
                    found.Add($"短信：正文用到“{name}”，但没有对应的服务商参数。");
                if (SmsSegments.Of(AtLongest(variant.Text), null).Segments is > 1 and var segments)
                    found.Add($"短信：变量较长时会拆成 {segments} 条计费。");
                break;
            case MessageChannel.OfficialAccount when variant.Form is "template" or "subscribe":
                if (string.IsNullOrWhiteSpace(variant.ProviderTemplate))
                    found.Add("公众号：还没有填写模板编号，暂时发不出去。");
                else if (ShippedTemplates.IsPlaceholder(variant.ProviderTemplate))
                    found.Add($"公众号：{variant.ProviderTemplate} 是示例编号，请换成公众平台上的模板编号。");
                foreach (var parameter in variant.Parameters ?? [])
                    if (KeywordOf(parameter.Name) is not { } keyword)
                        found.Add($"公众号：不认识关键词“{parameter.Name}”的类型，请核对公众平台上的名称。");
                    else if (TemplateText.Parse(parameter.Text).Variables.Any(n => variables.FirstOrDefault(v => v.Name == n) is { } v && v.Type == VariableType.Text && (v.MaxLength is 0 || v.MaxLength > keyword.Most)))
                        found.Add($"公众号：关键词 {parameter.Name} 最多 {keyword.Most} 个字，更长的值会被公众平台拒绝，请给变量设最大长度。");
                break;
            case MessageChannel.WeCom when variant.Form != "textcard" && Encoding.UTF8.GetByteCount(AtLongest(variant.Text)) > LongestWeComBytes:
                found.Add($"{channel}：变量较长时会超过 {LongestWeComBytes} 字节。");
                break;
            case MessageChannel.Feishu when Encoding.UTF8.GetByteCount(AtLongest(variant.Text)) > LongestFeishuBotBytes:
                found.Add("飞书：可能超过 20 KB，群机器人发不出去。");
                break;
        }
    }

    /// <summary>The text without its variables: what is there in any case.</summary>
    private static string Literal(string text) => TemplateText.Parse(text).Render(NoValues, v => v);

    private static bool IsAddress(string url, MessageChannel channel) =>
        WholeVariable().IsMatch(url)
        || (channel == MessageChannel.InApp && url.StartsWith('/') && !url.StartsWith("//", StringComparison.Ordinal))
        || url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    private static readonly Dictionary<string, string> NoValues = [];

    [GeneratedRegex("^[a-z][a-z0-9_]{1,59}$")]
    private static partial Regex Code();

    [GeneratedRegex("^([a-z_]+?)_?[0-9]{1,3}$")]
    private static partial Regex Keyword();

    [GeneratedRegex(@"^\{\{\s*\w{1,40}\s*\}\}$")]
    private static partial Regex WholeVariable();

    [GeneratedRegex(@"<\s*(script|iframe|object|embed|form|base|meta)\b|\son\w+\s*=|javascript:", RegexOptions.IgnoreCase)]
    private static partial Regex Active();
}
