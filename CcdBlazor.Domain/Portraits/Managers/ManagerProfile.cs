using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits.Managers;

/// <summary>How experienced a manager is. The names are stored.</summary>
public enum ManagerLevel
{
    /// <summary>初级</summary>
    Junior,
    /// <summary>中级</summary>
    Middle,
    /// <summary>高级</summary>
    Senior,
    /// <summary>资深</summary>
    Expert,
}

/// <summary>What is known about an account manager. Whoever has the role and no row has the defaults.</summary>
internal sealed class ManagerProfile
{
    /// <summary>Customers of one manager, until somebody says otherwise (domain facts, section 5).</summary>
    public const int DefaultMaximum = 50;

    public required Guid StaffId { get; init; }

    public string[] Capabilities { get; private set; } = [];

    public string[] Hobbies { get; private set; } = [];

    /// <summary>Codes of <see cref="Traits.LanguageChoices"/>.</summary>
    public string[] Languages { get; private set; } = [];

    /// <summary>Codes of <see cref="Regions"/>; none means everywhere.</summary>
    public string[] Regions { get; private set; } = [];

    public ManagerLevel Level { get; private set; } = ManagerLevel.Middle;

    /// <summary>An assignment gives at least so many open customers, as far as there are any.</summary>
    public int Minimum { get; private set; }

    public int Maximum { get; private set; } = DefaultMaximum;

    /// <summary>Left out by assignments; by hand still possible.</summary>
    public bool NoAutomatic { get; private set; }

    /// <summary>First day of an absence, in Shanghai.</summary>
    public DateOnly? AbsentFrom { get; private set; }

    /// <summary>Last day; none while nobody knows.</summary>
    public DateOnly? AbsentTo { get; private set; }

    public string? AbsenceReason { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public uint Version { get; private set; }

    /// <summary>Everything at once; the draft was checked by its validator.</summary>
    public void Edit(ManagerDraft draft, DateTimeOffset now)
    {
        Capabilities = [.. TraitValue.TidyTags(draft.Capabilities)];
        Hobbies = [.. TraitValue.TidyTags(draft.Hobbies)];
        Languages = [.. draft.Languages.Distinct().Order(StringComparer.Ordinal)];
        Regions = [.. draft.Regions.Distinct().Order(StringComparer.Ordinal)];
        Level = draft.Level;
        Minimum = draft.Minimum;
        Maximum = draft.Maximum;
        NoAutomatic = draft.NoAutomatic;
        AbsentFrom = draft.AbsentFrom;
        AbsentTo = draft.AbsentFrom is null ? null : draft.AbsentTo;
        AbsenceReason = draft.AbsentFrom is null || string.IsNullOrWhiteSpace(draft.AbsenceReason) ? null : draft.AbsenceReason.Trim();
        UpdatedAt = now;
    }

    public static bool AbsentOn(DateOnly? from, DateOnly? to, DateOnly day) => from <= day && !(to < day);

    /// <summary>The day in Shanghai, by which absences are told.</summary>
    public static DateOnly DayOf(DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime.AddHours(8));
}

/// <summary>That a manager must not look after a customer: a relative, a former business partner.</summary>
internal sealed class ManagerConflict
{
    public const int LongestReason = 200;

    public required Guid CustomerId { get; init; }

    public required Guid ManagerId { get; init; }

    public required string Reason { get; init; }

    public required DateTimeOffset At { get; init; }

    public Guid? ById { get; init; }

    public required string ByName { get; init; }
}

/// <summary>Words of the levels.</summary>
public static class ManagerWords
{
    public static string Label(this ManagerLevel level) => level switch
    {
        ManagerLevel.Junior => "初级",
        ManagerLevel.Middle => "中级",
        ManagerLevel.Senior => "高级",
        ManagerLevel.Expert => "资深",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, null),
    };
}

/// <summary>Refusals about managers.</summary>
public static class ManagerRefusals
{
    public static readonly Refusal NotAManager = new("manager.not_a_manager", "该同事不是客户经理，或账号已停用。");
    public static readonly Refusal ConflictReason = new("manager.conflict_reason", $"请写明回避的原因（最多 {ManagerConflict.LongestReason} 字）。") { Field = "Reason" };
    public static readonly Refusal ConflictTwice = new("manager.conflict_twice", "这一对客户和客户经理已经登记了回避。", RefusalKind.Conflict);

    public static Refusal Conflicted(string reason) => new("manager.conflicted", $"这位客户经理须回避该客户：{reason}", RefusalKind.Conflict);

    public static Refusal Full(string name, int load, int maximum) => new("manager.full", $"{name}已有 {load} 位在办客户，上限为 {maximum} 位。", RefusalKind.Conflict);

    public static Refusal Absent(string name) => new("manager.absent", $"{name}正在休假或外出。", RefusalKind.Conflict);
}
