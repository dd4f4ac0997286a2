using System.Reflection;

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
/// <param name="Choices">Names of an enum's values; empty for others.</param>
public sealed record SettingColumn(string Name, string Title, string? Unit, SettingKind Kind, IReadOnlyList<string> Choices, PropertyInfo Property)
{
    internal static IReadOnlyList<SettingColumn> Of(Type type)
    {
        if (SettingJson.RowType(type) is not { } row)
            return [];
        return [.. row.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.Name != "EqualityContract").Select(property =>
        {
            var words = property.GetCustomAttribute<SettingColumnAttribute>();
            var cell = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            return new SettingColumn(
                SettingJson.NameOf(property), words?.Title ?? property.Name, words?.Unit, SettingJson.KindOf(cell), cell.IsEnum ? Enum.GetNames(cell) : [], property);
        })];
    }
}
