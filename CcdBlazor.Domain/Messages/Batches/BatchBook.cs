using System.Collections.Concurrent;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>The states of batches that are being delivered, in memory; forgotten when any batch changes on any node.</summary>
internal sealed class BatchBook : IDisposable
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ConcurrentDictionary<Guid, BatchState> states = new();
    private readonly IDisposable subscription;

    public BatchBook(IDbContextFactory<CcdDbContext> contexts, ChangeFeed feed)
    {
        this.contexts = contexts;
        subscription = feed.Subscribe(MessageTopics.Batches, _ => states.Clear());
    }

    public ValueTask<BatchState> StateAsync(Guid batch, CancellationToken ct) =>
        states.TryGetValue(batch, out var state) ? ValueTask.FromResult(state) : new ValueTask<BatchState>(ReadAsync(batch, ct));

    public void Dispose() => subscription.Dispose();

    private async Task<BatchState> ReadAsync(Guid batch, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return states[batch] = await db.MessageBatches.Where(b => b.Id == batch).Select(b => b.State).FirstOrDefaultAsync(ct);
    }
}
