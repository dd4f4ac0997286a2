using System.Data.Common;
using CcdBlazor.Domain.Audit;

namespace CcdBlazor.Operations;

/// <summary>
/// Seals the audit in the background of every node; the database lets one at a time through. Runs at once again while there is more,
/// and lets its pauses grow from half a second to five while there is nothing.
/// </summary>
internal sealed class AuditSealing(AuditSequencer sequencer, CcdMetrics metrics, TimeProvider time, ILogger<AuditSealing> log) : BackgroundService
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = ShortestPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var step = await sequencer.SealNextAsync(stoppingToken);
                if (step.More)
                    continue;
                pause = step.Sealed > 0 ? ShortestPause : TimeSpan.FromTicks(Math.Min((pause * 2).Ticks, LongestPause.Ticks));
                metrics.AuditBacklog(await sequencer.UnsealedAsync(stoppingToken));
            }
            catch (Exception e) when (e is DbException or TimeoutException or IOException)
            {
                log.LogWarning("The audit could not be sealed ({Error}); trying again", e.GetType().Name);
                pause = LongestPause;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
