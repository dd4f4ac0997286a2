using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Pool;

/// <summary>What the pool says behind the bell, in the commit of what it is about.</summary>
internal static class PoolNotices
{
    /// <summary>
    /// To everybody whose customers went by rule today, and to the leaders of their departments: one notice per person and day, counted anew from the
    /// history each time and unread again. One statement. Answers who was told.
    /// </summary>
    public static async Task<IReadOnlyList<Guid>> TellReleasedAsync(CcdDbContext db, Guid[] owners, DateTimeOffset now, CancellationToken ct)
    {
        var day = CustomerNumbers.DayOf(now);
        return await db.Database.SqlQueryRaw<Guid>(
            """
            with leaders as (
              select distinct d.leader_id as id from staff s join departments d on d.id = s.department_id where s.id = any (@owners) and d.leader_id is not null),
            gone as (
              select h.id, h.from_owner_id, d.leader_id, c.name
              from customer_owner_changes h join customers c on c.id = h.customer_id
              join staff s on s.id = h.from_owner_id left join departments d on d.id = s.department_id
              where h.cause = @cause and h.at >= @start
                and (h.from_owner_id = any (@owners) or d.leader_id in (select id from leaders))),
            told as (
              select from_owner_id as staff_id, 'pool-released:' as what, count(*) as n, (array_agg(name order by id desc))[1:3] as names,
                ' 位客户到期未跟进，已进入公海' as title from gone where from_owner_id = any (@owners) group by 1
              union all
              select leader_id, 'pool-released-led:', count(*), (array_agg(name order by id desc))[1:3], ' 位本部门客户到期未跟进，已进入公海'
              from gone where leader_id in (select id from leaders) group by 1)
            insert into notices as n (id, staff_id, at, title, text, link)
            select md5(what || staff_id || @day)::uuid, staff_id, @now, t.n || t.title,
              array_to_string(names, '、') || case when t.n > 3 then ' 等' else '' end || '。', '/pool'
            from told t join staff s on s.id = t.staff_id and not s.disabled
            on conflict (id) do update set at = excluded.at, title = excluded.title, text = excluded.text, read_at = null
            returning staff_id as "Value"
            """,
            new NpgsqlParameter("owners", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = owners }, new NpgsqlParameter<short>("cause", (short)OwnerChangeCause.ReleasedByRule),
            new NpgsqlParameter<DateTimeOffset>("start", CustomerNumbers.StartOf(day)), new NpgsqlParameter<DateOnly>("day", day),
            new NpgsqlParameter<DateTimeOffset>("now", now.ToUniversalTime())).ToListAsync(ct);
    }

    /// <summary>To these people, unless they are the one who acted; who is disabled is left out.</summary>
    public static async Task<IReadOnlyList<Guid>> TellAsync(
        CcdDbContext db, IEnumerable<Guid?> staff, Guid? except, string title, string text, string link, DateTimeOffset now, CancellationToken ct)
    {
        var ids = staff.OfType<Guid>().Where(id => id != except).Distinct().ToArray();
        return ids.Length == 0 ? [] : await db.Database.SqlQuery<Guid>(
            $"""
            insert into notices (id, staff_id, at, title, text, link)
            select gen_random_uuid(), s.id, {now.ToUniversalTime()}, {title}, {text}, {link} from staff s where s.id = any ({ids}) and not s.disabled
            returning staff_id as "Value"
            """).ToListAsync(ct);
    }
}
