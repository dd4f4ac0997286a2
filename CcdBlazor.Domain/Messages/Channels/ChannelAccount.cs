namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>An account with a provider: how it is reached, how much it may send, and how it is doing.</summary>
internal sealed class ChannelAccount
{
    public Guid Id { get; init; }

    /// <summary>Small number, part of lanes and stored with every message; given by the database.</summary>
    public int Number { get; init; }

    public required string Kind { get; init; }

    public required MessageChannel Channel { get; init; }

    public required string Name { get; set; }

    public required string BaseAddress { get; set; }

    /// <summary>Public values by name.</summary>
    public Dictionary<string, string> Values { get; set; } = [];

    /// <summary>JSON of the secret values, encrypted.</summary>
    public string? SecretsCipher { get; set; }

    public bool Enabled { get; set; } = true;

    /// <summary>Only messages bound to it go through it (bots): never chosen by weight.</summary>
    public bool BoundOnly { get; set; }

    /// <summary>Share of the channel's messages among its usable accounts; 0 is a reserve, used only when no other can.</summary>
    public int Weight { get; set; } = 100;

    /// <summary>Quota of the whole account.</summary>
    public List<QuotaRule> Limits { get; set; } = [];

    /// <summary>Quota per recipient.</summary>
    public List<QuotaRule> RecipientLimits { get; set; } = [];

    /// <summary>Price of one piece (an SMS segment, a mail) in 1/1000 yuan.</summary>
    public int PriceMilli { get; set; }

    /// <summary>Not used before this moment (the provider pushed back, or the breaker opened).</summary>
    public DateTimeOffset? RestsUntil { get; set; }

    /// <summary>Why it rests, for the pages.</summary>
    public string? RestReason { get; set; }

    public DateTimeOffset? LastProbeAt { get; set; }

    /// <summary>What the last probe found wrong; none when it was usable.</summary>
    public string? LastProbeFault { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? DeletedAt { get; set; }

    public uint Version { get; init; }
}

/// <summary>So many in so long.</summary>
/// <param name="Seconds">Length of the window; 86,400 is the calendar day in Shanghai for accounts, a sliding day for recipients.</param>
/// <param name="Category">Only for messages of this category (codes to one number); 0 for all.</param>
/// <param name="Source">Which document says so, and of when; for the form.</param>
/// <param name="PerTemplate">Of a recipient's limit: counted for each of the provider's templates on its own.</param>
public sealed record QuotaRule(int Seconds, int Limit, int Category = 0, string? Source = null, bool PerTemplate = false);
