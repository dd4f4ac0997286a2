namespace CcdBlazor.Domain.Customers;

/// <summary>Orders of the list.</summary>
public enum CustomerSort
{
    /// <summary>Newest change first.</summary>
    Updated,

    /// <summary>Newest customer first.</summary>
    Created,

    /// <summary>By pinyin.</summary>
    Name,

    /// <summary>Nearly complete first.</summary>
    Completeness,

    /// <summary>Longest in its state first.</summary>
    StateSince,
}

/// <summary>What the list is narrowed to. Several values of one kind mean "any of them", different kinds mean "and".</summary>
/// <param name="Search">As typed: part of the name, part of a phone (4 digits and more), tail of the identity number, customer number.</param>
/// <param name="CreatedFrom">First day, in Shanghai.</param>
/// <param name="CreatedTo">Last day, in Shanghai.</param>
/// <param name="DepartmentId">The owner's department: this one or any below it.</param>
/// <param name="WaitingDays">At least so many days in the present state.</param>
/// <param name="SentBack">Collecting again after a review: sent back, or reopened.</param>
public sealed record CustomerFilter(
    string? Search = null,
    IReadOnlyCollection<CustomerState>? States = null,
    Guid? ProductId = null,
    Guid? OwnerId = null,
    Guid? DepartmentId = null,
    string? Tag = null,
    string? Source = null,
    CustomerKind? Kind = null,
    DateOnly? CreatedFrom = null,
    DateOnly? CreatedTo = null,
    int? WaitingDays = null,
    CustomerSort Sort = CustomerSort.Updated,
    bool SentBack = false)
{
    public bool IsEmpty => this with { Sort = CustomerSort.Updated } == new CustomerFilter() && States is null or { Count: 0 };
}

/// <summary>A customer in the list. Personal numbers are masked here, not by the page.</summary>
/// <param name="Phone">The first phone, masked.</param>
/// <param name="Identity">Masked; none when not registered.</param>
/// <param name="Amount">Sum of the wanted loans, CNY.</param>
public sealed record CustomerRow(
    Guid Id, string Number, CustomerKind Kind, string Name, string? Phone, string? Identity, IReadOnlyList<string> Products, decimal Amount,
    CustomerState State, DateTimeOffset StateSince, int Percent, int Missing, Guid? OwnerId, string? Owner, IReadOnlyList<string> Tags, string? Source,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>True when the other looks the same in a list: every change of a customer moves <see cref="UpdatedAt"/>.</summary>
    public bool Shows(CustomerRow other) =>
        Id == other.Id && UpdatedAt == other.UpdatedAt && State == other.State && Percent == other.Percent && Owner == other.Owner && Name == other.Name;
}

/// <summary>A wanted loan.</summary>
/// <param name="Amount">CNY.</param>
public sealed record CustomerLoanRow(Guid ProductId, string Product, Guid RulesVersionId, decimal Amount);

/// <summary>A customer as its page shows it.</summary>
/// <param name="Phones">In full for those who work with the customer, masked for others.</param>
/// <param name="AllowedMoves">What the table allows this reader from here; conditions on the papers are asked when the move is made.</param>
public sealed record CustomerDetail(
    Guid Id, string Number, CustomerKind Kind, string Name, IReadOnlyList<string> Phones, string? Identity, string? Source, IReadOnlyList<string> Tags,
    string? Remarks, IReadOnlyList<string> Facts, IReadOnlyList<CustomerLoanRow> Loans, Guid? OwnerId, string? Owner, IReadOnlyList<CustomerColleague> Collaborators,
    CustomerState State, DateTimeOffset StateSince, int Percent, int Missing, DateTimeOffset? SubmittedAt, DateTimeOffset? DecidedAt,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, uint Version, IReadOnlyList<CustomerTransition> AllowedMoves,
    bool MayEdit, bool MayReassign, bool MayDelete, bool MayRevealIdentity, bool ChecklistIsOpen, Guid? PoolId = null, CustomerLevel? Level = null);

public sealed record CustomerColleague(Guid Id, string? Name);

/// <summary>What the edit form starts from, and is compared with when it is saved.</summary>
/// <param name="Identity">Masked; the draft's own field is blank until somebody types a new number.</param>
public sealed record CustomerForm(Guid Id, string Number, uint Version, CustomerDraft Draft, string? Identity, bool ChecklistIsOpen)
{
    /// <summary>True when a form that started from the other shows the same.</summary>
    public bool Says(CustomerForm other) => Identity == other.Identity && Draft.Says(other.Draft);
}

/// <summary>A customer in the recycle bin.</summary>
public sealed record DeletedCustomerRow(Guid Id, string Number, string Name, string? Phone, CustomerState State, DateTimeOffset DeletedAt, string? DeletedBy);

/// <summary>Somebody who may be the same customer.</summary>
/// <param name="Why">Chinese: which value is the same.</param>
/// <param name="Id">None when the other one is not visible to the one who asks; then number and name are none, too.</param>
public sealed record DuplicateRow(string Why, Guid? Id, string? Number, string? Name);

/// <summary>A loan product to choose or to filter by.</summary>
public sealed record ProductChoice(Guid Id, string Name, bool Offered);
