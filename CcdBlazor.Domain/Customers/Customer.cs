using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Customers;

/// <summary>An identity number or credit code as the table holds it.</summary>
/// <param name="Cipher">The full number, encrypted.</param>
/// <param name="Hash">Keyed hash of the normalised number, for equality.</param>
/// <param name="Tail">The last four characters, which search may use.</param>
internal sealed record SealedIdentity(string Cipher, byte[] Hash, string Tail);

/// <summary>What a clerk may edit, checked and brought into one form.</summary>
internal sealed record CustomerProfile(
    CustomerKind Kind, string Name, string[] Phones, string? Source, string[] Tags, string? Remarks, string[] Facts);

/// <summary>
/// Somebody who wants a loan, with the file of papers that is collected for it. The entity keeps the derived columns in step:
/// who may see it (<see cref="StaffIds"/>) and how it is found (<see cref="SearchGrams"/>).
/// </summary>
internal sealed class Customer
{
    private readonly List<CustomerLoan> loans = [];

    private Customer()
    {
    }

    public Guid Id { get; private init; }

    /// <summary><c>KH-20261120-0001</c>: the day in Shanghai, and the place in that day.</summary>
    public string Number { get; private init; } = "";

    public CustomerKind Kind { get; private set; }

    public string Name { get; private set; } = "";

    /// <summary>Mobiles and landlines in their one form; the first is the one to call.</summary>
    public string[] Phones { get; private set; } = [];

    public string? IdentityCipher { get; private set; }

    public byte[]? IdentityHash { get; private set; }

    public string? IdentityTail { get; private set; }

    public string? Source { get; private set; }

    public string[] Tags { get; private set; } = [];

    public string? Remarks { get; private set; }

    /// <summary>Codes of the customer facts that hold (married, self-employed …); the checklist depends on them.</summary>
    public string[] Facts { get; private set; } = [];

    public IReadOnlyList<CustomerLoan> Loans => loans;

    /// <summary>Who works with it and answers for it; none while it lies in a public pool. Changed only as <see cref="CustomerOwnership"/> says.</summary>
    public Guid? OwnerId { get; private set; }

    /// <summary>Since when it has this owner, or lies in this pool.</summary>
    public DateTimeOffset OwnerSince { get; private set; }

    /// <summary>The public pool (of the Pool feature; by id only) in which it lies, for whoever picks it up; then it has no owner and no collaborators.</summary>
    public Guid? PoolId { get; private set; }

    /// <summary>The owner's department, or the pool's; who leads it sees the customer.</summary>
    public Guid? DepartmentId { get; private set; }

    public CustomerLevel? Level { get; private set; }

    /// <summary>When somebody last followed it up, as the FollowUps feature keeps it; none: never.</summary>
    public DateTimeOffset? LastFollowUpAt { get; private set; }

    /// <summary>When a review gave the file back to its owner; the time before was not the owner's.</summary>
    public DateTimeOffset? SentBackAt { get; private set; }

    /// <summary>
    /// From when the span until the public pool counts: the last follow-up, or the beginning of the ownership, or the return from a review, whichever
    /// is later. Never the registration. Computed by the database.
    /// </summary>
    public DateTimeOffset IdleSince { get; private init; }

    public Guid[] CollaboratorIds { get; private set; } = [];

    /// <summary>Owner and collaborators in one array: the root of visibility.</summary>
    public Guid[] StaffIds { get; private set; } = [];

    public CustomerState State { get; private set; }

    /// <summary>Share of the required documents that are there, 0..100, as the completeness check last found it.</summary>
    public short CompletenessPercent { get; private set; }

    public int MissingCount { get; private set; }

    /// <summary>When the file was first given to review; it stays visible to reviewers from then on.</summary>
    public DateTimeOffset? SubmittedAt { get; private set; }

    public DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>When the file had every needed paper for the first time; stays when papers go missing again.</summary>
    public DateTimeOffset? FirstCompleteAt { get; private set; }

    /// <summary>
    /// What a reviewer wrote when sending back a file that lacked no paper: an open item of its own, until a new paper comes or the file is
    /// submitted again with an answer.
    /// </summary>
    public string? ReturnNote { get; private set; }

    public DateTimeOffset StateSince { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    /// <summary>Of registration, in Shanghai, as <c>202611</c>: lists of a month, newest change first, walk an index of it.</summary>
    public int CreatedMonth { get; private init; }

    public Guid? CreatedBy { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public DateTimeOffset? DeletedAt { get; private set; }

    public Guid? DeletedBy { get; private set; }

    /// <summary>PostgreSQL's <c>xmin</c>: changes with every write.</summary>
    public uint Version { get; private set; }

    /// <summary>The name as it is compared.</summary>
    public string NameKey { get; private set; } = "";

    public string PhoneKey { get; private set; } = "";

    public string[] SearchGrams { get; private set; } = [];

    public static Customer Open(string number, CustomerProfile profile, SealedIdentity? identity, Guid ownerId, Guid? departmentId, Actor by, DateTimeOffset now)
    {
        var customer = new Customer
        {
            Id = Guid.CreateVersion7(now),
            Number = number,
            State = CustomerState.Collecting,
            StateSince = now,
            CreatedAt = now,
            CreatedMonth = CustomerSearch.MonthOf(now),
            CreatedBy = by.Id,
        };
        customer.Apply(profile, now);
        customer.SetIdentity(identity, now);
        customer.Own(ownerId, departmentId, now);
        return customer;
    }

    /// <summary>Everything a clerk may edit at once. Facts decide the checklist: they are fixed while a file is in review or decided.</summary>
    public Result Edit(CustomerProfile profile, DateTimeOffset now)
    {
        if (profile.Kind != Kind && IdentityHash is not null)
            return CustomerRefusals.KindFixedByIdentity;
        if (!ChecklistIsOpen && !profile.Facts.Order(StringComparer.Ordinal).SequenceEqual(Facts.Order(StringComparer.Ordinal)))
            return CustomerRefusals.ChecklistFixed(State);
        Apply(profile, now);
        return Result.Done;
    }

    public Result SetFacts(string[] facts, DateTimeOffset now)
    {
        if (!ChecklistIsOpen)
            return CustomerRefusals.ChecklistFixed(State);
        Facts = [.. facts.Distinct().Order(StringComparer.Ordinal)];
        Touch(now);
        return Result.Done;
    }

    public void SetTags(IEnumerable<string> tags, DateTimeOffset now)
    {
        Tags = [.. tags.Distinct(StringComparer.Ordinal)];
        Touch(now);
    }

    /// <summary>None removes it. A decided file keeps the identity that it was decided for.</summary>
    public Result ChangeIdentity(SealedIdentity? identity, DateTimeOffset now)
    {
        if (State == CustomerState.Approved && !(identity?.Hash ?? []).AsSpan().SequenceEqual(IdentityHash ?? []))
            return CustomerRefusals.IdentityFixed;
        SetIdentity(identity, now);
        return Result.Done;
    }

    public Result AddLoan(Guid productId, Guid rulesVersionId, decimal amount, DateTimeOffset now)
    {
        if (!ChecklistIsOpen)
            return CustomerRefusals.ChecklistFixed(State);
        if (loans.Exists(l => l.ProductId == productId))
            return CustomerRefusals.LoanTwice;
        loans.Add(new CustomerLoan(Id, productId, rulesVersionId, amount, loans.Count == 0 ? 1 : loans.Max(l => l.Position) + 1));
        Touch(now);
        return Result.Done;
    }

    public Result RemoveLoan(Guid productId, DateTimeOffset now)
    {
        if (!ChecklistIsOpen)
            return CustomerRefusals.ChecklistFixed(State);
        loans.RemoveAll(l => l.ProductId == productId);
        Touch(now);
        return Result.Done;
    }

    public Result ChangeAmount(Guid productId, decimal amount, DateTimeOffset now)
    {
        if (loans.Find(l => l.ProductId == productId) is not { } loan)
            return CommonRefusals.NotFound;
        if (loan.Amount == amount)
            return Result.Done;
        if (!ChecklistIsOpen)
            return CustomerRefusals.ChecklistFixed(State);
        loan.Amount = amount;
        Touch(now);
        return Result.Done;
    }

    /// <summary>Moves a loan to another version of its product's document rules.</summary>
    public Result UseRules(Guid productId, Guid rulesVersionId, DateTimeOffset now)
    {
        if (!ChecklistIsOpen)
            return CustomerRefusals.ChecklistFixed(State);
        if (loans.Find(l => l.ProductId == productId) is not { } loan)
            return CommonRefusals.NotFound;
        loan.RulesVersionId = rulesVersionId;
        Touch(now);
        return Result.Done;
    }

    /// <summary>To an owner, out of a pool if it lay in one.</summary>
    public void AssignTo(Guid ownerId, Guid? departmentId, DateTimeOffset now) => Own(ownerId, departmentId, now);

    /// <summary>
    /// Into a public pool, or from one to another: no owner and no collaborators any more; papers, follow-ups and everything else stay. Not while the file is
    /// in review (the reviewer acts, not the owner) and not when it was approved (that customer is won).
    /// </summary>
    /// <param name="departmentId">Of the pool; who leads it goes on to see the customer.</param>
    public Result ReleaseTo(Guid poolId, Guid? departmentId, DateTimeOffset now)
    {
        if (PoolId == poolId)
            return CustomerRefusals.InThisPool;
        if (State is CustomerState.InReview or CustomerState.Approved)
            return CustomerRefusals.NotReleasable(State);
        (OwnerId, PoolId, DepartmentId, OwnerSince) = (null, poolId, departmentId, now);
        SetCollaborators([], now);
        return Result.Done;
    }

    public void SetLevel(CustomerLevel? level, DateTimeOffset now)
    {
        Level = level;
        Touch(now);
    }

    /// <summary>The newest follow-up; none when the last one was taken back.</summary>
    public void FollowedUp(DateTimeOffset? at, DateTimeOffset now)
    {
        LastFollowUpAt = at;
        Touch(now);
    }

    public void SetCollaborators(IEnumerable<Guid> staff, DateTimeOffset now)
    {
        CollaboratorIds = [.. staff.Where(id => id != OwnerId).Distinct()];
        StaffIds = OwnerId is { } owner ? [owner, .. CollaboratorIds] : CollaboratorIds;
        Touch(now);
    }

    /// <summary>
    /// What the completeness check found. Moves the file into 资料已齐全 and out of it by the table; the answer is the move that was made, if any.
    /// </summary>
    public CustomerTransition? ApplyCompleteness(FileStanding report, Actor check, DateTimeOffset now)
    {
        CompletenessPercent = (short)report.Percent;
        MissingCount = report.Missing.Count;
        Touch(now);
        var moved = CustomerWorkflow.AutomaticMove(State, report) is { } move && Move(move, check, null, report, now) is { Ok: true } made ? made.Value : null;
        if (State == CustomerState.Complete)
            FirstCompleteAt ??= now;
        return moved;
    }

    /// <summary>Moves the file as <see cref="CustomerWorkflow"/> allows, or answers its refusal.</summary>
    public Result<CustomerTransition> Move(CustomerMove move, Actor by, string? reason, FileStanding report, DateTimeOffset now)
    {
        var decided = CustomerWorkflow.Decide(State, move, by, reason, report);
        if (!decided.Ok)
            return decided;
        State = decided.Value.To;
        StateSince = now;
        if (State == CustomerState.InReview)
            SubmittedAt ??= now;
        DecidedAt = State.IsDecided() ? now : null;
        if (move is CustomerMove.ReturnForMore or CustomerMove.Reopen)
            SentBackAt = now;
        ReturnNote = move == CustomerMove.ReturnForMore && report.Complete ? reason!.Trim() : null;
        Touch(now);
        return decided;
    }

    /// <summary>A new paper came after the file was sent back: whether it is enough, the check and the clerk say.</summary>
    public void AnswerReturn() => ReturnNote = null;

    public Result Delete(Actor by, DateTimeOffset now)
    {
        if (!by.May(Permission.DeleteCustomers))
            return CommonRefusals.Forbidden;
        if (DeletedAt is not null)
            return CustomerRefusals.AlreadyDeleted;
        if (State == CustomerState.Approved)
            return CustomerRefusals.ApprovedNotDeletable;
        DeletedAt = now;
        DeletedBy = by.Id;
        UpdatedAt = now;
        return Result.Done;
    }

    public void Restore(DateTimeOffset now)
    {
        DeletedAt = null;
        DeletedBy = null;
        UpdatedAt = now;
    }

    /// <summary>Something that belongs to the file changed (a document, a link): it moves up in the lists.</summary>
    public void Touch(DateTimeOffset now)
    {
        UpdatedAt = now;
        SearchGrams = CustomerSearch.GramsOf(new CustomerGrams(
            Name, Phones, IdentityTail, Number, Tags, loans.Select(l => l.ProductId), Source,
            OwnerId, CollaboratorIds, DepartmentId, State, Kind, CreatedAt, SubmittedAt is not null, PoolId));
    }

    /// <summary>True while facts, loans and rules may change: before a review, and after it was sent back.</summary>
    public bool ChecklistIsOpen => State is CustomerState.Collecting or CustomerState.Complete;

    private void Own(Guid ownerId, Guid? departmentId, DateTimeOffset now)
    {
        if (OwnerId != ownerId)
            OwnerSince = now;
        (OwnerId, PoolId, DepartmentId) = (ownerId, null, departmentId);
        SetCollaborators(CollaboratorIds, now);
    }

    private void SetIdentity(SealedIdentity? identity, DateTimeOffset now)
    {
        IdentityCipher = identity?.Cipher;
        IdentityHash = identity?.Hash;
        IdentityTail = identity?.Tail;
        Touch(now);
    }

    private void Apply(CustomerProfile profile, DateTimeOffset now)
    {
        Kind = profile.Kind;
        Name = profile.Name;
        NameKey = CustomerSearch.KeyOf(profile.Name);
        Phones = profile.Phones;
        PhoneKey = CustomerSearch.PhoneKeyOf(profile.Phones);
        Source = profile.Source;
        Tags = profile.Tags;
        Remarks = profile.Remarks;
        Facts = [.. profile.Facts.Distinct().Order(StringComparer.Ordinal)];
        Touch(now);
    }
}

/// <summary>A loan that the customer wants, with the version of the document rules that was chosen at the start.</summary>
internal sealed class CustomerLoan(Guid customerId, Guid productId, Guid rulesVersionId, decimal amount, int position)
{
    public Guid CustomerId { get; } = customerId;

    /// <summary>Of the Products feature; by id only.</summary>
    public Guid ProductId { get; } = productId;

    public Guid RulesVersionId { get; internal set; } = rulesVersionId;

    /// <summary>Wanted, in CNY.</summary>
    public decimal Amount { get; internal set; } = amount;

    public int Position { get; } = position;
}
