using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Statistics;

/// <summary>A customer who needs somebody now.</summary>
/// <param name="Since">In the present state since then; for uploads: when the newest came.</param>
/// <param name="Documents">New documents; 0 where it is not about uploads.</param>
public sealed record TodayRow(Guid CustomerId, string Number, string Name, int Percent, int Missing, DateTimeOffset Since, int Documents = 0);

/// <summary>A group on the page 今日: how many there are, and the first of them.</summary>
public sealed record TodayGroup(int Count, IReadOnlyList<TodayRow> Rows);

/// <summary>What needs this reader now. Groups that are not the reader's work are none.</summary>
/// <param name="SentBack">Own customers whose file was in review and came back; longest first.</param>
/// <param name="Ready">Own customers, complete and not submitted; longest first.</param>
/// <param name="Slow">Own customers, collecting for <see cref="TodayQueries.SlowDays"/> days and more; longest first.</param>
/// <param name="Uploads">Own customers who handed something in themselves since yesterday; newest first.</param>
/// <param name="Review">Files that wait for a reviewer; longest first.</param>
public sealed record Today(DateTimeOffset Now, DateOnly Yesterday, TodayGroup? SentBack, TodayGroup? Ready, TodayGroup? Slow, TodayGroup? Uploads, TodayGroup? Review)
{
    public bool NothingToDo => new[] { SentBack, Ready, Slow, Uploads, Review }.All(g => g is null or { Count: 0 });
}

/// <summary>What the page 今日 reads.</summary>
public sealed class TodayQueries
{
    public const int SlowDays = 7;

    private const int Shown = 5;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal TodayQueries(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    public async Task<Today> TodayAsync(StaffActor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var yesterday = CustomerNumbers.DayOf(now).AddDays(-1);
        await using var db = await contexts.CreateDbContextAsync(ct);
        var me = by.StaffId;
        var mine = db.Customers.AsNoTracking().Where(c => c.DeletedAt == null && c.OwnerId == me);
        TodayGroup? sentBack = null, ready = null, slow = null, uploads = null, review = null;
        if (by.May(Permission.CollectDocuments))
        {
            sentBack = await GroupAsync(mine.Where(c => c.State == CustomerState.Collecting && c.SubmittedAt != null), ct);
            ready = await GroupAsync(mine.Where(c => c.State == CustomerState.Complete), ct);
            var before = now - TimeSpan.FromDays(SlowDays);
            slow = await GroupAsync(mine.Where(c => c.State == CustomerState.Collecting && c.StateSince <= before), ct);
            uploads = await UploadsAsync(db, mine, CustomerNumbers.StartOf(yesterday), ct);
        }

        if (by.May(Permission.ReviewDocuments))
            review = await GroupAsync(db.Customers.AsNoTracking().VisibleTo(by).Where(c => c.DeletedAt == null && c.State == CustomerState.InReview), ct);
        return new Today(now, yesterday, sentBack, ready, slow, uploads, review);
    }

    private static async Task<TodayGroup> GroupAsync(IQueryable<Customer> customers, CancellationToken ct)
    {
        var count = await customers.CountAsync(ct);
        if (count == 0)
            return new TodayGroup(0, []);
        var rows = await customers.OrderBy(c => c.StateSince).ThenBy(c => c.Id).Take(Shown)
            .Select(c => new TodayRow(c.Id, c.Number, c.Name, c.CompletenessPercent, c.MissingCount, c.StateSince, 0)).ToListAsync(ct);
        return new TodayGroup(count, rows);
    }

    /// <summary>An upload moves its customer's time of change: so only customers changed since then are asked for their documents.</summary>
    private static async Task<TodayGroup> UploadsAsync(CcdDbContext db, IQueryable<Customer> mine, DateTimeOffset from, CancellationToken ct)
    {
        var fresh = mine.Where(c => c.UpdatedAt >= from)
            .Join(db.Documents.AsNoTracking().Where(d => d.UploadedAt >= from && d.UploaderKind == "link"), c => c.Id, d => d.CustomerId, (c, d) => new { d.CustomerId, d.UploadedAt })
            .GroupBy(d => d.CustomerId).Select(g => new { Id = g.Key, Documents = g.Count(), Newest = g.Max(d => d.UploadedAt) });
        var found = await fresh.OrderByDescending(f => f.Newest).ToListAsync(ct);
        var first = found.Take(Shown).ToList();
        var ids = first.ConvertAll(f => f.Id);
        var customers = await mine.Where(c => ids.Contains(c.Id))
            .Select(c => new { c.Id, c.Number, c.Name, c.CompletenessPercent, c.MissingCount }).ToDictionaryAsync(c => c.Id, ct);
        return new TodayGroup(found.Sum(f => f.Documents),
            [.. first.Where(f => customers.ContainsKey(f.Id)).Select(f => (Fresh: f, Customer: customers[f.Id]))
                .Select(r => new TodayRow(r.Fresh.Id, r.Customer.Number, r.Customer.Name, r.Customer.CompletenessPercent, r.Customer.MissingCount, r.Fresh.Newest, r.Fresh.Documents))]);
    }
}
