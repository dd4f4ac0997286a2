using System.Data.Common;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Monitor;
using CcdBlazor.Jobs;
using CcdBlazor.Live;

namespace CcdBlazor.Hosting;

/// <summary>Keeps the relay between nodes running.</summary>
internal sealed class ChangeRelayHost(ChangeRelay relay) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => relay.RunAsync(stoppingToken);
}

/// <summary>Repeats to the other nodes who is on which page.</summary>
internal sealed class PresenceHost(PresenceBoard presence, TimeProvider clock) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(PresenceBoard.RepeatEvery, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            presence.Repeat();
    }
}

/// <summary>
/// Accepts and delivers messages; with <c>Messages:Deliver=false</c> this node accepts only, with <c>Messages:Worker=true</c> it delivers what the broker hands it.
/// </summary>
internal sealed class DeliveryHost(DeliveryEngine engine, IConfiguration configuration) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Run(
            () => engine.RunAsync(stoppingToken, configuration.GetValue("Messages:Deliver", true), ticketsOnly: configuration.GetValue("Messages:Worker", false)), CancellationToken.None);
}

/// <summary>Watches the message platform and tells people when something is wrong.</summary>
internal sealed class AlarmHost(AlarmWatch watch, IConfiguration configuration, TimeProvider clock, ILogger<AlarmHost> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(AlarmWatch.Every, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await watch.StepAsync(MessageJobs.MonitorAddress(configuration), stoppingToken);
            }
            catch (Exception e) when (e is DbException or TimeoutException or IOException or InvalidOperationException || e.InnerException is DbException)
            {
                log.LogWarning("The alarms wait for the database ({Error})", e.GetType().Name);
            }
        }
    }
}
