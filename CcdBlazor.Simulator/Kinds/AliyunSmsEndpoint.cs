using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace CcdBlazor.Simulator;

/// <summary>Aliyun SMS: ACS3 signature, SendSms, SendBatchSms, QuerySendDetails.</summary>
internal sealed class AliyunSmsEndpoint(Simulation sim)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> nonces = new();
    private long serial;

    public async Task HandleAsync(HttpContext http)
    {
        if (await Simulation.BodyAsync(http) is not { } body)
            return;
        var (account, refusal) = Check(http.Request, body);
        if (refusal is not null)
        {
            sim.Messages.CountRefused(Kinds.AliyunSms);
            await ErrorAsync(http, refusal, "", refusal.StartsWith("InvalidAccessKeyId", StringComparison.Ordinal) ? 404 : 400);
            return;
        }

        var form = QueryHelpers.ParseQuery($"{http.Request.QueryString.Value?.TrimStart('?')}&{Encoding.UTF8.GetString(body)}");
        switch (http.Request.Headers["x-acs-action"].ToString())
        {
            case "SendSms":
                await SendAsync(http, account!, "SendSms", form, Field(form, "PhoneNumbers").Split(',', StringSplitOptions.RemoveEmptyEntries), [Field(form, "SignName")], [Field(form, "TemplateParam")], 1000);
                break;
            case "SendBatchSms":
                await SendAsync(http, account!, "SendBatchSms", form, List(form, "PhoneNumberJson"), List(form, "SignNameJson"), List(form, "TemplateParamJson"), 100);
                break;
            case "QuerySendDetails":
                await QueryAsync(http, account!, form);
                break;
            default:
                await ErrorAsync(http, "InvalidAction.NotFound", "", 404);
                break;
        }
    }

    private async Task SendAsync(HttpContext http, SimAccount account, string action, Dictionary<string, StringValues> form, string[] mobiles, string[] signs, string[] values, int most)
    {
        var fate = await sim.BeginAsync(http, Kinds.AliyunSms, account.Id, action, mobiles);
        if (fate.Answered)
            return;
        if (fate.Throttled is not null || sim.Limits.Hit(Kinds.AliyunSms, account.Id, "", "", "call") is not null)
        {
            await ErrorAsync(http, "Throttling.User", "Request was denied due to user flow control.", 400);
            return;
        }

        var template = Field(form, "TemplateCode");
        if (Refusal(account, action, mobiles, signs, values, template, most) is var (code, message, status))
        {
            sim.Messages.CountRefused(Kinds.AliyunSms, Math.Max(1, mobiles.Length));
            await ErrorAsync(http, code, message, status);
            return;
        }

        var bizId = string.Create(CultureInfo.InvariantCulture, $"{sim.Now.ToUnixTimeMilliseconds()}{Interlocked.Increment(ref serial):D4}^0");
        var context = Field(form, "OutId");
        for (var i = 0; i < mobiles.Length; i++)
        {
            if (sim.Script.ForMessage(Kinds.AliyunSms, account.Id, action, mobiles[i]) is { Action: "drop" })
            {
                sim.Messages.CountDropped(Kinds.AliyunSms);
                continue;
            }

            var parameters = Parameters(values[values.Length == 1 ? 0 : i]) ?? [];
            sim.Limits.Hit(Kinds.AliyunSms, account.Id, mobiles[i], template, Sort(parameters));
            var text = $"【{signs[signs.Length == 1 ? 0 : i]}】{sim.TemplateText(template, parameters)}";
            // The id in OutId belongs to one message only when the call holds one.
            sim.Messages.Add(Kinds.AliyunSms, account.Id, mobiles.Length == 1 && Guid.TryParseExact(context, "N", out var id) ? id : Guid.Empty, mobiles[i], template, text);
            var plan = sim.Receipts.Plan(Kinds.AliyunSms, account, mobiles[i]);
            var entry = new SmsEntry(
                account.Id, mobiles[i], template, text, context, bizId, sim.Now, plan.At, plan.Delivered, plan.Delivered ? "DELIVERED" : plan.Code.Length > 0 ? plan.Code : "UNDELIV");
            sim.Sms.Add(Kinds.AliyunSms, entry);
            sim.Receipts.Schedule(account, plan, Guid.Empty, entry);
        }

        if (!await sim.EndAsync(http, fate))
            await Simulation.AnswerAsync(http, new { Code = "OK", Message = "OK", BizId = bizId, RequestId = Guid.NewGuid().ToString() });
    }

    private (string Code, string Message, int Status)? Refusal(SimAccount account, string action, string[] mobiles, string[] signs, string[] values, string template, int most)
    {
        if (mobiles.Length == 0 || (signs.Length != 1 && signs.Length != mobiles.Length) || (values.Length != 1 && values.Length != mobiles.Length))
            return ("isv.INVALID_PARAMETERS", "参数异常", 200);
        if (mobiles.Length > most)
            return ("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制", 200);
        if (signs.Any(s => s.Length == 0))
            return ("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法", 200);
        if (!template.StartsWith("SMS_", StringComparison.Ordinal))
            return ("isv.SMS_TEMPLATE_ILLEGAL", "短信模板不合法", 200);
        for (var i = 0; i < mobiles.Length; i++)
        {
            if (sim.Script.ForMessage(Kinds.AliyunSms, account.Id, action, mobiles[i]) is { Action: "error" } rule)
                return (rule.Code.Length > 0 ? rule.Code : "isp.SYSTEM_ERROR", rule.Message, rule.Status > 0 ? rule.Status : 200);
            if (mobiles[i].Length != 11 || !mobiles[i].All(char.IsAsciiDigit) || mobiles[i].StartsWith("19900", StringComparison.Ordinal))
                return ("isv.MOBILE_NUMBER_ILLEGAL", "号码格式不合法", 200);
            if (Parameters(values[values.Length == 1 ? 0 : i]) is not { } parameters)
                return ("isv.INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值", 200);
            if (sim.Limits.Hit(Kinds.AliyunSms, account.Id, mobiles[i], template, Sort(parameters), count: false) is { } hit)
                return (hit.Rule.Code, hit.Rule.Message, 200);
        }

        return null;
    }

    private async Task QueryAsync(HttpContext http, SimAccount account, Dictionary<string, StringValues> form)
    {
        var fate = await sim.BeginAsync(http, Kinds.AliyunSms, account.Id, "QuerySendDetails", [Field(form, "PhoneNumber")]);
        if (fate.Answered || await sim.EndAsync(http, fate))
            return;
        var (size, page) = (int.Parse(Field(form, "PageSize"), CultureInfo.InvariantCulture), int.Parse(Field(form, "CurrentPage"), CultureInfo.InvariantCulture));
        var all = sim.Sms.Of(Kinds.AliyunSms, account.Id, Field(form, "PhoneNumber"))
            .Where(e => Receipts.InChina(e.SentAt).Replace("-", "", StringComparison.Ordinal).StartsWith(Field(form, "SendDate"), StringComparison.Ordinal))
            .Where(e => Field(form, "BizId") is not { Length: > 0 } biz || e.Serial == biz).ToList();
        var rows = all.Skip((page - 1) * size).Take(size).Select(e => e.KnownAt <= sim.Now
            ? (object)new
            {
                PhoneNum = e.Mobile, SendStatus = e.Delivered ? 3 : 2, ErrCode = e.Code, TemplateCode = e.Template, Content = e.Text,
                SendDate = Receipts.InChina(e.SentAt), ReceiveDate = Receipts.InChina(e.KnownAt), OutId = e.Context,
            }
            : new { PhoneNum = e.Mobile, SendStatus = 1, TemplateCode = e.Template, Content = e.Text, SendDate = Receipts.InChina(e.SentAt), OutId = e.Context });
        await Simulation.AnswerAsync(http, new { TotalCount = all.Count, Message = "OK", RequestId = Guid.NewGuid().ToString(), Code = "OK", SmsSendDetailDTOs = new { SmsSendDetailDTO = rows } });
    }

    private (SimAccount? Account, string? Refusal) Check(HttpRequest request, byte[] body)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("ACS3-HMAC-SHA256 ", StringComparison.Ordinal))
            return (null, "MissingAuthorization");
        var parts = header["ACS3-HMAC-SHA256 ".Length..].Split(',').Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
        if (sim.Accounts[Kinds.AliyunSms, parts.GetValueOrDefault("Credential", "")] is not { } account)
            return (null, "InvalidAccessKeyId.NotFound");
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        var names = parts.GetValueOrDefault("SignedHeaders", "").Split(';');
        if (!new[] { "host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256" }.All(names.Contains)
            || request.Headers["x-acs-content-sha256"] != hash)
            return (null, "SignatureDoesNotMatch");
        var canonical = new StringBuilder($"{request.Method}\n/\n{request.QueryString.Value?.TrimStart('?')}\n");
        foreach (var name in names)
            canonical.Append(CultureInfo.InvariantCulture, $"{name}:{(name == "host" ? request.Host.Value : request.Headers[name].ToString().Trim())}\n");
        canonical.Append(CultureInfo.InvariantCulture, $"\n{string.Join(';', names)}\n{hash}");
        var toSign = $"ACS3-HMAC-SHA256\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(account.Secret), Encoding.UTF8.GetBytes(toSign)));
        if (expected != parts.GetValueOrDefault("Signature"))
            return (null, "SignatureDoesNotMatch");
        if (!DateTimeOffset.TryParseExact(request.Headers["x-acs-date"], "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            || (date - sim.Now).Duration() > TimeSpan.FromMinutes(15))
            return (null, "InvalidTimeStamp.Expired");
        if (nonces.Count > 500_000)
            nonces.Clear();
        return nonces.TryAdd(request.Headers["x-acs-signature-nonce"].ToString(), sim.Now) ? (account, null) : (null, "SignatureNonceUsed");
    }

    /// <summary>Verification codes have limits of their own; they are known by their variable.</summary>
    private static string Sort(List<KeyValuePair<string, string>> parameters) => parameters.Exists(p => p.Key == "code") ? "code" : "notice";

    private static string Field(Dictionary<string, StringValues> form, string name) => form.TryGetValue(name, out var value) ? value.ToString() : "";

    private static string[] List(Dictionary<string, StringValues> form, string name)
    {
        try
        {
            using var json = JsonDocument.Parse(Field(form, name));
            return [.. json.RootElement.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : e.GetRawText())];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    private static List<KeyValuePair<string, string>>? Parameters(string json) =>
        json.Length == 0 ? []
        : Simulation.Json(Encoding.UTF8.GetBytes(json)) is { } values && values.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.String)
            ? [.. values.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.GetString()!))]
            : null;

    private static Task ErrorAsync(HttpContext http, string code, string message, int status) =>
        Simulation.AnswerAsync(http, new { Code = code, Message = message, RequestId = Guid.NewGuid().ToString() }, status);
}
