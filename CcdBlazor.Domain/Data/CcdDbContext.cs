using System.Reflection;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace CcdBlazor.Domain.Data;

/// <summary>
/// The one context. It names no feature: each feature's mapping brings its tables (<see cref="IEntityTypeConfiguration{T}"/>),
/// and gives itself a <c>db.Customers</c> by an extension property, so that features point here and never back.
/// </summary>
internal sealed class CcdDbContext(DbContextOptions<CcdDbContext> options, ChangeFeed feed) : DbContext(options)
{
    private static readonly Dictionary<string, Refusal> RefusalByConstraint = CollectConstraintRefusals();

    private readonly List<Change> announcements = [];

    /// <summary>Tell listeners about a change once it is committed; thrown away when it is not.</summary>
    public void Announce(string topic, string? note = null) => announcements.Add(new Change(topic, note));

    /// <summary>
    /// Saves everything in one commit. A conflict with another editor or with a unique index comes back as a refusal;
    /// any other failure is a bug and throws.
    /// </summary>
    public async Task<Result> TrySaveAsync(CancellationToken ct)
    {
        try
        {
            await SaveChangesAsync(ct);
            return Result.Done;
        }
        catch (DbUpdateConcurrencyException)
        {
            announcements.Clear();
            return CommonRefusals.ChangedMeanwhile;
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { ConstraintName: { } name } && RefusalByConstraint.TryGetValue(name, out var refusal))
        {
            announcements.Clear();
            return refusal;
        }
    }

    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        var written = await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        if (Database.CurrentTransaction is null)
            Publish();
        return written;
    }

    /// <summary>An explicit transaction, for writes that must lock before they read. Its announcements go out after its commit.</summary>
    public async Task<Work> BeginAsync(CancellationToken ct) => new(this, await Database.BeginTransactionAsync(ct));

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasPostgresExtension("pg_trgm");
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(CcdDbContext).Assembly);
        SnakeCaseNames.Apply(modelBuilder);
    }

    private void Publish()
    {
        foreach (var change in announcements)
            feed.Publish(change);
        announcements.Clear();
    }

    private static Dictionary<string, Refusal> CollectConstraintRefusals()
    {
        var found = new Dictionary<string, Refusal>();
        foreach (var type in Assembly.GetExecutingAssembly().GetTypes())
            if (type is { IsAbstract: false, IsInterface: false } && typeof(IRefuseByConstraint).IsAssignableFrom(type))
                foreach (var (constraint, refusal) in ((IRefuseByConstraint)Activator.CreateInstance(type)!).Refusals)
                    found.Add(constraint, refusal);
        return found;
    }

    /// <summary>A transaction that publishes what was announced in it once it is committed. Disposing without commit rolls back.</summary>
    internal sealed class Work(CcdDbContext db, IDbContextTransaction transaction) : IAsyncDisposable
    {
        public async Task CommitAsync(CancellationToken ct)
        {
            await transaction.CommitAsync(ct);
            db.Publish();
        }

        public async ValueTask DisposeAsync() => await transaction.DisposeAsync();
    }
}

/// <summary>Implemented by a feature's mapping: which refusal a violated constraint means. The one translation from name to text.</summary>
internal interface IRefuseByConstraint
{
    IEnumerable<(string Constraint, Refusal Refusal)> Refusals { get; }
}
