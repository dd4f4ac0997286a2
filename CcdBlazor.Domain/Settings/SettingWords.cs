using System.Globalization;

namespace CcdBlazor.Domain.Settings;

/// <summary>Values as people read them.</summary>
public static class SettingWords
{
    private static readonly (TimeSpan Size, string Word)[] Units =
        [(TimeSpan.FromDays(1), "天"), (TimeSpan.FromHours(1), "小时"), (TimeSpan.FromMinutes(1), "分钟"), (TimeSpan.FromSeconds(1), "秒"), (TimeSpan.FromMilliseconds(1), "毫秒")];

    /// <summary><c>1 小时 30 分钟</c>; no more than it takes.</summary>
    public static string Of(TimeSpan span)
    {
        if (span == TimeSpan.Zero)
            return "0 秒";
        var parts = new List<string>();
        var rest = span.Duration();
        foreach (var (size, word) in Units)
        {
            if (rest.Ticks / size.Ticks is not 0 and var count)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {word}"));
            rest = TimeSpan.FromTicks(rest.Ticks % size.Ticks);
        }

        return (span < TimeSpan.Zero ? "负 " : "") + (parts.Count == 0 ? "不到 1 毫秒" : string.Join(' ', parts));
    }

    internal static string Of(object? value, string? unit, IReadOnlyList<SettingColumn> columns) => value switch
    {
        null => "（空）",
        "" => "（空）",
        bool on => on ? "开启" : "关闭",
        TimeSpan span => Of(span),
        int number => WithUnit(number.ToString("N0", CultureInfo.InvariantCulture), unit),
        long number => WithUnit(number.ToString("N0", CultureInfo.InvariantCulture), unit),
        double number => WithUnit(number.ToString("#,##0.######", CultureInfo.InvariantCulture), unit),
        string text => WithUnit(text, unit),
        Enum named => SettingColumn.WordsOf(named),
        _ when columns.Count > 0 => SettingJson.Rows(value) is { Count: > 0 } rows ? string.Join("；", rows.Select(row => Row(row, columns))) : "（空）",
        _ => value.ToString() ?? "",
    };

    /// <summary>One row of a table on one line.</summary>
    internal static string Row(object row, IReadOnlyList<SettingColumn> columns) =>
        string.Join("，", columns.Select(column => $"{column.Title} {Of(column.Property.GetValue(row), column.Unit, [])}"));

    private static string WithUnit(string text, string? unit) => unit is null ? text : $"{text} {unit}";
}
