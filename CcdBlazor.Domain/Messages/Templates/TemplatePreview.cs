using System.Text;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>What an SMS account adds to every message.</summary>
/// <param name="Signature">Without brackets.</param>
/// <param name="PriceMilli">Of one piece, in 1/1000 yuan; 0 when nobody entered it.</param>
public sealed record SmsTerms(string? Signature, int PriceMilli);

/// <summary>A message as its recipient would see it on one channel.</summary>
/// <param name="Content">Rendered and escaped as it would be sent.</param>
/// <param name="Sms">Only for text messages.</param>
/// <param name="Bytes">UTF-8 length of the text.</param>
/// <param name="Faults">Chinese: what the channel would not take of this very message.</param>
public sealed record ChannelPreview(MessageChannel Channel, RenderedContent Content, SmsLength? Sms, int? CostMilli, int Bytes, IReadOnlyList<string> Faults);

/// <summary>A template filled in for looking at.</summary>
/// <param name="Problem">What the values lack or get wrong: a real request with them would be refused with this.</param>
public sealed record TemplatePreviewed(IReadOnlyList<ChannelPreview> Channels, Refusal? Problem);

/// <summary>Fills a template in without sending anything. Takes unfinished content too: an editor shows what is there.</summary>
public static class TemplatePreview
{
    /// <summary>What stands in a preview for a variable without value and sample.</summary>
    public static string PlaceOf(TemplateVariable variable) => $"〔{variable.Title}〕";

    /// <summary>The samples of the variables, or their places.</summary>
    public static Dictionary<string, string> Samples(TemplateContent content) =>
        content.Variables.DistinctBy(v => v.Name).ToDictionary(v => v.Name, v => v.Sample.Length > 0 ? v.Sample : PlaceOf(v), StringComparer.Ordinal);

    /// <summary>Every channel of the template with these values.</summary>
    public static TemplatePreviewed Of(TemplateContent content, IReadOnlyDictionary<string, string> values, SmsTerms? sms)
    {
        var readable = new TemplateContent([.. content.Variables.DistinctBy(v => v.Name)], [.. content.Variants.DistinctBy(v => v.Channel)]);
        var compiled = new CompiledTemplate(Guid.Empty, "preview", 0, MessageCategory.Notice, readable);
        var known = values.Where(v => readable.Variables.Any(d => d.Name == v.Key)).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
        return new TemplatePreviewed([.. readable.Variants.Select(v => Of(compiled.Render(v.Channel, known), v.Channel, sms))], compiled.Check(known));
    }

    private static ChannelPreview Of(RenderedContent content, MessageChannel channel, SmsTerms? sms)
    {
        var bytes = Encoding.UTF8.GetByteCount(content.Text);
        var length = channel == MessageChannel.Sms ? SmsSegments.Of(content.Text, sms?.Signature) : (SmsLength?)null;
        return new ChannelPreview(channel, content, length, length is { } l && sms is { PriceMilli: > 0 } ? l.CostMilli(sms.PriceMilli) : null, bytes, [.. FaultsOf(content, channel, bytes, length)]);
    }

    private static IEnumerable<string> FaultsOf(RenderedContent content, MessageChannel channel, int bytes, SmsLength? sms)
    {
        if (sms is { Characters: > TemplateRules.LongestSms })
            yield return $"短信共 {sms.Value.Characters} 字，最多 {TemplateRules.LongestSms} 字。";
        if (channel == MessageChannel.WeCom && content.Form != "textcard" && bytes > TemplateRules.LongestWeComBytes)
            yield return $"共 {bytes} 字节，企业微信最多 {TemplateRules.LongestWeComBytes} 字节。";
        if (channel == MessageChannel.WeCom && content.Form == "textcard" && (content.Subject?.Length > TemplateRules.LongestCardTitle || content.Text.Length > TemplateRules.LongestCardText))
            yield return "文本卡片的标题或正文太长。";
        if (channel == MessageChannel.Feishu && bytes > TemplateRules.LongestFeishuBytes)
            yield return "飞书消息最多 30 KB。";
        else if (channel == MessageChannel.Feishu && bytes > TemplateRules.LongestFeishuBotBytes)
            yield return "超过 20 KB，群机器人发不出去。";
        if (channel == MessageChannel.OfficialAccount && content.Form is "template" or "subscribe")
            foreach (var (name, value) in content.Parameters)
                if (TemplateRules.KeywordOf(name) is { } keyword && value.Length > keyword.Most)
                    yield return $"关键词 {name} 的值有 {value.Length} 字，最多 {keyword.Most} 字。";
    }
}
