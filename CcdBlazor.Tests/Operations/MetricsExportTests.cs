using System.Collections.Concurrent;
using System.Text;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Operations;

public sealed class MetricsExportTests
{
    [Fact]
    public async Task With_a_collector_in_the_configuration_the_figures_arrive_there()
    {
        await using var collector = await Collector.StartAsync();
        await using (var program = await RunningProgram.StartAsync(arguments: $"--Otlp:Endpoint={collector.Address}"))
        {
            using var browser = program.Browser();
            using var answer = await browser.GetAsync("/health/live");
            answer.EnsureSuccessStatusCode();
        }

        // At the latest when it stops, the program sends what it has.
        var (path, body) = Assert.Single(collector.Received.Take(1));
        Assert.Equal("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", path);
        Assert.Contains("ccd.changes.subscriptions", body, StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", body, StringComparison.Ordinal);
    }

    /// <summary>As much of an OpenTelemetry collector as receives: takes every message and says OK. gRPC over plain HTTP/2, the exporter's own way.</summary>
    private sealed class Collector(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentQueue<(string Path, string Body)> Received { get; } = new();

        public Uri Address => new(app.Urls.Single());

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
            var app = builder.Build();
            var collector = new Collector(app);
            app.Run(collector.AnswerAsync);
            await app.StartAsync();
            return collector;
        }

        public async ValueTask DisposeAsync() => await app.DisposeAsync();

        private async Task AnswerAsync(HttpContext http)
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            // The names of the figures stand as plain text in the message.
            Received.Enqueue((http.Request.Path.Value!, Encoding.Latin1.GetString(body.ToArray())));
            http.Response.ContentType = "application/grpc";
            http.Response.DeclareTrailer("grpc-status");
            await http.Response.Body.WriteAsync(new byte[5]);
            http.Response.AppendTrailer("grpc-status", "0");
        }
    }
}
