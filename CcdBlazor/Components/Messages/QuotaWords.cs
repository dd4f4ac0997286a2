using System.Globalization;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Components.Messages;

/// <summary>Quota rules as people read them.</summary>
internal static class QuotaWords
{
    public static string Of(QuotaRule rule) =>
        $"{Span(rule.Seconds)} {rule.Limit.ToString("N0", CultureInfo.InvariantCulture)} 条{(rule.Category == 0 ? "" : $"（{TemplateWords.Of((MessageCategory)rule.Category)}）")}{(rule.PerTemplate ? "，每个模板" : "")}";

    public static string Span(int seconds) => seconds switch
    {
        1 => "每秒", 60 => "每分钟", 3_600 => "每小时", 86_400 => "每天",
        < 60 => $"每 {seconds} 秒",
        < 3_600 when seconds % 60 == 0 => $"每 {seconds / 60} 分钟",
        _ when seconds % 86_400 == 0 => $"每 {seconds / 86_400} 天",
        _ when seconds % 3_600 == 0 => $"每 {seconds / 3_600} 小时",
        _ => $"每 {seconds} 秒",
    };
}
