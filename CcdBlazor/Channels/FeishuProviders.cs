using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CcdBlazor.Domain.Messages.Channels;
using static CcdBlazor.Domain.Messages.Channels.FailureClass;

namespace CcdBlazor.Channels;

/// <summary>What Feishu's bot and application have in common: codes, and the forms of messages.</summary>
internal static class Feishu
{
    public static readonly CodeTable Codes = new(new()
    {
        ["19001"] = new(Credentials, "机器人地址无效"),
        ["19021"] = new(Credentials, "机器人签名不正确或时间相差过大"),
        ["19022"] = new(Credentials, "出口地址不在机器人白名单"),
        ["19024"] = new(Rejected, "内容缺少机器人要求的关键词"),
        ["9499"] = new(Rejected, "消息格式错误"),
        ["11232"] = new(Throttled, "机器人发送过于频繁", LimitEnd.Second),
        ["230001"] = new(Rejected, "消息参数不正确"),
        ["230002"] = new(InvalidRecipient, "应用不在该会话中"),
        ["230006"] = new(Credentials, "应用没有开启机器人能力"),
        ["230013"] = new(InvalidRecipient, "用户不在应用可用范围"),
        ["230015"] = new(Rejected, "不支持的消息类型"),
        ["230020"] = new(Throttled, "发给该用户或群过于频繁", LimitEnd.Second, OwnLimit: true),
        ["230025"] = new(Rejected, "消息内容过长"),
        ["230028"] = new(Rejected, "内容被数据防泄漏策略拦截"),
        ["230053"] = new(InvalidRecipient, "用户停用了机器人"),
        ["99991400"] = new(Throttled, "飞书接口限流", LimitEnd.Second),
        ["99991401"] = new(Credentials, "出口地址不在应用白名单"),
        ["99991661"] = new(Credentials, "缺少访问令牌"),
        ["99991663"] = new(Credentials, "访问令牌无效"),
        ["99991665"] = new(Credentials, "访问令牌无效"),
        ["99991672"] = new(Credentials, "应用没有发送消息的权限"),
        ["99992351"] = new(InvalidRecipient, "用户不存在"),
        ["99992361"] = new(InvalidRecipient, "用户不属于该应用"),
        ["10003"] = new(Credentials, "应用凭据格式不正确"),
        ["10014"] = new(Credentials, "应用密钥不正确"),
        ["1000005"] = new(Transient, "飞书系统错误"),
        ["1500"] = new(Transient, "飞书系统错误"),
    });

    public static string TypeOf(RenderedContent content) => content.Form switch { "post" => "post", "markdown" or "interactive" => "interactive", _ => "text" };

    /// <summary>The content of a message: text, a post with title and link, or a card with Markdown.</summary>
    public static void Write(Utf8JsonWriter json, RenderedContent content, bool inBot)
    {
        json.WriteStartObject();
        switch (TypeOf(content))
        {
            case "post":
                if (inBot)
                    json.WriteStartObject("post");
                json.WriteStartObject("zh_cn");
                json.WriteString("title", content.Subject ?? "");
                json.WriteStartArray("content");
                foreach (var line in content.Text.ReplaceLineEndings("\n").Split('\n'))
                {
                    json.WriteStartArray();
                    json.WriteStartObject();
                    json.WriteString("tag", "text");
                    json.WriteString("text", line);
                    json.WriteEndObject();
                    json.WriteEndArray();
                }

                if (content.Url is { Length: > 0 } url)
                {
                    json.WriteStartArray();
                    json.WriteStartObject();
                    json.WriteString("tag", "a");
                    json.WriteString("text", "查看详情");
                    json.WriteString("href", url);
                    json.WriteEndObject();
                    json.WriteEndArray();
                }

                json.WriteEndArray();
                json.WriteEndObject();
                if (inBot)
                    json.WriteEndObject();
                break;
            case "interactive":
                if (content.Subject is { Length: > 0 } title)
                {
                    json.WriteStartObject("header");
                    json.WriteStartObject("title");
                    json.WriteString("tag", "plain_text");
                    json.WriteString("content", title);
                    json.WriteEndObject();
                    json.WriteEndObject();
                }

                json.WriteStartArray("elements");
                json.WriteStartObject();
                json.WriteString("tag", "markdown");
                json.WriteString("content", content.Url is { Length: > 0 } link ? $"{content.Text}\n[查看详情]({link})" : content.Text);
                json.WriteEndObject();
                json.WriteEndArray();
                break;
            default:
                json.WriteString("text", content.Text);
                break;
        }

        json.WriteEndObject();
    }

    /// <summary>The trouble of an answer, or none. Errors come with HTTP 200, 400 and 429, always with a code.</summary>
    public static (Trouble? Trouble, string Code, JsonDocument? Answer) Read(ChannelHttp http, WireAnswer wire)
    {
        if (wire.Trouble is { } trouble)
            return (trouble, "", null);
        var answer = WireJson.Parse(wire.Body);
        var code = answer?.RootElement.Text("code") ?? "";
        if (code.Length == 0)
            code = answer?.RootElement.Text("StatusCode") ?? ""; // the older answer of bots
        if (code == "0")
            return (null, code, answer);
        if (code.Length == 0)
            return (http.StatusTrouble(wire), code, answer);
        var meaning = Codes.Trouble(code, http.Now);
        return (wire.RetryAt is { } until ? meaning with { RetryAt = until } : meaning, code, answer);
    }
}

/// <summary>A Feishu custom bot with signature: 100 messages a minute and 5 a second, 20 KB.</summary>
public sealed class FeishuBotProvider(ChannelHttp http) : IMessageProvider
{
    public const string KindName = "feishu-bot";
    private const int LargestBody = 20 * 1024;

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.Feishu;

    public int LargestGroup => 1;

    public ResendRule Resend => ResendRule.CannotTell;

    public string DefaultAddress => "https://open.feishu.cn";

    public IReadOnlyList<AccountField> Fields { get; } =
    [
        new("HookId", "机器人地址", Secret: true, Required: true, "Webhook 地址中 /hook/ 之后的部分"),
        new("Secret", "签名密钥", Secret: true, Required: false, "机器人安全设置 → 签名校验"),
    ];

    /// <summary>The key is time and secret, the message is empty: the other way round from every other signature.</summary>
    internal static string Sign(string secret, long timestamp) => Convert.ToBase64String(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{timestamp}\n{secret}")), Array.Empty<byte>()));

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var outcomes = new SendOutcome[group.Count];
        for (var i = 0; i < group.Count; i++)
        {
            var body = Body(account, group[i].Content);
            if (body.Length > LargestBody)
            {
                outcomes[i] = Trouble.Failed(Rejected, "飞书机器人消息过长", "local-length").For(group[i].Id);
                continue;
            }

            var (trouble, _) = await CallAsync(account, body, ct);
            outcomes[i] = trouble?.For(group[i].Id) ?? new SendOutcome(group[i].Id, SendResult.Accepted, null, null, "0");
        }

        return outcomes;
    }

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>(Trouble.Unknown("飞书机器人无法查询").ForAll(group));

    /// <summary>A message without content: a good bot complains about that, a bad one about address or signature.</summary>
    public async Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct)
    {
        var (trouble, code) = await CallAsync(account, Body(account, null), ct);
        return trouble is null || (code.Length > 0 && trouble.Value.Failure == Rejected) ? new ProbeResult(true) : trouble.Value.AsProbe();
    }

    private async Task<(Trouble? Trouble, string Code)> CallAsync(ProviderAccount account, byte[] body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, ChannelHttp.At(account, $"open-apis/bot/v2/hook/{Uri.EscapeDataString(account["HookId"])}"))
        {
            Content = new WireBody(body, WireJson.ContentType),
        };
        using var wire = await http.SendAsync(request, ct);
        var (trouble, code, answer) = Feishu.Read(http, wire);
        answer?.Dispose();
        return (trouble, code);
    }

    private byte[] Body(ProviderAccount account, RenderedContent? content) => WireJson.Write((account, content, now: http.Now.ToUnixTimeSeconds()), static (json, s) =>
    {
        json.WriteStartObject();
        if (s.account["Secret"] is { Length: > 0 } secret)
        {
            json.WriteString("timestamp", s.now.ToString(CultureInfo.InvariantCulture));
            json.WriteString("sign", Sign(secret, s.now));
        }

        if (s.content is not null)
        {
            var type = Feishu.TypeOf(s.content);
            json.WriteString("msg_type", type);
            json.WritePropertyName(type == "interactive" ? "card" : "content");
            Feishu.Write(json, s.content, inBot: true);
        }

        json.WriteEndObject();
    });
}

/// <summary>Messages of a Feishu application to persons and chats; our id is recognised for an hour.</summary>
public sealed class FeishuAppProvider(ChannelHttp http, AccessTokens tokens) : IMessageProvider
{
    public const string KindName = "feishu-app";

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.Feishu;

    public int LargestGroup => 1;

    public ResendRule Resend => ResendRule.RecognisesOurId;

    public TimeSpan RecognisesFor => TimeSpan.FromHours(1);

    public string DefaultAddress => "https://open.feishu.cn";

    public IReadOnlyList<AccountField> Fields { get; } =
    [
        new("AppId", "App ID", Secret: false, Required: true, "开发者后台 → 凭证与基础信息"),
        new("AppSecret", "App Secret", Secret: true, Required: true, "开发者后台 → 凭证与基础信息"),
    ];

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var outcomes = new SendOutcome[group.Count];
        for (var i = 0; i < group.Count; i++)
            outcomes[i] = await SendOneAsync(account, group[i], ct);
        return outcomes;
    }

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>(Trouble.Unknown("飞书无法查询").ForAll(group));

    public async Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) =>
        (await tokens.GetAsync(account, account["AppId"], t => FetchAsync(account, t), ct)).Trouble is { } trouble ? trouble.AsProbe() : new ProbeResult(true);

    /// <summary>Feishu's ids say by their beginning what they are.</summary>
    internal static string IdTypeOf(string recipient) => recipient switch
    {
        _ when recipient.StartsWith("ou_", StringComparison.Ordinal) => "open_id",
        _ when recipient.StartsWith("oc_", StringComparison.Ordinal) => "chat_id",
        _ when recipient.StartsWith("on_", StringComparison.Ordinal) => "union_id",
        _ when recipient.Contains('@', StringComparison.Ordinal) => "email",
        _ => "user_id",
    };

    private async Task<SendOutcome> SendOneAsync(ProviderAccount account, OutgoingMessage message, CancellationToken ct)
    {
        // The content is JSON within a JSON text: written twice.
        var content = WireJson.WriteText(message.Content, static (json, c) => Feishu.Write(json, c, inBot: false));
        if (Encoding.UTF8.GetByteCount(content) > (Feishu.TypeOf(message.Content) == "text" ? 150 : 30) * 1024)
            return Trouble.Failed(Rejected, "飞书消息过长", "local-length").For(message.Id);
        var body = WireJson.Write((message, content), static (json, s) =>
        {
            json.WriteStartObject();
            json.WriteString("receive_id", s.message.Recipient);
            json.WriteString("msg_type", Feishu.TypeOf(s.message.Content));
            json.WriteString("content", s.content);
            json.WriteString("uuid", s.message.Id.ToString("N"));
            json.WriteEndObject();
        });
        for (var attempt = 1; ; attempt++)
        {
            var (token, none) = await tokens.GetAsync(account, account["AppId"], t => FetchAsync(account, t), ct);
            if (none is not null)
                return none.Value.For(message.Id);
            using var request = new HttpRequestMessage(HttpMethod.Post, ChannelHttp.At(account, $"open-apis/im/v1/messages?receive_id_type={IdTypeOf(message.Recipient)}"))
            {
                Content = new WireBody(body, WireJson.ContentType),
            };
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            using var wire = await http.SendAsync(request, ct);
            var (trouble, code, answer) = Feishu.Read(http, wire);
            using (answer)
            {
                if (trouble is null)
                    return new SendOutcome(message.Id, SendResult.Accepted, null, answer!.RootElement.Member("data") is { } data ? data.Text("message_id") : null, "0");
                if (code is not ("99991661" or "99991663" or "99991665"))
                    return trouble.Value.For(message.Id);
                await tokens.ExpireAsync(account, token, ct);
                if (attempt == 2)
                    return trouble.Value.For(message.Id);
            }
        }
    }

    private async Task<FetchedToken> FetchAsync(ProviderAccount account, CancellationToken ct)
    {
        var body = WireJson.Write(account, static (json, a) =>
        {
            json.WriteStartObject();
            json.WriteString("app_id", a["AppId"]);
            json.WriteString("app_secret", a["AppSecret"]);
            json.WriteEndObject();
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, ChannelHttp.At(account, "open-apis/auth/v3/tenant_access_token/internal")) { Content = new WireBody(body, WireJson.ContentType) };
        using var wire = await http.SendAsync(request, ct);
        var (trouble, _, answer) = Feishu.Read(http, wire);
        using (answer)
            return trouble is not null ? new FetchedToken(null, 0, trouble) : new FetchedToken(answer!.RootElement.Text("tenant_access_token"), answer.RootElement.Number("expire") ?? 0, null);
    }
}
