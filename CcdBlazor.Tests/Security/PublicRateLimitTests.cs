using System.Net;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Endpoints;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Security;

public sealed class PublicRateLimitTests
{
    [Fact]
    public async Task Who_knocks_too_often_without_an_account_is_told_to_wait_and_others_are_not_held_up()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        // Never asked here: nobody signs in.
        builder.Services.AddData("Host=/nowhere").AddStaff();
        builder.Services.AddSecurity(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Security:PublicRequestsPerMinute"] = "3" }).Build());
        await using var app = builder.Build();
        app.Use((http, next) =>
        {
            http.Connection.RemoteIpAddress = IPAddress.Parse(http.Request.Headers["X-Test-From"].ToString());
            return next(http);
        });
        app.UseSecurity();
        app.MapGet("/u/{token}/state", (string token) => token).AllowAnonymous().RequireRateLimiting(CollectionEndpoints.PublicRateLimit);
        await app.StartAsync();
        using var browser = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        for (var guess = 0; guess < 3; guess++)
            Assert.Equal(HttpStatusCode.OK, (await KnockAsync(browser, "10.0.0.1")).Status);
        var (status, body) = await KnockAsync(browser, "10.0.0.1");
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.Contains("common.too_many", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await KnockAsync(browser, "10.0.0.2")).Status);
    }

    private static async Task<(HttpStatusCode Status, string Body)> KnockAsync(HttpClient browser, string from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/u/{Guid.NewGuid():N}/state", UriKind.Relative));
        request.Headers.Add("X-Test-From", from);
        using var answer = await browser.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
