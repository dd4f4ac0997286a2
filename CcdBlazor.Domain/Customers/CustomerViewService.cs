using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.Customers;

/// <summary>A view as its reader finds it.</summary>
/// <param name="Owner">Whose it is, when it is a colleague's.</param>
/// <param name="Filter">With "mine" meaning the reader.</param>
public sealed record CustomerViewRow(
    Guid Id, string Name, bool IsMine, string? Owner, ViewSharing Sharing, CustomerFilter Filter, IReadOnlyList<CustomerColumn> Columns, bool MayDelete);

/// <summary>Everything that the list offers one reader: own views first, then those that are shared with them, each by name.</summary>
/// <param name="DefaultId">The view that the list opens with.</param>
/// <param name="Columns">While no view is open.</param>
public sealed record CustomerViews(IReadOnlyList<CustomerViewRow> Views, Guid? DefaultId, IReadOnlyList<CustomerColumn> Columns)
{
    public CustomerViewRow? Find(Guid? id) => id is null ? null : Views.FirstOrDefault(v => v.Id == id);
}

/// <summary>
/// Saved views of the customer list, and the columns that a person chose. Everybody who is signed in may keep their own; what a view shows is
/// decided by the list, for the one who looks.
/// </summary>
public sealed class CustomerViewService
{
    /// <summary>Of one's own; more cannot be told apart on a page.</summary>
    public const int MostViews = 30;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider time;

    internal CustomerViewService(IDbContextFactory<CcdDbContext> contexts, TimeProvider time)
    {
        this.contexts = contexts;
        this.time = time;
    }

    public async Task<CustomerViews> AllAsync(StaffActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var found = await Visible(db.CustomerViews.AsNoTracking(), by)
            .Join(db.StaffMembers.AsNoTracking(), v => v.OwnerId, s => s.Id, (v, s) => new { View = v, Owner = s.Name }).ToListAsync(ct);
        var settings = await db.CustomerListSettings.AsNoTracking().SingleOrDefaultAsync(s => s.StaffId == by.StaffId, ct);
        return new CustomerViews(
            [.. found.OrderBy(f => f.View.OwnerId != by.StaffId).ThenBy(f => f.View.Name, StringComparer.Ordinal).ThenBy(f => f.View.Id).Select(f => new CustomerViewRow(
                f.View.Id, f.View.Name, f.View.OwnerId == by.StaffId, f.View.OwnerId == by.StaffId ? null : f.Owner, f.View.Sharing,
                f.View.FilterFor(by), CustomerColumns.Read(f.View.Columns), MayDelete(f.View, by)))],
            settings?.DefaultViewId is { } opened && found.Exists(f => f.View.Id == opened) ? opened : null,
            CustomerColumns.Read(settings?.Columns));
    }

    /// <summary>Keeps a list under a name. Refuses a blank, long or taken name, more than <see cref="MostViews"/>, and sharing beyond one's rights.</summary>
    public async Task<Result<Guid>> SaveAsync(
        string name, CustomerFilter filter, IReadOnlyList<CustomerColumn> columns, ViewSharing sharing, StaffActor by, CancellationToken ct)
    {
        if (Wrong(ref name) is { } wrong)
            return wrong;
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.CustomerViews.CountAsync(v => v.OwnerId == by.StaffId, ct) >= MostViews)
            return CustomerViewRefusals.TooMany;
        var view = CustomerView.Save(by, name, filter, columns, now);
        var shared = view.Share(sharing, by, now);
        if (!shared.Ok)
            return shared.Refusal;
        db.Add(view);
        db.Audit(by, now, "customer_view.saved", Subject(view), after: new { view.Name, view.Sharing });
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? view.Id : saved.Refusal;
    }

    public Task<Result> RenameAsync(Guid id, string name, StaffActor by, CancellationToken ct) =>
        Wrong(ref name) is { } wrong ? Task.FromResult<Result>(wrong) : ChangeAsync(id, by, (view, now) =>
        {
            view.Rename(name, now);
            return Result.Done;
        }, ct);

    /// <summary>The view shows this filter and these columns from now on.</summary>
    public Task<Result> ReplaceAsync(Guid id, CustomerFilter filter, IReadOnlyList<CustomerColumn> columns, StaffActor by, CancellationToken ct) => ChangeAsync(id, by, (view, now) =>
    {
        view.Show(filter, columns, now);
        return Result.Done;
    }, ct);

    public Task<Result> ShareAsync(Guid id, ViewSharing sharing, StaffActor by, CancellationToken ct) => ChangeAsync(id, by, (view, now) => view.Share(sharing, by, now), ct);

    /// <summary>One's own, or with <see cref="Permission.ShareViews"/> one that is shared with everybody. Who opened the list with it opens all customers.</summary>
    public async Task<Result> DeleteAsync(Guid id, StaffActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await Visible(db.CustomerViews, by).SingleOrDefaultAsync(v => v.Id == id, ct) is not { } view)
            return CommonRefusals.NotFound;
        if (!MayDelete(view, by))
            return CommonRefusals.Forbidden;
        db.Remove(view);
        db.Audit(by, time.GetUtcNow(), "customer_view.deleted", Subject(view), before: new { view.Name, view.Sharing });
        return await db.TrySaveAsync(ct);
    }

    /// <summary>The view that the list opens with for this person; none for all customers.</summary>
    public Task<Result> OpenWithAsync(Guid? id, StaffActor by, CancellationToken ct) => SetAsync(by, async (db, settings) =>
    {
        if (id is not null && !await Visible(db.CustomerViews, by).AnyAsync(v => v.Id == id, ct))
            return CommonRefusals.NotFound;
        settings.DefaultViewId = id;
        return Result.Done;
    }, ct);

    /// <summary>
    /// Columns as this person wants them, in their order: kept in the view, which must be their own, or for the list without one.
    /// </summary>
    public async Task<Result> ChooseColumnsAsync(Guid? viewId, IReadOnlyList<CustomerColumn> columns, StaffActor by, CancellationToken ct)
    {
        if (viewId is { } id)
        {
            await using var db = await contexts.CreateDbContextAsync(ct);
            if (await Visible(db.CustomerViews, by).SingleOrDefaultAsync(v => v.Id == id, ct) is not { } view)
                return CommonRefusals.NotFound;
            if (view.OwnerId != by.StaffId)
                return CommonRefusals.Forbidden;
            view.Show(view.FilterFor(by), columns, time.GetUtcNow());
            return await db.TrySaveAsync(ct);
        }

        return await SetAsync(by, (_, settings) =>
        {
            settings.Columns = CustomerColumns.Stored(columns);
            return Task.FromResult(Result.Done);
        }, ct);
    }

    private static IQueryable<CustomerView> Visible(IQueryable<CustomerView> views, StaffActor by)
    {
        var (me, department) = (by.StaffId, by.DepartmentId);
        return views.Where(v => v.OwnerId == me || v.Sharing == ViewSharing.Everybody
            || (v.Sharing == ViewSharing.Department && department != null && v.DepartmentId == department));
    }

    private static bool MayDelete(CustomerView view, StaffActor by) =>
        view.OwnerId == by.StaffId || (view.Sharing == ViewSharing.Everybody && by.May(Permission.ShareViews));

    private static AuditSubject Subject(CustomerView view) => new("customer_view", view.Id);

    private static Refusal? Wrong(ref string name)
    {
        name = name.Trim();
        return name.Length == 0 ? CustomerViewRefusals.NameMissing : name.Length > CustomerView.LongestName ? CustomerViewRefusals.NameTooLong : null;
    }

    /// <summary>Only the owner changes a view.</summary>
    private async Task<Result> ChangeAsync(Guid id, StaffActor by, Func<CustomerView, DateTimeOffset, Result> change, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await Visible(db.CustomerViews, by).SingleOrDefaultAsync(v => v.Id == id, ct) is not { } view)
            return CommonRefusals.NotFound;
        if (view.OwnerId != by.StaffId)
            return CommonRefusals.Forbidden;
        var before = new { view.Name, view.Sharing };
        var changed = change(view, now);
        if (!changed.Ok)
            return changed;
        db.Audit(by, now, "customer_view.changed", Subject(view), before, new { view.Name, view.Sharing });
        return await db.TrySaveAsync(ct);
    }

    private async Task<Result> SetAsync(StaffActor by, Func<CcdDbContext, CustomerListSettings, Task<Result>> set, CancellationToken ct)
    {
        // Two windows of one person may write the first row at once; the second finds it.
        for (var again = true; ; again = false)
        {
            await using var db = await contexts.CreateDbContextAsync(ct);
            var settings = await db.CustomerListSettings.SingleOrDefaultAsync(s => s.StaffId == by.StaffId, ct);
            if (settings is null)
                db.Add(settings = new CustomerListSettings { StaffId = by.StaffId });
            var done = await set(db, settings);
            if (!done.Ok)
                return done;
            try
            {
                return await db.TrySaveAsync(ct);
            }
            catch (DbUpdateException e) when (again && e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
            {
                // Once more.
            }
        }
    }
}
