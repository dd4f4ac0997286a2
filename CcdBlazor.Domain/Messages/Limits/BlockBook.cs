using System.Collections.Frozen;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Limits;

/// <summary>Opt-outs, blocks, white list and quiet hours in memory (some hundred thousand entries fit); read again when one changes.</summary>
internal sealed class BlockBook : IDisposable
{
    internal const string Topic = "message-blocks";

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly IDisposable subscription;
    private readonly SemaphoreSlim reading = new(1);
    private volatile Lists? lists;
    private int edition;

    public BlockBook(IDbContextFactory<CcdDbContext> contexts, ChangeFeed feed)
    {
        this.contexts = contexts;
        subscription = feed.Subscribe(Topic, _ =>
        {
            Interlocked.Increment(ref edition);
            lists = null;
        });
    }

    public ValueTask<Lists> CurrentAsync(CancellationToken ct) => lists is { } known ? ValueTask.FromResult(known) : new ValueTask<Lists>(ReadAsync(ct));

    public void Dispose()
    {
        subscription.Dispose();
        reading.Dispose();
    }

    private async Task<Lists> ReadAsync(CancellationToken ct)
    {
        await reading.WaitAsync(ct);
        try
        {
            if (lists is { } known)
                return known;
            var read = Volatile.Read(ref edition);
            await using var db = await contexts.CreateDbContextAsync(ct);
            var entries = await db.MessageBlocks.AsNoTracking().Select(b => new { b.Recipient, b.Channel, b.Kind }).ToListAsync(ct);
            var quiet = await db.PersonPreferences.AsNoTracking().ToListAsync(ct);
            var fresh = new Lists(
                entries.Select(e => (e.Recipient, e.Channel, e.Kind)).ToFrozenSet(),
                quiet.Where(q => q is { QuietFrom: not null, QuietUntil: not null }).ToFrozenDictionary(q => q.Person, q => (q.QuietFrom!.Value, q.QuietUntil!.Value)));
            // A change during the read makes the next caller read again.
            if (read == Volatile.Read(ref edition))
                lists = fresh;
            return fresh;
        }
        finally
        {
            reading.Release();
        }
    }

    internal sealed record Lists(FrozenSet<(Guid Recipient, MessageChannel? Channel, BlockKind Kind)> Entries, FrozenDictionary<Guid, (TimeOnly From, TimeOnly Until)> Quiet)
    {
        /// <summary>Is there an entry of the kind for the recipient itself or the person behind it, for the channel or for all?</summary>
        public bool Has(BlockKind kind, Guid recipient, Guid person, MessageChannel channel) =>
            Entries.Count > 0
            && (Entries.Contains((recipient, channel, kind)) || Entries.Contains((recipient, null, kind)) || Entries.Contains((person, channel, kind)) || Entries.Contains((person, null, kind)));
    }
}
