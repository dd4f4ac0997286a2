using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.Portraits.Effects;

/// <summary>
/// Counts what became of the customers of applied runs, afresh each time, from the rows that others keep (owner history, decisions, ratings). Some statements per run,
/// whatever it holds. Body of a job; may be broken off and repeated.
/// </summary>
public sealed class EffectsFold
{
    /// <summary>Runs older than this keep the figures that they have.</summary>
    public static readonly TimeSpan LookBack = TimeSpan.FromDays(400);

    /// <summary>One counts at a time in the whole cluster. The number is arbitrary and must never change.</summary>
    private const long FoldLock = 0x4343_4406;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly SettingsReader settings;

    internal EffectsFold(IDbContextFactory<CcdDbContext> contexts, SettingsReader settings)
    {
        this.contexts = contexts;
        this.settings = settings;
    }

    /// <summary>Answers how many runs were counted.</summary>
    public async Task<int> RunAsync(DateTimeOffset now, CancellationToken ct)
    {
        var from = now - LookBack;
        List<(Guid Id, DateTimeOffset At, Guid[]? Departments)> runs;
        await using (var db = await contexts.CreateDbContextAsync(ct))
        {
            var found = await db.AssignmentRuns.AsNoTracking().Where(r => r.ApprovedAt != null && r.ApprovedAt >= from).OrderBy(r => r.ApprovedAt)
                .Select(r => new { r.Id, r.ApprovedAt, r.DepartmentIds }).ToListAsync(ct);
            runs = found.ConvertAll(r => (r.Id, r.ApprovedAt!.Value, r.DepartmentIds));
        }

        var counted = 0;
        foreach (var run in runs)
            counted += await CountAsync(run.Id, run.At, run.Departments, now, ct) ? 1 : 0;
        return counted;
    }

    private async Task<bool> CountAsync(Guid run, DateTimeOffset at, Guid[]? departments, DateTimeOffset now, CancellationToken ct)
    {
        var span = settings.Get(EffectSettings.Span);
        await using var db = await contexts.CreateDbContextAsync(ct);
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(30));
        await using var work = await db.BeginAsync(ct);
        if (!await db.Database.SqlQuery<bool>($"""select pg_try_advisory_xact_lock({FoldLock}) as "Value" """).SingleAsync(ct))
            return false;
        await db.EffectCases.Where(c => c.RunId == run).ExecuteDeleteAsync(ct);
        await db.EffectCounts.Where(c => c.RunId == run).ExecuteDeleteAsync(ct);
        await db.EffectTimes.Where(c => c.RunId == run).ExecuteDeleteAsync(ct);
        await db.EffectRuns.Where(c => c.RunId == run).ExecuteDeleteAsync(ct);
        foreach (var statement in EffectSql.Candidates.Append(EffectSql.Cases))
            await db.Database.ExecuteSqlRawAsync(
                statement,
                [
                    new NpgsqlParameter<Guid>("run", run), new NpgsqlParameter<DateTimeOffset>("at", at.ToUniversalTime()), new NpgsqlParameter<DateTimeOffset>("now", now.ToUniversalTime()),
                    new NpgsqlParameter<int>("span", span), new NpgsqlParameter("departments", NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Uuid) { Value = departments ?? (object)DBNull.Value },
                ], ct);
        await db.Database.ExecuteSqlRawAsync(EffectSql.Counts, [new NpgsqlParameter<Guid>("run", run)], ct);
        await db.Database.ExecuteSqlRawAsync(EffectSql.Times, [new NpgsqlParameter<Guid>("run", run)], ct);
        // The least that a moved or staying customer was observed; a run whose every change was undone has none of its own.
        var days = await db.EffectCases.Where(c => c.RunId == run && c.Cohort != EffectCohort.Before).MinAsync(c => (short?)c.Days, ct)
            ?? (short)Math.Clamp((now - at).TotalDays, 0, span);
        db.Add(new EffectRun { RunId = run, At = at, Month = CustomerSearch.MonthOf(at), Span = (short)span, Days = days, CountedAt = now });
        db.Announce(PortraitTopics.Assignments);
        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
        return true;
    }
}
