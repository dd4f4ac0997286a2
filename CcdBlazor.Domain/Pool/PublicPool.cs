using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;

namespace CcdBlazor.Domain.Pool;

/// <summary>
/// A public pool (公海): customers without an owner, for the people of a department (and everything below it), or of the whole company, to pick up.
/// It also says when customers of that department leave their owners.
/// </summary>
internal sealed class PublicPool
{
    private readonly List<PoolReleaseRule> rules = [];

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public string Name { get; private set; } = "";

    /// <summary>Whose customers go here; none: everybody's who has no nearer pool.</summary>
    public Guid? DepartmentId { get; private set; }

    /// <summary>Where customers go that are released by the rules of this pool; none: here.</summary>
    public Guid? TargetPoolId { get; private set; }

    public bool Active { get; private set; } = true;

    /// <summary>Undecided customers that a person may own when picking; none: no limit.</summary>
    public int? MostHeld { get; private set; }

    /// <summary>Of one person, per day in Shanghai; none: no limit.</summary>
    public int? PicksPerDay { get; private set; }

    /// <summary>So long whoever had it may not pick it.</summary>
    public int CoolDownDays { get; private set; }

    /// <summary>So long after it came here nobody may pick it; who may assign, may.</summary>
    public int ProtectionDays { get; private set; }

    /// <summary>Details that a person may open per day; none: no limit.</summary>
    public int? ViewsPerDay { get; private set; }

    public bool HidesName { get; private set; }

    /// <summary>Not even masked; otherwise masked.</summary>
    public bool HidesPhone { get; private set; }

    /// <summary>Not even masked; otherwise masked.</summary>
    public bool HidesIdentity { get; private set; }

    public uint Version { get; private set; }

    public IReadOnlyList<PoolReleaseRule> Rules => rules;

    public void Apply(PoolDraft draft)
    {
        (Name, DepartmentId, TargetPoolId, Active) = (draft.Name.Trim(), draft.DepartmentId, draft.TargetPoolId == Id ? null : draft.TargetPoolId, draft.Active);
        (MostHeld, PicksPerDay, CoolDownDays, ProtectionDays, ViewsPerDay) = (draft.MostHeld, draft.PicksPerDay, draft.CoolDownDays, draft.ProtectionDays, draft.ViewsPerDay);
        (HidesName, HidesPhone, HidesIdentity) = (draft.HidesName, draft.HidesPhone, draft.HidesIdentity);
        rules.Clear();
        rules.AddRange(draft.Rules.Select((r, i) => new PoolReleaseRule
        {
            Id = Guid.CreateVersion7(), PoolId = Id, Position = i, Level = r.Level, ProductId = r.ProductId, Days = r.Days, ProtectDays = r.ProtectDays,
            ReminderDays = [.. r.ReminderDays.Distinct().Order()],
        }));
    }

    public PoolDraft ToDraft() => new()
    {
        Id = Id, Version = Version, Name = Name, DepartmentId = DepartmentId, TargetPoolId = TargetPoolId, Active = Active, MostHeld = MostHeld, PicksPerDay = PicksPerDay,
        CoolDownDays = CoolDownDays, ProtectionDays = ProtectionDays, ViewsPerDay = ViewsPerDay, HidesName = HidesName, HidesPhone = HidesPhone, HidesIdentity = HidesIdentity,
        Rules = [.. rules.OrderBy(r => r.Position).Select(r => new ReleaseRuleDraft { Level = r.Level, ProductId = r.ProductId, Days = r.Days, ProtectDays = r.ProtectDays, ReminderDays = r.ReminderDays })],
    };
}

/// <summary>When customers leave their owners. The most specific rule counts (<see cref="ReleaseTerms.For"/>).</summary>
internal sealed class PoolReleaseRule
{
    public required Guid Id { get; init; }

    public required Guid PoolId { get; init; }

    public required int Position { get; init; }

    /// <summary>None: any, also customers without a level.</summary>
    public CustomerLevel? Level { get; init; }

    /// <summary>Customers who want this product; none: any.</summary>
    public Guid? ProductId { get; init; }

    /// <summary>Periods of 24 hours after the last follow-up.</summary>
    public required int Days { get; init; }

    /// <summary>A new customer is not released in its first so many days, however long nobody followed it up.</summary>
    public required int ProtectDays { get; init; }

    /// <summary>On which days without follow-up the owner is reminded in the morning.</summary>
    public required short[] ReminderDays { get; init; }
}

/// <summary>A customer's way into a pool: the rule that counts for it.</summary>
public sealed record ReleaseTerms(CustomerLevel? Level, Guid? ProductId, int Days, int ProtectDays)
{
    /// <summary>
    /// The rule that counts: the one that names both product and level before one that names one of them before one that names neither; among equals the
    /// longest, in the owner's favour. None: the customer is never released by rule. The database says the same (<see cref="PoolSql"/>).
    /// </summary>
    public static ReleaseTerms? For(IEnumerable<ReleaseTerms> rules, CustomerLevel? level, IReadOnlyCollection<Guid> products) => rules
        .Where(r => (r.Level is null || r.Level == level) && (r.ProductId is not { } product || products.Contains(product)))
        .OrderByDescending(r => (r.Level is null ? 0 : 1) + (r.ProductId is null ? 0 : 1)).ThenByDescending(r => r.Days).FirstOrDefault();

    /// <summary>The moment of the release. <paramref name="idleSince"/> is the last follow-up, or the beginning of the ownership when there was none since.</summary>
    public DateTimeOffset DueAt(DateTimeOffset idleSince, DateTimeOffset createdAt)
    {
        var (idle, fresh) = (idleSince + TimeSpan.FromDays(Days), createdAt + TimeSpan.FromDays(ProtectDays));
        return idle > fresh ? idle : fresh;
    }
}

/// <summary>That somebody opened the detail of a customer in a pool, once per day.</summary>
internal sealed class PoolView
{
    public required Guid StaffId { get; init; }

    /// <summary>In Shanghai.</summary>
    public required DateOnly Day { get; init; }

    public required Guid CustomerId { get; init; }

    public required Guid PoolId { get; init; }
}

/// <summary>What an administrator sets.</summary>
public sealed record PoolDraft
{
    public const int LongestName = 50;
    public const int MostRules = 50;
    public const int MostDays = 3650;

    /// <summary>None: a new pool.</summary>
    public Guid? Id { get; set; }

    public uint Version { get; set; }

    public string Name { get; set; } = "";

    public Guid? DepartmentId { get; set; }

    public Guid? TargetPoolId { get; set; }

    public bool Active { get; set; } = true;

    public int? MostHeld { get; set; } = 200;

    public int? PicksPerDay { get; set; } = 10;

    public int CoolDownDays { get; set; } = 7;

    public int ProtectionDays { get; set; }

    public int? ViewsPerDay { get; set; } = 50;

    public bool HidesName { get; set; }

    public bool HidesPhone { get; set; } = true;

    public bool HidesIdentity { get; set; } = true;

    public IReadOnlyList<ReleaseRuleDraft> Rules { get; set; } = [new()];

    /// <summary>None when everything fits.</summary>
    public Refusal? Wrong()
    {
        if (string.IsNullOrWhiteSpace(Name) || Name.Trim().Length > LongestName)
            return PoolRefusals.NameWrong;
        if (MostHeld is < 1 or > 100_000 || PicksPerDay is < 1 or > 10_000 || ViewsPerDay is < 1 or > 100_000)
            return PoolRefusals.LimitWrong;
        if (CoolDownDays is < 0 or > MostDays || ProtectionDays is < 0 or > MostDays)
            return PoolRefusals.DaysWrong;
        if (Rules.Count > MostRules || Rules.Any(r => r.Days is < 1 or > MostDays || r.ProtectDays is < 0 or > MostDays || r.ReminderDays.Any(d => d < 1 || d > r.Days)))
            return PoolRefusals.RuleWrong;
        return Rules.Select(r => (r.Level, r.ProductId)).Distinct().Count() == Rules.Count ? null : PoolRefusals.RuleTwice;
    }
}

public sealed record ReleaseRuleDraft
{
    public CustomerLevel? Level { get; set; }

    public Guid? ProductId { get; set; }

    public int Days { get; set; } = 7;

    public int ProtectDays { get; set; }

    public IReadOnlyList<short> ReminderDays { get; set; } = [3, 5, 7];
}
