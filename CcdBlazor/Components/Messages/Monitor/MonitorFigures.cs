using System.Globalization;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Components.Messages.Monitor;

/// <summary>How the figures of the monitor read, and where each of them leads.</summary>
internal static class MonitorFigures
{
    /// <summary>The messages behind a figure.</summary>
    public static string Records(DateOnly from, DateOnly? until = null, MessageChannel? channel = null, MessageState? state = null)
    {
        var address = $"/messages/records?from={Day(from)}&until={Day(until ?? from)}";
        if (channel is { } one)
            address += $"&channel={one}";
        return state is { } only ? $"{address}&state={only}" : address;
    }

    /// <summary>All that still wait, however long ago they were accepted.</summary>
    public static string Waiting(MessageChannel? channel = null) => $"/messages/records?state={MessageState.Waiting}{(channel is { } one ? $"&channel={one}" : "")}";

    public static string Rate(double? rate) => rate is { } share ? share.ToString(share is > 0.999 and < 1 ? "0.00%" : "0.0%", CultureInfo.InvariantCulture) : "—";

    public static string Took(TimeSpan? span) => span switch
    {
        null => "—",
        { TotalMilliseconds: < 1 } => "不到 1 毫秒",
        { TotalSeconds: < 1 } some => $"{some.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} 毫秒",
        { } some => $"{some.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} 秒",
    };

    public static string Age(TimeSpan? span) => span switch
    {
        null => "—",
        { TotalSeconds: < 1 } => "不到 1 秒",
        { TotalMinutes: < 1 } some => $"{(int)some.TotalSeconds} 秒",
        { TotalHours: < 1 } some => $"{(int)some.TotalMinutes} 分 {some.Seconds} 秒",
        { } some => $"{(int)some.TotalHours} 小时 {some.Minutes} 分",
    };

    public static string Count(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
