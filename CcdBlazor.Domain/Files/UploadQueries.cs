using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Files;

/// <summary>Reads about uploads.</summary>
public sealed class UploadQueries
{
    private static readonly TimeSpan Recent = TimeSpan.FromHours(24);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal UploadQueries(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    /// <summary>
    /// This sender's uploads for a customer that arrived whole and are no document yet: being processed, or turned down within the last day.
    /// At most 50, oldest first.
    /// </summary>
    public async Task<IReadOnlyList<UploadView>> UnderWayAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        if (by.Id is not { } sender)
            return [];
        var since = clock.GetUtcNow() - Recent;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var uploads = await db.Uploads.AsNoTracking()
            .Where(u => u.SenderKind == by.Kind && u.SenderId == sender && u.CustomerId == customerId && u.CreatedAt > since)
            .Where(u => u.State == UploadState.Received || u.State == UploadState.Refused)
            .OrderBy(u => u.CreatedAt).Take(50)
            .ToListAsync(ct);
        return uploads.ConvertAll(u => u.View());
    }
}
