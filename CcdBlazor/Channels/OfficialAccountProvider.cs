using System.Globalization;
using System.Text;
using System.Xml;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>
/// WeChat Official Account: form <c>template</c> (our id is recognised for 10 minutes), <c>subscribe</c>, and <c>text</c> or <c>news</c> as customer-service
/// messages within 48 hours of the user's last word.
/// </summary>
public sealed class OfficialAccountProvider(WeChatCall call, ChannelSettings settings, TimeProvider clock) : IMessageProvider, IReceiptReader
{
    public const string KindName = "oa";

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.OfficialAccount;

    public int LargestGroup => 1;

    /// <summary>In template messages; the other forms leave a mark before the call, see <see cref="ResendFor"/>.</summary>
    public ResendRule Resend => ResendRule.RecognisesOurId;

    public TimeSpan RecognisesFor => TimeSpan.FromMinutes(10);

    public string DefaultAddress => "https://api.weixin.qq.com";

    public IReadOnlyList<AccountField> Fields { get; } =
    [
        new("AppId", "AppID", Secret: false, Required: true, "公众平台 → 设置与开发 → 基本配置"),
        new("AppSecret", "AppSecret", Secret: true, Required: true, "公众平台 → 设置与开发 → 基本配置；出口 IP 须加入白名单"),
        new("Token", "Token（令牌）", Secret: true, Required: false, "公众平台 → 设置与开发 → 基本配置 → 服务器配置；留空则不接收送达回执"),
        new("EncodingAESKey", "EncodingAESKey", Secret: true, Required: false, "同一处，43 个字符；消息加解密方式须选“安全模式”"),
    ];

    public ResendRule ResendFor(RenderedContent content) => content.Form == "template" ? ResendRule.RecognisesOurId : ResendRule.CannotTell;

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var outcomes = new SendOutcome[group.Count];
        for (var i = 0; i < group.Count; i++)
            outcomes[i] = await SendOneAsync(account, group[i], ct);
        return outcomes;
    }

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>(Trouble.Unknown("公众号无法查询").ForAll(group));

    public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => call.ProbeAsync(account, account["AppId"], t => FetchAsync(account, t), ct);

    /// <summary>The check of the address when it is entered: a signed word that has to come back as it is.</summary>
    public string? Confirm(ProviderAccount account, IReadOnlyDictionary<string, string> query)
    {
        string Part(string name) => query.GetValueOrDefault(name, "");
        return account["Token"] is { Length: > 0 } token && Fresh(Part("timestamp")) && WeChatCrypto.Genuine(Part("signature"), token, Part("timestamp"), Part("nonce")) ? Part("echostr") : null;
    }

    /// <summary>Only what is encrypted counts: in plain mode the signature does not cover the body.</summary>
    public ReceiptRequest? Read(
        ProviderAccount account, IReadOnlyDictionary<string, string> query, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body)
    {
        string Part(string name) => query.GetValueOrDefault(name, "");
        if (account["Token"] is not { Length: > 0 } token || !Fresh(Part("timestamp")) || ElementsOf(Encoding.UTF8.GetString(body.Span)) is not { } outer
            || outer.GetValueOrDefault("Encrypt") is not { Length: > 0 } encrypted || !WeChatCrypto.Genuine(Part("msg_signature"), token, Part("timestamp"), Part("nonce"), encrypted)
            || WeChatCrypto.Decrypt(account["EncodingAESKey"], encrypted, account["AppId"]) is not { } xml)
            return null;
        // Whatever else happens to the account is answered too, or it would be asked again.
        return new ReceiptRequest(ReadTemplateFinished(xml) is { } receipt ? [receipt] : [], "success", "text/plain");
    }

    private bool Fresh(string timestamp) =>
        long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(clock.GetUtcNow().ToUnixTimeSeconds() - (double)seconds) <= settings.ReceiptClockSkew.TotalSeconds;

    /// <summary>
    /// The event TEMPLATESENDJOBFINISH, decrypted: the last word on a template message. It names our message by the number that sending answered with.
    /// None for any other event.
    /// </summary>
    public static DeliveryReceipt? ReadTemplateFinished(string xml)
    {
        if (ElementsOf(xml) is not { } fields)
            return null;
        if (fields.GetValueOrDefault("Event") != "TEMPLATESENDJOBFINISH" || fields.GetValueOrDefault("MsgID") is not { Length: > 0 } number)
            return null;
        var status = fields.GetValueOrDefault("Status", "");
        var at = DateTimeOffset.FromUnixTimeSeconds(long.TryParse(fields.GetValueOrDefault("CreateTime"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, 253_402_300_799) : 0);
        if (status == "success")
            return new DeliveryReceipt(null, number, true, null, status, null, at);
        var (failure, reason) = status switch
        {
            _ when status.Contains("block", StringComparison.Ordinal) => (FailureClass.InvalidRecipient, "用户拒收"),
            _ when status.Contains("freq", StringComparison.Ordinal) => (FailureClass.Throttled, "该用户收到的模板消息过多"),
            _ => (FailureClass.Transient, "微信未能送达"),
        };
        return new DeliveryReceipt(null, number, false, failure, CodeTable.Shorten(status), reason, at);
    }

    private static Dictionary<string, string>? ElementsOf(string xml)
    {
        var fields = new Dictionary<string, string>();
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = 1024 * 1024 };
        try
        {
            using var text = new StringReader(xml.TrimStart('\uFEFF'));
            using var reader = XmlReader.Create(text, settings);
            reader.MoveToContent();
            reader.Read();
            while (!reader.EOF && reader.NodeType != XmlNodeType.EndElement)
            {
                if (reader.NodeType != XmlNodeType.Element)
                    reader.Read();
                else if (reader.LocalName is "Encrypt" or "Event" or "MsgID" or "Status" or "CreateTime")
                    fields[reader.LocalName] = reader.ReadElementContentAsString().Trim();
                else
                    reader.Skip();
            }
        }
        catch (XmlException)
        {
            return null;
        }

        return fields;
    }

    private async Task<SendOutcome> SendOneAsync(ProviderAccount account, OutgoingMessage message, CancellationToken ct)
    {
        var (path, body) = message.Content.Form switch
        {
            "template" => ("cgi-bin/message/template/send", Keywords(message, withOurId: true)),
            "subscribe" => ("cgi-bin/message/subscribe/bizsend", Keywords(message, withOurId: false)),
            _ => ("cgi-bin/message/custom/send", Custom(message)),
        };
        var (trouble, answer) = await call.PostAsync(account, account["AppId"], t => FetchAsync(account, t), path, body, WeChatCodes.OfficialAccount, ct);
        using (answer)
            return trouble?.For(message.Id)
                ?? new SendOutcome(message.Id, SendResult.Accepted, null, answer!.RootElement.Text("msgid") is { Length: > 0 } number ? number : null, "0");
    }

    /// <summary>The stable endpoint: it answers every node with the same token, and does not kill the one before.</summary>
    private Task<FetchedToken> FetchAsync(ProviderAccount account, CancellationToken ct) => call.FetchAsync(
        account, "cgi-bin/stable_token", WireJson.Write(account, static (json, a) =>
        {
            json.WriteStartObject();
            json.WriteString("grant_type", "client_credential");
            json.WriteString("appid", a["AppId"]);
            json.WriteString("secret", a["AppSecret"]);
            json.WriteBoolean("force_refresh", false);
            json.WriteEndObject();
        }), WeChatCodes.OfficialAccount, ct);

    private static byte[] Keywords(OutgoingMessage message, bool withOurId) => WireJson.Write((message, withOurId), static (json, s) =>
    {
        var (message, withOurId) = s;
        json.WriteStartObject();
        json.WriteString("touser", message.Recipient);
        json.WriteString("template_id", message.Content.ProviderTemplate);
        if (message.Content.Url is { Length: > 0 } url)
            json.WriteString(withOurId ? "url" : "page", url);
        if (withOurId)
            json.WriteString("client_msg_id", message.Id.ToString("N"));
        json.WriteStartObject("data");
        foreach (var (name, value) in message.Content.Parameters)
        {
            json.WriteStartObject(name);
            json.WriteString("value", Fit(name, value));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static byte[] Custom(OutgoingMessage message) => WireJson.Write(message, static (json, m) =>
    {
        json.WriteStartObject();
        json.WriteString("touser", m.Recipient);
        if (m.Content.Form == "news" && m.Content.Url is { Length: > 0 } url)
        {
            json.WriteString("msgtype", "news");
            json.WriteStartObject("news");
            json.WriteStartArray("articles");
            json.WriteStartObject();
            json.WriteString("title", m.Content.Subject);
            json.WriteString("description", m.Content.Text);
            json.WriteString("url", url);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("msgtype", "text");
            json.WriteStartObject("text");
            json.WriteString("content", m.Content.Text);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    });

    /// <summary>
    /// Keywords are typed and limited; a longer one costs the whole message (47003). Free words are cut between whole characters; numbers, times and
    /// telephone numbers are left alone, because half of one is worse than none.
    /// </summary>
    internal static string Fit(string name, string value)
    {
        var most = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') switch { "thing" => 20, "phrase" => 5, "name" => 10, _ => int.MaxValue };
        if (value.Length <= most)
            return value;
        var cut = new StringBuilder();
        var elements = StringInfo.GetTextElementEnumerator(value);
        while (elements.MoveNext() && cut.Length + elements.GetTextElement().Length <= most - (most >= 10 ? 1 : 0))
            cut.Append(elements.GetTextElement());
        return most >= 10 ? cut.Append('…').ToString() : cut.ToString();
    }
}
