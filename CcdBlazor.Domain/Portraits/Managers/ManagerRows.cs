namespace CcdBlazor.Domain.Portraits.Managers;

/// <summary>An account manager with profile and load.</summary>
/// <param name="Open">Customers in work: owned, and not decided.</param>
/// <param name="OpenAmount">What those want, in CNY.</param>
/// <param name="Version">0 while nobody wrote a profile.</param>
public sealed record ManagerRow(
    Guid Id, string Name, string? Department, IReadOnlyList<string> Capabilities, IReadOnlyList<string> Hobbies, IReadOnlyList<string> Languages, IReadOnlyList<string> Regions,
    ManagerLevel Level, int Minimum, int Maximum, bool NoAutomatic, DateOnly? AbsentFrom, DateOnly? AbsentTo, string? AbsenceReason, int Open, decimal OpenAmount, bool AbsentNow, uint Version)
{
    /// <summary>True when an assignment may give this manager customers today.</summary>
    public bool TakesPart => !NoAutomatic && !AbsentNow;

    /// <summary>The profile as a form begins with it.</summary>
    public ManagerDraft ToDraft() => new()
    {
        Capabilities = [.. Capabilities], Hobbies = [.. Hobbies], Languages = [.. Languages], Regions = [.. Regions], Level = Level, Minimum = Minimum, Maximum = Maximum,
        NoAutomatic = NoAutomatic, AbsentFrom = AbsentFrom, AbsentTo = AbsentTo, AbsenceReason = AbsenceReason,
    };
}

/// <summary>All account managers, and how evenly work lies on them.</summary>
/// <param name="LoadGini">Of the numbers of open customers.</param>
/// <param name="AmountGini">Of their amounts.</param>
public sealed record ManagerBoard(IReadOnlyList<ManagerRow> Managers, double LoadGini, double AmountGini, bool MayEdit)
{
    public int Open => Managers.Sum(m => m.Open);

    /// <summary>Customers that those who take part in the automatic assignment today can still be given; who is away can take nobody.</summary>
    public int Room => Managers.Where(m => m.TakesPart).Sum(m => Math.Max(0, m.Maximum - m.Open));
}

/// <summary>What a customer reads about who looks after him.</summary>
/// <param name="Phone">The colleague's number at work, as registered with the account; none when there is none.</param>
/// <param name="Absent">Away today; why is nobody's business.</param>
/// <param name="AbsentTo">Last day of the absence, in Shanghai; none while nobody knows.</param>
public sealed record ManagerCard(string Name, string? Phone, IReadOnlyList<string> Capabilities, IReadOnlyList<string> Languages, bool Absent, DateOnly? AbsentTo);

/// <summary>A manager who must not look after a customer.</summary>
public sealed record ConflictRow(Guid CustomerId, Guid ManagerId, string Manager, string Reason, DateTimeOffset At, string ByName);
