using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CcdBlazor.Simulator;

/// <summary>What is decided about a call before its messages are looked at.</summary>
/// <param name="Answered">The endpoint has nothing more to do.</param>
/// <param name="Throttled">The endpoint answers as its provider does when it pushes back, until then.</param>
/// <param name="Later">Acts after the messages were taken, in place of the answer.</param>
public readonly record struct CallFate(bool Answered, ScriptRule? Throttled = null, ScriptRule? Later = null);

/// <summary>The state of the outside world, shared by all its providers.</summary>
public sealed class Simulation(TimeProvider clock, SimAccounts accounts, ReceivedMessages messages, Script script, Limits limits, Receipts receipts, SmsBook sms)
{
    public TimeProvider Clock => clock;

    public DateTimeOffset Now => clock.GetUtcNow();

    public SimAccounts Accounts => accounts;

    public ReceivedMessages Messages => messages;

    public Script Script => script;

    public Limits Limits => limits;

    public Receipts Receipts => receipts;

    public SmsBook Sms => sms;

    /// <summary>Texts of providers' own templates, by kind and code, with <c>${name}</c> or <c>{1}</c> for values; only for showing.</summary>
    public Dictionary<string, string> Templates { get; } = [];

    public async Task<CallFate> BeginAsync(HttpContext http, string kind, string account, string operation, IEnumerable<string> recipients)
    {
        var rule = script.ForCall(kind, account, operation, recipients);
        switch (rule?.Action)
        {
            case null:
                return default;
            case "slow":
                await Task.Delay(TimeSpan.FromMilliseconds(rule.Milliseconds), clock, http.RequestAborted);
                return default;
            case "status":
                messages.CountRefused(kind);
                http.Response.StatusCode = rule.Status;
                return new CallFate(true);
            case "throttle":
                messages.CountRefused(kind);
                return new CallFate(false, rule);
            default:
                if (rule.Take)
                    return new CallFate(false, null, rule);
                await EndAsync(http, new CallFate(false, null, rule));
                return new CallFate(true);
        }
    }

    /// <summary>True when the answer is not to be given.</summary>
    public async Task<bool> EndAsync(HttpContext http, CallFate fate)
    {
        if (fate.Later is not { } rule)
            return false;
        if (rule.Action == "hang")
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, http.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                // The caller gave up.
            }
        }

        http.Abort();
        return true;
    }

    /// <summary>The wait that a throttle rule has left, in whole seconds.</summary>
    public int SecondsLeft(ScriptRule rule) => Math.Max(1, (int)Math.Ceiling(((rule.ThrottledUntil ?? Now) - Now).TotalSeconds));

    /// <summary>The body, or none when it came in chunks: providers' gateways answer those with 412.</summary>
    public static async Task<byte[]?> BodyAsync(HttpContext http)
    {
        if (http.Request.ContentLength is not { } length)
        {
            http.Response.StatusCode = StatusCodes.Status412PreconditionFailed;
            return null;
        }

        var body = new byte[length];
        await http.Request.Body.ReadExactlyAsync(body, http.RequestAborted);
        return body;
    }

    public static JsonElement? Json(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            return JsonElement.ParseValue(ref reader) is { ValueKind: JsonValueKind.Object } json ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task AnswerAsync(HttpContext http, object answer, int status = 200, string type = "application/json; charset=utf-8")
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, Relaxed);
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    public string TemplateText(string code, IEnumerable<KeyValuePair<string, string>> values)
    {
        var all = values.ToList();
        if (!Templates.TryGetValue(code, out var text))
            return $"模板 {code}：{string.Join("，", all.Select(v => $"{v.Key}={v.Value}"))}";
        var filled = new StringBuilder(text);
        foreach (var (name, value) in all)
            filled.Replace($"${{{name}}}", value).Replace($"{{{name}}}", value);
        return filled.ToString();
    }
}

internal static class JsonReading
{
    public static string Text(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString()! : value.ValueKind is JsonValueKind.Null ? "" : value.GetRawText()
            : "";

    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;
}
