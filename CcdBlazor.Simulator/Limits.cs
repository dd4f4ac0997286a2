namespace CcdBlazor.Simulator;

/// <summary>A published limit: at most so many in so many seconds for each value of the scope.</summary>
/// <param name="Scope"><c>account</c>, <c>recipient</c> or <c>template</c> (recipient and template).</param>
/// <param name="Only">Restricts the rule: <c>code</c> to verification codes, <c>notice</c> to the others, or to an operation such as <c>custom</c>.</param>
/// <param name="Code">What the provider answers; empty when it drops the excess without a word.</param>
public sealed record LimitRule(string Kind, string Scope, int Seconds, int Most, string Code, string Only = "", string Message = "");

/// <summary>The limits that providers publish, and how much of each is used.</summary>
public sealed class Limits(TimeProvider clock)
{
    private const int Day = 86_400;

    private readonly Lock gate = new();
    private readonly Dictionary<(int Rule, string Value), (DateTimeOffset Since, int Count)> windows = [];
    private LimitRule[] rules = Published;

    /// <summary>Sources: the providers' pages on frequency (Aliyun 2881383, WeCom 90312, Feishu custom bots and im/v1, Tencent SmsSendLimit).</summary>
    public static LimitRule[] Published =>
    [
        new(Kinds.AliyunSms, "recipient", 60, 1, "isv.BUSINESS_LIMIT_CONTROL", "code", "触发分钟级流控Permits:1"),
        new(Kinds.AliyunSms, "recipient", 3600, 5, "isv.BUSINESS_LIMIT_CONTROL", "code", "触发小时级流控Permits:5"),
        new(Kinds.AliyunSms, "recipient", Day, 10, "isv.BUSINESS_LIMIT_CONTROL", "code", "触发天级流控Permits:10"),
        new(Kinds.AliyunSms, "template", Day, 50, "isv.BUSINESS_LIMIT_CONTROL", "notice", "触发天级流控Permits:50"),
        new(Kinds.AliyunSms, "account", 1, 5000, "Throttling.User", "call"),
        new(Kinds.TencentSms, "recipient", 30, 1, "LimitExceeded.PhoneNumberThirtySecondLimit"),
        new(Kinds.TencentSms, "recipient", 3600, 5, "LimitExceeded.PhoneNumberOneHourLimit"),
        new(Kinds.TencentSms, "recipient", Day, 10, "LimitExceeded.PhoneNumberDailyLimit"),
        new(Kinds.TencentSms, "account", 1, 3000, "RequestLimitExceeded", "call"),
        new(Kinds.OfficialAccount, "account", Day, 100_000, "45009", "template"),
        new(Kinds.OfficialAccount, "recipient", 2 * Day, 5, "45047", "custom"),
        new(Kinds.WeComApp, "account", 60, 10_000, "45009", "call"),
        new(Kinds.WeComApp, "recipient", 60, 30, ""),
        new(Kinds.WeComApp, "recipient", 3600, 1000, ""),
        new(Kinds.WeComRobot, "account", 60, 20, "45009", "call"),
        new(Kinds.FeishuBot, "account", 1, 5, "11232", "call"),
        new(Kinds.FeishuBot, "account", 60, 100, "11232", "call"),
        new(Kinds.FeishuApp, "recipient", 1, 5, "230020"),
        new(Kinds.FeishuApp, "account", 1, 50, "99991400", "call"),
        new(Kinds.FeishuApp, "account", 60, 1000, "99991400", "call"),
    ];

    public IReadOnlyList<LimitRule> Rules => rules;

    /// <summary>Other rules for a kind (<c>*</c>: for all); none lifts its limits. Used counts begin anew.</summary>
    public void Replace(string kind, IEnumerable<LimitRule> next)
    {
        lock (gate)
        {
            rules = kind == "*" ? [.. next] : [.. rules.Where(r => r.Kind != kind), .. next];
            windows.Clear();
        }
    }

    public void Restore() => Replace("*", Published);

    /// <summary>Used counts begin anew.</summary>
    public void Reset()
    {
        lock (gate)
            windows.Clear();
    }

    /// <summary>The first rule that the message would break, or none, and then it is counted. One that breaks a rule uses up nothing.</summary>
    /// <param name="only">What the rule must say in <see cref="LimitRule.Only"/>, beside rules that say nothing; <c>call</c> for once per call.</param>
    /// <param name="count">False only looks: for calls that are refused as a whole when one of their messages is.</param>
    public (LimitRule Rule, TimeSpan Left)? Hit(string kind, string account, string recipient, string template, string only, bool count = true)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            Span<int> fitting = stackalloc int[16];
            var number = 0;
            for (var i = 0; i < rules.Length; i++)
            {
                var rule = rules[i];
                // Rules of whole calls count calls only, all others messages only.
                if (rule.Kind != kind || (only == "call" ? rule.Only != "call" : rule.Only == "call" || (rule.Only.Length > 0 && rule.Only != only)))
                    continue;
                if (windows.TryGetValue((i, Value(rule, account, recipient, template)), out var window)
                    && now - window.Since < TimeSpan.FromSeconds(rule.Seconds) && window.Count >= rule.Most)
                    return (rule, window.Since.AddSeconds(rule.Seconds) - now);
                if (number < fitting.Length)
                    fitting[number++] = i;
            }

            foreach (var i in count ? fitting[..number] : [])
            {
                var key = (i, Value(rules[i], account, recipient, template));
                var window = windows.TryGetValue(key, out var known) && now - known.Since < TimeSpan.FromSeconds(rules[i].Seconds) ? known : (Since: now, Count: 0);
                windows[key] = (window.Since, window.Count + 1);
            }

            return null;
        }
    }

    private static string Value(LimitRule rule, string account, string recipient, string template) => rule.Scope switch
    {
        "account" => account,
        "template" => $"{account} {recipient} {template}",
        _ => $"{account} {recipient}",
    };
}
