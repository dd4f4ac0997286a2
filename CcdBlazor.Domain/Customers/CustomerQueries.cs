using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Customers;

/// <summary>Everything that pages read about customers, within the reader's rights.</summary>
public sealed partial class CustomerQueries
{
    /// <summary>Lists with a filter are counted exactly up to here.</summary>
    public const int CountedTo = CustomerList.Gathered;

    private const int MostDuplicates = 5;
    private const int MostOwnerChanges = 200;
    private const int MostSuggestions = 20;
    private const int SampleForSuggestions = 500;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly FieldCipher cipher;
    private readonly FieldHash hash;
    private readonly ILoanProducts products;
    private readonly TimeProvider time;

    internal CustomerQueries(IDbContextFactory<CcdDbContext> contexts, FieldCipher cipher, FieldHash hash, ILoanProducts products, TimeProvider time)
    {
        this.contexts = contexts;
        this.cipher = cipher;
        this.hash = hash;
        this.products = products;
        this.time = time;
    }

    /// <summary>
    /// A page of the list. Its total is exact, or what was counted on the way (<see cref="Page{T}.TotalIsFloor"/>): then <see cref="CountAsync"/> says more.
    /// </summary>
    public async Task<Page<CustomerRow>> ListAsync(CustomerFilter filter, PageRequest page, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (ids, total, isFloor) = await CustomerList.PageAsync(db, await MatchAsync(db, filter, by, ct), filter, by, page, time.GetUtcNow(), ct);
        return new Page<CustomerRow>(await RowsAsync(db, ids, ct), total, isFloor, page);
    }

    /// <summary>
    /// How many the filter finds, where a page of the list only tells "at least so many": exactly up to <see cref="CountedTo"/>. Slower than the page.
    /// </summary>
    public async Task<(int Total, bool IsFloor)> CountAsync(CustomerFilter filter, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var match = await MatchAsync(db, filter, by, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        return await CustomerList.CountAsync(db, match, ct);
    }

    /// <summary>Rows by id, in the order of the ids; what is not visible is left out.</summary>
    public async Task<IReadOnlyList<CustomerRow>> RowsAsync(IReadOnlyList<Guid> ids, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var wanted = ids.ToArray();
        var visible = (await db.Customers.AsNoTracking().VisibleTo(by).Where(c => wanted.Contains(c.Id)).Select(c => c.Id).ToListAsync(ct)).ToHashSet();
        return await RowsAsync(db, [.. ids.Where(visible.Contains)], ct);
    }

    public async Task<Result<CustomerDetail>> DetailAsync(Guid id, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await RecordAsync(db, db.Customers.VisibleTo(by), id, ct) is { } found ? found.For(by) : CommonRefusals.NotFound;
    }

    /// <summary>The customer for any reader, out of those given; none when it is not among them.</summary>
    internal async Task<CustomerRecord?> RecordAsync(CcdDbContext db, IQueryable<Customer> among, Guid id, CancellationToken ct)
    {
        if (await among.AsNoTracking().Include(c => c.Loans).SingleOrDefaultAsync(c => c.Id == id, ct) is not { } c)
            return null;
        var names = await StaffNamesAsync(db, c.StaffIds, ct);
        var known = await products.AllAsync(db, ct);
        return new CustomerRecord(
            new CustomerDetail(
                c.Id, c.Number, c.Kind, c.Name, c.Phones,
                CustomerForms.MaskedIdentity(c.Kind, c.IdentityCipher, cipher), c.Source, c.Tags, c.Remarks, c.Facts,
                [.. c.Loans.OrderBy(l => l.Position).Select(l => new CustomerLoanRow(l.ProductId, NameOf(known, l.ProductId), l.RulesVersionId, l.Amount))],
                c.OwnerId, NameOf(names, c.OwnerId), [.. c.CollaboratorIds.Select(s => new CustomerColleague(s, names.GetValueOrDefault(s)))],
                c.State, c.StateSince, c.CompletenessPercent, c.MissingCount, c.SubmittedAt, c.DecidedAt, c.CreatedAt, c.UpdatedAt, c.Version,
                AllowedMoves: [], MayEdit: false, MayReassign: false, MayDelete: false, MayRevealIdentity: false, c.ChecklistIsOpen, c.PoolId, c.Level),
            CustomerAccess.Of(c), c.ReturnNote, HasIdentity: c.IdentityTail is not null);
    }

    /// <summary>Who had the customer, newest first; empty when the customer is not visible.</summary>
    public async Task<IReadOnlyList<OwnerChangeRow>> OwnerHistoryAsync(Guid id, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!await db.Customers.AsNoTracking().VisibleTo(by).AnyAsync(c => c.Id == id, ct))
            return [];
        var changes = await db.CustomerOwnerChanges.AsNoTracking().Where(h => h.CustomerId == id).OrderByDescending(h => h.Id).Take(MostOwnerChanges).ToListAsync(ct);
        var names = await StaffNamesAsync(db, changes.SelectMany(h => h.FormerCollaboratorIds.Append(h.FromOwnerId ?? Guid.Empty).Append(h.ToOwnerId ?? Guid.Empty)), ct);
        return
        [
            .. changes.Select(h => new OwnerChangeRow(
                h.Id, h.At, h.Cause, h.FromOwnerId, NameOf(names, h.FromOwnerId), h.FromPoolId, h.ToOwnerId, NameOf(names, h.ToOwnerId), h.ToPoolId, h.Reason, h.ByName,
                [.. h.FormerCollaboratorIds.Select(s => names.GetValueOrDefault(s)).OfType<string>()])),
        ];
    }

    /// <summary>What the edit form starts from.</summary>
    public async Task<Result<CustomerForm>> FormAsync(Guid id, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.Customers.AsNoTracking().Include(c => c.Loans).VisibleTo(by).SingleOrDefaultAsync(c => c.Id == id, ct) is not { } customer)
            return CommonRefusals.NotFound;
        return by.May(Permission.EditCustomers) ? CustomerForms.Of(customer, cipher) : CommonRefusals.Forbidden;
    }

    /// <summary>Deleted customers, newest first; for those who may restore them.</summary>
    public async Task<Result<Page<DeletedCustomerRow>>> RecycleBinAsync(PageRequest page, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.DeleteCustomers))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var deleted = db.Customers.AsNoTracking().InRecycleBin(by);
        var total = await deleted.Take(CustomerList.CountCeiling + 1).CountAsync(ct);
        var rows = await deleted.OrderByDescending(c => c.DeletedAt).ThenBy(c => c.Id).Skip(page.Skip).Take(page.Size)
            .Select(c => new { c.Id, c.Number, c.Name, c.Phones, c.State, c.DeletedAt, c.DeletedBy }).ToListAsync(ct);
        var names = await StaffNamesAsync(db, rows.Select(r => r.DeletedBy).OfType<Guid>(), ct);
        return new Page<DeletedCustomerRow>(
            [.. rows.Select(r => new DeletedCustomerRow(
                r.Id, r.Number, r.Name, r.Phones.Select(ContactPhone.Mask).FirstOrDefault(), r.State, r.DeletedAt!.Value,
                r.DeletedBy is { } who ? names.GetValueOrDefault(who) : null))],
            Math.Min(total, CustomerList.CountCeiling), total > CustomerList.CountCeiling, page);
    }

    /// <summary>
    /// Who may be the same customer, while the form is filled: same identity number, same phone, same name. The number is told even
    /// when the other one is not visible (without saying who), because saving will be refused; phone and name only among visible ones.
    /// </summary>
    public async Task<IReadOnlyList<DuplicateRow>> DuplicatesAsync(CustomerDraft draft, Guid? except, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.EditCustomers))
            return [];
        await using var db = await contexts.CreateDbContextAsync(ct);
        var found = new List<DuplicateRow>();
        var visible = db.Customers.AsNoTracking().VisibleTo(by).Where(c => c.DeletedAt == null && c.Id != except);
        IQueryable<Customer> Found(string typed) => CustomerMatch.VisibleTo(by).Matching(typed, _ => null).Both(db.Customers.AsNoTracking()).Where(c => c.Id != except);

        if (!string.IsNullOrWhiteSpace(draft.IdentityNumber) && IdentityNumber.Parse(draft.Kind, draft.IdentityNumber, time.GetUtcNow()) is { Ok: true } number)
        {
            var bytes = IdentityHashes.Of(hash, number.Value);
            found.AddRange(await visible.Where(c => c.IdentityHash == bytes).Select(c => new DuplicateRow("证件号码相同", c.Id, c.Number, c.Name)).ToListAsync(ct));
            if (found.Count == 0 && await db.Customers.AnyAsync(c => c.DeletedAt == null && c.IdentityHash == bytes && c.Id != except, ct))
                found.Add(new DuplicateRow("证件号码已有客户登记，请联系管理员", null, null, null));
        }

        foreach (var phone in draft.Phones.Select(ContactPhone.Parse).Where(p => p.Ok).Select(p => p.Value).Take(CustomerDraft.MostPhones))
            found.AddRange(await Found(phone).Where(c => c.Phones.Contains(phone)).Take(MostDuplicates)
                .Select(c => new DuplicateRow("电话相同", c.Id, c.Number, c.Name)).ToListAsync(ct));

        var key = CustomerSearch.KeyOf(draft.Name);
        if (key.Length > 1)
            found.AddRange(await Found(key).Where(c => c.NameKey == key).Take(MostDuplicates)
                .Select(c => new DuplicateRow("名称相同", c.Id, c.Number, c.Name)).ToListAsync(ct));
        return [.. found.GroupBy(d => d.Id).Select(g => g.First() with { Why = string.Join("、", g.Select(d => d.Why).Distinct()) }).Take(MostDuplicates)];
    }

    /// <summary>Products to choose from, and those of old customers to filter by.</summary>
    public async Task<IReadOnlyList<ProductChoice>> ProductsAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return [.. (await products.AllAsync(db, ct)).Values.Select(p => new ProductChoice(p.Id, p.Name, p.Offered))];
    }

    /// <summary>Tags in use among the newest visible customers; the most used first.</summary>
    public async Task<IReadOnlyList<string>> SuggestTagsAsync(Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var newest = await Newest(db, by).Where(c => c.Tags.Length > 0).Select(c => c.Tags).Take(SampleForSuggestions).ToListAsync(ct);
        return MostUsed(newest.SelectMany(tags => tags));
    }

    /// <summary>Sources in use, likewise.</summary>
    public async Task<IReadOnlyList<string>> SuggestSourcesAsync(Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return MostUsed((await Newest(db, by).Select(c => c.Source).Take(SampleForSuggestions).ToListAsync(ct)).OfType<string>());
    }

    private static IQueryable<Customer> Newest(CcdDbContext db, Actor by) =>
        db.Customers.AsNoTracking().VisibleTo(by).Where(c => c.DeletedAt == null).OrderByDescending(c => c.UpdatedAt).Take(5 * SampleForSuggestions);

    private static IReadOnlyList<string> MostUsed(IEnumerable<string> values) =>
        [.. values.GroupBy(v => v).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Take(MostSuggestions).Select(g => g.Key)];

    /// <summary>Exact on the row, and by grams wherever there is one.</summary>
    internal async Task<CustomerMatch> MatchAsync(CcdDbContext db, CustomerFilter filter, Actor by, CancellationToken ct)
    {
        var match = CustomerMatch.VisibleTo(by).Matching(filter.Search, HashOfTyped);
        if (filter.States is { Count: > 0 } states)
        {
            var wanted = states.Distinct().ToArray();
            match.HavingAny([.. wanted.Select(CustomerSearch.StateGram)]);
            _ = wanted is [var only] ? match.Where(c => c.State == only) : match.Where(c => wanted.Contains(c.State));
        }

        if (filter.ProductId is { } product)
        {
            var gram = CustomerSearch.ProductGram(product);
            match.Having(gram).Where(c => c.SearchGrams.Contains(gram));
        }

        if (!string.IsNullOrWhiteSpace(filter.Tag))
        {
            var tag = filter.Tag;
            match.Having(CustomerSearch.TagGram(tag)).Where(c => c.Tags.Contains(tag));
        }

        if (!string.IsNullOrWhiteSpace(filter.Source))
        {
            var source = filter.Source;
            match.Having(CustomerSearch.SourceGram(source)).Where(c => c.Source == source);
        }

        if (filter.OwnerId is { } owner)
            match.Having(CustomerSearch.StaffGram(owner)).Where(c => c.OwnerId == owner);
        if (filter.DepartmentId is { } department)
        {
            // Looked up first: PostgreSQL then knows how many departments it is about.
            var below = (await db.WithBelowAsync(department, ct)).ToArray();
            match.HavingAny([.. below.Select(CustomerSearch.DepartmentGram)]).Where(c => c.DepartmentId != null && below.Contains(c.DepartmentId.Value));
        }

        if (filter.SentBack)
            match.Having(CustomerSearch.SubmittedGram, CustomerSearch.StateGram(CustomerState.Collecting)).Where(c => c.State == CustomerState.Collecting && c.SubmittedAt != null);
        if (filter.Kind is { } kind)
        {
            if (kind == CustomerKind.Company)
                match.Having(CustomerSearch.CompanyGram);
            match.Where(c => c.Kind == kind);
        }

        if (filter.CreatedFrom is { } first)
        {
            var from = CustomerNumbers.StartOf(first);
            match.Where(c => c.CreatedAt >= from);
        }

        if (filter.CreatedTo is { } last && last < DateOnly.MaxValue)
        {
            var before = CustomerNumbers.StartOf(last.AddDays(1));
            match.Where(c => c.CreatedAt < before);
        }

        if (CustomerWalk.MonthsOf(filter, time.GetUtcNow()) is { Length: > 0 } months)
            match.HavingAny([.. months.Select(CustomerSearch.MonthGram)]);
        if (filter.WaitingDays is > 0 and var days)
        {
            var since = time.GetUtcNow() - TimeSpan.FromDays(Math.Min(days, 3650));
            match.Where(c => c.StateSince <= since);
        }

        return match;
    }

    /// <summary>The hash of a complete, valid number; anything else is searched by its parts.</summary>
    private byte[]? HashOfTyped(string typed)
    {
        if (typed.Length != 18 && typed.Length != 15)
            return null;
        var citizen = CitizenNumber.Parse(typed, CustomerNumbers.DayOf(time.GetUtcNow()), acceptOldForm: true);
        if (citizen.Ok)
            return IdentityHashes.Of(hash, citizen.Value.Value);
        return UnifiedCreditCode.Parse(typed) is { Ok: true } code ? IdentityHashes.Of(hash, code.Value.Value) : null;
    }

    private async Task<IReadOnlyList<CustomerRow>> RowsAsync(CcdDbContext db, Guid[] ids, CancellationToken ct)
    {
        if (ids.Length == 0)
            return [];
        var rows = await db.Customers.AsNoTracking().Where(c => ids.Contains(c.Id))
            .Select(c => new
            {
                c.Id, c.Number, c.Kind, c.Name, c.Phones, c.IdentityCipher, c.State, c.StateSince, c.CompletenessPercent, c.MissingCount,
                c.OwnerId, c.Tags, c.Source, c.CreatedAt, c.UpdatedAt,
            })
            .ToDictionaryAsync(c => c.Id, ct);
        var loans = (await db.CustomerLoans.AsNoTracking().Where(l => ids.Contains(l.CustomerId)).OrderBy(l => l.Position)
            .Select(l => new { l.CustomerId, l.ProductId, l.Amount }).ToListAsync(ct)).ToLookup(l => l.CustomerId);
        var known = await products.AllAsync(db, ct);
        var names = await StaffNamesAsync(db, rows.Values.Select(r => r.OwnerId).OfType<Guid>(), ct);
        return
        [
            .. ids.Where(rows.ContainsKey).Select(id => rows[id]).Select(c => new CustomerRow(
                c.Id, c.Number, c.Kind, c.Name, c.Phones.Select(ContactPhone.Mask).FirstOrDefault(),
                CustomerForms.MaskedIdentity(c.Kind, c.IdentityCipher, cipher),
                [.. loans[c.Id].Select(l => NameOf(known, l.ProductId))], loans[c.Id].Sum(l => l.Amount),
                c.State, c.StateSince, c.CompletenessPercent, c.MissingCount, c.OwnerId, NameOf(names, c.OwnerId), c.Tags, c.Source,
                c.CreatedAt, c.UpdatedAt)),
        ];
    }

    private static string? NameOf(Dictionary<Guid, string> names, Guid? staff) => staff is { } id ? names.GetValueOrDefault(id) : null;

    private static string NameOf(IReadOnlyDictionary<Guid, LoanOffer> known, Guid product) => known.GetValueOrDefault(product)?.Name ?? "（已删除的产品）";

    private static async Task<Dictionary<Guid, string>> StaffNamesAsync(CcdDbContext db, IEnumerable<Guid> ids, CancellationToken ct)
    {
        var wanted = ids.Distinct().ToArray();
        return wanted.Length == 0 ? [] : await db.StaffMembers.AsNoTracking().Where(s => wanted.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
    }
}
