using System.Text.Json;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>What an outcome of a call means for the message: done, again later, another channel, or the dead letter. Pure.</summary>
internal static class RetryRules
{
    /// <param name="others">Another usable account of the channel exists.</param>
    /// <param name="jitter">0 to 1.</param>
    public static MessageExit Decide(
        MessageRow row, Guid claim, in SendOutcome outcome, ResendRule rule, bool polled, int account, bool others, DeliveryPolicy policy,
        DateTimeOffset startedAt, DateTimeOffset endedAt, double jitter)
    {
        var exit = new MessageExit(row, claim, ExitKind.Final)
        {
            Account = account,
            ProviderId = Cut(outcome.ProviderId, 128),
            Code = Cut(outcome.Code, 64),
            Reason = Cut(outcome.Reason, 200),
            CostMilli = outcome.CostMilli,
            Attempted = true,
            StartedAt = startedAt,
            EndedAt = endedAt,
            ProcessTraced = rule != ResendRule.RecognisesOurId,
        };
        row.Attempt++;
        return outcome.Result switch
        {
            SendResult.Accepted => exit with { State = MessageState.Sent, AskAt = polled ? endedAt.AddMinutes(1) : null },
            SendResult.Delivered => exit with { State = MessageState.Delivered },
            SendResult.Unknown => Interrupted(exit, rule, policy, jitter),
            SendResult.NeverArrived => exit with { Kind = ExitKind.Later, ReadyAt = endedAt, Why = WaitReason.Retry, Code = "never_arrived" },
            SendResult.Failed => Failed(exit, outcome, account, others, policy, jitter),
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome.Result, null),
        };
    }

    /// <summary>A final failure, or the next channel of the message's list.</summary>
    public static MessageExit GiveUp(MessageExit exit)
    {
        if (NextChannel(exit.Row.Fallbacks) is { } next)
            return exit with { Kind = ExitKind.NextChannel, Next = next };
        return exit with { Kind = ExitKind.Final, State = MessageState.Failed };
    }

    public static TimeSpan BackOff(int attempt, DeliveryPolicy policy, double jitter)
    {
        var ticks = policy.FirstBackOff.Ticks * Math.Pow(2, Math.Clamp(attempt - 1, 0, 20));
        // Between three quarters and five quarters, so that what failed together does not come back together.
        return TimeSpan.FromTicks((long)(Math.Min(ticks, policy.LongestBackOff.Ticks) * (0.75 + 0.5 * jitter)));
    }

    private static MessageExit Interrupted(MessageExit exit, ResendRule rule, DeliveryPolicy policy, double jitter)
    {
        var code = exit.Code;
        if (rule == ResendRule.CannotTell)
            return exit with { State = MessageState.Unknown, Code = code ?? "no_answer" };
        // Asked again and again without an answer: a person decides.
        if (exit.Row.Attempt >= policy.MostAttempts)
            return exit with { State = MessageState.Unknown, Code = code ?? "no_answer" };
        return exit with
        {
            Kind = ExitKind.Later,
            Why = WaitReason.Retry,
            Code = MessageRow.InterruptedCode,
            ReadyAt = exit.EndedAt + BackOff(exit.Row.Attempt, policy, jitter),
        };
    }

    private static MessageExit Failed(MessageExit exit, in SendOutcome outcome, int account, bool others, DeliveryPolicy policy, double jitter)
    {
        exit = exit with { Failure = outcome.Failure ?? FailureClass.Transient };
        var later = exit with { Kind = ExitKind.Later, Why = WaitReason.Retry };
        switch (exit.Failure)
        {
            case FailureClass.InvalidRecipient or FailureClass.Rejected:
                return GiveUp(exit);
            case FailureClass.Throttled:
                // Waiting for the provider is not the message's fault: no attempt is used up.
                exit.Row.Attempt--;
                return later with
                {
                    // A limit of this one recipient is no better on another account's day, and no reason to rest the account.
                    Why = outcome.RecipientOnly ? WaitReason.RecipientLimit : WaitReason.ProviderThrottled,
                    ReadyAt = others && !outcome.RecipientOnly ? exit.EndedAt : Later(outcome.RetryAt, exit.EndedAt + policy.ThrottleRest) + TimeSpan.FromSeconds(jitter),
                };
            case FailureClass.Credentials:
                exit.Row.Attempt--;
                return later with { Why = WaitReason.NoAccount, ReadyAt = others ? exit.EndedAt : exit.EndedAt + policy.CredentialsRest };
            default:
                return exit.Row.Attempt >= policy.MostAttempts
                    ? GiveUp(exit)
                    : later with { ReadyAt = exit.EndedAt + (others ? TimeSpan.Zero : BackOff(exit.Row.Attempt, policy, jitter)) };
        }
    }

    private static DateTimeOffset Later(DateTimeOffset? told, DateTimeOffset otherwise) => told ?? otherwise;

    private static (MessageChannel Channel, string Recipient, string? Left)? NextChannel(string? fallbacks)
    {
        if (fallbacks is null || JsonSerializer.Deserialize(fallbacks, MessageJson.Default.ListFallback) is not { Count: > 0 } list)
            return null;
        return (list[0].Channel, list[0].Recipient, list.Count > 1 ? JsonSerializer.Serialize(list[1..], MessageJson.Default.ListFallback) : null);
    }

    private static string? Cut(string? text, int most) => text is { Length: var length } && length > most ? text[..most] : text;
}
