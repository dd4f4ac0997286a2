using System.ComponentModel;
using System.Reflection;
using System.Text.Json;

namespace CcdBlazor.Domain.Settings;

/// <summary>Names a property of a record in a table setting for the page.</summary>
/// <param name="title">Chinese.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingColumnAttribute(string title) : Attribute
{
    public string Title { get; } = title;

    /// <summary>Chinese unit of a number.</summary>
    public string? Unit { get; init; }
}

/// <summary>One column of a table setting.</summary>
/// <param name="Name">Name in the JSON.</param>
/// <param name="Choices">Values of an enum, in the words of their <see cref="DescriptionAttribute"/>; empty for others.</param>
public sealed record SettingColumn(string Name, string Title, string? Unit, SettingKind Kind, IReadOnlyList<SettingChoice> Choices)
{
    internal PropertyInfo Property { get; init; } = default!;

    internal static IReadOnlyList<SettingColumn> Of(Type type)
    {
        if (SettingJson.RowType(type) is not { } row)
            return [];
        return [.. row.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.Name != "EqualityContract").Select(property =>
        {
            var words = property.GetCustomAttribute<SettingColumnAttribute>();
            var cell = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            return new SettingColumn(
                SettingJson.NameOf(property), words?.Title ?? property.Name, words?.Unit, SettingJson.KindOf(cell),
                cell.IsEnum ? [.. Enum.GetValues(cell).Cast<Enum>().Select(value => new SettingChoice(JsonSerializer.Serialize(value, cell, SettingJson.Options), WordsOf(value)))] : [])
            {
                Property = property,
            };
        })];
    }

    /// <summary>The Chinese description of an enum's value; its name when it has none.</summary>
    internal static string WordsOf(Enum value) =>
        value.GetType().GetField(value.ToString())?.GetCustomAttribute<DescriptionAttribute>()?.Description ?? value.ToString();
}
