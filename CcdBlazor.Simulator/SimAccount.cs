using System.Collections.Concurrent;

namespace CcdBlazor.Simulator;

/// <summary>Credentials that the simulator takes, and how it confirms what it takes with them.</summary>
public sealed class SimAccount
{
    public required string Kind { get; init; }

    /// <summary>What a request names the account by: AccessKeyId, SecretId, login name, key id, AppId, CorpId, robot key, hook id.</summary>
    public required string Id { get; init; }

    public required string Secret { get; set; }

    /// <summary>Where receipts are posted; none are sent without it.</summary>
    public string? ReceiptAddress { get; set; }

    /// <summary><c>once</c>, <c>twice</c>, <c>never</c> or <c>shuffled</c> (out of order).</summary>
    public string ReceiptMode { get; set; } = "once";

    public int ReceiptDelayMilliseconds { get; set; } = 80;

    public int ReceiptJitterMilliseconds { get; set; } = 80;

    public int TokenSeconds { get; set; } = 7200;

    /// <summary>Of an Official Account's callbacks: the word that signs them, and the key (43 characters) that encrypts them.</summary>
    public string CallbackToken { get; init; } = "simcallback";

    public string CallbackKey { get; init; } = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
}

/// <summary>Accounts by kind and id. The shipped ones stand in the README.</summary>
public sealed class SimAccounts
{
    private readonly ConcurrentDictionary<(string Kind, string Id), SimAccount> accounts = new();

    public SimAccounts(string? program)
    {
        foreach (var (number, kind, id, secret) in Shipped)
            this[kind, id] = new SimAccount
            {
                Kind = kind, Id = id, Secret = secret,
                ReceiptAddress = program is null || kind is not (Kinds.AliyunSms or Kinds.Push or Kinds.OfficialAccount) ? null
                    : $"{program.TrimEnd('/')}/api/messages/receipts/{number}{(kind == Kinds.AliyunSms ? "?key=sim-receipt-key" : "")}",
            };
    }

    /// <summary>The numbers are what the demonstration data gives its accounts, so that receipts find them.</summary>
    public static readonly (int Number, string Kind, string Id, string Secret)[] Shipped =
    [
        (21, Kinds.AliyunSms, "sim-aliyun-id", "sim-aliyun-secret"),
        (22, Kinds.TencentSms, "sim-tencent-id", "sim-tencent-secret"),
        (31, Kinds.Smtp, "notice@sim.test", "sim-smtp-password"),
        (41, Kinds.Push, "sim-push", "sim-push-secret"),
        (51, Kinds.OfficialAccount, "wxsim0000000001", "sim-oa-secret"),
        (61, Kinds.WeComApp, "wwsim0000000001", "sim-wecom-secret"),
        (62, Kinds.WeComRobot, "sim-robot-key", "sim-robot-key"),
        (71, Kinds.FeishuBot, "sim-hook", "sim-hook-secret"),
        (72, Kinds.FeishuApp, "cli_sim", "sim-feishu-secret"),
    ];

    public SimAccount? this[string kind, string id]
    {
        get => accounts.TryGetValue((kind, id), out var account) ? account : null;
        set => accounts[(kind, id)] = value!;
    }

    public IEnumerable<SimAccount> All => accounts.Values.OrderBy(a => a.Kind, StringComparer.Ordinal).ThenBy(a => a.Id, StringComparer.Ordinal);
}

/// <summary>The words of the kinds, as the program spells them.</summary>
public static class Kinds
{
    public const string AliyunSms = "aliyun-sms";
    public const string TencentSms = "tencent-sms";
    public const string Smtp = "smtp";
    public const string Push = "push-webhook";
    public const string OfficialAccount = "oa";
    public const string WeComApp = "wecom-app";
    public const string WeComRobot = "wecom-robot";
    public const string FeishuBot = "feishu-bot";
    public const string FeishuApp = "feishu-app";

    public static readonly string[] All = [AliyunSms, TencentSms, Smtp, Push, OfficialAccount, WeComApp, WeComRobot, FeishuBot, FeishuApp];
}
