using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CcdBlazor.Simulator;

/// <summary>Tencent Cloud SMS: TC3 signature, SendSms, PullSmsSendStatus, PullSmsSendStatusByPhoneNumber. Everything is answered with HTTP 200.</summary>
internal sealed class TencentSmsEndpoint(Simulation sim)
{
    private const string SdkAppId = "1400000001";
    private long serial;

    public async Task HandleAsync(HttpContext http)
    {
        if (await Simulation.BodyAsync(http) is not { } body)
            return;
        var (account, refusal) = Check(http.Request, body);
        if (refusal is not null || Simulation.Json(body) is not { } json)
        {
            sim.Messages.CountRefused(Kinds.TencentSms);
            await ErrorAsync(http, refusal ?? "InvalidParameter");
            return;
        }

        var action = http.Request.Headers["X-TC-Action"].ToString();
        if (json.Text("SmsSdkAppId") != SdkAppId)
            await ErrorAsync(http, "InvalidParameterValue.SdkAppIdNotExist");
        else if (action == "SendSms")
            await SendAsync(http, account!, json);
        else if (action is "PullSmsSendStatus" or "PullSmsSendStatusByPhoneNumber")
            await PullAsync(http, account!, action, json);
        else
            await ErrorAsync(http, "InvalidAction");
    }

    private async Task SendAsync(HttpContext http, SimAccount account, JsonElement json)
    {
        var mobiles = json.Member("PhoneNumberSet") is { ValueKind: JsonValueKind.Array } set ? set.EnumerateArray().Select(e => e.GetString() ?? "").ToList() : [];
        var fate = await sim.BeginAsync(http, Kinds.TencentSms, account.Id, "SendSms", mobiles.Select(Plain));
        if (fate.Answered)
            return;
        var refusal = fate.Throttled is not null || sim.Limits.Hit(Kinds.TencentSms, account.Id, "", "", "call") is not null ? "RequestLimitExceeded"
            : mobiles.Count is 0 or > 200 ? "LimitExceeded.PhoneNumberCountLimit"
            : json.Text("SignName").Length == 0 ? "FailedOperation.SignatureIncorrectOrUnapproved"
            : json.Text("TemplateId").Length == 0 ? "FailedOperation.TemplateIncorrectOrUnapproved"
            : null;
        if (refusal is not null)
        {
            sim.Messages.CountRefused(Kinds.TencentSms, Math.Max(1, mobiles.Count));
            await ErrorAsync(http, refusal);
            return;
        }

        var values = json.Member("TemplateParamSet") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select((e, i) => KeyValuePair.Create($"{i + 1}", e.GetString() ?? "")).ToList() : [];
        var (context, template) = (json.Text("SessionContext"), json.Text("TemplateId"));
        var results = mobiles.Select(mobile => TakeOne(account, mobile, template, $"【{json.Text("SignName")}】{sim.TemplateText(template, values)}", context, mobiles.Count == 1)).ToList();
        if (!await sim.EndAsync(http, fate))
            await Simulation.AnswerAsync(http, new { Response = new { SendStatusSet = results, RequestId = Guid.NewGuid().ToString() } });
    }

    private object TakeOne(SimAccount account, string number, string template, string text, string context, bool single)
    {
        var mobile = Plain(number);
        var rule = sim.Script.ForMessage(Kinds.TencentSms, account.Id, "SendSms", mobile);
        var code = rule is { Action: "error" } ? rule.Code.Length > 0 ? rule.Code : "InternalError"
            : !number.StartsWith("+861", StringComparison.Ordinal) || mobile.Length != 11 || mobile.StartsWith("19900", StringComparison.Ordinal) ? "InvalidParameterValue.IncorrectPhoneNumber"
            : sim.Limits.Hit(Kinds.TencentSms, account.Id, mobile, template, "notice") is { } hit ? hit.Rule.Code
            : "Ok";
        if (code != "Ok")
        {
            sim.Messages.CountRefused(Kinds.TencentSms);
            return new { SerialNo = "", PhoneNumber = number, Fee = 0, SessionContext = context, Code = code, Message = code, IsoCode = "CN" };
        }

        var serialNo = string.Create(CultureInfo.InvariantCulture, $"2640:{sim.Now.ToUnixTimeMilliseconds()}{Interlocked.Increment(ref serial):D6}");
        if (rule is { Action: "drop" })
        {
            sim.Messages.CountDropped(Kinds.TencentSms);
        }
        else
        {
            sim.Messages.Add(Kinds.TencentSms, account.Id, single && Guid.TryParseExact(context, "N", out var id) ? id : Guid.Empty, mobile, template, text);
            var plan = sim.Receipts.Plan(Kinds.TencentSms, account, mobile);
            sim.Sms.Add(Kinds.TencentSms, new SmsEntry(
                account.Id, mobile, template, text, context, serialNo, sim.Now, plan.At, plan.Delivered, plan.Delivered ? "DELIVRD" : plan.Code.Length > 0 ? plan.Code : "UNDELIV"));
        }

        // One piece holds 70 characters, of several each 67.
        var fee = text.Length <= 70 ? 1 : (text.Length + 66) / 67;
        return new { SerialNo = serialNo, PhoneNumber = number, Fee = fee, SessionContext = context, Code = "Ok", Message = "send success", IsoCode = "CN" };
    }

    private async Task PullAsync(HttpContext http, SimAccount account, string action, JsonElement json)
    {
        var fate = await sim.BeginAsync(http, Kinds.TencentSms, account.Id, action, [Plain(json.Text("PhoneNumber"))]);
        if (fate.Answered || await sim.EndAsync(http, fate))
            return;
        var limit = int.TryParse(json.Text("Limit"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? Math.Min(given, 100) : 100;
        long.TryParse(json.Text("BeginTime"), NumberStyles.None, CultureInfo.InvariantCulture, out var from);
        long.TryParse(json.Text("EndTime"), NumberStyles.None, CultureInfo.InvariantCulture, out var to);
        var entries = action == "PullSmsSendStatus"
            ? sim.Sms.Pull(account.Id, limit)
            : [.. sim.Sms.Of(Kinds.TencentSms, account.Id, Plain(json.Text("PhoneNumber")))
                .Where(e => e.KnownAt <= sim.Now && e.SentAt.ToUnixTimeSeconds() >= from && e.SentAt.ToUnixTimeSeconds() <= to).Take(limit)];
        await Simulation.AnswerAsync(http, new
        {
            Response = new
            {
                PullSmsSendStatusSet = entries.Select(e => new
                {
                    UserReceiveTime = e.KnownAt.ToUnixTimeSeconds(), CountryCode = "86", SubscriberNumber = e.Mobile, PhoneNumber = $"+86{e.Mobile}", SerialNo = e.Serial,
                    ReportStatus = e.Delivered ? "SUCCESS" : "FAIL", Description = e.Code, SessionContext = e.Context,
                }),
                RequestId = Guid.NewGuid().ToString(),
            },
        });
    }

    private (SimAccount? Account, string? Refusal) Check(HttpRequest request, byte[] body)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("TC3-HMAC-SHA256 ", StringComparison.Ordinal))
            return (null, "AuthFailure.SignatureFailure");
        var parts = header["TC3-HMAC-SHA256 ".Length..].Split(", ").Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
        var credential = parts.GetValueOrDefault("Credential", "").Split('/');
        if (credential.Length != 4 || sim.Accounts[Kinds.TencentSms, credential[0]] is not { } account)
            return (null, "AuthFailure.SecretIdNotFound");
        if (!long.TryParse(request.Headers["X-TC-Timestamp"], NumberStyles.None, CultureInfo.InvariantCulture, out var timestamp)
            || Math.Abs(sim.Now.ToUnixTimeSeconds() - timestamp) > 300
            || credential[1] != DateTimeOffset.FromUnixTimeSeconds(timestamp).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))
            return (null, "AuthFailure.SignatureExpire");
        var names = parts.GetValueOrDefault("SignedHeaders", "");
        var canonical = new StringBuilder("POST\n/\n\n");
        foreach (var name in names.Split(';'))
        {
            var value = name == "host" ? request.Host.Value! : request.Headers[name].ToString();
            canonical.Append(CultureInfo.InvariantCulture, $"{name}:{(name == "x-tc-action" ? value.ToLowerInvariant() : value)}\n");
        }

        canonical.Append(CultureInfo.InvariantCulture, $"\n{names}\n{Convert.ToHexStringLower(SHA256.HashData(body))}");
        var toSign = $"TC3-HMAC-SHA256\n{timestamp}\n{credential[1]}/sms/tc3_request\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
        var key = new[] { credential[1], "sms", "tc3_request", toSign }.Aggregate(
            Encoding.UTF8.GetBytes($"TC3{account.Secret}"), (k, text) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(text)));
        return Convert.ToHexStringLower(key) == parts.GetValueOrDefault("Signature") && names.Contains("content-type;host", StringComparison.Ordinal)
            ? (account, null) : (null, "AuthFailure.SignatureFailure");
    }

    private static string Plain(string number) => number.StartsWith("+86", StringComparison.Ordinal) ? number[3..] : number;

    private static Task ErrorAsync(HttpContext http, string code) =>
        Simulation.AnswerAsync(http, new { Response = new { Error = new { Code = code, Message = code }, RequestId = Guid.NewGuid().ToString() } });
}
