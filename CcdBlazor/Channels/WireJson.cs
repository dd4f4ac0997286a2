using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CcdBlazor.Channels;

/// <summary>
/// JSON as Chinese providers want it: Chinese characters, angle brackets and emoji as themselves and not as escapes, numbers and texts read either way.
/// </summary>
internal static class WireJson
{
    public const string ContentType = "application/json; charset=utf-8";

    /// <summary>For bodies of calls only, never for HTML.</summary>
    public static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static byte[] Write<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
            write(writer, state);
        return WithRealCharacters(buffer.WrittenSpan);
    }

    public static string WriteText<TState>(TState state, Action<Utf8JsonWriter, TState> write) => Encoding.UTF8.GetString(Write(state, write));

    /// <summary>
    /// The writer leaves characters beyond the first plane as pairs of escapes, and no provider promises to take those. A backslash that is itself
    /// escaped is stepped over as a pair, so the text <c>\\ud83d</c> stays what it is.
    /// </summary>
    internal static byte[] WithRealCharacters(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0)
            return json.ToArray();
        var result = new byte[json.Length];
        var to = 0;
        for (var from = 0; from < json.Length;)
        {
            if (json[from] != '\\')
            {
                result[to++] = json[from++];
            }
            else if (from + 12 <= json.Length && json[from + 1] == 'u' && json[from + 6] == '\\' && json[from + 7] == 'u'
                && Half(json.Slice(from + 2, 4)) is var high && char.IsHighSurrogate(high) && Half(json.Slice(from + 8, 4)) is var low && char.IsLowSurrogate(low))
            {
                to += new Rune(high, low).EncodeToUtf8(result.AsSpan(to));
                from += 12;
            }
            else
            {
                result[to++] = json[from++];
                if (from < json.Length)
                    result[to++] = json[from++];
            }
        }

        return result.AsSpan(0, to).ToArray();
    }

    private static char Half(ReadOnlySpan<byte> hex) =>
        ushort.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? (char)value : '\0';

    /// <summary>None when it is no JSON object or array.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            if (body.Span.StartsWith("\uFEFF"u8))
                body = body[3..];
            var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                return document;
            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A member as text, be it text or number; empty when it is absent.</summary>
    public static string Text(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString() ?? "",
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
                _ => "",
            }
            : "";

    public static long? Number(this JsonElement element, string name) =>
        long.TryParse(element.Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? value : null;

    /// <summary>The items of an array member; none when it is absent or no array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];
}
