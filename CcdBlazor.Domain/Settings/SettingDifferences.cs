using System.Text.Json;

namespace CcdBlazor.Domain.Settings;

/// <summary>What changed between two values, in words: one line for a single value, the rows that came and went for a table.</summary>
public static class SettingDifferences
{
    /// <param name="before">JSON; none for the default.</param>
    /// <param name="after">JSON; none for the default.</param>
    public static IReadOnlyList<SettingDifference> Of(Setting setting, string? before, string? after)
    {
        if (setting.Kind != SettingKind.Table)
            return [new SettingDifference(Side(setting, before), Side(setting, after))];
        var old = Rows(setting, before);
        var now = Rows(setting, after);
        var came = new List<string>(now);
        var went = old.Where(row => !came.Remove(row)).ToList();
        return [.. went.Select(row => new SettingDifference(row, null)), .. came.Select(row => new SettingDifference(null, row))];
    }

    private static string Side(Setting setting, string? json) => json is null ? $"{setting.Words(setting.DefaultJson)}（默认）" : setting.Words(json);

    private static List<string> Rows(Setting setting, string? json)
    {
        var text = json ?? setting.DefaultJson;
        var read = setting.Read(text);
        if (read.Refusal is null)
            return [.. SettingJson.Rows(read.Value).Select(row => SettingWords.Row(row, setting.Columns))];
        // Of an older shape: shown as it was written.
        using var document = JsonDocument.Parse(text);
        return document.RootElement.ValueKind == JsonValueKind.Array ? [.. document.RootElement.EnumerateArray().Select(row => row.GetRawText())] : [text];
    }
}
