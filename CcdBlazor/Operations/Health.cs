using System.Data.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Messages.RabbitMq;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CcdBlazor.Operations;

/// <summary>What a load balancer and a watchman ask. Open to everybody, so it tells states and nothing else.</summary>
internal static class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="Status"><c>ready</c>, <c>degraded</c> (pages work, something does not) or <c>unavailable</c>.</param>
    public sealed record Readiness(string Status, string Database, string Migrations, string MediaWorker, string Broker);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", Live).AllowAnonymous();
        routes.MapGet("/health/ready", ReadyAsync).AllowAnonymous();
    }

    private static Ok<string> Live() => TypedResults.Ok("live");

    /// <summary>Not ready only while the database does not answer: without the media worker uploads wait, without the broker what goes through it, but everything else works.</summary>
    private static async Task<JsonHttpResult<Readiness>> ReadyAsync(Database database, IServiceProvider services, CancellationToken ct)
    {
        if (!await TryAsync(database.AnswersAsync, ct))
            return TypedResults.Json(new Readiness("unavailable", "down", "unknown", "unknown", "unknown"), statusCode: StatusCodes.Status503ServiceUnavailable);
        var migrated = await TryAsync(database.UpToDateAsync, ct);
        var media = services.GetService<IMediaWorker>() is { } worker ? await TryAsync(worker.IsHealthyAsync, ct) : (bool?)null;
        var broker = services.GetService<BrokerState>()?.Current?.Up;
        return TypedResults.Json(new Readiness(
            migrated && media != false && broker != false ? "ready" : "degraded", "up", migrated ? "applied" : "pending", Word(media), Word(broker)));
    }

    private static string Word(bool? up) => up switch { true => "up", false => "down", null => "absent" };

    private static async Task<bool> TryAsync(Func<CancellationToken, Task<bool>> ask, CancellationToken ct)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limited.CancelAfter(Patience);
        try
        {
            return await ask(limited.Token);
        }
        catch (Exception e) when (e is DbException or IOException or TimeoutException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return false;
        }
    }
}
