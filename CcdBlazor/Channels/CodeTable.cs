using System.Collections.Frozen;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>When a limit of a provider ends, where its documents say so and its answer does not.</summary>
internal enum LimitEnd
{
    Unknown,
    Second,
    HalfMinute,
    Minute,
    Hour,
    /// <summary>Midnight in China.</summary>
    Day,
}

/// <param name="OwnLimit">A limit of the recipient, not of the account.</param>
internal readonly record struct CodeMeaning(FailureClass Failure, string Reason, LimitEnd End = LimitEnd.Unknown, bool OwnLimit = false);

/// <summary>What the codes of one kind of provider mean. One table per kind, every documented code a line.</summary>
internal sealed class CodeTable(Dictionary<string, CodeMeaning> codes)
{
    private static readonly TimeSpan China = TimeSpan.FromHours(8);

    private readonly FrozenDictionary<string, CodeMeaning> codes = codes.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>
    /// A code without a line is taken as passing: the provider said that it did not send, so trying again is harmless, and its ceiling brings it before a person.
    /// </summary>
    public CodeMeaning this[string code] =>
        codes.TryGetValue(code, out var meaning) ? meaning : new CodeMeaning(FailureClass.Transient, "服务商返回未登记的错误码");

    public Trouble Trouble(string code, DateTimeOffset now) => Trouble(code, this[code], now);

    public static Trouble Trouble(string code, CodeMeaning meaning, DateTimeOffset now) =>
        new(SendResult.Failed, meaning.Failure, Shorten(code), meaning.Reason, EndOf(meaning.End, now), meaning.OwnLimit);

    public static DateTimeOffset? EndOf(LimitEnd end, DateTimeOffset now) => end switch
    {
        LimitEnd.Unknown => null,
        LimitEnd.Second => now.AddSeconds(1),
        LimitEnd.HalfMinute => now.AddSeconds(30),
        LimitEnd.Minute => now.AddMinutes(1),
        LimitEnd.Hour => now.AddHours(1),
        LimitEnd.Day => new DateTimeOffset(now.ToOffset(China).Date.AddDays(1), China).ToUniversalTime(),
    };

    internal static string Shorten(string code) => code.Length <= 64 ? code : code[..64];
}

/// <summary>Why a call brought no success; the same for every message of the call.</summary>
internal readonly record struct Trouble(
    SendResult Result, FailureClass? Failure, string? Code, string Reason, DateTimeOffset? RetryAt = null, bool RecipientOnly = false)
{
    public static Trouble Unknown(string reason, string? code = null) => new(SendResult.Unknown, null, code, reason);

    public static Trouble Failed(FailureClass failure, string reason, string? code = null, DateTimeOffset? retryAt = null) =>
        new(SendResult.Failed, failure, code, reason, retryAt);

    public SendOutcome For(Guid id) => new(id, Result, Failure, null, Code, Reason, RetryAt, null, RecipientOnly);

    public SendOutcome[] ForAll(IReadOnlyList<OutgoingMessage> group)
    {
        var outcomes = new SendOutcome[group.Count];
        for (var i = 0; i < outcomes.Length; i++)
            outcomes[i] = For(group[i].Id);
        return outcomes;
    }

    /// <summary>As the answer of a probe. A time-out says nothing about the account but is not usable now.</summary>
    public ProbeResult AsProbe() => new(false, Reason, Failure ?? FailureClass.Transient);
}
