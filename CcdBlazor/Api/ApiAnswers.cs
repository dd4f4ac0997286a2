using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using CcdBlazor.Domain.Common;
using CcdBlazor.Endpoints;

namespace CcdBlazor.Api;

/// <summary>How the API answers: small JSON bodies, and refusals as problem details (RFC 9457) with their stable code. Written without reflection.</summary>
internal static class ApiAnswers
{
    internal static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All), SkipValidation = true };

    /// <summary>Writes a JSON body of any size.</summary>
    public static async Task WriteAsync(HttpContext http, int status, Action<Utf8JsonWriter> body, string contentType = "application/json")
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        await using (var writer = new Utf8JsonWriter(buffer, Writing))
            body(writer);
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = buffer.WrittenCount;
        http.Response.BodyWriter.Write(buffer.WrittenSpan);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    /// <summary>A refusal as problem details.</summary>
    /// <param name="status">Another status than the kind's.</param>
    /// <param name="retryAfter">When the same may be tried again.</param>
    public static Task RefuseAsync(HttpContext http, Refusal refusal, int? status = null, TimeSpan? retryAfter = null)
    {
        if (http.Response.HasStarted)
            return Task.CompletedTask;
        if (retryAfter is { } wait)
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var code = status ?? RefusalResults.StatusOf(refusal.Kind);
        return WriteAsync(http, code, json => WriteRefusal(json, refusal, code), "application/problem+json");
    }

    internal static void WriteRefusal(Utf8JsonWriter json, Refusal refusal, int status)
    {
        json.WriteStartObject();
        json.WriteString("title"u8, refusal.Text);
        json.WriteNumber("status"u8, status);
        json.WriteString("code"u8, refusal.Code);
        if (refusal.Field is { } field)
            json.WriteString("field"u8, field);
        if (refusal.Others.Count > 0)
        {
            json.WriteStartArray("others"u8);
            foreach (var other in refusal.Others)
            {
                json.WriteStartObject();
                json.WriteString("code"u8, other.Code);
                json.WriteString("text"u8, other.Text);
                if (other.Field is { } otherField)
                    json.WriteString("field"u8, otherField);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}

/// <summary>Refusals of the API itself, before a feature is asked.</summary>
internal static class ApiRefusals
{
    public static readonly Refusal Malformed = new("api.malformed_json", "请求内容不是正确的 JSON。");
    public static readonly Refusal TooLarge = new("api.body_too_large", "请求内容超过大小限制。", RefusalKind.TooLarge);
    public static readonly Refusal NotJson = new("api.content_type", "请求内容应为 application/json。", RefusalKind.UnsupportedContent);
    public static readonly Refusal NoSuchRoute = new("api.no_such_route", "没有这个接口，或请求方法不对。", RefusalKind.NotFound);
    public static readonly Refusal Failed = new("api.failed", "服务器出错，请稍后再试。", RefusalKind.Unavailable);
    public static readonly Refusal Cursor = new("api.cursor", "游标不正确。") { Field = "cursor" };

    public static Refusal FieldUnknown(string name) => new("api.field_unknown", $"没有名为“{Short(name)}”的字段。") { Field = Short(name) };

    public static Refusal FieldType(string name, string shape) => new("api.field_type", $"字段“{Short(name)}”应为{shape}。") { Field = Short(name) };

    public static Refusal FieldMissing(string name) => new("api.field_missing", $"缺少字段“{name}”。") { Field = name };

    public static Refusal Parameter(string name, string shape) => new("api.parameter", $"参数“{name}”应为{shape}。") { Field = name };

    private static string Short(string name) => name.Length > 60 ? name[..60] + "…" : name;
}
