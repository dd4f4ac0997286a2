using System.Data.Common;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Delivery;
using RabbitMQ.Client;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>
/// Keeps one connection to the broker and whatever works on it. While the broker is away everything else goes on: requests wait in the broker, receipts and
/// lanes in the database.
/// </summary>
internal sealed class RabbitMqHost(
    RabbitMqSettings settings, IEnumerable<IBrokerWork> works, CallerReceipts receipts, BrokerState state, ChangeFeed feed, TimeProvider clock, ILogger<RabbitMqHost> log) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>A connection that lasted so long was a good one: the next pause is short again.</summary>
    private static readonly TimeSpan Lasted = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    private readonly ConnectionFactory factory = new()
    {
        Uri = settings.Uri,
        // Ours: with a growing pause, and with everything that was under way settled first.
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
        RequestedHeartbeat = TimeSpan.FromSeconds(10),
        RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
        ClientProvidedName = $"CcdBlazor {Environment.MachineName}:{Environment.ProcessId}{(settings.Worker ? " worker" : "")}",
    };

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        state.Set(up: false, clock.GetUtcNow());
        try
        {
            // Before the first message is accepted: whether the broker answers then does not matter.
            await KeepReceiptsAsync(cancellationToken);
        }
        catch (DbException e)
        {
            log.LogWarning("Receipts are not kept yet ({Error})", e.GetType().Name);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => KeepAsync(stoppingToken), CancellationToken.None);

    private async Task KeepAsync(CancellationToken ct)
    {
        for (var pause = FirstPause; !ct.IsCancellationRequested; pause = Longer(pause))
        {
            var since = clock.GetTimestamp();
            try
            {
                await KeepReceiptsAsync(ct);
                await WorkAsync(ct);
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                log.LogWarning("The message broker at {Host} is away: {Error}", settings.Uri.Host, e.GetBaseException().Message);
            }

            var wasUp = state.Current is { Up: true };
            Say(up: false);
            if (wasUp && clock.GetElapsedTime(since) > Lasted)
                pause = FirstPause;
            await Task.Delay(pause * (0.75 + 0.5 * Random.Shared.NextDouble()), clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Say(up: false);
    }

    /// <summary>A worker only publishes them: whether they are kept is said by the nodes that accept messages.</summary>
    private Task KeepReceiptsAsync(CancellationToken ct) => settings.Worker ? Task.CompletedTask : receipts.KeepAsync(settings.Receipts, ct);

    private async Task WorkAsync(CancellationToken ct)
    {
        var connection = await factory.CreateConnectionAsync(ct);
        try
        {
            await WorkAsync(connection, ct);
        }
        finally
        {
            // A connection that died may take its time-outs to say goodbye on each channel; the next one does not wait for them.
            await Task.Run(async () =>
            {
                await connection.CloseAsync(200, "goodbye", Goodbye, abort: true, CancellationToken.None);
                await connection.DisposeAsync();
            }, CancellationToken.None).WaitAsync(2 * Goodbye, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WorkAsync(IConnection connection, CancellationToken ct)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, why) =>
        {
            closed.TrySetException(new IOException(why.ReplyText));
            return Task.CompletedTask;
        };
        await Topology.DeclareAsync(connection, settings, ct);
        Say(up: true);
        log.LogInformation("Connected to the message broker at {Host}", settings.Uri.Host);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        List<Task> running = [.. works.Select(work => Task.Run(() => work.RunAsync(connection, end.Token), CancellationToken.None))];
        var first = await Task.WhenAny([.. running, closed.Task, Task.Delay(Timeout.InfiniteTimeSpan, ct)]);
        await end.CancelAsync();
        // At the end of the program what is under way is settled; after a crash of the broker there is nothing to settle with it.
        await Task.WhenAll(running).WaitAsync(ct.IsCancellationRequested ? Settle : 2 * Goodbye, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ = closed.Task.Exception;
        await first;
    }

    private void Say(bool up)
    {
        state.Set(up, clock.GetUtcNow());
        feed.Publish(new Change(MessageTopics.Monitor));
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;
}
