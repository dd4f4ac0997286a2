using System.Diagnostics.Metrics;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Files;
using CcdBlazor.Media;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace CcdBlazor.Operations;

/// <summary>The program's own figures, beside those that the framework and the database driver emit. No tag holds an id or a name.</summary>
public sealed class CcdMetrics
{
    public const string MeterName = "CcdBlazor";

    private readonly UpDownCounter<int> circuits;
    private readonly Counter<long> uploads;
    private readonly Counter<long> uploadedBytes;
    private readonly Histogram<double> mediaJobs;
    private long unsealed;

    public CcdMetrics(IMeterFactory meters, ChangeFeed feed)
    {
        var meter = meters.Create(MeterName);
        circuits = meter.CreateUpDownCounter<int>("ccd.circuits", description: "Open circuits");
        uploads = meter.CreateCounter<long>("ccd.uploads", description: "Finished uploads, by outcome");
        uploadedBytes = meter.CreateCounter<long>("ccd.uploads.bytes", "By", "Bytes of accepted uploads");
        mediaJobs = meter.CreateHistogram<double>("ccd.media.duration", "s", "Jobs of the media worker, by operation and outcome");
        meter.CreateObservableGauge("ccd.changes.subscriptions", () => feed.Subscriptions, description: "Open subscriptions of the change feed");
        meter.CreateObservableGauge("ccd.audit.unsealed", () => Interlocked.Read(ref unsealed), description: "Audit entries that wait for their seal");
    }

    /// <param name="outcome"><c>accepted</c> or the code of the refusal.</param>
    public void Uploaded(string outcome, long bytes)
    {
        uploads.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        if (outcome == "accepted")
            uploadedBytes.Add(bytes);
    }

    /// <param name="operation"><c>probe</c>, <c>prepare</c> or <c>typeset</c>.</param>
    /// <param name="outcome"><c>ok</c> or the code of the refusal.</param>
    public void MediaJob(string operation, string outcome, TimeSpan took) => mediaJobs.Record(
        took.TotalSeconds, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("outcome", outcome));

    public void AuditBacklog(long entries) => Interlocked.Exchange(ref unsealed, entries);

    internal void Circuit(int change) => circuits.Add(change);
}

/// <summary>Counts circuits as they open and close.</summary>
internal sealed class CircuitCounter(CcdMetrics metrics) : CircuitHandler
{
    public override Task OnCircuitOpenedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        metrics.Circuit(1);
        return Task.CompletedTask;
    }

    public override Task OnCircuitClosedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        metrics.Circuit(-1);
        return Task.CompletedTask;
    }
}

/// <summary>Counts what uploads and media work report. Neither of them knows of figures, so the ear is put to them here.</summary>
internal sealed class WorkCounter(CcdMetrics metrics, UploadProcessing uploads, MediaWorkerClient worker) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        uploads.Finished += metrics.Uploaded;
        worker.Answered += metrics.MediaJob;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        uploads.Finished -= metrics.Uploaded;
        worker.Answered -= metrics.MediaJob;
        return Task.CompletedTask;
    }
}
