using System.Globalization;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Components.Messages.Records;

/// <summary>How times, amounts and states of messages look.</summary>
public static class MessageFormat
{
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    /// <summary>To the second: <c>11-20 14:05:09</c>.</summary>
    public static string Second(DateTimeOffset time) => time.ToOffset(Shanghai).ToString("MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>How long a step took.</summary>
    public static string Took(TimeSpan span) => span switch
    {
        { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalMilliseconds):0} 毫秒"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} 秒"),
        { TotalHours: < 1 } => $"{(int)span.TotalMinutes} 分 {span.Seconds} 秒",
        _ => $"{(int)span.TotalHours} 小时 {span.Minutes} 分",
    };

    /// <summary>Yuan from 1/1000 yuan.</summary>
    public static string Money(long milli) => "¥" + (milli / 1000m).ToString(milli % 10 == 0 ? "N2" : "N3", CultureInfo.InvariantCulture);

    public static string Chip(MessageState state) => state switch
    {
        MessageState.Waiting => "chip-blue",
        MessageState.Sent or MessageState.Delivered => "chip-green",
        MessageState.Failed => "chip-red",
        MessageState.Unknown => "chip-amber",
        _ => "chip-grey",
    };

    public static string Chip(BatchState state) => state switch
    {
        BatchState.Running => "chip-blue",
        BatchState.Finished => "chip-green",
        BatchState.Paused or BatchState.CanaryDone or BatchState.AwaitsApproval => "chip-amber",
        _ => "chip-grey",
    };

    /// <summary>A time that a person typed into a <c>datetime-local</c> field, in Shanghai time.</summary>
    public static DateTimeOffset? Typed(string? text) =>
        DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Unspecified), Shanghai).ToUniversalTime() : null;

    /// <summary>For a <c>datetime-local</c> field.</summary>
    public static string ForField(DateTimeOffset time) => time.ToOffset(Shanghai).ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture);

    /// <summary>The first moment of a day that a person typed into a <c>date</c> field.</summary>
    public static DateTimeOffset? Day(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), Shanghai).ToUniversalTime() : null;
}
