using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using FluentValidation;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Customers;

/// <summary>Everything that changes a customer's record. The papers themselves are the Documents feature's.</summary>
public sealed partial class CustomerService
{
    /// <summary>Bound into the encrypted column, so that a value copied from elsewhere does not open.</summary>
    internal const string IdentityContext = "customers.identity";

    private const int MostAtOnce = 100;
    private const int LongestReason = 500;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly IValidator<CustomerDraft> validator;
    private readonly FieldCipher cipher;
    private readonly FieldHash hash;
    private readonly ICompletenessCheck completeness;
    private readonly ILoanProducts products;
    private readonly TimeProvider time;

    internal CustomerService(
        IDbContextFactory<CcdDbContext> contexts, IValidator<CustomerDraft> validator, FieldCipher cipher, FieldHash hash,
        ICompletenessCheck completeness, ILoanProducts products, TimeProvider time)
    {
        this.contexts = contexts;
        this.validator = validator;
        this.cipher = cipher;
        this.hash = hash;
        this.completeness = completeness;
        this.products = products;
        this.time = time;
    }

    /// <summary>
    /// Registers a customer, owned by the one who does it. Refuses a draft that breaks a rule, a product that is not offered, and an
    /// identity number that another customer has: with a link when that one is visible, otherwise in neutral words.
    /// </summary>
    public async Task<Result<Guid>> CreateAsync(CustomerDraft draft, Actor by, CancellationToken ct)
    {
        if (by is not StaffActor staff || !by.May(Permission.EditCustomers))
            return CommonRefusals.Forbidden;
        if (validator.Check(draft) is { } wrong)
            return wrong;
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        // Explicit: the day's counter is locked before the number is used.
        await using var work = await db.BeginAsync(ct);
        var identity = Seal(draft, now);
        if (await TakenAsync(db, identity, null, by, ct) is { } taken)
            return taken;
        var number = await CustomerNumbers.NextAsync(db, now, ct);
        var customer = Customer.Open(number, ProfileOf(draft), identity, staff.StaffId, staff.DepartmentId, by, now);
        if (await SetLoansAsync(db, customer, draft, now, ct) is { Ok: false } no)
            return no.Refusal;
        db.Add(customer);
        db.RecordOwner(customer, default, OwnerChangeCause.Registered, by, now);
        await completeness.RecomputeAsync(db, customer, by, ct);
        db.Audit(by, now, "customer.created", Subject(customer), after: Shown(customer));
        Announce(db, customer, "created");
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return await NamedAsync(saved.Refusal, identity, null, by, ct);
        await work.CommitAsync(ct);
        return customer.Id;
    }

    /// <summary>
    /// Saves what a clerk changed. A conflict is only what it is to people: when a field of the form was changed by somebody else since
    /// <paramref name="basis"/> was read, the answer is <see cref="CommonRefusals.ChangedMeanwhile"/>, and the page shows both; a
    /// document that arrived meanwhile is none.
    /// </summary>
    public async Task<Result> EditAsync(Guid id, CustomerDraft draft, CustomerForm basis, Actor by, CancellationToken ct)
    {
        if (validator.Check(draft) is { } wrong)
            return wrong;
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await CustomerLocks.LockAsync(db, id, by, ct) is not { } customer)
            return CommonRefusals.NotFound;
        if (!by.May(Permission.EditCustomers))
            return CommonRefusals.Forbidden;
        var current = CustomerForms.Of(customer, cipher);
        if (current.Version != basis.Version && !current.Says(basis))
            return CommonRefusals.ChangedMeanwhile;

        var before = Shown(customer);
        var (oldFacts, oldLoans) = (customer.Facts, LoansOf(customer));
        var edited = customer.Edit(ProfileOf(draft), now);
        if (!edited.Ok)
            return edited;
        var identity = Seal(draft, now);
        if (identity is not null)
        {
            if (await TakenAsync(db, identity, id, by, ct) is { } taken)
                return taken;
            var changed = customer.ChangeIdentity(identity, now);
            if (!changed.Ok)
                return changed;
        }

        var loans = await SetLoansAsync(db, customer, draft, now, ct);
        if (!loans.Ok)
            return loans;
        if (!customer.Facts.SequenceEqual(oldFacts) || !LoansOf(customer).SequenceEqual(oldLoans))
            await completeness.RecomputeAsync(db, customer, by, ct);
        db.Audit(by, now, "customer.edited", Subject(customer), before, Shown(customer));
        Announce(db, customer, "edited");
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return await NamedAsync(saved.Refusal, identity, id, by, ct);
        await work.CommitAsync(ct);
        return Result.Done;
    }

    /// <summary>Sets which facts hold; the checklist follows in the same commit.</summary>
    public async Task<Result> SetFactsAsync(Guid id, IReadOnlyCollection<string> facts, Actor by, CancellationToken ct)
    {
        var known = validator.Validate(new CustomerDraft { Facts = [.. facts] }).Errors.Find(e => e.PropertyName == nameof(CustomerDraft.Facts));
        if (known is not null)
            return CommonRefusals.Invalid(known.PropertyName, known.ErrorMessage);
        return await ChangeAsync(id, "customer.facts_set", by, Permission.EditCustomers, async (db, customer, now) =>
        {
            var before = customer.Facts;
            var set = customer.SetFacts([.. facts], now);
            if (set.Ok && !customer.Facts.SequenceEqual(before))
                await completeness.RecomputeAsync(db, customer, by, ct);
            return set;
        }, c => new { c.Facts }, null, ct);
    }

    public async Task<Result> SetTagsAsync(Guid id, IReadOnlyCollection<string> tags, Actor by, CancellationToken ct)
    {
        string[] tidy = [.. TidyTags(tags)];
        var wrong = validator.Validate(new CustomerDraft { Tags = [.. tidy] }).Errors.Find(e => e.PropertyName == nameof(CustomerDraft.Tags));
        if (wrong is not null)
            return CommonRefusals.Invalid(wrong.PropertyName, wrong.ErrorMessage);
        return await ChangeAsync(id, "customer.tagged", by, Permission.EditCustomers, (_, customer, now) =>
        {
            customer.SetTags(tidy, now);
            return Task.FromResult(Result.Done);
        }, c => new { c.Tags }, null, ct);
    }

    /// <summary>To the recycle bin. Not with an approved file.</summary>
    public Task<Result> DeleteAsync(Guid id, string reason, Actor by, CancellationToken ct) =>
        string.IsNullOrWhiteSpace(reason)
            ? Task.FromResult<Result>(CustomerRefusals.ReasonMissing)
            : ChangeAsync(id, "customer.deleted", by, Permission.DeleteCustomers,
                (_, customer, now) => Task.FromResult(customer.Delete(by, now)), c => new { Deleted = c.DeletedAt is not null }, reason, ct);

    /// <summary>Back from the recycle bin; refused while another customer has the same identity number.</summary>
    public async Task<Result> RestoreAsync(Guid id, Actor by, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.Customers.Include(c => c.Loans).InRecycleBin(by).SingleOrDefaultAsync(c => c.Id == id, ct) is not { } customer)
            return CommonRefusals.NotFound;
        var identity = customer.IdentityHash is null ? null : new SealedIdentity(customer.IdentityCipher!, customer.IdentityHash, customer.IdentityTail!);
        if (await TakenAsync(db, identity, id, by, ct) is { } taken)
            return taken;
        customer.Restore(now);
        db.Audit(by, now, "customer.restored", Subject(customer));
        Announce(db, customer, "restored");
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? saved : await NamedAsync(saved.Refusal, identity, id, by, ct);
    }

    /// <summary>The full identity number, for those who may see it. Each look is in the audit, with its reason.</summary>
    public async Task<Result<string>> RevealIdentityAsync(Guid id, string reason, Actor by, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(reason))
            return CustomerRefusals.ReasonMissing;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.Customers.AsNoTracking().VisibleTo(by).SingleOrDefaultAsync(c => c.Id == id, ct) is not { } customer)
            return CommonRefusals.NotFound;
        if (!by.May(Permission.RevealIdentity))
            return CommonRefusals.Forbidden;
        if (customer.IdentityCipher is null)
            return CustomerRefusals.IdentityMissing;
        db.Audit(by, time.GetUtcNow(), "customer.identity_revealed", Subject(customer), reason: Cut(reason));
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? cipher.Decrypt(customer.IdentityCipher, IdentityContext) : saved.Refusal;
    }

    /// <summary>The shape that small changes share: lock, permission, change, audit of what changed, announce, save.</summary>
    private async Task<Result> ChangeAsync(
        Guid id, string action, Actor by, Permission needed, Func<CcdDbContext, Customer, DateTimeOffset, Task<Result>> change,
        Func<Customer, object> shown, string? reason, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await CustomerLocks.LockAsync(db, id, by, ct) is not { } customer)
            return CommonRefusals.NotFound;
        if (!by.May(needed))
            return CommonRefusals.Forbidden;
        var before = shown(customer);
        var changed = await change(db, customer, now);
        if (!changed.Ok)
            return changed;
        db.Audit(by, now, action, Subject(customer), before, shown(customer), Cut(reason));
        Announce(db, customer, action[(action.IndexOf('.', StringComparison.Ordinal) + 1)..]);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    private async Task<Result> SetLoansAsync(CcdDbContext db, Customer customer, CustomerDraft draft, DateTimeOffset now, CancellationToken ct)
    {
        var wanted = draft.Loans.ToDictionary(l => l.ProductId!.Value, l => l.Amount!.Value);
        var offered = wanted.Count == 0 ? null : await products.AllAsync(db, ct);
        foreach (var gone in customer.Loans.Select(l => l.ProductId).Except(wanted.Keys).ToList())
            if (customer.RemoveLoan(gone, now) is { Ok: false } no)
                return no;
        foreach (var (product, amount) in wanted)
        {
            if (customer.Loans.Any(l => l.ProductId == product))
            {
                if (customer.ChangeAmount(product, amount, now) is { Ok: false } no)
                    return no;
                continue;
            }

            if (offered!.GetValueOrDefault(product) is not { Offered: true } found)
                return CustomerRefusals.ProductNotOffered;
            if (customer.AddLoan(product, found.RulesVersionId, amount, now) is { Ok: false } refused)
                return refused;
        }

        return Result.Done;
    }

    /// <summary>Whether another customer has the number; only the database can say so for sure, this says it with a link.</summary>
    private static async Task<Refusal?> TakenAsync(CcdDbContext db, SealedIdentity? identity, Guid? except, Actor by, CancellationToken ct)
    {
        if (identity is null)
            return null;
        var bytes = identity.Hash;
        var others = db.Customers.AsNoTracking().Where(c => c.DeletedAt == null && c.IdentityHash == bytes && c.Id != except);
        if (!await others.AnyAsync(ct))
            return null;
        return await others.VisibleTo(by).Select(c => new { c.Id, c.Number, c.Name }).FirstOrDefaultAsync(ct) is { } seen
            ? CustomerRefusals.IdentityTaken(seen.Id, seen.Number, seen.Name)
            : CustomerRefusals.IdentityTakenElsewhere;
    }

    /// <summary>After the unique index had the last word: the same refusal, with the link if there may be one.</summary>
    private async Task<Refusal> NamedAsync(Refusal refusal, SealedIdentity? identity, Guid? except, Actor by, CancellationToken ct)
    {
        if (refusal.Code != CustomerRefusals.IdentityTakenElsewhere.Code)
            return refusal;
        // A fresh context: the transaction of the failed one is over.
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await TakenAsync(db, identity, except, by, ct) ?? refusal;
    }

    private SealedIdentity? Seal(CustomerDraft draft, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(draft.IdentityNumber))
            return null;
        var number = IdentityNumber.Parse(draft.Kind, draft.IdentityNumber, now).Value;
        return new SealedIdentity(cipher.Encrypt(number, IdentityContext), IdentityHashes.Of(hash, number), number[^4..]);
    }

    private static CustomerProfile ProfileOf(CustomerDraft draft) => new(
        draft.Kind,
        string.Join(' ', draft.Name.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
        [.. draft.Phones.Where(p => !string.IsNullOrWhiteSpace(p)).Select(p => ContactPhone.Parse(p).Value)],
        string.IsNullOrWhiteSpace(draft.Source) ? null : draft.Source.Trim(),
        [.. TidyTags(draft.Tags)],
        string.IsNullOrWhiteSpace(draft.Remarks) ? null : draft.Remarks.Trim(),
        [.. draft.Facts]);

    private static IEnumerable<string> TidyTags(IEnumerable<string> tags) => tags.Select(t => t.Trim()).Where(t => t.Length > 0).Distinct(StringComparer.Ordinal);

    private static List<(Guid, Guid)> LoansOf(Customer customer) => [.. customer.Loans.Select(l => (l.ProductId, l.RulesVersionId)).Order()];

    /// <summary>What the audit shows of a record: personal numbers masked.</summary>
    private static object Shown(Customer c) => new
    {
        c.Name,
        c.Kind,
        Phones = c.Phones.Select(ContactPhone.Mask),
        Identity = c.IdentityTail is null ? null : "****" + c.IdentityTail,
        c.Source,
        c.Tags,
        c.Remarks,
        c.Facts,
        Loans = c.Loans.Select(l => new { l.ProductId, l.Amount }),
    };

    private static AuditSubject Subject(Customer customer) => new("customer", customer.Id, customer.Id);

    private static void Announce(CcdDbContext db, Customer customer, string verb)
    {
        db.Announce(CustomerTopics.One(customer.Id), verb);
        if (verb == "assigned")
            db.Announce(CustomerTopics.Owner(customer.Id), verb);
        db.Announce(CustomerTopics.All, verb);
        db.Announce(CustomerTopics.Dashboard);
    }

    private static string? Cut(string? reason) => reason?.Trim() is { Length: > LongestReason } text ? text[..LongestReason] : reason?.Trim();
}

/// <summary>What pages listen to.</summary>
public static class CustomerTopics
{
    /// <summary>Any customer changed: lists.</summary>
    public const string All = "customers";

    /// <summary>A figure of the dashboard may have changed.</summary>
    public const string Dashboard = "dashboard";

    public static string One(Guid id) => $"customer:{id}";

    /// <summary>Whose the customer is, or how long still, changed: few listen, and most changes of a customer are none of theirs.</summary>
    public static string Owner(Guid id) => $"customer:{id}:owner";
}

/// <summary>The searchable hash of identity numbers.</summary>
internal static class IdentityHashes
{
    private const string Context = "customers.identity";

    /// <param name="number">In its one form: 18 characters, capitals.</param>
    public static byte[] Of(FieldHash hash, string number) => Convert.FromHexString(hash.Of(number, Context));
}
