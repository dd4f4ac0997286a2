using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.FollowUps;

/// <summary>Tells people in the morning, behind the bell, what is arranged for today and what is overdue: each step once, one notice per person.</summary>
public sealed class FollowUpReminders
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ChangeFeed feed;

    internal FollowUpReminders(IDbContextFactory<CcdDbContext> contexts, ChangeFeed feed)
    {
        this.contexts = contexts;
        this.feed = feed;
    }

    /// <summary>
    /// Job body. One statement marks the steps and writes the notices; so a run that is repeated says nothing twice. A step goes to whoever arranged it
    /// as long as they work on the customer, otherwise to the owner; none while the customer lies in a pool.
    /// </summary>
    /// <returns>How many people were told.</returns>
    public async Task<int> RemindAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var told = await db.Database.SqlQueryRaw<Guid>(
            """
            with due as (
              select f.id, f.next_on, c.name, coalesce(s.id, c.owner_id) as staff_id
              from follow_ups f join customers c on c.id = f.customer_id
              left join staff s on s.id = f.staff_id and not s.disabled and c.staff_ids @> array[s.id]
              where f.next_on is not null and f.done_by_id is null and f.next_on <= @today and f.reminded_at is null
                and c.deleted_at is null and c.owner_id is not null
              order by f.id for update of f skip locked),
            marked as (update follow_ups f set reminded_at = @now from due where due.id = f.id returning f.id),
            per as (
              select due.staff_id, count(*) as n, count(*) filter (where due.next_on < @today) as late,
                (array_agg(due.name order by due.next_on, due.id))[1:3] as names
              from due join marked on marked.id = due.id group by 1)
            insert into notices (id, staff_id, at, title, text, link)
            select gen_random_uuid(), per.staff_id, @now, '今天有 ' || per.n || ' 项跟进安排',
              array_to_string(per.names, '、') || case when per.n > 3 then ' 等 ' || per.n || ' 项' else '' end
                || case when per.late > 0 then '，其中 ' || per.late || ' 项已逾期。' else '。' end,
              case when per.late = per.n then '/followups?when=overdue' else '/followups?when=today' end
            from per returning staff_id as "Value"
            """,
            new NpgsqlParameter<DateOnly>("today", CustomerNumbers.DayOf(now)), new NpgsqlParameter<DateTimeOffset>("now", now.ToUniversalTime())).ToListAsync(ct);
        foreach (var one in told)
            feed.Publish(new Change(MessageTopics.Bell(one)));
        return told.Count;
    }
}
