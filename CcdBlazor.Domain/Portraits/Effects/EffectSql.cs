namespace CcdBlazor.Domain.Portraits.Effects;

/// <summary>
/// The statements of <see cref="EffectsFold"/>. Parameters: @run, @at (approval), @now, @span (days), @departments (of the run; null: the company).
/// Numbers in them: causes of the owner history (2 a run), moves of files (4 approve, 5 reject, 6 reopen), states of <see cref="EffectExclusion"/>.
/// </summary>
internal static class EffectSql
{
    private const string Nobody = "'00000000-0000-0000-0000-000000000000'::uuid";

    /// <summary>
    /// Who belongs to which group, from when on, and until when it is looked at. The group before: everybody who had an owner and no standing decision one span before
    /// the run; like the other two, it is taken at the beginning of its span, and nobody is chosen by what happened later.
    /// </summary>
    public static readonly string[] Candidates =
    [
        """
        create temp table effect_candidates (
          customer_id uuid not null, cohort smallint not null, manager_id uuid, class varchar(1), undone boolean not null, begins timestamptz not null, ends timestamptz not null) on commit drop
        """,
        """
        insert into effect_candidates
        select r.customer_id, 1, r.to_manager_id, r.class, r.outcome = 'Undone', h.at, least(h.at + @span * interval '24 hours', @now)
        from assignment_rows r join customer_owner_changes h on h.part_of = @run and h.cause = 2 and h.customer_id = r.customer_id
        where r.run_id = @run and r.outcome in ('Applied', 'Undone')
        """,
        """
        insert into effect_candidates
        select r.customer_id, 2, r.from_owner_id, case when r.kind = 'Kept' then r.class end, false, @at, least(@at + @span * interval '24 hours', @now)
        from assignment_rows r where r.run_id = @run and r.outcome not in ('Applied', 'Undone')
        """,
        """
        insert into effect_candidates
        select c.id, 3, owner.to_owner_id, null, false, @at - @span * interval '24 hours', @at
        from customers c
        join (
          select distinct on (h.customer_id) h.customer_id, h.to_owner_id from customer_owner_changes h
          where h.at <= @at - @span * interval '24 hours' order by h.customer_id, h.at desc, h.id desc) owner on owner.customer_id = c.id
        left join (
          select distinct on (d.customer_id) d.customer_id, d.move from file_decisions d
          where d.move in (4, 5, 6) and d.at <= @at - @span * interval '24 hours' order by d.customer_id, d.at desc, d.id desc) standing on standing.customer_id = c.id
        where c.created_at <= @at - @span * interval '24 hours' and (c.deleted_at is null or c.deleted_at > @at - @span * interval '24 hours')
          and owner.to_owner_id is not null and coalesce(standing.move, 6) = 6 and (@departments::uuid[] is null or c.department_id = any (@departments))
        """,
        "analyze effect_candidates",
    ];

    /// <summary>What became of them. A file that was decided and reopened within its span is open; days are counted up, so "3" means within three days.</summary>
    public const string Cases =
        $"""
        with standing as (
          select distinct on (k.customer_id, k.cohort) k.customer_id, k.cohort, d.move
          from effect_candidates k join file_decisions d on d.customer_id = k.customer_id and d.at <= k.begins and d.move in (4, 5, 6)
          order by k.customer_id, k.cohort, d.at desc, d.id desc),
        decided as (
          select distinct on (k.customer_id, k.cohort) k.customer_id, k.cohort, d.id, d.move, d.at
          from effect_candidates k join file_decisions d on d.customer_id = k.customer_id and d.at > k.begins and d.at <= k.ends and d.move in (4, 5, 6)
          order by k.customer_id, k.cohort, d.at desc, d.id desc),
        handed as (
          select k.customer_id, k.cohort, min(h.at) as at
          from effect_candidates k join customer_owner_changes h on h.customer_id = k.customer_id and h.at > k.begins and h.at < k.ends group by 1, 2),
        looked as (
          select k.*, c.department_id, c.created_at, c.first_complete_at,
            case when k.undone then 1 when c.deleted_at <= k.ends then 4 when s.move in (4, 5) then 2
                 when h.at < coalesce(case when d.move in (4, 5) then d.at end, 'infinity') then 3 else 0 end as exclusion,
            case d.move when 4 then 1 when 5 then 2 else 0 end as result, case when d.move in (4, 5) then d.at end as decided_at, d.id as decision_id
          from effect_candidates k join customers c on c.id = k.customer_id
          left join standing s using (customer_id, cohort) left join decided d using (customer_id, cohort) left join handed h using (customer_id, cohort))
        insert into assignment_effect_cases (
          run_id, cohort, customer_id, department_id, manager_id, class, "from", days, exclusion, result, decided_day, was_complete, complete_day, age, stars)
        select @run, l.cohort, l.customer_id, coalesce(l.department_id, {Nobody}), coalesce(l.manager_id, {Nobody}), l.class, l.begins,
          floor(extract(epoch from l.ends - l.begins) / 86400), l.exclusion, l.result,
          case when l.decided_at is not null then greatest(1, ceil(extract(epoch from l.decided_at - l.begins) / 86400)) end, coalesce(l.first_complete_at <= l.begins, false),
          case when l.first_complete_at > l.begins and l.first_complete_at <= l.ends then greatest(1, ceil(extract(epoch from l.first_complete_at - l.begins) / 86400)) end,
          greatest(0, floor(extract(epoch from l.begins - l.created_at) / 86400)), r.score
        from looked l left join satisfaction_ratings r on r.decision_id = l.decision_id and l.result <> 0
        """;

    public const string Counts =
        """
        insert into assignment_effect_counts (run_id, cohort, department_id, manager_id, class, exclusion, cases, approved, rejected, rated, stars)
        select run_id, cohort, department_id, manager_id, coalesce(class, '-'), exclusion, count(*), count(*) filter (where result = 1), count(*) filter (where result = 2),
          count(stars), coalesce(sum(stars), 0)
        from assignment_effect_cases where run_id = @run group by 1, 2, 3, 4, 5, 6
        """;

    /// <summary>Every case once per timeline: when it came under observation, and how it left.</summary>
    public const string Timelines =
        """
        cross join lateral (values
          (1, 0, coalesce(k.complete_day, k.decided_day, k.days)::int, k.complete_day is not null, k.complete_day is null and k.decided_day is not null, not k.was_complete),
          (2, 0, coalesce(k.decided_day, k.days)::int, k.result = 1, k.result = 2, true),
          (3, k.age, k.age + coalesce(k.decided_day, k.days)::int, k.result = 1, k.result = 2, true)) t (timeline, enters, leaves, reached, ended, counts)
        cross join lateral (values (t.enters, 1, 0, 0, 0), (t.leaves, 0, t.reached::int, t.ended::int, (not t.reached and not t.ended)::int)) e (day, entered, reached, ended, open)
        """;

    public const string Times =
        $"""
        insert into assignment_effect_times (run_id, cohort, department_id, timeline, day, entered, reached, ended, open)
        select k.run_id, k.cohort, k.department_id, t.timeline, e.day, sum(e.entered), sum(e.reached), sum(e.ended), sum(e.open)
        from assignment_effect_cases k {Timelines}
        where k.run_id = @run and k.exclusion = 0 and t.counts group by 1, 2, 3, 4, 5
        """;
}
