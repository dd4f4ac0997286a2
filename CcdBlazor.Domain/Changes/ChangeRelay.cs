using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.Changes;

/// <summary>
/// Carries announcements between nodes by PostgreSQL NOTIFY. The first change after a pause is sent at once; those that follow within 50 ms are
/// gathered and sent together, because a commit with a pending NOTIFY takes one lock of the whole server: at most 20 per second and node,
/// never one per row.
/// Whenever the listening connection stands anew, every listener of this node reads again.
/// </summary>
public sealed class ChangeRelay(ChangeFeed feed, NpgsqlDataSource source, ILogger<ChangeRelay> log)
{
    private const string ChannelName = "ccd_changes";
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>PostgreSQL refuses NOTIFY payloads of 8,000 bytes and more.</summary>
    private const int LargestPayload = 7_800;

    private readonly Guid node = Guid.NewGuid();
    private readonly Channel<Change> outgoing = Channel.CreateBounded<Change>(new BoundedChannelOptions(50_000) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>True while the listening connection stands.</summary>
    public bool Listening { get; private set; }

    /// <summary>Runs until cancelled; reconnects by itself.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        feed.PublishedHere += Enqueue;
        try
        {
            await Task.WhenAll(KeepAsync(ListenAsync, ct), KeepAsync(SendAsync, ct));
        }
        finally
        {
            feed.PublishedHere -= Enqueue;
        }
    }

    private void Enqueue(Change change) => outgoing.Writer.TryWrite(change);

    private async Task KeepAsync(Func<CancellationToken, Task> part, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await part(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
            {
                log.LogWarning("The change relay lost its connection ({Error}); trying again", e.GetType().Name);
                await Task.Delay(RetryAfter, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        Listening = false;
        await using var connection = await source.OpenConnectionAsync(ct);
        try
        {
            await ListenAsync(connection, ct);
        }
        finally
        {
            await StopListeningAsync(connection);
        }
    }

    /// <summary>The connection goes back into the pool, and must not go on hearing there.</summary>
    private static async Task StopListeningAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var stop = new NpgsqlCommand("unlisten *", connection);
            await stop.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            // It is gone, and what it heard with it.
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        connection.Notification += (_, e) => Receive(e.Payload);
        await using (var listen = new NpgsqlCommand($"listen {ChannelName}", connection))
            await listen.ExecuteNonQueryAsync(ct);
        Listening = true;
        // Also the first time: what other nodes announced between somebody's reading at start and this moment was not heard.
        feed.DeliverToAll();
        while (true)
        {
            // A dead peer is noticed by the query, not by waiting for ever.
            if (!await connection.WaitAsync(TimeSpan.FromSeconds(20), ct))
            {
                await using var ping = new NpgsqlCommand("select 1", connection);
                await ping.ExecuteNonQueryAsync(ct);
            }
        }
    }

    private async Task SendAsync(CancellationToken ct)
    {
        var sent = Stopwatch.GetTimestamp() - (long)(Gather.TotalSeconds * Stopwatch.Frequency);
        while (await outgoing.Reader.WaitToReadAsync(ct))
        {
            if (Gather - Stopwatch.GetElapsedTime(sent) is { Ticks: > 0 } early)
                await Task.Delay(early, ct);
            sent = Stopwatch.GetTimestamp();
            while (outgoing.Reader.TryPeek(out _))
            {
                var batch = new HashSet<Change>();
                var length = 64;
                // At least one, so that a change that is too long fails once instead of standing in the way for ever.
                while (outgoing.Reader.TryPeek(out var next) && (batch.Count == 0 || length + Size(next) < LargestPayload))
                {
                    outgoing.Reader.TryRead(out _);
                    if (batch.Add(next))
                        length += Size(next);
                }

                await using var notify = source.CreateCommand("select pg_notify($1, $2)");
                notify.Parameters.AddWithValue(ChannelName);
                notify.Parameters.AddWithValue(JsonSerializer.Serialize(new Envelope(node, [.. batch])));
                await notify.ExecuteNonQueryAsync(ct);
            }
        }
    }

    /// <summary>Upper bound of a change in the payload.</summary>
    private static int Size(Change change) => 40 + Written(change.Topic) + Written(change.Note ?? "");

    /// <summary>Bytes of the text in JSON, where a character may take six.</summary>
    private static int Written(string text) => JsonEncodedText.Encode(text).EncodedUtf8Bytes.Length;

    private void Receive(string payload)
    {
        var envelope = JsonSerializer.Deserialize<Envelope>(payload);
        if (envelope is null || envelope.Node == node)
            return;
        foreach (var change in envelope.Changes)
            feed.Deliver(change);
    }

    private sealed record Envelope(Guid Node, Change[] Changes);
}
