using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Customers;

/// <summary>Who works with a customer, and what is done to several at once.</summary>
public sealed partial class CustomerService
{
    /// <summary>Hands a customer to another owner, who need not see it so far. Collaborators stay; the old owner does not become one.</summary>
    public async Task<Result> ChangeOwnerAsync(Guid id, Guid ownerId, Actor by, CancellationToken ct) =>
        (await AssignAsync([id], ownerId, by, ct)).WithoutValue();

    /// <summary>Who else works on it. Disabled and unknown accounts are refused.</summary>
    public async Task<Result> SetCollaboratorsAsync(Guid id, IReadOnlyCollection<Guid> staff, Actor by, CancellationToken ct)
    {
        if (staff.Count > MostAtOnce)
            return CustomerRefusals.TooManySelected;
        return await ChangeAsync(id, "customer.collaborators_set", by, Permission.EditCustomers, async (db, customer, now) =>
        {
            // Who was there before may have been disabled since; only new ones are asked for.
            var added = staff.Except(customer.CollaboratorIds).Distinct().ToArray();
            if (await db.StaffMembers.CountAsync(s => added.Contains(s.Id) && !s.Disabled, ct) != added.Length)
                return CustomerRefusals.OwnerUnknown;
            if (customer.PoolId is not null)
                return CustomerRefusals.InPool;
            customer.SetCollaborators(staff, now);
            return Result.Done;
        }, c => new { c.CollaboratorIds }, null, ct);
    }

    /// <summary>Hands several customers over. Those that are not visible are left out; the answer is how many were handed over.</summary>
    public async Task<Result<int>> AssignAsync(IReadOnlyCollection<Guid> ids, Guid ownerId, Actor by, CancellationToken ct)
    {
        return await ChangeManyAsync(ids, "customer.assigned", by, Permission.ReassignCustomers, async db =>
        {
            var owner = await db.StaffMembers.AsNoTracking().Where(s => s.Id == ownerId && !s.Disabled).Select(s => new { s.DepartmentId }).SingleOrDefaultAsync(ct);
            if (owner is null)
                return CustomerRefusals.OwnerUnknown;
            return (Action<Customer, DateTimeOffset>)((customer, now) =>
            {
                var before = OwnerBefore.Of(customer);
                customer.AssignTo(ownerId, owner.DepartmentId, now);
                db.RecordOwner(customer, before, before.PoolId is null ? OwnerChangeCause.Assigned : OwnerChangeCause.AssignedFromPool, by, now);
            });
        }, c => new { c.OwnerId, c.PoolId }, ct);
    }

    /// <summary>How much the customer matters; none takes the judgement back.</summary>
    public Task<Result> SetLevelAsync(Guid id, CustomerLevel? level, Actor by, CancellationToken ct) =>
        level is { } given && !Enum.IsDefined(given)
            ? Task.FromResult<Result>(CommonRefusals.Invalid("Level", "没有这个客户级别。"))
            : ChangeAsync(id, "customer.level_set", by, Permission.EditCustomers, (_, customer, now) =>
            {
                customer.SetLevel(level, now);
                return Task.FromResult(Result.Done);
            }, c => new { c.Level }, null, ct);

    /// <summary>Adds a tag to several customers; those that have as many as there may be keep what they have.</summary>
    public async Task<Result<int>> AddTagAsync(IReadOnlyCollection<Guid> ids, string tag, Actor by, CancellationToken ct)
    {
        var tidy = tag.Trim();
        if (tidy.Length is 0 or > CustomerDraft.LongestTag)
            return CommonRefusals.Invalid(nameof(CustomerDraft.Tags), $"每个标签为 1 至 {CustomerDraft.LongestTag} 字。");
        return await ChangeManyAsync(ids, "customer.tagged", by, Permission.EditCustomers,
            _ => Task.FromResult<Result<Action<Customer, DateTimeOffset>>>((Action<Customer, DateTimeOffset>)((customer, now) =>
            {
                if (customer.Tags.Length < CustomerDraft.MostTags && !customer.Tags.Contains(tidy))
                    customer.SetTags([.. customer.Tags, tidy], now);
            })), c => new { c.Tags }, ct);
    }

    /// <summary>One transaction for all of them; rows are locked in the order of their ids, so that two of these never wait for each other.</summary>
    private async Task<Result<int>> ChangeManyAsync(
        IReadOnlyCollection<Guid> ids, string action, Actor by, Permission needed,
        Func<CcdDbContext, Task<Result<Action<Customer, DateTimeOffset>>>> prepare, Func<Customer, object> shown, CancellationToken ct)
    {
        var wanted = ids.Distinct().ToArray();
        if (wanted.Length > MostAtOnce)
            return CustomerRefusals.TooManySelected;
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.Database.ExecuteSqlAsync($"select 1 from customers where id = any({wanted}) order by id for update", ct);
        var customers = await db.Customers.Include(c => c.Loans).VisibleTo(by).Where(c => wanted.Contains(c.Id)).ToListAsync(ct);
        if (customers.Count == 0)
            return CommonRefusals.NotFound;
        if (!by.May(needed))
            return CommonRefusals.Forbidden;
        var change = await prepare(db);
        if (!change.Ok)
            return change.Refusal;
        foreach (var customer in customers)
        {
            var before = shown(customer);
            change.Value(customer, now);
            db.Audit(by, now, action, Subject(customer), before, shown(customer));
            Announce(db, customer, action[(action.IndexOf('.', StringComparison.Ordinal) + 1)..]);
        }

        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return customers.Count;
    }
}
