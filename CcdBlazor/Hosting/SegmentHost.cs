using System.Data.Common;
using System.Threading.Channels;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Hosting;

/// <summary>Does segment runs in the background, as soon as one is asked for. Looks again by itself, for runs whose server was lost.</summary>
internal sealed class SegmentHost(SegmentRunner runner, ChangeFeed feed, ILogger<SegmentHost> log) : BackgroundService
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var subscription = feed.Subscribe(SegmentTopics.All, _ => wake.Writer.TryWrite(true));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await runner.RunNextAsync(stoppingToken))
                {
                }
            }
            catch (Exception e) when (e is DbException or TimeoutException or IOException or InvalidOperationException || e.InnerException is DbException)
            {
                log.LogWarning("Segment runs wait for the database ({Error})", e.GetType().Name);
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
