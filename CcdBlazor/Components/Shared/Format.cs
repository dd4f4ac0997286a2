using System.Globalization;

namespace CcdBlazor.Components.Shared;

/// <summary>How figures and times look on every page: Asia/Shanghai, Chinese, tabular.</summary>
public static class Format
{
    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    /// <summary><c>2026-11-20 14:05</c></summary>
    public static string Time(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Shanghai).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary><c>2026-11-20</c></summary>
    public static string Day(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Shanghai).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Relative within a day ("3 分钟前"), else the exact time.</summary>
    public static string Ago(DateTimeOffset time, DateTimeOffset now) => (now - time) switch
    {
        { TotalSeconds: < 60 } => "刚刚",
        { TotalMinutes: < 60 } span => $"{(int)span.TotalMinutes} 分钟前",
        { TotalHours: < 24 } span => $"{(int)span.TotalHours} 小时前",
        _ => Time(time),
    };

    /// <summary>A waiting time in the largest sensible unit: <c>3 天</c>, <c>5 小时</c>, <c>12 分钟</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 1 } => $"{(int)span.TotalDays} 天",
        { TotalHours: >= 1 } => $"{(int)span.TotalHours} 小时",
        _ => $"{Math.Max(0, (int)span.TotalMinutes)} 分钟",
    };

    public static string Money(decimal amount) => "¥" + amount.ToString("N2", CultureInfo.InvariantCulture);

    public static string Count(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Bytes(long bytes) => bytes switch
    {
        < 1024 => $"{bytes} B",
        < 1_048_576 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0} KB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_048_576.0:0.0} MB"),
    };
}
