using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Customers;

/// <summary>Where a customer was before a change of owner.</summary>
internal readonly record struct OwnerBefore(Guid? OwnerId, Guid? PoolId, Guid[] CollaboratorIds)
{
    public static OwnerBefore Of(Customer customer) => new(customer.OwnerId, customer.PoolId, customer.CollaboratorIds);
}

/// <summary>A change of owner among many. Exactly one of <paramref name="ToOwnerId"/> and <paramref name="ToPoolId"/> is given.</summary>
/// <param name="ExpectedOwnerId">Who owns it now, as the caller knows; a customer that somebody else took meanwhile is left alone.</param>
/// <param name="DepartmentId">Of the new owner, or of the pool.</param>
internal sealed record OwnerMove(Guid CustomerId, Guid? ExpectedOwnerId, Guid? ToOwnerId, Guid? ToPoolId, Guid? DepartmentId)
{
    /// <summary>Given: a customer that was followed up meanwhile (<see cref="Customer.IdleSince"/>) is left alone, too.</summary>
    public DateTimeOffset? ExpectedIdleSince { get; init; }
}

/// <summary>
/// The only two ways in which the owner of a customer changes, each with its line of the history (<see cref="CustomerOwnerChange"/>) in the same commit:
/// <list type="number">
/// <item>One customer that is loaded and locked: keep <c>OwnerBefore.Of(customer)</c>, call the entity (<c>AssignTo</c>, <c>ReleaseTo</c>), then
/// <c>db.RecordOwner(customer, before, cause, by, now, reason, partOf)</c>. The caller writes the audit row and announces, as for every write.</item>
/// <item>Many at once, set-based (a run of the assignment, the release by rule): <c>CustomerOwnership.MoveManyAsync(db, moves, cause, …)</c> inside
/// the caller's transaction (<c>db.BeginAsync</c>), some hundred to some thousand per call. It locks, changes, writes history and audit in two statements,
/// announces, and answers the ids that were changed: those that somebody changed meanwhile are missing.</item>
/// </list>
/// Neither asks for rights: that is the caller's part.
/// </summary>
internal static class CustomerOwnership
{
    /// <summary>Adds the line of the history; nothing when the owner and the pool are what they were.</summary>
    /// <param name="partOf">What it was part of (a run of the assignment), so that it can be found and taken back.</param>
    public static void RecordOwner(
        this CcdDbContext db, Customer customer, OwnerBefore before, OwnerChangeCause cause, Actor by, DateTimeOffset now, string? reason = null, Guid? partOf = null)
    {
        if (before.OwnerId == customer.OwnerId && before.PoolId == customer.PoolId)
            return;
        db.Add(new CustomerOwnerChange
        {
            CustomerId = customer.Id, FromOwnerId = before.OwnerId, FromPoolId = before.PoolId, ToOwnerId = customer.OwnerId, ToPoolId = customer.PoolId,
            Cause = cause, Reason = reason, At = now, ById = by.Id, ByName = by.DisplayName, PartOf = partOf,
            FormerCollaboratorIds = customer.PoolId is null ? [] : before.CollaboratorIds,
        });
    }

    /// <summary>
    /// See the class. Runs in the caller's transaction. Going to an owner keeps the collaborators; going into a pool ends their work (the history
    /// names them). Statements: two, whatever the number of customers.
    /// </summary>
    /// <param name="skipLocked">True: customers that somebody is working on right now are left for the next run instead of waited for.</param>
    /// <returns>The ids that were changed.</returns>
    public static async Task<IReadOnlyList<Guid>> MoveManyAsync(
        CcdDbContext db, IReadOnlyList<OwnerMove> moves, OwnerChangeCause cause, Actor by, DateTimeOffset now, string? reason, Guid? partOf, bool skipLocked, CancellationToken ct)
    {
        if (moves.Count == 0)
            return [];
        var ids = moves.Select(m => m.CustomerId).ToArray();
        // In the order of their ids, as every other write of several customers.
        var locked = skipLocked
            ? await db.Database.SqlQuery<Guid>($"""select id as "Value" from customers where id = any({ids}) order by id for update skip locked""").ToListAsync(ct)
            : await db.Database.SqlQuery<Guid>($"""select id as "Value" from customers where id = any({ids}) order by id for update""").ToListAsync(ct);
        var held = locked.ToHashSet();
        OwnerMove[] wanted = [.. moves.Where(m => held.Contains(m.CustomerId))];
        var changed = await db.Database.SqlQueryRaw<Guid>(
            """
            with m as (
              select * from unnest(@ids, @expected, @owners, @pools, @departments, @idle) as m (id, expected_owner_id, owner_id, pool_id, department_id, idle_since)),
            was as (
              select c.id, c.owner_id, c.pool_id, c.collaborator_ids, m.owner_id as to_owner, m.pool_id as to_pool, m.department_id as to_department,
                case when m.pool_id is null then array_remove(c.collaborator_ids, m.owner_id) else array[]::uuid[] end as staying
              from customers c join m on m.id = c.id
              where c.deleted_at is null and c.owner_id is not distinct from m.expected_owner_id
                and (m.idle_since is null or c.idle_since = m.idle_since)
                and (m.pool_id is null or c.state not in (2, 3))
                and (c.owner_id, c.pool_id) is distinct from (m.owner_id, m.pool_id)),
            changed as (
              update customers c set owner_id = w.to_owner, pool_id = w.to_pool, department_id = w.to_department, collaborator_ids = w.staying,
                staff_ids = array_remove(array[w.to_owner], null) || w.staying, owner_since = @now, updated_at = @now,
                search_grams = array(select g from unnest(c.search_grams) g where left(g, 2) not in ('u:', 'c:', 'd:', 'P:'))
                  || array(select 'u:' || replace(s::text, '-', '') from unnest(array_remove(array[w.to_owner], null) || w.staying) s)
                  || array(select 'c:' || replace(s::text, '-', '') from unnest(w.staying) s)
                  || case when w.to_department is null then array[]::text[] else array['d:' || replace(w.to_department::text, '-', '')] end
                  || case when w.to_pool is null then array[]::text[] else array['P:' || replace(w.to_pool::text, '-', '')] end
              from was w where c.id = w.id
              returning c.id),
            history as (
              insert into customer_owner_changes
                (customer_id, from_owner_id, from_pool_id, to_owner_id, to_pool_id, cause, reason, at, by_id, by_name, part_of, former_collaborator_ids)
              select w.id, w.owner_id, w.pool_id, w.to_owner, w.to_pool, @cause, @reason, @now, @by, @byName, @partOf,
                case when w.to_pool is null then array[]::uuid[] else w.collaborator_ids end
              from was w join changed on changed.id = w.id order by w.id),
            audited as (
              insert into audit_entries (at, actor_kind, actor_id, actor_name, from_address, action, subject_type, subject_id, customer_id, reason, before, after)
              select @now, @byKind, @by, @byName, @byFrom, @action, 'customer', w.id, w.id, @reason,
                jsonb_strip_nulls(jsonb_build_object('ownerId', w.owner_id, 'poolId', w.pool_id)),
                jsonb_strip_nulls(jsonb_build_object('ownerId', w.to_owner, 'poolId', w.to_pool))
              from was w join changed on changed.id = w.id order by w.id)
            select id as "Value" from changed
            """,
            Array("ids", wanted.Select(m => (Guid?)m.CustomerId)), Array("expected", wanted.Select(m => m.ExpectedOwnerId)),
            Array("owners", wanted.Select(m => m.ToOwnerId)), Array("pools", wanted.Select(m => m.ToPoolId)), Array("departments", wanted.Select(m => m.DepartmentId)),
            new NpgsqlParameter("idle", NpgsqlDbType.Array | NpgsqlDbType.TimestampTz) { Value = wanted.Select(m => m.ExpectedIdleSince?.UtcDateTime).ToArray() },
            new NpgsqlParameter<DateTimeOffset>("now", now.ToUniversalTime()), new NpgsqlParameter<short>("cause", (short)cause), Text("reason", reason), Text("byKind", by.Kind),
            new NpgsqlParameter("by", NpgsqlDbType.Uuid) { Value = by.Id ?? (object)DBNull.Value }, Text("byName", by.DisplayName), Text("byFrom", by.From),
            new NpgsqlParameter("partOf", NpgsqlDbType.Uuid) { Value = partOf ?? (object)DBNull.Value }, Text("action", cause.Action())).ToListAsync(ct);
        foreach (var id in changed)
        {
            db.Announce(CustomerTopics.One(id), "assigned");
            db.Announce(CustomerTopics.Owner(id), "assigned");
        }

        if (changed.Count > 0)
        {
            db.Announce(CustomerTopics.All, "assigned");
            db.Announce(CustomerTopics.Dashboard);
        }

        return changed;
    }

    private static NpgsqlParameter Array(string name, IEnumerable<Guid?> values) => new(name, NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = values.ToArray() };

    private static NpgsqlParameter Text(string name, string? value) => new(name, NpgsqlDbType.Text) { Value = value ?? (object)DBNull.Value };
}
