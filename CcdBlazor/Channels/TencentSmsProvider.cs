using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.Messages.Channels;
using static CcdBlazor.Domain.Messages.Channels.FailureClass;

namespace CcdBlazor.Channels;

/// <summary>
/// Tencent Cloud SMS (2021-01-11): up to 200 numbers with the same values a call, one result per number. Its queries list what carriers have
/// confirmed, so they can say that a message arrived, and never that it did not.
/// </summary>
public sealed class TencentSmsProvider(ChannelHttp http) : IMessageProvider, IReceiptPoller
{
    public const string KindName = "tencent-sms";
    private const char GroupMark = 'g';
    private static readonly TimeSpan AttemptWindow = TimeSpan.FromMinutes(2);

    private static readonly CodeTable Codes = new(new()
    {
        ["LimitExceeded.PhoneNumberThirtySecondLimit"] = new(Throttled, "该号码 30 秒内发送过多", LimitEnd.HalfMinute, OwnLimit: true),
        ["LimitExceeded.PhoneNumberOneHourLimit"] = new(Throttled, "该号码 1 小时内发送过多", LimitEnd.Hour, OwnLimit: true),
        ["LimitExceeded.PhoneNumberDailyLimit"] = new(Throttled, "该号码当日发送过多", LimitEnd.Day, OwnLimit: true),
        ["LimitExceeded.PhoneNumberSameContentDailyLimit"] = new(Throttled, "该号码当日相同内容过多", LimitEnd.Day, OwnLimit: true),
        ["LimitExceeded.PhoneNumberCountLimit"] = new(Rejected, "一次发送的号码过多"),
        ["LimitExceeded.AppDailyLimit"] = new(Throttled, "短信应用触发日发送上限", LimitEnd.Day),
        ["LimitExceeded.DailyLimit"] = new(Throttled, "短信账号触发日发送上限", LimitEnd.Day),
        ["LimitExceeded.DeliveryFrequencyLimit"] = new(Throttled, "短信发送过于频繁", LimitEnd.Second, OwnLimit: true),
        ["LimitExceeded"] = new(Throttled, "短信接口限流", LimitEnd.Second),
        ["RequestLimitExceeded"] = new(Throttled, "短信接口限流", LimitEnd.Second),
        ["RequestLimitExceeded.UinLimitExceeded"] = new(Throttled, "短信接口限流", LimitEnd.Second),
        ["FailedOperation.InsufficientBalanceInSmsPackage"] = new(Credentials, "短信套餐包余量不足"),
        ["FailedOperation.TemplateIncorrectOrUnapproved"] = new(Rejected, "短信模板不存在或未通过审核"),
        ["FailedOperation.TemplateParamSetNotMatchApprovedTemplate"] = new(Rejected, "短信变量与模板不一致"),
        ["FailedOperation.TemplateUnapprovedOrNotExist"] = new(Rejected, "短信模板不存在或未通过审核"),
        ["FailedOperation.SignatureIncorrectOrUnapproved"] = new(Rejected, "短信签名不存在或未通过审核"),
        ["FailedOperation.ContainSensitiveWord"] = new(Rejected, "短信内容含敏感词"),
        ["FailedOperation.PhoneNumberInBlacklist"] = new(InvalidRecipient, "号码在服务商黑名单中"),
        ["FailedOperation.MarketingSendTimeConstraint"] = new(Throttled, "营销短信限定时段外", LimitEnd.Hour),
        ["InvalidParameterValue.IncorrectPhoneNumber"] = new(InvalidRecipient, "手机号码不合法"),
        ["InvalidParameterValue.TemplateParameterFormatError"] = new(Rejected, "短信变量格式错误"),
        ["InvalidParameterValue.TemplateParameterLengthLimit"] = new(Rejected, "短信变量过长"),
        ["InvalidParameterValue.ContentLengthLimit"] = new(Rejected, "短信内容过长"),
        ["InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"] = new(Rejected, "短信变量不允许链接"),
        ["InvalidParameterValue.SdkAppIdNotExist"] = new(Credentials, "短信应用不存在"),
        ["UnauthorizedOperation.SmsSdkAppIdVerifyFail"] = new(Credentials, "短信应用校验失败"),
        ["UnauthorizedOperation.RequestIpNotInWhitelist"] = new(Credentials, "出口地址不在服务商白名单"),
        ["UnauthorizedOperation.ServiceSuspendDueToArrears"] = new(Credentials, "短信账户欠费"),
        ["AuthFailure.SignatureFailure"] = new(Credentials, "访问密钥签名不匹配"),
        ["AuthFailure.SignatureExpire"] = new(Credentials, "服务器时间与服务商相差过大"),
        ["AuthFailure.SecretIdNotFound"] = new(Credentials, "访问密钥不存在"),
        ["AuthFailure.UnauthorizedOperation"] = new(Credentials, "访问密钥没有短信权限"),
        ["InternalError"] = new(Transient, "短信服务商系统错误"),
        ["InternalError.Timeout"] = new(Transient, "短信服务商处理超时"),
        ["FailedOperation.FailResolvePacket"] = new(Transient, "短信服务商解析失败"),
    });

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.Sms;

    public int LargestGroup => 200;

    public ResendRule Resend => ResendRule.CanBeAsked;

    public string DefaultAddress => "https://sms.tencentcloudapi.com";

    public IReadOnlyList<AccountField> Fields { get; } =
    [
        new("SecretId", "SecretId", Secret: false, Required: true, "腾讯云控制台 → 访问管理 → API 密钥"),
        new("SecretKey", "SecretKey", Secret: true, Required: true, "创建密钥时显示一次"),
        new("SmsSdkAppId", "短信应用 SdkAppId", Secret: false, Required: true, "短信控制台 → 应用管理，以 1400 开头"),
        new("SignName", "短信签名", Secret: false, Required: true, "签名内容，不含【】"),
        new("Region", "地域", Secret: false, Required: false, "默认 ap-guangzhou"),
        new("PriceMilli", "每条价格（厘）", Secret: false, Required: false, "用于费用统计，例如 45 表示 0.045 元"),
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

        while (rest.Count > 0)
        {
            var first = group[rest[0]].Content;
            var numbers = new HashSet<string>();
            var (now, later) = (new List<int>(), new List<int>());
            foreach (var i in rest)
                (now.Count < LargestGroup && Recipients.SameContent(group[i].Content, first) && numbers.Add(group[i].Recipient) ? now : later).Add(i);
            await SendOneCallAsync(account, group, now, outcomes, ct);
            rest = later;
        }

        return outcomes;
    }

    private async Task SendOneCallAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, List<int> call, SendOutcome[] outcomes, CancellationToken ct)
    {
        var first = group[call[0]];
        var body = WireJson.Write((account, group, call, first), static (json, s) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("PhoneNumberSet");
            foreach (var i in s.call)
                json.WriteStringValue($"+86{s.group[i].Recipient}");
            json.WriteEndArray();
            json.WriteString("SmsSdkAppId", s.account["SmsSdkAppId"]);
            json.WriteString("TemplateId", s.first.Content.ProviderTemplate);
            json.WriteString("SignName", s.account["SignName"]);
            json.WriteStartArray("TemplateParamSet");
            foreach (var (_, value) in s.first.Content.Parameters)
                json.WriteStringValue(value);
            json.WriteEndArray();
            json.WriteString("SessionContext", s.call.Count == 1 ? s.first.Id.ToString("N") : $"{GroupMark}{s.first.Id:N}");
            json.WriteEndObject();
        });
        using var answer = await CallAsync(account, "SendSms", body, ct);
        var (trouble, document) = Read(answer);
        using (document)
        {
            // A number that the answer does not name may have been sent to.
            var missing = trouble ?? Trouble.Unknown("服务商的答复缺少该号码", "no-result");
            foreach (var i in call)
                outcomes[i] = missing.For(group[i].Id);
            if (trouble is not null)
                return;
            var places = call.ToDictionary(i => $"+86{group[i].Recipient}");
            foreach (var item in Response(document!).Items("SendStatusSet"))
                if (places.TryGetValue(item.Text("PhoneNumber"), out var i))
                    outcomes[i] = OutcomeOf(account, group[i].Id, item);
        }
    }

    private SendOutcome OutcomeOf(ProviderAccount account, Guid id, JsonElement item)
    {
        var code = item.Text("Code");
        if (code != "Ok")
            return Codes.Trouble(code, http.Now).For(id);
        var cost = int.TryParse(account["PriceMilli"], NumberStyles.None, CultureInfo.InvariantCulture, out var price) ? (int)(item.Number("Fee") ?? 1) * price : default(int?);
        return new SendOutcome(id, SendResult.Accepted, null, item.Text("SerialNo"), code, null, null, cost);
    }

    public async Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var outcomes = new SendOutcome[group.Count];
        for (var i = 0; i < group.Count; i++)
        {
            var message = group[i];
            var around = message.SentAround ?? http.Now;
            var (trouble, rows) = await StatusesAsync(account, message.Recipient, around - AttemptWindow, http.Now + AttemptWindow, ct);
            var ofGroups = rows.Where(r => r.Context.StartsWith(GroupMark) && (r.At - around).Duration() <= AttemptWindow * 2).ToList();
            var own = rows.Find(r => r.Context == message.Id.ToString("N")) ?? (ofGroups.Count == 1 ? ofGroups[0] : null);
            outcomes[i] = own is null
                ? Trouble.Unknown(trouble?.Reason ?? "服务商没有该短信的回执", trouble?.Code ?? "not-listed").For(message.Id)
                : own.Delivered
                    ? new SendOutcome(message.Id, SendResult.Delivered, null, own.SerialNo, own.Code, "已送达")
                    : new SendOutcome(message.Id, SendResult.Failed, ReceiptMeaning(own.Code).Failure, own.SerialNo, CodeTable.Shorten(own.Code), ReceiptMeaning(own.Code).Reason);
        }

        return outcomes;
    }

    public async Task<IReadOnlyList<DeliveryReceipt>> PollAsync(ProviderAccount account, IReadOnlyList<SentMessage> waiting, CancellationToken ct)
    {
        var receipts = new List<DeliveryReceipt>();
        foreach (var message in waiting)
        {
            var (trouble, rows) = await StatusesAsync(account, message.Recipient, message.SentAt - AttemptWindow, http.Now + AttemptWindow, ct);
            if (trouble is not null)
                return receipts; // Asked again later; what was read counts.
            if (rows.Find(r => r.SerialNo == message.ProviderId || r.Context == message.MessageId.ToString("N")) is not { } row)
                continue;
            var meaning = row.Delivered ? default(CodeMeaning?) : ReceiptMeaning(row.Code);
            receipts.Add(new DeliveryReceipt(message.MessageId, message.ProviderId, row.Delivered, meaning?.Failure, CodeTable.Shorten(row.Code), meaning?.Reason, row.At));
        }

        return receipts;
    }

    public async Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct)
    {
        var (trouble, _) = await StatusesAsync(account, "13800000000", http.Now.AddMinutes(-1), http.Now, ct);
        return trouble is { } found ? found.AsProbe() : new ProbeResult(true);
    }

    private async Task<(Trouble? Trouble, List<Status> Rows)> StatusesAsync(ProviderAccount account, string mobile, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        var rows = new List<Status>();
        var body = WireJson.Write((account, mobile, from, to), static (json, s) =>
        {
            json.WriteStartObject();
            json.WriteNumber("BeginTime", s.from.ToUnixTimeSeconds());
            json.WriteNumber("EndTime", s.to.ToUnixTimeSeconds());
            json.WriteNumber("Offset", 0);
            json.WriteNumber("Limit", 100);
            json.WriteString("PhoneNumber", $"+86{s.mobile}");
            json.WriteString("SmsSdkAppId", s.account["SmsSdkAppId"]);
            json.WriteEndObject();
        });
        using var answer = await CallAsync(account, "PullSmsSendStatusByPhoneNumber", body, ct);
        var (trouble, document) = Read(answer);
        using (document)
        {
            if (trouble is not null)
                return (trouble, rows);
            foreach (var item in Response(document!).Items("PullSmsSendStatusSet"))
                rows.Add(new Status(
                    item.Text("SerialNo"), item.Text("SessionContext"), item.Text("ReportStatus") == "SUCCESS", item.Text("Description"),
                    DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(item.Number("UserReceiveTime") ?? 0, 0, 253_402_300_799))));
        }

        return (null, rows);
    }

    private async Task<WireAnswer> CallAsync(ProviderAccount account, string action, byte[] body, CancellationToken ct)
    {
        var (address, now) = (new Uri(account.BaseAddress, "/"), http.Now);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new WireBody(body, WireJson.ContentType) };
        request.Headers.TryAddWithoutValidation("X-TC-Action", action);
        request.Headers.TryAddWithoutValidation("X-TC-Version", "2021-01-11");
        request.Headers.TryAddWithoutValidation("X-TC-Region", account["Region"] is { Length: > 0 } region ? region : "ap-guangzhou");
        request.Headers.TryAddWithoutValidation("X-TC-Timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation(
            "Authorization", Tc3Signature.Authorization("sms", address.Authority, WireJson.ContentType, action, body, now, account["SecretId"], account["SecretKey"]));
        return await http.SendAsync(request, ct);
    }

    /// <summary>Errors of the call come with HTTP 200 like everything else.</summary>
    private (Trouble? Trouble, JsonDocument? Document) Read(WireAnswer answer)
    {
        if (answer.Trouble is { } trouble)
            return (trouble, null);
        var document = WireJson.Parse(answer.Body);
        if (document?.RootElement.Member("Response") is not { } response)
            return (http.StatusTrouble(answer), document);
        return response.Member("Error") is { } error ? (Codes.Trouble(error.Text("Code"), http.Now), document) : (null, document);
    }

    private static JsonElement Response(JsonDocument document) => document.RootElement.GetProperty("Response");

    private static CodeMeaning ReceiptMeaning(string words) => words switch
    {
        "MK:1008" or "MI:0011" or "UNDELIV" => new(Transient, "未能送达"),
        _ when words.Contains("空号", StringComparison.Ordinal) || words.Contains("停机", StringComparison.Ordinal) => new(InvalidRecipient, "号码为空号或停机"),
        _ when words.Contains("黑名单", StringComparison.Ordinal) || words.Contains("BLACK", StringComparison.OrdinalIgnoreCase) => new(InvalidRecipient, "号码在黑名单中"),
        _ => new(Transient, "运营商回执失败"),
    };

    private sealed record Status(string SerialNo, string Context, bool Delivered, string Code, DateTimeOffset At);
}
