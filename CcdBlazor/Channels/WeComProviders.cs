using System.Globalization;
using System.Text;
using System.Text.Json;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>
/// Messages of a WeCom application to members. One at a time: the provider's check for duplicates is of equal requests, so only a request that comes
/// again exactly as it was is safe, and a group would be cut differently the second time.
/// </summary>
public sealed class WeComAppProvider(WeChatCall call) : IMessageProvider
{
    public const string KindName = "wecom-app";
    private const int DuplicateSeconds = 1800;

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.WeCom;

    public int LargestGroup => 1;

    public ResendRule Resend => ResendRule.RecognisesOurId;

    public TimeSpan RecognisesFor => TimeSpan.FromSeconds(DuplicateSeconds);

    public string DefaultAddress => "https://qyapi.weixin.qq.com";

    public IReadOnlyList<AccountField> Fields { get; } =
    [
        new("CorpId", "企业 ID", Secret: false, Required: true, "管理后台 → 我的企业 → 企业信息"),
        new("AgentId", "应用 AgentId", Secret: false, Required: true, "管理后台 → 应用管理 → 应用详情"),
        new("Secret", "应用 Secret", Secret: true, Required: true, "管理后台 → 应用管理 → 应用详情；出口 IP 须为企业可信 IP"),
    ];

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var outcomes = new SendOutcome[group.Count];
        // Equal contents in one call, should a caller bring several.
        var open = Enumerable.Range(0, group.Count).ToList();
        while (open.Count > 0)
        {
            var first = group[open[0]];
            var together = open.Where(i => Recipients.SameContent(group[i].Content, first.Content)).Take(1000).ToList();
            open = open.Except(together).ToList();
            await SendOneCallAsync(account, group, together, outcomes, ct);
        }

        return outcomes;
    }

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>(Trouble.Unknown("企业微信无法查询").ForAll(group));

    public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => call.ProbeAsync(account, Application(account), t => FetchAsync(account, t), ct);

    private async Task SendOneCallAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, List<int> together, SendOutcome[] outcomes, CancellationToken ct)
    {
        var content = group[together[0]].Content;
        var recipients = string.Join('|', together.Select(i => group[i].Recipient));
        var refusal = WeComText.TooLong(content, 2048)
            ?? (together.Any(i => group[i].Recipient.Length == 0 || group[i].Recipient.Contains('|', StringComparison.Ordinal) || group[i].Recipient.StartsWith('@'))
                ? Trouble.Failed(FailureClass.InvalidRecipient, "成员账号格式不正确", "local-userid") : null);
        if (refusal is null && !int.TryParse(account["AgentId"], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            refusal = Trouble.Failed(FailureClass.Credentials, "应用 AgentId 不正确", "local-agent");
        if (refusal is not null)
        {
            foreach (var i in together)
                outcomes[i] = refusal.Value.For(group[i].Id);
            return;
        }

        var body = WireJson.Write((account, content, recipients), static (json, s) =>
        {
            json.WriteStartObject();
            json.WriteString("touser", s.recipients);
            json.WriteNumber("agentid", int.Parse(s.account["AgentId"], CultureInfo.InvariantCulture));
            WeComText.Write(json, s.content);
            json.WriteNumber("enable_duplicate_check", 1);
            json.WriteNumber("duplicate_check_interval", DuplicateSeconds);
            json.WriteEndObject();
        });
        var (trouble, answer) = await call.PostAsync(account, Application(account), t => FetchAsync(account, t), "cgi-bin/message/send", body, WeChatCodes.WeCom, ct);
        using (answer)
        {
            // Success with names in these two is success without them. They come back in lower case.
            var unknown = Names(answer, "invaliduser");
            var unlicensed = Names(answer, "unlicenseduser");
            foreach (var i in together)
            {
                var (id, userId) = (group[i].Id, group[i].Recipient);
                outcomes[i] = trouble is { } whole ? whole.For(id)
                    : unknown.Contains(userId) ? WeChatCodes.WeCom.Trouble("81013", call.Now).For(id)
                    : unlicensed.Contains(userId) ? WeChatCodes.WeCom.Trouble("701008", call.Now).For(id)
                    : new SendOutcome(id, SendResult.Accepted, null, answer!.RootElement.Text("msgid") is { Length: > 0 } number ? number : null, "0");
            }
        }
    }

    private static HashSet<string> Names(JsonDocument? answer, string member) =>
        new(answer?.RootElement.Text(member).Split('|', StringSplitOptions.RemoveEmptyEntries) ?? [], StringComparer.OrdinalIgnoreCase);

    private static string Application(ProviderAccount account) => $"{account["CorpId"]}/{account["AgentId"]}";

    private Task<FetchedToken> FetchAsync(ProviderAccount account, CancellationToken ct) => call.FetchAsync(
        account, $"cgi-bin/gettoken?corpid={Uri.EscapeDataString(account["CorpId"])}&corpsecret={Uri.EscapeDataString(account["Secret"])}", null, WeChatCodes.WeCom, ct);
}

/// <summary>A WeCom group robot: its key is address and secret in one, 20 messages a minute.</summary>
public sealed class WeComRobotProvider(WeChatCall call) : IMessageProvider
{
    public const string KindName = "wecom-robot";

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.WeCom;

    public int LargestGroup => 1;

    public ResendRule Resend => ResendRule.CannotTell;

    public string DefaultAddress => "https://qyapi.weixin.qq.com";

    public IReadOnlyList<AccountField> Fields { get; } =
    [
        new("Key", "机器人 Key", Secret: true, Required: true, "群机器人 Webhook 地址中 key= 之后的部分"),
    ];

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var outcomes = new SendOutcome[group.Count];
        for (var i = 0; i < group.Count; i++)
        {
            var content = group[i].Content;
            if (WeComText.TooLong(content, content.Form is "markdown" or "markdown_v2" ? 4096 : 2048) is { } refusal)
            {
                outcomes[i] = refusal.For(group[i].Id);
                continue;
            }

            var body = WireJson.Write(content, static (json, c) =>
            {
                json.WriteStartObject();
                WeComText.Write(json, c);
                json.WriteEndObject();
            });
            var (trouble, answer, _) = await call.SendAsync(account, $"cgi-bin/webhook/send?key={Uri.EscapeDataString(account["Key"])}", body, WeChatCodes.WeCom, ct);
            using (answer)
                outcomes[i] = trouble?.For(group[i].Id) ?? new SendOutcome(group[i].Id, SendResult.Accepted, null, null, "0");
        }

        return outcomes;
    }

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>(Trouble.Unknown("群机器人无法查询").ForAll(group));

    /// <summary>Any genuine call would be read by the group, so an empty one is sent: a good key is told by the complaint about its body.</summary>
    public async Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct)
    {
        var (trouble, answer, code) = await call.SendAsync(account, $"cgi-bin/webhook/send?key={Uri.EscapeDataString(account["Key"])}", "{}"u8.ToArray(), WeChatCodes.WeCom, ct);
        answer?.Dispose();
        return trouble is null || WeChatCodes.WeCom[code].Failure == FailureClass.Rejected && code.Length > 0 || code == "40008" ? new ProbeResult(true) : trouble.Value.AsProbe();
    }
}

/// <summary>The forms of WeCom messages that we send.</summary>
internal static class WeComText
{
    /// <summary>WeCom cuts what is too long without a word; we refuse it.</summary>
    public static Trouble? TooLong(RenderedContent content, int bytes) =>
        Encoding.UTF8.GetByteCount(content.Text) > bytes || (content.Form == "textcard" && ((content.Subject?.Length ?? 0) > 128 || content.Text.Length > 512))
            ? Trouble.Failed(FailureClass.Rejected, "企业微信消息过长", "local-length")
            : null;

    public static void Write(Utf8JsonWriter json, RenderedContent content)
    {
        var form = content.Form is "markdown" or "markdown_v2" ? content.Form : content.Form == "textcard" && content.Url is { Length: > 0 } ? "textcard" : "text";
        json.WriteString("msgtype", form);
        json.WriteStartObject(form);
        if (form == "textcard")
        {
            json.WriteString("title", content.Subject);
            json.WriteString("description", content.Text);
            json.WriteString("url", content.Url);
        }
        else
        {
            json.WriteString("content", content.Text);
        }

        json.WriteEndObject();
    }
}
