using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.Pool;

/// <summary>
/// Releases by rule what nobody followed up in time, and reminds the owners before. Set-based: a page of candidates costs the same few statements
/// whatever it holds.
/// </summary>
public sealed class PoolRelease
{
    internal const int PageSize = 1_000;

    /// <summary>Under which name the history and the audit know it.</summary>
    internal static readonly SystemActor Job = new("pool-release");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ChangeFeed feed;

    internal PoolRelease(IDbContextFactory<CcdDbContext> contexts, ChangeFeed feed)
    {
        this.contexts = contexts;
        this.feed = feed;
    }

    /// <summary>
    /// Job body; may be repeated at any time. A customer that is followed up, handed over or edited while the job runs is left alone: its row is either locked
    /// (then the next run looks again) or no longer what the page said. Each former owner and each leader finds one notice per day, which counts on.
    /// </summary>
    /// <returns>How many were released.</returns>
    public async Task<int> ReleaseAsync(DateTimeOffset now, CancellationToken ct)
    {
        var released = 0;
        var after = (At: DateTimeOffset.MinValue.ToUniversalTime(), Id: Guid.Empty);
        while (true)
        {
            await using var db = await contexts.CreateDbContextAsync(ct);
            var page = await db.Database.SqlQueryRaw<Candidate>(
                $"""
                select c.id as "Id", c.owner_id as "OwnerId", c.idle_since as "IdleSince", due.target as "Target", due.target_department as "TargetDepartment"
                from (
                  select c.id, c.owner_id, c.department_id, c.level, c.idle_since, c.created_at from customers c
                  where {PoolSql.Releasable} and (c.idle_since, c.id) > (@afterAt, @afterId)
                    and c.idle_since <= @now - (select min(days) from pool_release_rules) * interval '24 hours'
                  order by c.idle_since, c.id limit @size) c
                left join lateral (
                  select pool.target, pool.target_department from (select 1) one {PoolSql.Terms} where due.at <= @now) due on true
                order by c.idle_since, c.id
                """,
                new NpgsqlParameter<DateTimeOffset>("afterAt", after.At), new NpgsqlParameter<Guid>("afterId", after.Id),
                new NpgsqlParameter<DateTimeOffset>("now", now.ToUniversalTime()), new NpgsqlParameter<int>("size", PageSize)).ToListAsync(ct);
            if (page.Count == 0)
                return released;
            after = (page[^1].IdleSince, page[^1].Id);
            released += await ReleasePageAsync(db, [.. page.Where(c => c.Target is not null)], now, ct);
            if (page.Count < PageSize)
                return released;
        }
    }

    /// <summary>
    /// Job body, in the morning: tells each owner once a day how many of the customers without follow-up reach a day of reminding, and when they go.
    /// One statement; a second run on the same day says nothing.
    /// </summary>
    /// <returns>How many people were told.</returns>
    public async Task<int> RemindAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var today = CustomerNumbers.DayOf(now);
        var told = await db.Database.SqlQueryRaw<Guid>(
            $"""
            with days as (select distinct unnest(reminder_days) as day from pool_release_rules),
            going as (
              select c.owner_id, greatest(0, (due.at at time zone interval '08:00')::date - @today) as days_left
              from days join customers c on c.idle_since >= @start - days.day * interval '24 hours' and c.idle_since < @start + (1 - days.day) * interval '24 hours'
              {PoolSql.Terms}
              where {PoolSql.Releasable} and days.day = any (rule.reminder_days) and due.at > @now),
            per as (select owner_id, days_left, count(*) as n from going group by 1, 2),
            digest as (
              select owner_id, sum(n) as n, string_agg(case when days_left = 0 then '今天 ' else days_left || ' 天后 ' end || n || ' 位', '，' order by days_left) as text
              from per group by 1)
            insert into notices (id, staff_id, at, title, text, link)
            select md5('pool-reminder:' || owner_id || @today)::uuid, owner_id, @now, n || ' 位客户即将进入公海', text || '。及时跟进后重新计时。', '/customers?owner=' || owner_id
            from digest on conflict (id) do nothing returning staff_id as "Value"
            """,
            new NpgsqlParameter<DateOnly>("today", today), new NpgsqlParameter<DateTimeOffset>("start", CustomerNumbers.StartOf(today)),
            new NpgsqlParameter<DateTimeOffset>("now", now.ToUniversalTime())).ToListAsync(ct);
        foreach (var one in told)
            feed.Publish(new Change(MessageTopics.Bell(one)));
        return told.Count;
    }

    private static async Task<int> ReleasePageAsync(CcdDbContext db, List<Candidate> due, DateTimeOffset now, CancellationToken ct)
    {
        if (due.Count == 0)
            return 0;
        await using var work = await db.BeginAsync(ct);
        var moved = await CustomerOwnership.MoveManyAsync(
            db, [.. due.Select(c => new OwnerMove(c.Id, c.OwnerId, null, c.Target, c.TargetDepartment) { ExpectedIdleSince = c.IdleSince })],
            OwnerChangeCause.ReleasedByRule, Job, now, "到期未跟进", null, skipLocked: true, ct);
        if (moved.Count == 0)
            return 0;
        var gone = moved.ToHashSet();
        var owners = due.Where(c => gone.Contains(c.Id)).Select(c => c.OwnerId!.Value).Distinct().ToArray();
        foreach (var one in await PoolNotices.TellReleasedAsync(db, owners, now, ct))
            db.Announce(MessageTopics.Bell(one));
        db.Announce(PoolTopics.All);
        await work.CommitAsync(ct);
        return moved.Count;
    }

    private sealed record Candidate(Guid Id, Guid? OwnerId, DateTimeOffset IdleSince, Guid? Target, Guid? TargetDepartment);
}

/// <summary>What pages listen to.</summary>
public static class PoolTopics
{
    /// <summary>Something went into a pool, or out of one.</summary>
    public const string All = "pool";

    /// <summary>Pools or their rules were changed.</summary>
    public const string Settings = "pool:settings";
}
