using System.Collections.Concurrent;
using System.Net;
using CcdBlazor.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Operations;

public sealed class RequestLogTests : IAsyncLifetime
{
    private const string Token = "s3cret-key-of-a-customer";

    private readonly Lines lines = new();
    private WebApplication app = null!;
    private HttpClient client = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        // As talkative as somebody might configure it while looking for an error.
        builder.Logging.SetMinimumLevel(LogLevel.Trace);
        builder.Configuration["Logging:LogLevel:Default"] = "Trace";
        builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore"] = "Trace";
        builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Trace";
        builder.AddOperationsLogging();
        builder.Logging.AddProvider(lines);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddAuthentication();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.UseRequestLog();
        app.MapGet("/u/{token}", (string token) => token == "broken" ? throw new InvalidOperationException("no") : "ok");
        await app.StartAsync();
        client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
        lines.Dispose();
    }

    [Fact]
    public async Task The_key_in_a_path_never_reaches_the_log()
    {
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/u/{Token}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/u/{Token}/more")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/u/{Token}?again={Token}")).StatusCode);
        await Support.Eventually.TrueAsync(() => lines.All.Count(line => line.Contains("RequestLog", StringComparison.Ordinal)) == 3);

        Assert.All(lines.All, line => Assert.DoesNotContain(Token, line));
    }

    [Fact]
    public async Task A_request_is_one_line_with_template_status_and_time()
    {
        await client.GetAsync($"/u/{Token}");

        await Support.Eventually.TrueAsync(() => lines.All.Any(line => line.Contains("GET /u/{token} 200 in ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_request_that_throws_is_logged_as_500_under_its_template()
    {
        await client.GetAsync("/u/broken");

        await Support.Eventually.TrueAsync(() => lines.All.Any(line => line.Contains("GET /u/{token} 500 in ", StringComparison.Ordinal)));
    }

    /// <summary>Keeps messages, exceptions and values of everything that is logged.</summary>
    private sealed class Lines : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> all = new();

        public string[] All => [.. all];

        public ILogger CreateLogger(string categoryName) => new Line(this, categoryName);

        public void Dispose() => GC.SuppressFinalize(this);

        private sealed class Line(Lines lines, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                var values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(";", pairs) : "";
                lines.all.Enqueue($"{category} {formatter(state, exception)} {exception} {values}");
            }
        }
    }
}
