using static NpgsqlTypes.NpgsqlDbType;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// The statements that give back what a dead node held. A receipt may settle a message between the look and the write, so each of them asks once
/// more whether the message still waits.
/// </summary>
internal static class TakeoverStatements
{
    /// <summary>Back into the queue; the code says whether an earlier send is in doubt.</summary>
    public static void Again(UnnestBatch batch, List<(Guid Id, int Lane, short Class, string? Code, int? Account)> again) =>
        batch.Add("""
            with u as (select * from unnest($1::uuid[], $2::int[], $3::smallint[], $4::text[], $5::int[]) u(id, lane, class, code, account))
            , m as (update messages m set turn = m.turn + 1, code = u.code, account = coalesce(u.account, m.account) from u where m.id = u.id and m.state = 1 returning m.id, m.turn)
            insert into ready_messages (id, lane, class, turn) select u.id, u.lane, u.class, m.turn from u join m using (id)
            """)
            .Column(again, Uuid, o => o.Id).Column(again, Integer, o => o.Lane).Column(again, Smallint, o => o.Class).Column(again, Text, o => o.Code).Column(again, Integer, o => o.Account);

    /// <summary>An outcome of its own, counted like every other: it waits for a person in the dead letter.</summary>
    public static void Unknown(UnnestBatch batch, List<(Guid Id, int? Account)> unknown, DateTimeOffset now) =>
        batch.Add("""
            with u as (select * from unnest($1::uuid[], $2::int[]) u(id, account))
            , m as (
              update messages m set state = 8, turn = m.turn + 1, code = 'node_died', reason = '发送时程序中断，服务商无法确认是否送出', finished_at = $3, account = coalesce(u.account, m.account)
              from u where m.id = u.id and m.state = 1 returning m.id, m.template_id, m.batch_id, m.account, m.channel, m.code, m.reason)
            , f as (
              insert into message_failures (id, at, template_id, batch_id, account, channel, failure, code, reason)
              select id, $3, template_id, batch_id, account, channel, $4, code, reason from m on conflict (id) do nothing)
            , b as (
              update message_batch_progress p set unknown = p.unknown + n.n, last_at = $3
              from (select batch_id, count(*) as n from m where batch_id is not null group by batch_id) n where p.batch_id = n.batch_id)
            insert into message_minutes (minute, channel, account, template_id, result, n)
            select date_trunc('minute', $3::timestamptz), channel, coalesce(account, 0), template_id, 8, count(*) from m group by channel, coalesce(account, 0), template_id order by 2, 3, 4
            on conflict (minute, channel, account, template_id, result) do update set n = message_minutes.n + excluded.n
            """)
            .Column(unknown, Uuid, o => o.Id).Column(unknown, Integer, o => o.Account).Value(now.UtcDateTime, TimestampTz).Value(Failures.DeadLetter.UnknownClass, Smallint);

    /// <summary>What a receipt settled before its own outcome was written was sent: only the counting is left to do.</summary>
    public static void Settled(UnnestBatch batch, List<Guid> claims, DateTimeOffset now) =>
        batch.Add("""
            with u as (select t.id, t.turn from message_claims c cross join lateral unnest(c.ids, c.turns) t(id, turn) where c.id = any($1))
            , m as (
              update messages m set turn = m.turn + 1 from u
              where m.id = u.id and m.turn = u.turn and m.state in (4, 5) and m.receipt_at is not null returning m.template_id, m.batch_id, m.account, m.channel)
            , b as (
              update message_batch_progress p set sent = p.sent + n.n, last_at = $2
              from (select batch_id, count(*) as n from m where batch_id is not null group by batch_id) n where p.batch_id = n.batch_id)
            insert into message_minutes (minute, channel, account, template_id, result, n)
            select date_trunc('minute', $2::timestamptz), channel, coalesce(account, 0), template_id, 3, count(*) from m group by channel, coalesce(account, 0), template_id order by 2, 3, 4
            on conflict (minute, channel, account, template_id, result) do update set n = message_minutes.n + excluded.n
            """)
            .Value<Guid[]>([.. claims], NpgsqlTypes.NpgsqlDbType.Array | Uuid).Value(now.UtcDateTime, TimestampTz);
}
