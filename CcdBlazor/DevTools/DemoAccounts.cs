using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.DevTools;

/// <summary>
/// Accounts with the simulator (<c>Demo:Simulator</c>), so that demo data can send. Their numbers are those that the simulator posts receipts to. Quotas are
/// what the providers publish; the simulator enforces them by itself.
/// </summary>
internal static class DemoAccounts
{
    private const string Pin = "PinnedCertificate";

    private static readonly SystemActor Seeder = new("demo");

    /// <summary>Adds the accounts that are missing, and follows the simulator to another address or mail certificate.</summary>
    public static async Task EnsureAsync(IServiceProvider services, Uri simulator, CancellationToken ct)
    {
        var queries = services.GetRequiredService<ChannelAccountQueries>();
        var service = services.GetRequiredService<ChannelAccountService>();
        var there = (await queries.ListAsync(Seeder, ct)).Value;
        foreach (var (number, draft) in await DraftsAsync(simulator, ct))
        {
            if (there.FirstOrDefault(a => a.Number == number) is not { } row)
            {
                var added = await service.AddAsync(draft, Seeder, ct, number);
                if (!added.Ok)
                    throw new InvalidOperationException($"Demo account {draft.Kind}: {added.Refusal.Text}");
                continue;
            }

            var detail = (await queries.FindAsync(row.Id, Seeder, ct)).Value;
            if (row.BaseAddress == draft.BaseAddress && draft.Values.GetValueOrDefault(Pin) == detail.Values.GetValueOrDefault(Pin))
                continue;
            await service.EditAsync(
                row.Id, draft with { Name = row.Name, Weight = row.Weight, BoundOnly = row.BoundOnly, PriceMilli = row.PriceMilli, Limits = row.Limits, RecipientLimits = row.RecipientLimits },
                detail.Basis, Seeder, ct);
        }
    }

    private static async Task<List<(int Number, AccountDraft Draft)>> DraftsAsync(Uri simulator, CancellationToken ct)
    {
        var http = simulator.ToString();
        var (mailPort, certificate) = await MailAsync(simulator, ct);
        return
        [
            (21, Draft("aliyun-sms", "模拟 · 阿里云短信", http, new() { ["AccessKeyId"] = "sim-aliyun-id", ["SignName"] = "客户资料平台" }, new() { ["AccessKeySecret"] = "sim-aliyun-secret", ["ReceiptKey"] = "sim-receipt-key" })),
            (22, Draft("tencent-sms", "模拟 · 腾讯云短信", http, new() { ["SecretId"] = "sim-tencent-id", ["SmsSdkAppId"] = "1400000001", ["SignName"] = "客户资料平台" }, new() { ["SecretKey"] = "sim-tencent-secret" }, weight: 0)),
            (31, Draft("smtp", "模拟 · 邮件", $"smtp://{simulator.Host}:{mailPort}", new() { ["From"] = "notice@sim.test", ["FromName"] = "客户资料平台", ["UserName"] = "notice@sim.test", [Pin] = certificate }, new() { ["Password"] = "sim-smtp-password" })),
            (41, Draft("push-webhook", "模拟 · 应用推送", http, new() { ["KeyId"] = "sim-push" }, new() { ["Secret"] = "sim-push-secret" })),
            (51, Draft("oa", "模拟 · 公众号", http, new() { ["AppId"] = "wxsim0000000001" }, new() { ["AppSecret"] = "sim-oa-secret", ["Token"] = "simcallback", ["EncodingAESKey"] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG" })),
            (61, Draft("wecom-app", "模拟 · 企业微信应用", http, new() { ["CorpId"] = "wwsim0000000001", ["AgentId"] = "1000002" }, new() { ["Secret"] = "sim-wecom-secret" })),
            (62, Draft("wecom-robot", "模拟 · 企业微信群机器人", http, [], new() { ["Key"] = "sim-robot-key" })),
            (71, Draft("feishu-bot", "模拟 · 飞书群机器人", http, [], new() { ["HookId"] = "sim-hook", ["Secret"] = "sim-hook-secret" })),
            (72, Draft("feishu-app", "模拟 · 飞书应用", http, new() { ["AppId"] = "cli_sim" }, new() { ["AppSecret"] = "sim-feishu-secret" })),
        ];
    }

    private static AccountDraft Draft(string kind, string name, string address, Dictionary<string, string> values, Dictionary<string, string> secrets, int weight = 100)
    {
        var known = AccountKinds.Of(kind);
        return new AccountDraft(kind, name, address, values, secrets, weight, known.BoundOnly, known.PriceMilli, known.Limits, known.RecipientLimits);
    }

    /// <summary>The mail server signs its own certificate; the simulator says which.</summary>
    private static async Task<(int Port, string Certificate)> MailAsync(Uri simulator, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = simulator, Timeout = TimeSpan.FromSeconds(10) };
        using var answer = JsonDocument.Parse(await http.GetStringAsync("sim/mail", ct));
        return (answer.RootElement.GetProperty("startTlsPort").GetInt32(), answer.RootElement.GetProperty("certificateSha256").GetString() ?? "");
    }
}
