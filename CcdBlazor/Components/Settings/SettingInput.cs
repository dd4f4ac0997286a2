using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Components.Settings;

/// <summary>Between what people type and the JSON of a setting. What cannot be understood becomes a JSON text, which the setting then refuses in words.</summary>
public static class SettingInput
{
    /// <summary>Units of a span, from small to large.</summary>
    public static readonly IReadOnlyList<(string Word, TimeSpan Size)> Units =
    [
        ("毫秒", TimeSpan.FromMilliseconds(1)), ("秒", TimeSpan.FromSeconds(1)), ("分钟", TimeSpan.FromMinutes(1)), ("小时", TimeSpan.FromHours(1)), ("天", TimeSpan.FromDays(1)),
    ];

    /// <summary>Full-width digits, separators of thousands and spaces are understood.</summary>
    public static string NumberJson(string? text) =>
        Number(text) is { } number ? (decimal.Truncate(number) == number ? number.ToString("0", CultureInfo.InvariantCulture) : number.ToString(CultureInfo.InvariantCulture)) : TextJson(text);

    /// <summary>A number as it stands in its field.</summary>
    public static string NumberText(string json) => json.StartsWith('"') ? Text(json) : json;

    /// <summary>The span in the largest unit that divides it.</summary>
    public static (string Amount, string Unit) Duration(string json)
    {
        if (!TimeSpan.TryParseExact(Text(json), "c", CultureInfo.InvariantCulture, out var span))
            return (Text(json), "秒");
        var (word, size) = span == TimeSpan.Zero ? Units[1] : Units.Reverse().FirstOrDefault(unit => span.Ticks % unit.Size.Ticks == 0, Units[0]);
        return (((decimal)span.Ticks / size.Ticks).ToString("0.####", CultureInfo.InvariantCulture), word);
    }

    public static string DurationJson(string? amount, string unit)
    {
        var size = Units.Single(one => one.Word == unit).Size;
        if (Number(amount) is not { } number || Math.Abs(number) > TimeSpan.MaxValue.Ticks / size.Ticks)
            return TextJson(amount);
        return TextJson(TimeSpan.FromTicks((long)(number * size.Ticks)).ToString("c", CultureInfo.InvariantCulture));
    }

    public static string TextJson(string? text) => JsonSerializer.Serialize(text?.Trim() ?? "");

    public static string Text(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<string>(json) ?? "";
        }
        catch (JsonException)
        {
            return json;
        }
    }

    /// <summary>The rows of a table, each cell as JSON; none when the text is no table.</summary>
    public static List<Dictionary<string, string>> Rows(string json)
    {
        try
        {
            return JsonNode.Parse(json) is JsonArray rows
                ? [.. rows.OfType<JsonObject>().Select(row => row.ToDictionary(cell => cell.Key, cell => cell.Value?.ToJsonString() ?? "null"))]
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    public static string RowsJson(IEnumerable<Dictionary<string, string>> rows) =>
        "[" + string.Join(',', rows.Select(row => "{" + string.Join(',', row.Select(cell => $"{JsonSerializer.Serialize(cell.Key)}:{cell.Value}")) + "}")) + "]";

    /// <summary>An empty cell of a new row.</summary>
    public static string EmptyCell(SettingColumn column) => column.Kind switch
    {
        SettingKind.Whole or SettingKind.Number => "0",
        SettingKind.Toggle => "false",
        SettingKind.Duration => "\"00:00:00\"",
        SettingKind.Choice => column.Choices[0].Json,
        SettingKind.Text or SettingKind.Table => "\"\"",
    };

    private static decimal? Number(string? text)
    {
        var plain = (text ?? "").Normalize(NormalizationForm.FormKC).Replace(",", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        return decimal.TryParse(plain, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
