using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>
/// Aliyun SMS (dysmsapi 2017-05-25). Equal texts go to up to 1,000 numbers in one call, different ones to up to 100. One answer stands for the
/// whole call; a refusal that concerns one number is narrowed down by halving, because with it nothing of the call was sent.
/// </summary>
public sealed class AliyunSmsProvider(ChannelHttp http, ChannelSettings settings) : IMessageProvider, IReceiptReader, IReceiptPoller
{
    public const string KindName = "aliyun-sms";
    private const string Version = "2017-05-25";
    private const int LargestBatch = 100;
    private const char GroupMark = 'g';
    private static readonly TimeSpan China = TimeSpan.FromHours(8);

    /// <summary>Their clock and ours, and the length of a call: a row of the provider within this of our first attempt can be that attempt.</summary>
    private static readonly TimeSpan AttemptWindow = TimeSpan.FromMinutes(2);

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.Sms;

    public int LargestGroup => 1000;

    public ResendRule Resend => ResendRule.CanBeAsked;

    public string DefaultAddress => "https://dysmsapi.aliyuncs.com";

    public IReadOnlyList<AccountField> Fields { get; } =
    [
        new("AccessKeyId", "AccessKey ID", Secret: false, Required: true, "阿里云控制台 → RAM 访问控制 → 用户 → AccessKey"),
        new("AccessKeySecret", "AccessKey Secret", Secret: true, Required: true, "创建 AccessKey 时显示一次"),
        new("SignName", "短信签名", Secret: false, Required: true, "短信服务 → 国内消息 → 签名管理，不含【】"),
        new("ReceiptKey", "回执密钥", Secret: true, Required: false, "回执地址后加 ?key=此值；留空则只查询、不接收回执推送"),
    ];

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var outcomes = new SendOutcome[group.Count];
        var rest = new List<int>(group.Count);
        for (var i = 0; i < group.Count; i++)
        {
            if (Recipients.IsMobile(group[i].Recipient))
                rest.Add(i);
            else
                outcomes[i] = Recipients.BadMobile.For(group[i].Id);
        }

        // One number twice in a call would be sent to once, so each round takes each number once.
        while (rest.Count > 0)
        {
            var first = group[rest[0]].Content;
            var equal = rest.TrueForAll(i => Recipients.SameContent(group[i].Content, first));
            var numbers = new HashSet<string>();
            var (now, later) = (new List<int>(), new List<int>());
            foreach (var i in rest)
            {
                var fits = group[i].Content.ProviderTemplate == first.ProviderTemplate && now.Count < (equal ? LargestGroup : LargestBatch);
                (fits && numbers.Add(group[i].Recipient) ? now : later).Add(i);
            }

            await SendOneCallAsync(account, group, now, equal, outcomes, ct);
            rest = later;
        }

        return outcomes;
    }

    private async Task SendOneCallAsync(
        ProviderAccount account, IReadOnlyList<OutgoingMessage> group, List<int> call, bool equal, SendOutcome[] outcomes, CancellationToken ct)
    {
        var first = group[call[0]];
        // Receipts and queries tell by it whose the message is: of one its id, of a group that it was one.
        var outId = call.Count == 1 ? first.Id.ToString("N") : $"{GroupMark}{first.Id:N}";
        var (action, form) = equal
            ? ("SendSms", Acs3Signature.Form(
                ("PhoneNumbers", string.Join(',', call.Select(i => group[i].Recipient))), ("SignName", account["SignName"]),
                ("TemplateCode", first.Content.ProviderTemplate ?? ""), ("TemplateParam", ParametersOf(first.Content)), ("OutId", outId)))
            : ("SendBatchSms", Acs3Signature.Form(
                ("PhoneNumberJson", Array(call.Select(i => group[i].Recipient))), ("SignNameJson", Array(call.Select(_ => account["SignName"]))),
                ("TemplateCode", first.Content.ProviderTemplate ?? ""), ("TemplateParamJson", $"[{string.Join(',', call.Select(i => ParametersOf(group[i].Content)))}]"),
                ("OutId", outId)));

        using var answer = await CallAsync(account, action, form, ct);
        var (trouble, body) = Read(answer);
        if (trouble is null)
        {
            var bizId = body!.RootElement.Text("BizId");
            body.Dispose();
            foreach (var i in call)
                outcomes[i] = new SendOutcome(group[i].Id, SendResult.Accepted, null, ProviderIdOf(bizId, group[i].Recipient), "OK");
            return;
        }

        body?.Dispose();
        var ofOneNumber = trouble.Value.Failure == FailureClass.InvalidRecipient || trouble.Value.RecipientOnly;
        if (call.Count == 1 || !ofOneNumber)
        {
            foreach (var i in call)
                outcomes[i] = trouble.Value.For(group[i].Id);
            return;
        }

        var half = call.Count / 2;
        await SendOneCallAsync(account, group, call[..half], equal, outcomes, ct);
        await SendOneCallAsync(account, group, call[half..], equal, outcomes, ct);
    }

    /// <summary>
    /// The provider lists what it took for a number on a day. A message is recognised by our id, or, when it left in a group under another's id,
    /// by template, time and every one of its values in the text.
    /// </summary>
    public async Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var outcomes = new SendOutcome[group.Count];
        for (var i = 0; i < group.Count; i++)
            outcomes[i] = await AskOneAsync(account, group[i], ct);
        return outcomes;
    }

    private async Task<SendOutcome> AskOneAsync(ProviderAccount account, OutgoingMessage message, CancellationToken ct)
    {
        var sentAround = message.SentAround ?? http.Now;
        var (trouble, rows) = await DetailsAsync(account, message.Recipient, null, sentAround, ct);
        if (trouble is not null)
            return Trouble.Unknown(trouble.Value.Reason, trouble.Value.Code).For(message.Id);
        var outId = message.Id.ToString("N");
        var own = rows.Find(r => r.OutId == outId)
            ?? rows.Find(r => r.OutId.StartsWith(GroupMark) && r.Template == message.Content.ProviderTemplate && (r.SentAt - sentAround).Duration() <= AttemptWindow
                && message.Content.Parameters.All(p => r.Text.Contains(p.Value, StringComparison.Ordinal)));
        if (own is not null)
        {
            return own.State switch
            {
                3 => new SendOutcome(message.Id, SendResult.Delivered, null, null, own.Code, "已送达"),
                2 => AliyunSmsCodes.Receipts.Trouble(own.Code, http.Now).For(message.Id),
                _ => new SendOutcome(message.Id, SendResult.Accepted, null, null, own.Code),
            };
        }

        return http.Now - sentAround < settings.ListedAfter
            ? Trouble.Unknown("服务商尚未列出该短信", "not-listed").For(message.Id)
            : new SendOutcome(message.Id, SendResult.NeverArrived, null, null, "not-listed", "服务商没有收到该短信");
    }

    public async Task<IReadOnlyList<DeliveryReceipt>> PollAsync(ProviderAccount account, IReadOnlyList<SentMessage> waiting, CancellationToken ct)
    {
        var receipts = new List<DeliveryReceipt>();
        foreach (var message in waiting)
        {
            var bizId = message.ProviderId is { } id && id.LastIndexOf('.') is var dot and > 0 ? id[..dot] : null;
            var (trouble, rows) = await DetailsAsync(account, message.Recipient, bizId, message.SentAt, ct);
            if (trouble is not null)
                return receipts; // Asked again later; what was read counts.
            if (rows.Find(r => bizId is not null || r.OutId == message.MessageId.ToString("N")) is { State: 2 or 3 } row)
                receipts.Add(Receipt(message.MessageId, message.ProviderId, row.State == 3, row.Code, row.ReceivedAt ?? http.Now));
        }

        return receipts;
    }

    public ReceiptRequest? Read(
        ProviderAccount account, IReadOnlyDictionary<string, string> query, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body)
    {
        // Aliyun signs nothing, so the address carries a secret.
        var key = account["ReceiptKey"];
        if (key.Length == 0 || !query.TryGetValue("key", out var given)
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(given)))
            return null;
        using var document = WireJson.Parse(body);
        if (document is not { RootElement.ValueKind: JsonValueKind.Array })
            return null;
        var receipts = new List<DeliveryReceipt>();
        foreach (var item in document.RootElement.EnumerateArray())
        {
            var bizId = item.Text("biz_id");
            if (bizId.Length == 0)
                continue;
            // Our id in out_id is that of the first of its group, so it names the message only through the number; the provider id does both.
            receipts.Add(Receipt(
                null, ProviderIdOf(bizId, item.Text("phone_number")), item.Text("success") == "true", item.Text("err_code"), Time(item.Text("report_time")) ?? http.Now));
        }

        return new ReceiptRequest(receipts, """{"code":0,"msg":"成功"}""", WireJson.ContentType);
    }

    public async Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct)
    {
        var now = http.Now.ToOffset(China);
        var (trouble, _) = await DetailsAsync(account, "13800000000", null, now, ct);
        return trouble is { } found ? found.AsProbe() : new ProbeResult(true);
    }

    /// <summary>Of a call for many numbers all get one BizId. The number joins as a short hash, because provider ids are shown and logged.</summary>
    internal static string ProviderIdOf(string bizId, string mobile) =>
        $"{bizId}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{bizId} {mobile}")).AsSpan(0, 4))}";

    private async Task<(Trouble? Trouble, List<Detail> Rows)> DetailsAsync(
        ProviderAccount account, string mobile, string? bizId, DateTimeOffset around, CancellationToken ct)
    {
        var rows = new List<Detail>();
        // Around midnight in China the provider may have booked the message on the day beside.
        foreach (var day in new[] { around - AttemptWindow, around + AttemptWindow }.Select(t => t.ToOffset(China).ToString("yyyyMMdd", CultureInfo.InvariantCulture)).Distinct())
        {
            for (var page = 1; page <= 20; page++)
            {
                var form = Acs3Signature.Form(
                    ("PhoneNumber", mobile), ("SendDate", day), ("PageSize", "50"), ("CurrentPage", page.ToString(CultureInfo.InvariantCulture)), ("BizId", bizId ?? ""));
                using var answer = await CallAsync(account, "QuerySendDetails", form, ct);
                var (trouble, body) = Read(answer);
                using (body)
                {
                    if (trouble is not null)
                        return (trouble, rows);
                    var before = rows.Count;
                    foreach (var item in body!.RootElement.Member("SmsSendDetailDTOs") is { } list ? list.Items("SmsSendDetailDTO") : [])
                        rows.Add(new Detail(
                            item.Text("OutId"), item.Text("TemplateCode"), item.Text("Content"), (int)(item.Number("SendStatus") ?? 1), item.Text("ErrCode"),
                            Time(item.Text("SendDate")) ?? DateTimeOffset.MinValue, Time(item.Text("ReceiveDate"))));
                    if (rows.Count - before < 50)
                        break;
                }
            }
        }

        return (null, rows);
    }

    private async Task<WireAnswer> CallAsync(ProviderAccount account, string action, string form, CancellationToken ct)
    {
        using var request = Acs3Signature.Post(account.BaseAddress, action, Version, form, account["AccessKeyId"], account["AccessKeySecret"], http.Now);
        return await http.SendAsync(request, ct);
    }

    private (Trouble? Trouble, JsonDocument? Body) Read(WireAnswer answer)
    {
        if (answer.Trouble is { } trouble)
            return (trouble, null);
        var body = WireJson.Parse(answer.Body);
        var code = body?.RootElement.Text("Code") ?? "";
        if (code == "OK" && answer.Status == HttpStatusCode.OK)
            return (null, body);
        if (code.Length == 0)
            return (http.StatusTrouble(answer), body);
        return (CodeTable.Trouble(code, AliyunSmsCodes.Meaning(code, body!.RootElement.Text("Message")), http.Now), body);
    }

    private static DeliveryReceipt Receipt(Guid? id, string? providerId, bool delivered, string code, DateTimeOffset at)
    {
        if (delivered)
            return new DeliveryReceipt(id, providerId, true, null, code, null, at);
        var meaning = AliyunSmsCodes.Receipts[code];
        return new DeliveryReceipt(id, providerId, false, meaning.Failure, CodeTable.Shorten(code), meaning.Reason, at);
    }

    private static string ParametersOf(RenderedContent content) => content.Parameters.Count == 0
        ? "{}"
        : WireJson.WriteText(content.Parameters, static (json, parameters) =>
        {
            json.WriteStartObject();
            foreach (var (name, value) in parameters)
                json.WriteString(name, value);
            json.WriteEndObject();
        });

    private static string Array(IEnumerable<string> values) => WireJson.WriteText(values, static (json, all) =>
    {
        json.WriteStartArray();
        foreach (var value in all)
            json.WriteStringValue(value);
        json.WriteEndArray();
    });

    private static DateTimeOffset? Time(string text) =>
        DateTime.TryParseExact(text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? new DateTimeOffset(time, China).ToUniversalTime() : null;

    private sealed record Detail(string OutId, string Template, string Text, int State, string Code, DateTimeOffset SentAt, DateTimeOffset? ReceivedAt);
}
