using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>
/// App push through a gateway that speaks our own protocol (docs/push-webhook.md): up to 500 messages a call, our ids as idempotency keys, one result
/// per message, receipts in groups. The path with the most messages, so it writes and reads JSON by hand and borrows its buffers.
/// </summary>
public sealed class PushWebhookProvider(ChannelHttp http, ChannelSettings settings) : IMessageProvider, IReceiptReader
{
    public const string KindName = "push-webhook";
    private const string ContentType = "application/json";

    private static readonly CodeTable Codes = new(new()
    {
        ["unknown_device"] = new(FailureClass.InvalidRecipient, "设备未注册或已失效"),
        ["opted_out"] = new(FailureClass.InvalidRecipient, "用户关闭了通知"),
        ["rejected"] = new(FailureClass.Rejected, "推送内容被拒绝"),
        ["too_long"] = new(FailureClass.Rejected, "推送内容过长"),
        ["bad_request"] = new(FailureClass.Rejected, "推送请求格式错误"),
        ["throttled"] = new(FailureClass.Throttled, "推送服务限流"),
        ["device_throttled"] = new(FailureClass.Throttled, "该设备推送过于频繁", OwnLimit: true),
        ["busy"] = new(FailureClass.Transient, "推送服务繁忙"),
        ["bad_key"] = new(FailureClass.Credentials, "推送密钥不存在"),
        ["bad_signature"] = new(FailureClass.Credentials, "推送签名不正确"),
        ["stale_timestamp"] = new(FailureClass.Credentials, "服务器时间与推送服务相差过大"),
        ["expired"] = new(FailureClass.Transient, "设备长时间离线，推送已过期"),
    });

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.Push;

    public int LargestGroup => 500;

    public bool ReceiptsReturnOurId => true;

    public ResendRule Resend => ResendRule.RecognisesOurId;

    public IReadOnlyList<AccountField> Fields { get; } =
    [
        new("KeyId", "密钥编号", Secret: false, Required: true, "推送服务分配，随请求发送"),
        new("Secret", "签名密钥", Secret: true, Required: true, "用于请求和回执的 HMAC-SHA256 签名"),
    ];

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        using var body = new PooledBytes(group.Count * 320 + 64);
        Write(body, group);
        using var answer = await CallAsync(account, "v1/push", body.Written, ct);
        if (answer.Trouble is { } trouble)
            return trouble.ForAll(group);
        if ((int)answer.Status != 200)
            return OfCall(answer).ForAll(group);
        var outcomes = new SendOutcome[group.Count];
        // A message that the answer does not name may have been taken.
        for (var i = 0; i < outcomes.Length; i++)
            outcomes[i] = new SendOutcome(group[i].Id, SendResult.Unknown, null, null, "no-result", "推送服务的答复缺少该消息");
        try
        {
            ReadResults(answer.Body.Span, group, outcomes);
        }
        catch (JsonException)
        {
            // What was read before the damage stays; the rest is unknown.
        }

        return outcomes;
    }

    /// <summary>Not needed: sending again is safe.</summary>
    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>(Trouble.Unknown("该渠道不支持查询").ForAll(group));

    public async Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct)
    {
        using var answer = await CallAsync(account, "v1/ping", "{}"u8.ToArray(), ct);
        if (answer.Trouble is { } trouble)
            return trouble.AsProbe();
        return (int)answer.Status == 200 ? new ProbeResult(true) : OfCall(answer).AsProbe();
    }

    public ReceiptRequest? Read(
        ProviderAccount account, IReadOnlyDictionary<string, string> query, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body)
    {
        if (!PushSignature.Genuine(account["Secret"], Header(PushSignature.TimestampHeader), Header(PushSignature.SignatureHeader), body.Span, http.Now, settings.ReceiptClockSkew))
            return null;
        using var document = WireJson.Parse(body);
        if (document is null)
            return null;
        var receipts = new List<DeliveryReceipt>();
        foreach (var item in document.RootElement.Items("receipts"))
        {
            if (!Guid.TryParseExact(item.Text("id"), "N", out var id))
                continue;
            var delivered = item.Text("status") == "delivered";
            var code = item.Text("code");
            var meaning = delivered ? default(CodeMeaning?) : Codes[code];
            // A clock that lies beyond the calendar is no reason to refuse the whole group.
            var at = item.Number("at") is { } ms and > 0 and < 253_402_300_799_999 ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : http.Now;
            receipts.Add(new DeliveryReceipt(
                id, item.Text("pid") is { Length: > 0 } pid ? pid : null, delivered, meaning?.Failure, code.Length == 0 ? null : CodeTable.Shorten(code), meaning?.Reason, at));
        }

        return new ReceiptRequest(receipts, """{"ok":true}""", ContentType);

        string Header(string name)
        {
            foreach (var (key, value) in headers)
                if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return value;
            return "";
        }
    }

    internal static void Write(PooledBytes body, IReadOnlyList<OutgoingMessage> group)
    {
        using var json = new Utf8JsonWriter(body, WireJson.Relaxed);
        Span<char> id = stackalloc char[32];
        json.WriteStartObject();
        json.WriteStartArray("messages"u8);
        foreach (var message in group)
        {
            message.Id.TryFormat(id, out _, "N");
            json.WriteStartObject();
            json.WriteString("id"u8, id);
            json.WriteString("to"u8, message.Recipient);
            if (message.Content.Subject is { Length: > 0 } title)
                json.WriteString("title"u8, title);
            json.WriteString("text"u8, message.Content.Text);
            if (message.Content.Url is { Length: > 0 } url)
                json.WriteString("url"u8, url);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Results come in the order of the messages; one that does not is looked up by its id.</summary>
    private void ReadResults(ReadOnlySpan<byte> body, IReadOnlyList<OutgoingMessage> group, SendOutcome[] outcomes)
    {
        var reader = new Utf8JsonReader(body);
        Dictionary<Guid, int>? places = null;
        var next = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.StartObject || reader.CurrentDepth < 2)
                continue;
            Guid id = default;
            var accepted = false;
            string? code = null, providerId = null;
            var wait = 0.0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                if (reader.ValueTextEquals("id"u8))
                {
                    reader.Read();
                    if (!(System.Buffers.Text.Utf8Parser.TryParse(reader.ValueSpan, out id, out var used, 'N') && used == reader.ValueSpan.Length))
                        id = default;
                }
                else if (reader.ValueTextEquals("code"u8))
                {
                    reader.Read();
                    // "duplicate": it has the message from an attempt before.
                    if (reader.ValueTextEquals("ok"u8) || reader.ValueTextEquals("duplicate"u8))
                        accepted = true;
                    else
                        code = reader.GetString();
                }
                else if (reader.ValueTextEquals("pid"u8))
                {
                    reader.Read();
                    providerId = reader.GetString();
                }
                else if (reader.ValueTextEquals("retry_after"u8))
                {
                    reader.Read();
                    wait = reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var seconds) ? seconds : 0;
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            var place = next < group.Count && group[next].Id == id ? next : -1;
            if (place < 0)
            {
                places ??= Places(group);
                if (!places.TryGetValue(id, out place))
                    continue;
            }

            next = place + 1;
            if (accepted)
            {
                outcomes[place] = new SendOutcome(id, SendResult.Accepted, null, providerId, "ok");
            }
            else if (code is not null)
            {
                var retryAt = wait is > 0 and < 1e6 ? http.Now.AddSeconds(wait) : default(DateTimeOffset?);
                outcomes[place] = (Codes.Trouble(code, http.Now) with { RetryAt = retryAt }).For(id);
            }
        }
    }

    private static Dictionary<Guid, int> Places(IReadOnlyList<OutgoingMessage> group)
    {
        var places = new Dictionary<Guid, int>(group.Count);
        for (var i = 0; i < group.Count; i++)
            places[group[i].Id] = i;
        return places;
    }

    private Trouble OfCall(WireAnswer answer)
    {
        using var document = WireJson.Parse(answer.Body);
        var code = document?.RootElement.Member("error") is { } error ? error.Text("code") : "";
        var status = http.StatusTrouble(answer);
        return code.Length == 0 ? status : Codes.Trouble(code, http.Now) with { RetryAt = answer.RetryAt };
    }

    private async Task<WireAnswer> CallAsync(ProviderAccount account, string path, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var timestamp = http.Now.ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, ChannelHttp.At(account, path)) { Content = new WireBody(body, ContentType) };
        request.Headers.TryAddWithoutValidation(PushSignature.KeyHeader, account["KeyId"]);
        request.Headers.TryAddWithoutValidation(PushSignature.TimestampHeader, timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation(PushSignature.SignatureHeader, PushSignature.Of(account["Secret"], timestamp, body.Span));
        return await http.SendAsync(request, ct);
    }
}
