using System.Threading.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Writes outcomes in groups: whatever is there when the last commit is done goes into the next. An outcome is never given up: while the
/// database is away it waits here, and a commit whose answer was lost is recognised by the number of its group.
/// </summary>
internal sealed class ExitWriter(NpgsqlDataSource source, LaneSignals signals, MessageCounters counters, ActiveClaims active, DeliveryPolicySource policy, TimeProvider clock, ILogger<ExitWriter> log)
{
    private const int LargestGroup = 1_000;

    /// <summary>Outcomes beyond this hold back the workers: nothing is claimed faster than it can be written down.</summary>
    private const int Room = 20_000;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>Receipts wait no longer for outcomes than this: then the locks of the rows decide who goes first.</summary>
    private static readonly TimeSpan ReceiptsWait = TimeSpan.FromMilliseconds(250);

    private long added;
    private long settled;
    private TaskCompletionSource progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Channel<MessageExit> exits = Channel.CreateBounded<MessageExit>(new BoundedChannelOptions(Room) { SingleReader = false });

    public int Waiting => exits.Reader.Count;

    public ValueTask AddAsync(MessageExit exit)
    {
        Interlocked.Increment(ref added);
        return exits.Writer.TryWrite(exit) ? ValueTask.CompletedTask : exits.Writer.WriteAsync(exit);
    }

    /// <summary>
    /// Ends when what was handed in so far is written, or soon. A provider's receipt can be here before the outcome of its own send is committed; written beside each
    /// other the two meet on every row, and each meeting costs the server a look at the whole group again.
    /// </summary>
    public async Task CaughtUpAsync(CancellationToken ct)
    {
        var target = Volatile.Read(ref added);
        if (Volatile.Read(ref settled) >= target)
            return;
        var patience = Task.Delay(ReceiptsWait, clock, ct);
        while (!patience.IsCompleted)
        {
            var next = Volatile.Read(ref progress).Task;
            if (Volatile.Read(ref settled) >= target)
                return;
            await Task.WhenAny(next, patience);
        }
    }

    /// <summary>No more outcomes will come; <see cref="RunAsync"/> ends when all are written.</summary>
    public void Complete() => exits.Writer.TryComplete();

    public Task RunAsync(CancellationToken ct) => Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => WriteAsync(ct), CancellationToken.None)));

    private async Task WriteAsync(CancellationToken ct)
    {
        var group = new List<MessageExit>(LargestGroup);
        while (await exits.Reader.WaitToReadAsync(CancellationToken.None))
        {
            group.Clear();
            while (group.Count < LargestGroup && exits.Reader.TryRead(out var exit))
                group.Add(exit);
            if (group.Count == 0)
                continue;
            await PersistAsync(group, ct);
            Interlocked.Add(ref settled, group.Count);
            Interlocked.Exchange(ref progress, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    private async Task PersistAsync(List<MessageExit> group, CancellationToken ct)
    {
        var flush = Guid.CreateVersion7(clock.GetUtcNow());
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(ct);
                if (attempt == 0 || !await WrittenAsync(connection, flush, ct))
                    await ExitStatements.WriteAsync(connection, flush, group, policy.Current.Traces, clock.GetUtcNow(), ct);
                foreach (var claim in group.GroupBy(exit => exit.Claim))
                    active.Done(claim.Key, claim.Count());
                Announce(group);
                return;
            }
            catch (PostgresException e) when (e.SqlState == "CCD01")
            {
                // Another node took over what this one held too long; the other claims of the group are still good.
                var claims = group.GroupBy(exit => exit.Claim).ToList();
                if (claims.Count > 1)
                    foreach (var claim in claims)
                        await PersistAsync([.. claim], ct);
                else
                {
                    active.Forget(claims[0].Key);
                    log.LogWarning("A claim was taken over; {Count} outcomes belong to the successor", group.Count);
                }

                return;
            }
            catch (Exception e) when (!ct.IsCancellationRequested && e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
            {
                log.LogWarning("Outcomes of {Count} messages wait for the database ({Error})", group.Count, e is PostgresException p ? p.SqlState : e.GetType().Name);
                await Task.Delay(RetryAfter, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (ct.IsCancellationRequested)
                    return;
            }
        }
    }

    private static async Task<bool> WrittenAsync(NpgsqlConnection connection, Guid flush, CancellationToken ct)
    {
        await using var find = new NpgsqlCommand("select 1 from message_flushes where id = $1", connection);
        find.Parameters.AddWithValue(flush);
        return await find.ExecuteScalarAsync(ct) is not null;
    }

    private void Announce(List<MessageExit> group)
    {
        counters.Add(group);
        foreach (var exit in group)
            if (exit.Kind == ExitKind.NextChannel)
                signals.Raise(Lane.Of(exit.Next!.Value.Channel), exit.Row.Class);
            else if (exit is { Kind: ExitKind.Later, ReadyAt: { } moment })
                signals.RaiseLater(moment);
    }
}
