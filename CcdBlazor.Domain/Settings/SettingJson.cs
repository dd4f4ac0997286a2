using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace CcdBlazor.Domain.Settings;

/// <summary>The one way in which values of settings are written and read. Strict: what is not exactly of the type is refused.</summary>
internal static class SettingJson
{
    /// <summary>Longest stored value; a setting is no place for documents.</summary>
    public const int LongestValue = 20_000;

    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false), new ClockSpan() },
    };

    public static bool TryRead<T>(string json, out T? value)
    {
        value = default;
        if (json.Length > LongestValue)
            return false;
        try
        {
            value = JsonSerializer.Deserialize<T>(json, Options);
            // A missing row and a number beyond all numbers are read without complaint.
            return value is not null && !Rows(value).Any(row => row is null || HasInfinity(row));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static SettingKind KindOf(Type type) =>
        type == typeof(int) || type == typeof(long) ? SettingKind.Whole
        : type == typeof(double) ? SettingKind.Number
        : type == typeof(bool) ? SettingKind.Toggle
        : type == typeof(TimeSpan) ? SettingKind.Duration
        : type == typeof(string) ? SettingKind.Text
        : type.IsEnum ? SettingKind.Choice
        : RowType(type) is not null ? SettingKind.Table
        : throw new NotSupportedException($"A setting cannot be a {type.Name}: use int, long, double, bool, TimeSpan, string, an enum, or IReadOnlyList of a record.");

    /// <summary>The record of a table setting's type; none for others.</summary>
    public static Type? RowType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    public static IReadOnlyCollection<object> Rows(object? table) => table is IEnumerable rows and not string ? [.. rows.Cast<object>()] : [];

    private static bool HasInfinity(object row) =>
        row.GetType().GetProperties().Any(cell => cell.PropertyType == typeof(double) && cell.GetIndexParameters().Length == 0 && !double.IsFinite((double)cell.GetValue(row)!));

    public static string NameOf(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    /// <summary><c>[d.]hh:mm:ss[.fffffff]</c> and nothing shorter: "5" would be five days, and whoever writes it means something else.</summary>
    private sealed class ClockSpan : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && reader.GetString() is { } text && text.Count(c => c == ':') == 2
            && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var span)
                ? span
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString("c", CultureInfo.InvariantCulture));
    }
}
