using System.Threading.Channels;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Delivery;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>
/// The door for single messages. Requests that arrive together are written by one statement and one commit (group commit), and each
/// caller is answered after that commit. The queue in front is bounded: a full one refuses at once instead of slowing everybody.
/// </summary>
internal sealed class MessageIntake(NpgsqlDataSource source, LaneSignals signals, DirectStart direct, RecentRows recent, TimeProvider clock, ILogger<MessageIntake> log)
{
    /// <summary>Two writers: while one waits for its commit the other gathers. More only contend on two cores.</summary>
    private const int Writers = 2;

    private const int LargestGroup = 1_000;

    /// <summary>A restart of the database is waited for so long before callers are told to come back.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly Channel<Pending> door = Channel.CreateBounded<Pending>(
        new BoundedChannelOptions(20_000) { FullMode = BoundedChannelFullMode.Wait, SingleReader = false });

    /// <summary>How many requests wait for their commit.</summary>
    public int Waiting => door.Reader.Count;

    /// <summary>Writes the message and its queue entry in one commit; answers after it.</summary>
    public Task<Result<AcceptedMessage>> AcceptAsync(MessageRow row)
    {
        var pending = new Pending(row);
        return door.Writer.TryWrite(pending) ? pending.Answer : Task.FromResult<Result<AcceptedMessage>>(SendRefusals.Busy);
    }

    /// <summary>Runs until cancelled; what is at the door then is still written.</summary>
    public Task RunAsync(CancellationToken ct)
    {
        ct.Register(() => door.Writer.TryComplete());
        return Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(WriteAsync, CancellationToken.None)));
    }

    private async Task WriteAsync()
    {
        var group = new List<Pending>(LargestGroup);
        while (await door.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < LargestGroup && door.Reader.TryRead(out var pending))
                group.Add(pending);
            if (group.Count > 0)
                await FlushAsync(group);
        }
    }

    private async Task FlushAsync(List<Pending> group)
    {
        var since = clock.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await WriteGroupAsync(group, mayBeWritten: attempt > 0);
                return;
            }
            catch (PostgresException e) when (group.Count > 1 && !IsOutage(e))
            {
                // One bad row must not refuse its neighbours.
                log.LogError("A group of {Count} messages was refused by the database ({State}); writing them one by one", group.Count, e.SqlState);
                foreach (var one in group)
                    await FlushAsync([one]);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
            {
                log.LogWarning("{Count} messages wait for the database ({Error})", group.Count, e is PostgresException p ? p.SqlState : e.GetType().Name);
                if (clock.GetElapsedTime(since) > Patience || (e is PostgresException refused && !IsOutage(refused)))
                {
                    foreach (var pending in group)
                        pending.Refuse(SendRefusals.Busy);
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), clock);
            }
        }
    }

    /// <summary>The server is going down or starting, or took the session away: the same again in a moment is right.</summary>
    private static bool IsOutage(PostgresException e) => e.SqlState is "57P01" or "57P02" or "57P03" or "40P01" or "53300";

    /// <param name="mayBeWritten">An earlier try lost its connection: its commit may have happened.</param>
    private async Task WriteGroupAsync(List<Pending> group, bool mayBeWritten)
    {
        // Two requests under one key in one group: the first is written, the second is answered like any later repetition.
        List<Pending>? twins = null;
        HashSet<Guid>? keys = null;
        var rows = new List<MessageRow>(group.Count);
        foreach (var pending in group)
            if (pending.Row.Key is { } key && !(keys ??= []).Add(key))
                (twins ??= []).Add(pending);
            else
                rows.Add(pending.Row);

        await using var connection = await source.OpenConnectionAsync();
        var accepted = mayBeWritten ? await WrittenAsync(connection, rows) : null;
        var offers = mayBeWritten ? [] : Offers(rows);
        if (accepted is not { Count: > 0 })
            accepted = await InsertAsync(connection, rows, offers, keys is not null);

        foreach (var offer in offers)
            offer.Claim.Begin(accepted is null ? offer.Rows : offer.Rows.FindAll(r => accepted.Contains(r.Id)));
        var begun = offers.Count == 0 ? null : offers.SelectMany(o => o.Rows).ToHashSet();
        var woken = new HashSet<(int Lane, short Class)>();
        List<Pending>? repeated = twins;
        foreach (var pending in group)
        {
            if (accepted is not null && !accepted.Contains(pending.Row.Id))
            {
                if (twins is null || !twins.Contains(pending))
                    (repeated ??= []).Add(pending);
                continue;
            }

            if (twins?.Contains(pending) == true)
                continue;
            if (pending.Row.NotBefore is { } moment)
            {
                signals.RaiseLater(moment);
            }
            else if (begun?.Contains(pending.Row) != true)
            {
                recent.Add(pending.Row);
                woken.Add((pending.Row.Lane, pending.Row.Class));
            }

            pending.Accept(new AcceptedMessage(pending.Row.Id, Repeated: false));
        }

        foreach (var (lane, priorityClass) in woken)
            signals.Raise(lane, priorityClass);
        if (repeated is not null)
            await AnswerRepeatedAsync(connection, repeated);
    }

    /// <summary>What idle lanes begin right after the commit.</summary>
    private List<(DirectClaim Claim, List<MessageRow> Rows)> Offers(List<MessageRow> rows)
    {
        var now = clock.GetUtcNow();
        var offers = new List<(DirectClaim, List<MessageRow>)>();
        foreach (var lane in rows.Where(r => r.NotBefore is null).GroupBy(r => (r.Lane, r.Class)))
        {
            var its = lane.ToList();
            if (direct.Offer(lane.Key.Lane, lane.Key.Class, its.Count, now) is { } claim)
                offers.Add((claim, its));
        }

        return offers;
    }

    private static async Task<HashSet<Guid>?> InsertAsync(NpgsqlConnection connection, List<MessageRow> rows, List<(DirectClaim Claim, List<MessageRow> Rows)> offers, bool keyed)
    {
        if (offers.Count == 0)
            return await InsertMessages.ExecuteAsync(connection, null, rows, keyed, CancellationToken.None);
        var claims = new Dictionary<MessageRow, Guid>();
        foreach (var (claim, its) in offers)
            foreach (var row in its)
                claims[row] = claim.Id;
        try
        {
            return await InsertMessages.ExecuteAsync(
                connection, null, rows, keyed, CancellationToken.None, new InsertMessages.Claimed([.. rows.Select(r => claims.TryGetValue(r, out var id) ? id : (Guid?)null)], [.. offers.Select(o => o.Claim)]));
        }
        catch
        {
            foreach (var (claim, _) in offers)
                claim.Abandon();
            throw;
        }
    }

    /// <summary>Which of the rows are in the table. A group is one commit: some of them are there exactly when the commit happened.</summary>
    private static async Task<HashSet<Guid>> WrittenAsync(NpgsqlConnection connection, List<MessageRow> rows)
    {
        var found = new HashSet<Guid>();
        await using var find = new NpgsqlCommand("select id from messages where id = any($1)", connection);
        find.Parameters.AddWithValue(rows.Select(r => r.Id).ToArray());
        await using var reader = await find.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            found.Add(reader.GetGuid(0));
        return found;
    }

    private static async Task AnswerRepeatedAsync(NpgsqlConnection connection, List<Pending> repeated)
    {
        var known = new Dictionary<Guid, (Guid Body, Guid Message)>();
        await using (var find = new NpgsqlCommand("select key, body, message_id from message_keys where key = any($1)", connection))
        {
            find.Parameters.AddWithValue(repeated.Select(p => p.Row.Key!.Value).Distinct().ToArray());
            await using var reader = await find.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                known[reader.GetGuid(0)] = (reader.GetGuid(1), reader.GetGuid(2));
        }

        foreach (var pending in repeated)
            if (!known.TryGetValue(pending.Row.Key!.Value, out var first))
                pending.Refuse(SendRefusals.Busy); // forgotten in this very moment: the next try is a new one
            else if (first.Body != pending.Row.Body)
                pending.Refuse(SendRefusals.KeyReused);
            else
                pending.Accept(new AcceptedMessage(first.Message, Repeated: true));
    }

    private sealed class Pending(MessageRow row)
    {
        private readonly TaskCompletionSource<Result<AcceptedMessage>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public MessageRow Row => row;

        public Task<Result<AcceptedMessage>> Answer => answer.Task;

        public void Accept(AcceptedMessage accepted) => answer.TrySetResult(accepted);

        public void Refuse(Refusal refusal) => answer.TrySetResult(refusal);
    }
}
