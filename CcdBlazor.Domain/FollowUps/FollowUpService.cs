using System.Text.RegularExpressions;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.FollowUps;

/// <summary>Everything that changes follow-ups. Each write keeps <c>Customer.LastFollowUpAt</c> in the same commit: the public pool counts from it.</summary>
public sealed partial class FollowUpService
{
    public const long LargestFile = 20 * 1024 * 1024;

    private const int LatestNextDays = 366;
    private const int LongestInTimeline = 200;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly FileStore files;
    private readonly IMediaWorker worker;
    private readonly TimeProvider time;

    internal FollowUpService(IDbContextFactory<CcdDbContext> contexts, FileStore files, IMediaWorker worker, TimeProvider time)
    {
        this.contexts = contexts;
        this.files = files;
        this.worker = worker;
        this.time = time;
    }

    /// <summary>
    /// Notes a contact. It does the steps that were arranged before: the author's own, and, when the owner notes it, those of colleagues who no
    /// longer work on the customer; steps of present colleagues stay. Refuses a customer that is not visible, one in a public pool, and a draft
    /// that breaks a rule (<see cref="FollowUpRefusals"/>).
    /// </summary>
    public async Task<Result<Guid>> AddAsync(Guid customerId, FollowUpDraft draft, Actor by, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await CustomerLocks.LockAsync(db, customerId, by, ct) is not { } customer)
            return CommonRefusals.NotFound;
        if (by is not StaffActor staff || !by.May(Permission.EditCustomers))
            return CommonRefusals.Forbidden;
        if (customer.PoolId is not null)
            return CustomerRefusals.InPool;
        if (Wrong(draft, null, now) is { } wrong)
            return wrong;
        var made = FollowUp.Of(customerId, draft, staff.StaffId, now);
        db.Add(made);
        var open = await db.FollowUps.Where(f => f.CustomerId == customerId && f.NextOn != null && f.DoneById == null).ToListAsync(ct);
        foreach (var step in open.Where(f => f.StaffId == staff.StaffId || (customer.OwnerId == staff.StaffId && !customer.StaffIds.Contains(f.StaffId))))
            step.DoneWith(made);
        customer.FollowedUp(now, now);
        db.Audit(by, now, "follow_up.added", Subject(made), after: Shown(made), reason: InTimeline(made));
        Announce(db, customerId);
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return made.Id;
    }

    /// <summary>Corrects one's own, within a day. Refuses others', older ones, and a draft that breaks a rule.</summary>
    public Task<Result> EditAsync(Guid id, FollowUpDraft draft, Actor by, CancellationToken ct) => ChangeAsync(id, "follow_up.edited", by, (_, followUp, now) =>
    {
        if (!followUp.MayChange(by, now))
            return Task.FromResult(followUp.Edit(draft, by, now));
        return Task.FromResult(Wrong(draft, followUp.NextOn, now) is { } wrong ? wrong : followUp.Edit(draft, by, now));
    }, ct);

    /// <summary>Removes one's own, within a day; what it had done is open again, and the last follow-up is the one before it.</summary>
    public async Task<Result> DeleteAsync(Guid id, Actor by, CancellationToken ct) => await ChangeAsync(id, "follow_up.deleted", by, async (db, followUp, now) =>
    {
        if (!followUp.MayChange(by, now))
            return followUp.StaffId == by.Id ? FollowUpRefusals.TooOld : FollowUpRefusals.NotYours;
        db.Remove(followUp);
        var before = await db.FollowUps.Where(f => f.CustomerId == followUp.CustomerId && f.Id != id).MaxAsync(f => (DateTimeOffset?)f.At, ct);
        (await db.Customers.Include(c => c.Loans).SingleAsync(c => c.Id == followUp.CustomerId, ct)).FollowedUp(before, now);
        return Result.Done;
    }, ct);

    /// <summary>
    /// Keeps a file with one's own follow-up, within a day. The file passes the same checks as every upload: its kind by content, pictures decoded and made
    /// upright, PDFs and office files searched for active content; what the media worker refuses is refused.
    /// </summary>
    /// <param name="path">The bytes as they were sent; they and the folder belong to the caller.</param>
    public async Task<Result<Guid>> AttachAsync(Guid id, string path, string workFolder, string fileName, Actor by, CancellationToken ct)
    {
        if (await RefusedAsync(id, by, ct) is { } refused)
            return refused;
        if (new FileInfo(path).Length > LargestFile)
            return UploadRefusals.TooLarge(LargestFile);
        var prepared = await worker.PrepareAsync(path, workFolder, ct);
        if (!prepared.Ok)
            return prepared.Refusal;
        var name = FileNames.Clean(fileName);
        var stored = await files.StoreAsync(Guid.CreateVersion7(time.GetUtcNow()), path, prepared.Value, name, ct);
        if (!stored.Ok)
            return stored.Refusal;
        var attached = await ChangeAsync(id, "follow_up.file_attached", by, (_, followUp, now) => Task.FromResult(followUp.Attach(stored.Value, name, by, now)), ct);
        if (attached.Ok)
            return stored.Value;
        await files.DeleteAsync(stored.Value, ct);
        return attached.Refusal;
    }

    /// <summary>Opens a file of a follow-up whose customer is visible, and notes it in the audit; none otherwise.</summary>
    public async Task<OpenedFile?> OpenFileAsync(Guid id, Guid fileId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var visible = db.Customers.AsNoTracking().VisibleTo(by);
        var found = await db.FollowUps.AsNoTracking().Where(f => f.Id == id && f.Files.Any(x => x.FileId == fileId) && visible.Any(c => c.Id == f.CustomerId)).SingleOrDefaultAsync(ct);
        if (found is null || by is not StaffActor)
            return null;
        db.Audit(by, time.GetUtcNow(), "follow_up.file_viewed", Subject(found), after: new { FileId = fileId });
        await db.SaveChangesAsync(ct);
        return await files.OpenAsync(fileId, FileVariant.Original, ct);
    }

    /// <summary>What an attachment would be refused for, before a byte of it is taken.</summary>
    public async Task<Refusal?> RefusedAsync(Guid id, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var visible = db.Customers.AsNoTracking().VisibleTo(by);
        if (await db.FollowUps.AsNoTracking().Include(f => f.Files).SingleOrDefaultAsync(f => f.Id == id && visible.Any(c => c.Id == f.CustomerId), ct) is not { } found)
            return CommonRefusals.NotFound;
        if (!found.MayChange(by, time.GetUtcNow()))
            return found.StaffId == by.Id ? FollowUpRefusals.TooOld : FollowUpRefusals.NotYours;
        return found.Files.Count >= FollowUp.MostFiles ? FollowUpRefusals.TooManyFiles : null;
    }

    /// <param name="stands">The day that stands already: keeping it is no new appointment in the past.</param>
    internal static Refusal? Wrong(FollowUpDraft draft, DateOnly? stands, DateTimeOffset now)
    {
        var today = CustomerNumbers.DayOf(now);
        if (!Enum.IsDefined(draft.Kind))
            return FollowUpRefusals.KindUnknown;
        if (string.IsNullOrWhiteSpace(draft.What))
            return FollowUpRefusals.WhatMissing;
        if (draft.What.Trim().Length > FollowUpDraft.LongestText)
            return FollowUpRefusals.WhatTooLong;
        if (draft.Result?.Trim().Length > FollowUpDraft.LongestText)
            return FollowUpRefusals.ResultTooLong;
        if (draft.NextWhat?.Trim().Length > FollowUpDraft.LongestNext)
            return FollowUpRefusals.NextTooLong;
        if (draft.NextOn is not { } next)
            return string.IsNullOrWhiteSpace(draft.NextWhat) ? null : FollowUpRefusals.NextWithoutDay;
        if (next < today && next != stands)
            return FollowUpRefusals.NextInThePast;
        return next > today.AddDays(LatestNextDays) ? FollowUpRefusals.NextTooFar : null;
    }

    private async Task<Result> ChangeAsync(Guid id, string action, Actor by, Func<CcdDbContext, FollowUp, DateTimeOffset, Task<Result>> change, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await db.FollowUps.AsNoTracking().Where(f => f.Id == id).Select(f => (Guid?)f.CustomerId).SingleOrDefaultAsync(ct) is not { } customerId
            || await CustomerLocks.LockAsync(db, customerId, by, ct) is null
            || await db.FollowUps.Include(f => f.Files).SingleOrDefaultAsync(f => f.Id == id, ct) is not { } followUp)
            return CommonRefusals.NotFound;
        var before = Shown(followUp);
        var changed = await change(db, followUp, now);
        if (!changed.Ok)
            return changed;
        db.Audit(by, now, action, Subject(followUp), before, db.Entry(followUp).State == EntityState.Deleted ? null : Shown(followUp), InTimeline(followUp));
        Announce(db, customerId);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    private static AuditSubject Subject(FollowUp followUp) => new("follow_up", followUp.Id, followUp.CustomerId);

    private static object Shown(FollowUp f) =>
        new { f.Kind, What = Masked(f.What), Result = f.Result is null ? null : Masked(f.Result), f.NextOn, f.NextWhat, Files = f.Files.Select(x => x.FileId) };

    private static string InTimeline(FollowUp f)
    {
        var text = $"{f.Kind.Label()}：{Masked(f.What)}{(f.Result is null ? "" : $"；结果：{Masked(f.Result)}")}";
        return text.Length > LongestInTimeline ? text[..LongestInTimeline] + "…" : text;
    }

    /// <summary>The audit holds no whole phone or identity numbers, and people type them here.</summary>
    private static string Masked(string text) => LongNumber().Replace(text, m => m.Value[..3] + "****" + m.Value[^4..]);

    private static void Announce(CcdDbContext db, Guid customerId)
    {
        db.Announce(CustomerTopics.One(customerId), "followed_up");
        db.Announce(CustomerTopics.Owner(customerId), "followed_up");
        db.Announce(FollowUpTopics.One(customerId));
        db.Announce(FollowUpTopics.All);
    }

    [GeneratedRegex("[0-9]{7,}[0-9Xx]?")]
    private static partial Regex LongNumber();
}

/// <summary>What pages listen to.</summary>
public static class FollowUpTopics
{
    /// <summary>A follow-up was added, changed or removed.</summary>
    public const string All = "follow-ups";

    public static string One(Guid customerId) => $"follow-ups:{customerId}";
}
