using System.IO.Enumeration;

namespace CcdBlazor.Simulator;

/// <summary>
/// One line of a script: what happens to which calls. <c>Kind</c>, <c>Account</c>, <c>Recipient</c> and <c>Operation</c> are patterns with <c>*</c> and <c>?</c>.
/// </summary>
public sealed class ScriptRule
{
    public string Kind { get; init; } = "*";

    public string Account { get; init; } = "*";

    public string Recipient { get; init; } = "*";

    /// <summary>Such as <c>SendSms</c>, <c>push</c>, <c>message/send</c>, <c>RCPT</c>, <c>AUTH</c>, <c>DATA</c>, <c>token</c>.</summary>
    public string Operation { get; init; } = "*";

    /// <summary>
    /// Of a call: <c>status</c> (bare HTTP status), <c>hang</c>, <c>cut</c>, <c>slow</c>, <c>throttle</c>, <c>expire</c> (token is answered as expired).
    /// Of a message: <c>error</c>, <c>drop</c> (success, but nobody sees it), <c>receipt</c>.
    /// </summary>
    public required string Action { get; init; }

    /// <summary>The provider's code for <c>error</c>; of a receipt the carrier's code.</summary>
    public string Code { get; init; } = "";

    public string Message { get; init; } = "";

    public int Status { get; init; }

    public int Milliseconds { get; init; }

    /// <summary>How long <c>throttle</c> lasts after the first call that meets it.</summary>
    public int Seconds { get; init; }

    /// <summary>With <c>hang</c> and <c>cut</c>: whether the messages are taken first.</summary>
    public bool Take { get; init; } = true;

    /// <summary>With <c>receipt</c>: <c>twice</c>, <c>never</c>, <c>late</c> (by <see cref="Milliseconds"/>) or <c>failed</c>.</summary>
    public string Receipt { get; init; } = "";

    /// <summary>How often it acts; 0 without end.</summary>
    public int Times { get; init; }

    public double Probability { get; init; } = 1;

    public int Seed { get; init; } = 1;

    internal int Acted { get; set; }

    internal DateTimeOffset? ThrottledUntil { get; set; }

    internal Random Dice => field ??= new Random(Seed);
}

/// <summary>The rules in force, in their order; the first that fits acts.</summary>
public sealed class Script(TimeProvider clock)
{
    private readonly Lock gate = new();
    private volatile ScriptRule[] rules = [];

    public bool Empty => rules.Length == 0;

    public IReadOnlyList<ScriptRule> Rules => rules;

    public void Replace(IEnumerable<ScriptRule> next) => rules = [.. next];

    public bool Concerns(string kind) => Array.Exists(rules, r => Fits(r.Kind, kind));

    /// <summary>What happens to the call as a whole. A rule for certain recipients acts when one of them is in the call.</summary>
    public ScriptRule? ForCall(string kind, string account, string operation, IEnumerable<string> recipients) =>
        First(r => r.Action is "status" or "hang" or "cut" or "slow" or "throttle", kind, account, operation, recipients);

    public ScriptRule? ForToken(string kind, string account, string operation) => First(r => r.Action == "expire", kind, account, operation, [""]);

    public ScriptRule? ForMessage(string kind, string account, string operation, string recipient) =>
        First(r => r.Action is "error" or "drop", kind, account, operation, [recipient]);

    public ScriptRule? ForReceipt(string kind, string account, string recipient) => First(r => r.Action == "receipt", kind, account, "receipt", [recipient]);

    private ScriptRule? First(Func<ScriptRule, bool> sort, string kind, string account, string operation, IEnumerable<string> recipients)
    {
        if (rules.Length == 0)
            return null;
        lock (gate)
        {
            foreach (var rule in rules)
            {
                if (!sort(rule) || !Fits(rule.Kind, kind) || !Fits(rule.Account, account) || (rule.Action != "receipt" && !Fits(rule.Operation, operation)))
                    continue;
                if (rule.Recipient != "*" && !recipients.Any(r => Fits(rule.Recipient, r)))
                    continue;
                if (rule.ThrottledUntil is { } until)
                {
                    if (clock.GetUtcNow() < until)
                        return rule;
                    continue;
                }

                if ((rule.Times > 0 && rule.Acted >= rule.Times) || (rule.Probability < 1 && rule.Dice.NextDouble() >= rule.Probability))
                    continue;
                rule.Acted++;
                if (rule.Action == "throttle")
                    rule.ThrottledUntil = clock.GetUtcNow().AddSeconds(rule.Seconds);
                return rule;
            }
        }

        return null;
    }

    private static bool Fits(string pattern, string text) => pattern == "*" || FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false);
}
