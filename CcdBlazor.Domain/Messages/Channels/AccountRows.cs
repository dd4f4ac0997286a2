namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>An account as somebody enters it.</summary>
/// <param name="Kind">Only read when the account is added.</param>
/// <param name="Values">Public values by the names of the kind's fields.</param>
/// <param name="Secrets">Only those that are entered anew; the others stay as they are.</param>
public sealed record AccountDraft(
    string Kind, string Name, string BaseAddress, IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Secrets,
    int Weight, bool BoundOnly, int PriceMilli, IReadOnlyList<QuotaRule> Limits, IReadOnlyList<QuotaRule> RecipientLimits)
{
    /// <summary>Never the secrets, wherever it is printed.</summary>
    public override string ToString() => $"{Kind} {Name}";
}

/// <summary>How an account is doing.</summary>
public enum AccountStanding
{
    Usable,
    /// <summary>Its provider pushed back, or too many calls failed.</summary>
    Resting,
    /// <summary>The last test found a fault.</summary>
    Faulty,
    Disabled,
}

/// <summary>An account in the list.</summary>
/// <param name="HasClient">This program has a client for the kind; without one nothing is sent through it.</param>
public sealed record AccountRow(
    Guid Id, int Number, string Kind, string KindTitle, MessageChannel Channel, string Name, string BaseAddress, AccountStanding Standing, bool Enabled, bool BoundOnly,
    int Weight, int PriceMilli, IReadOnlyList<QuotaRule> Limits, IReadOnlyList<QuotaRule> RecipientLimits,
    DateTimeOffset? RestsUntil, string? RestReason, DateTimeOffset? LastProbeAt, string? LastProbeFault, bool HasClient);

/// <summary>An account as its form shows it. Secrets never leave: only the names of those that are set.</summary>
/// <param name="Basis">What an edit starts from: another editor's change between is noticed, a rest or a test is none.</param>
public sealed record AccountDetail(AccountRow Row, IReadOnlyDictionary<string, string> Values, IReadOnlySet<string> SecretNames, Guid Basis);

/// <summary>A kind that can be added, with its form.</summary>
public sealed record AccountKindChoice(AccountKind Kind, MessageChannel Channel, IReadOnlyList<AccountField> Fields, string DefaultAddress);

/// <summary>An account that a message may be bound to (a bot, an application).</summary>
public sealed record AccountChoice(int Number, MessageChannel Channel, string Name, bool BoundOnly);
