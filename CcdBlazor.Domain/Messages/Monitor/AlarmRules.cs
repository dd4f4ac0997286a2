using System.Globalization;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;

namespace CcdBlazor.Domain.Messages.Monitor;

/// <summary>What is wrong, and how it reads. Pure.</summary>
internal static class AlarmRules
{
    /// <param name="failures">Failed within the last ten minutes.</param>
    public static IReadOnlyList<(string Key, string Words)> Of(MonitorView view, Func<MessageChannel, TimeSpan> ages, long failures, int mostFailures)
    {
        var found = new List<(string, string)>();
        foreach (var lane in view.Lanes)
            if (lane.Oldest is { } oldest && oldest > ages(lane.Channel))
                found.Add(($"age:{lane.Channel.ToString().ToLowerInvariant()}",
                    $"{ChannelWords.Of(lane.Channel)}最久的消息已等待 {Span(oldest)}（上限 {Span(ages(lane.Channel))}）{(lane.Bottleneck == Bottleneck.Nothing ? "" : $"，{BottleneckWords.Of(lane.Bottleneck)}")}"));
        found.AddRange(view.Accounts.Where(a => a.Enabled && a.Refused).Select(a => ($"account:{a.Number}", $"渠道账号“{a.Name}”不能使用，{a.RestReason}")));
        if (failures >= mostFailures)
            found.Add(("failures", string.Create(CultureInfo.InvariantCulture, $"最近 10 分钟失败 {failures:N0} 条（上限 {mostFailures:N0} 条）")));
        return found;
    }

    public static string Span(TimeSpan span) => span switch
    {
        { TotalHours: >= 1 } => $"{(int)span.TotalHours} 小时 {span.Minutes} 分",
        { TotalMinutes: >= 1 } => $"{(int)span.TotalMinutes} 分 {span.Seconds} 秒",
        _ => $"{(int)span.TotalSeconds} 秒",
    };
}
