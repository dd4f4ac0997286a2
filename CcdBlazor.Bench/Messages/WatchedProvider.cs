using System.Collections.Concurrent;
using System.Diagnostics;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Bench.Messages;

/// <summary>Notes when each message's call begins; takes as long as it is told. Stands in the process, so nothing else is measured.</summary>
internal sealed class WatchedProvider : IMessageProvider
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<long>> began = new();

    public TimeSpan CallTakes { get; set; }

    public string Kind => "bench";

    public MessageChannel Channel => MessageChannel.InApp;

    public int LargestGroup => 1;

    public ResendRule Resend => ResendRule.RecognisesOurId;

    public Task<long> BeganAsync(Guid message, CancellationToken ct) => Of(message).Task.WaitAsync(TimeSpan.FromSeconds(60), ct);

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var now = Stopwatch.GetTimestamp();
        foreach (var message in group)
            Of(message.Id).TrySetResult(now);
        if (CallTakes > TimeSpan.Zero)
            await Task.Delay(CallTakes, ct);
        return [.. group.Select(m => new SendOutcome(m.Id, SendResult.Delivered))];
    }

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => throw new NotSupportedException();

    public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => Task.FromResult(new ProbeResult(true));

    private TaskCompletionSource<long> Of(Guid message) => began.GetOrAdd(message, _ => new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously));
}
