using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Bench.Messages;

/// <summary>Takes every message at once and does nothing with it: what is left is the queue.</summary>
internal sealed class NothingProvider : IMessageProvider
{
    public const string KindName = "bench-nothing";

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.Push;

    public int LargestGroup => 500;

    public ResendRule Resend => ResendRule.RecognisesOurId;

    public Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>([.. group.Select(m => new SendOutcome(m.Id, SendResult.Accepted))]);

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => throw new NotSupportedException();

    public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => Task.FromResult(new ProbeResult(true));
}
