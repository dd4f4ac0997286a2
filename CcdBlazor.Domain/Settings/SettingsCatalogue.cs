using System.Text.RegularExpressions;

namespace CcdBlazor.Domain.Settings;

/// <summary>What a module registered.</summary>
internal sealed record SettingSet(IReadOnlyList<Setting> Settings);

/// <summary>Every setting of the program, by key. A definition that makes no sense stops the start: it is a mistake of its author.</summary>
public sealed partial class SettingsCatalogue
{
    private readonly Dictionary<string, Setting> byKey = new(StringComparer.Ordinal);

    public SettingsCatalogue(IEnumerable<Setting> settings)
    {
        foreach (var setting in settings)
        {
            if (!KeyShape().IsMatch(setting.Key) || setting.Key.Length > Setting.LongestKey)
                throw new InvalidOperationException($"The key of the setting '{setting.Key}' must be lower-case parts joined by dots.");
            if (setting.Mistake() is { } mistake)
                throw new InvalidOperationException($"The setting '{setting.Key}' cannot be used: {mistake}.");
            if (byKey.TryGetValue(setting.Key, out var other) && other != setting)
                throw new InvalidOperationException($"Two settings have the key '{setting.Key}'.");
            byKey[setting.Key] = setting;
        }

        All = [.. byKey.Values.OrderBy(setting => setting.Key, StringComparer.Ordinal)];
    }

    /// <summary>In the order of their keys.</summary>
    public IReadOnlyList<Setting> All { get; }

    /// <summary>The definition of a key; none when no feature declares it.</summary>
    public Setting? Find(string key) => byKey.GetValueOrDefault(key);

    [GeneratedRegex(@"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]
    private static partial Regex KeyShape();
}
