using System.Net;
using System.Text.Json;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Operations;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NSubstitute;

namespace CcdBlazor.Tests.Operations;

public sealed class HealthTests
{
    [Fact]
    public async Task Without_an_answering_database_it_lives_but_is_not_ready()
    {
        await using var app = await StartAsync("Host=127.0.0.1;Port=1;Username=nobody;Password=hidden-word;Database=none;Timeout=1");
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        var ready = await client.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        var body = await ready.Content.ReadAsStringAsync();
        Assert.DoesNotContain("hidden-word", body);
        Assert.DoesNotContain("nobody", body);
    }

    [Theory]
    [InlineData(true, "up")]
    [InlineData(false, "down")]
    public async Task With_its_database_it_is_ready_and_tells_how_the_media_worker_is(bool healthy, string expected)
    {
        var connectionString = await TestCluster.CreateDatabaseAsync();
        try
        {
            await using var app = await StartAsync(connectionString, healthy);
            using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

            var ready = await client.GetAsync("/health/ready");

            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
            using var body = JsonDocument.Parse(await ready.Content.ReadAsStringAsync());
            Assert.Equal(("up", expected), (body.RootElement.GetProperty("database").GetString(), body.RootElement.GetProperty("mediaWorker").GetString()));
            if (!healthy)
                Assert.Equal("degraded", body.RootElement.GetProperty("status").GetString());
        }
        finally
        {
            await TestCluster.DropDatabaseAsync(connectionString);
        }
    }

    private static async Task<WebApplication> StartAsync(string connectionString, bool mediaWorker = true)
    {
        var worker = Substitute.For<IMediaWorker>();
        worker.IsHealthyAsync(Arg.Any<CancellationToken>()).Returns(mediaWorker);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddData(connectionString);
        builder.Services.AddSingleton(worker);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapOperations();
        await app.StartAsync();
        return app;
    }
}
