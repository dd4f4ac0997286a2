using System.Globalization;
using Npgsql;

namespace CcdBlazor.Domain.Statistics;

/// <summary>A figure that did not agree with the tables, before it was corrected.</summary>
/// <param name="Day">Shanghai; <see cref="DateOnly.MinValue"/> for figures without a day.</param>
public sealed record FigureDifference(short Kind, DateOnly Day, Guid OwnerId, Guid DepartmentId, long Counted, long Stored)
{
    /// <summary>For logs and the list of jobs; ids only.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Kind}/{(Day == DateOnly.MinValue ? "-" : Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))}/{OwnerId}: {Stored} → {Counted}");
}

/// <summary>Keeps the table of figures short to read, and proves it right. Bodies of jobs.</summary>
public sealed class StatisticsFolding(NpgsqlDataSource source)
{
    /// <summary>One folds or counts at a time in the whole cluster. The number is arbitrary and must never change.</summary>
    private const long FoldingLock = 0x4343_4405;

    /// <summary>Moves all committed deltas into the figures. Answers how many there were; none when another node is at it.</summary>
    public async Task<int> FoldAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var take = new NpgsqlCommand($"select pg_try_advisory_xact_lock({FoldingLock})", connection))
            if (await take.ExecuteScalarAsync(ct) is not true)
                return 0;
        // One statement: a reader sees either the deltas or their sum, never both and never neither.
        await using var fold = new NpgsqlCommand(
            """
            with moved as (delete from figure_deltas returning kind, day, owner_id, department_id, n),
            sums as (select kind, day, owner_id, department_id, sum(n)::bigint as n from moved group by 1, 2, 3, 4),
            folded as (
              insert into figures as f (kind, day, owner_id, department_id, n)
              select kind, day, owner_id, department_id, n from sums where n <> 0
              on conflict (day, kind, owner_id, department_id) do update set n = f.n + excluded.n)
            select count(*)::int from moved
            """, connection);
        var folded = (int)(await fold.ExecuteScalarAsync(ct))!;
        await transaction.CommitAsync(ct);
        return folded;
    }

    /// <summary>
    /// Counts everything again from the tables, and corrects what differs. One statement, so one snapshot: what colleagues commit
    /// meanwhile is in neither side, and its own deltas are added as always. Nobody waits. A difference is a bug or an edit by hand.
    /// </summary>
    public async Task<IReadOnlyList<FigureDifference>> RecomputeAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Two at once would correct the same difference twice. Taken by a statement of its own: the next one's snapshot is younger than the lock.
        await using (var take = new NpgsqlCommand($"select pg_advisory_xact_lock({FoldingLock})", connection))
            await take.ExecuteNonQueryAsync(ct);
        var found = new List<FigureDifference>();
        await using (var recount = new NpgsqlCommand(
            """
            with stored as (
              select kind, day, owner_id, department_id, sum(n)::bigint as n
              from (select kind, day, owner_id, department_id, n from figures
                    union all
                    select kind, day, owner_id, department_id, n from figure_deltas) all_of_them
              group by 1, 2, 3, 4),
            differing as materialized (
              select kind, day, owner_id, department_id, coalesce(c.n, 0) as counted, coalesce(s.n, 0) as stored
              from figures_counted() c full join stored s using (kind, day, owner_id, department_id)
              where coalesce(c.n, 0) <> coalesce(s.n, 0)),
            corrected as (
              insert into figure_deltas (kind, day, owner_id, department_id, n)
              select kind, day, owner_id, department_id, counted - stored from differing)
            select kind, day, owner_id, department_id, counted, stored from differing order by day desc, kind, owner_id
            """, connection) { CommandTimeout = 600 })
        await using (var reader = await recount.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                found.Add(new FigureDifference(
                    reader.GetInt16(0), reader.GetFieldValue<DateOnly>(1), reader.GetGuid(2), reader.GetGuid(3), reader.GetInt64(4), reader.GetInt64(5)));

        // Figures that came down to nothing (a colleague who gave all customers away) need no row.
        await using (var tidy = new NpgsqlCommand("delete from figures where n = 0", connection))
            await tidy.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return found;
    }
}
