using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CcdBlazor.Simulator;

/// <summary>A message of a push call; the ranges lie in the unescaped words of the call.</summary>
internal struct PushItem
{
    public Guid Id;
    public Range To;
    public Range Title;
    public Range Text;
    public Range Url;
}

internal enum PushResult
{
    Take,
    Duplicate,
    Refused,
    Dropped,
}

/// <summary>
/// The push gateway of docs/push-webhook.md. Has to take 50,000 messages a second on one core, so it reads and writes by hand in borrowed memory
/// and looks at scripts and limits only when there are any.
/// </summary>
internal sealed class PushEndpoint(Simulation sim)
{
    private const int LargestGroup = 500;
    private const int LargestBody = 4 * 1024 * 1024;

    public async Task HandleAsync(HttpContext http, bool ping)
    {
        if (http.Request.ContentLength is not { } length)
        {
            http.Response.StatusCode = StatusCodes.Status412PreconditionFailed;
            return;
        }

        if (length > LargestBody)
        {
            await ErrorAsync(http, 413, "bad_request");
            return;
        }

        var body = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            await http.Request.Body.ReadExactlyAsync(body.AsMemory(0, (int)length), http.RequestAborted);
            var headers = http.Request.Headers;
            var account = sim.Accounts[Kinds.Push, headers["X-Push-Key"].ToString()];
            if (Check(account, headers["X-Push-Timestamp"].ToString(), headers["X-Push-Signature"].ToString(), body.AsSpan(0, (int)length)) is { } refusal)
            {
                sim.Messages.CountRefused(Kinds.Push);
                await ErrorAsync(http, 401, refusal);
            }
            else if (ping)
            {
                await Simulation.AnswerAsync(http, new { ok = true });
            }
            else
            {
                await TakeAsync(http, account!, body.AsMemory(0, (int)length));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    private async Task TakeAsync(HttpContext http, SimAccount account, ReadOnlyMemory<byte> body)
    {
        var items = ArrayPool<PushItem>.Shared.Rent(LargestGroup);
        var words = ArrayPool<byte>.Shared.Rent(body.Length);
        var results = new PushResult[LargestGroup];
        string?[]? codes = null;
        try
        {
            var count = Parse(body.Span, items, words);
            if (count < 0)
            {
                sim.Messages.CountRefused(Kinds.Push);
                await ErrorAsync(http, 400, "bad_request");
                return;
            }

            var fate = default(CallFate);
            var judged = sim.Script.Concerns(Kinds.Push) || sim.Limits.Rules.Any(r => r.Kind == Kinds.Push) || words.AsSpan(0, body.Length).IndexOf("invalid"u8) >= 0;
            if (judged)
            {
                fate = await sim.BeginAsync(http, Kinds.Push, account.Id, "push", Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetString(words, items[i].To)));
                if (fate.Answered)
                    return;
                if (fate.Throttled is { } throttle)
                {
                    http.Response.Headers.RetryAfter = sim.SecondsLeft(throttle).ToString(CultureInfo.InvariantCulture);
                    await ErrorAsync(http, 429, "throttled");
                    return;
                }

                codes = Judge(account, items.AsSpan(0, count), words, results);
            }

            sim.Messages.AddGroup(Kinds.Push, account.Id, items.AsSpan(0, count), words, results);
            if (judged)
                ScheduleEach(account, items.AsSpan(0, count), words, results);
            else
                sim.Receipts.ScheduleGroup(account, items.AsSpan(0, count), results);
            if (await sim.EndAsync(http, fate))
                return;
            await AnswerAsync(http, items, count, results, codes);
        }
        finally
        {
            ArrayPool<PushItem>.Shared.Return(items);
            ArrayPool<byte>.Shared.Return(words);
        }
    }

    private string?[] Judge(SimAccount account, ReadOnlySpan<PushItem> items, byte[] words, PushResult[] results)
    {
        var codes = new string?[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            var to = Encoding.UTF8.GetString(words, items[i].To);
            var rule = sim.Script.ForMessage(Kinds.Push, account.Id, "push", to);
            if (rule?.Action == "drop")
                results[i] = PushResult.Dropped;
            else if (rule is not null)
                codes[i] = rule.Code.Length > 0 ? rule.Code : "busy";
            else if (to.StartsWith("invalid", StringComparison.Ordinal))
                codes[i] = "unknown_device";
            else if (sim.Limits.Hit(Kinds.Push, account.Id, to, "", "") is { } hit)
                codes[i] = hit.Rule.Code;
            if (codes[i] is not null)
            {
                results[i] = PushResult.Refused;
                sim.Messages.CountRefused(Kinds.Push);
            }
            else if (results[i] == PushResult.Dropped)
            {
                sim.Messages.CountDropped(Kinds.Push);
            }
        }

        return codes;
    }

    private void ScheduleEach(SimAccount account, ReadOnlySpan<PushItem> items, byte[] words, PushResult[] results)
    {
        for (var i = 0; i < items.Length; i++)
            if (results[i] == PushResult.Take)
                sim.Receipts.Schedule(account, sim.Receipts.Plan(Kinds.Push, account, Encoding.UTF8.GetString(words, items[i].To)), items[i].Id);
    }

    private string? Check(SimAccount? account, string timestamp, string signature, ReadOnlySpan<byte> body)
    {
        if (account is null)
            return "bad_key";
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || Math.Abs(sim.Now.ToUnixTimeSeconds() - seconds) > 300)
            return "stale_timestamp";
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(account.Secret));
        hmac.AppendData(Encoding.UTF8.GetBytes($"{timestamp}."));
        hmac.AppendData(body);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hmac.GetHashAndReset())), Encoding.ASCII.GetBytes(signature)) ? null : "bad_signature";
    }

    /// <summary>Number of messages, or -1 when the call does not have the documented shape.</summary>
    private static int Parse(ReadOnlySpan<byte> body, PushItem[] items, byte[] words)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            var (count, used) = (0, 0);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !reader.Read() || !reader.ValueTextEquals("messages"u8)
                || !reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                return -1;
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                if (count == LargestGroup)
                    return -1;
                var item = default(PushItem);
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    if (reader.ValueTextEquals("id"u8))
                    {
                        if (!reader.Read() || reader.TokenType != JsonTokenType.String || !Utf8Parser.TryParse(reader.ValueSpan, out item.Id, out var length, 'N') || length != reader.ValueSpan.Length)
                            return -1;
                    }
                    else if (reader.ValueTextEquals("to"u8))
                    {
                        item.To = Copy(ref reader, words, ref used);
                    }
                    else if (reader.ValueTextEquals("title"u8))
                    {
                        item.Title = Copy(ref reader, words, ref used);
                    }
                    else if (reader.ValueTextEquals("text"u8))
                    {
                        item.Text = Copy(ref reader, words, ref used);
                    }
                    else if (reader.ValueTextEquals("url"u8))
                    {
                        item.Url = Copy(ref reader, words, ref used);
                    }
                    else
                    {
                        reader.Read();
                        reader.Skip();
                    }
                }

                if (item.Id == Guid.Empty || item.To.Equals(default))
                    return -1;
                items[count++] = item;
            }

            return count;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return -1;
        }
    }

    private static Range Copy(ref Utf8JsonReader reader, byte[] words, ref int used)
    {
        reader.Read();
        var length = reader.CopyString(words.AsSpan(used));
        var range = new Range(used, used + length);
        used += length;
        return range;
    }

    private static async Task AnswerAsync(HttpContext http, PushItem[] items, int count, PushResult[] results, string?[]? codes)
    {
        http.Response.ContentType = "application/json";
        var json = new Utf8JsonWriter(http.Response.BodyWriter);
        Write(json, items, count, results, codes);
        await json.DisposeAsync();
        await http.Response.CompleteAsync();
    }

    private static void Write(Utf8JsonWriter json, PushItem[] items, int count, PushResult[] results, string?[]? codes)
    {
        Span<byte> pid = stackalloc byte[33];
        pid[0] = (byte)'p';
        json.WriteStartObject();
        json.WriteStartArray("results"u8);
        for (var i = 0; i < count; i++)
        {
            Utf8Formatter.TryFormat(items[i].Id, pid[1..], out _, 'N');
            json.WriteStartObject();
            json.WriteString("id"u8, pid[1..]);
            if (codes?[i] is { } code)
            {
                json.WriteString("code"u8, code);
                if (code is "throttled" or "device_throttled")
                    json.WriteNumber("retry_after"u8, 1);
            }
            else
            {
                json.WriteString("code"u8, results[i] == PushResult.Duplicate ? "duplicate"u8 : "ok"u8);
                json.WriteString("pid"u8, pid);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static Task ErrorAsync(HttpContext http, int status, string code) => Simulation.AnswerAsync(http, new { error = new { code, message = code } }, status);
}

internal static class RangeReading
{
    public static string GetString(this Encoding encoding, byte[] bytes, Range range) => encoding.GetString(bytes.AsSpan(range));
}
