using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace CcdBlazor.Operations;

/// <summary>Sends the figures to a collector while the program runs.</summary>
internal sealed class MetricsExport(Uri endpoint) : IHostedService, IDisposable
{
    private MeterProvider? provider;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(CcdMetrics.MeterName, "Microsoft.AspNetCore.*", "System.Runtime", "Npgsql")
            .AddOtlpExporter(options => options.Endpoint = endpoint)
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        provider?.ForceFlush(2_000);
        return Task.CompletedTask;
    }

    public void Dispose() => provider?.Dispose();
}
