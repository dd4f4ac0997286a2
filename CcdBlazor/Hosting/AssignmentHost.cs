using System.Data.Common;
using System.Threading.Channels;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;

namespace CcdBlazor.Hosting;

/// <summary>Computes assignments in the background, as soon as one is asked for. Looks again by itself, for runs whose server was lost.</summary>
internal sealed class AssignmentHost(AssignmentWork assignments, ChangeFeed feed, ILogger<AssignmentHost> log) : BackgroundService
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var subscription = feed.Subscribe(PortraitTopics.Assignments, _ => wake.Writer.TryWrite(true));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await assignments.StepAsync(stoppingToken))
                {
                }
            }
            catch (Exception e) when (e is DbException or TimeoutException or IOException or InvalidOperationException || e.InnerException is DbException)
            {
                log.LogWarning(e, "Assignments wait for the database ({Error})", e.GetType().Name);
            }

            using var pause = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            pause.CancelAfter(LookAgainAfter);
            try
            {
                await wake.Reader.ReadAsync(pause.Token);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // Time to look by itself.
            }
        }
    }
}
