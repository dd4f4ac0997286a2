namespace CcdBlazor.Domain.Pool;

/// <summary>
/// Which pool and which rule count for a customer, and when it is due, once for the job, the reminders and the pages. The same as
/// <see cref="ReleaseTerms"/>; a property test compares the two.
/// </summary>
internal static class PoolSql
{
    /// <summary>
    /// Goes behind a <c>from customers c</c>. The pool is that of the customer's department or of the nearest one above it, otherwise the company's.
    /// Brings <c>pool.target</c>, <c>pool.target_department</c>, <c>rule.reminder_days</c> and <c>due.at</c>; customers for whom no rule counts fall out.
    /// </summary>
    public const string Terms = """
        left join departments own on own.id = c.department_id
        cross join lateral (
          select p.id, t.id as target, t.department_id as target_department
          from public_pools p left join departments above on above.id = p.department_id
          left join public_pools aim on aim.id = p.target_pool_id and aim.active
          join public_pools t on t.id = coalesce(aim.id, p.id)
          where p.active and (p.department_id is null or own.path like above.path || '%')
          order by length(coalesce(above.path, '')) desc limit 1) pool
        cross join lateral (
          select r.days, r.protect_days, r.reminder_days from pool_release_rules r
          where r.pool_id = pool.id and (r.level is null or r.level = c.level)
            and (r.product_id is null or exists (select from customer_loans l where l.customer_id = c.id and l.product_id = r.product_id))
          order by (r.level is not null)::int + (r.product_id is not null)::int desc, r.days desc limit 1) rule
        cross join lateral (
          select greatest(c.idle_since + rule.days * interval '24 hours', c.created_at + rule.protect_days * interval '24 hours') as at) due
        """;

    /// <summary>Who can be released by rule: in the hands of an owner, before a review. Also the condition of the index <c>ix_customers_idle</c>.</summary>
    public const string Releasable = "c.deleted_at is null and c.owner_id is not null and c.state in (0, 1)";
}
