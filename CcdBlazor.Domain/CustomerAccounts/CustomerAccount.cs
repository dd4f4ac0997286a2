using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>
/// With what one person signs in: a mobile number. It belongs to the files of that person (<see cref="CustomerAccountFile"/>). Once closed it never opens again; who gets an account
/// again gets a new one, so that a number which passed to somebody else never brings back what an earlier holder saw.
/// </summary>
internal sealed class CustomerAccount
{
    private CustomerAccount()
    {
    }

    public Guid Id { get; private init; }

    /// <summary>Eleven digits. Of all open accounts only one has it.</summary>
    public string Mobile { get; private init; } = "";

    /// <summary>Where the word that the account is open also went, if somebody knew one.</summary>
    public string? Email { get; private init; }

    public DateTimeOffset OpenedAt { get; private init; }

    public Guid? OpenedById { get; private init; }

    public string OpenedByName { get; private init; } = "";

    /// <summary>When the customer was last told where to sign in.</summary>
    public DateTimeOffset InvitedAt { get; private set; }

    public DateTimeOffset? LastSignInAt { get; private set; }

    public DateTimeOffset? ClosedAt { get; private set; }

    public string? ClosedByName { get; private set; }

    public uint Version { get; private set; }

    public static CustomerAccount Open(string mobile, string? email, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Mobile = mobile, Email = email, OpenedAt = now, InvitedAt = now, OpenedById = by.Id, OpenedByName = by.DisplayName,
    };

    public Result Close(Actor by, DateTimeOffset now)
    {
        if (ClosedAt is not null)
            return CustomerAccountRefusals.NotOpen;
        (ClosedAt, ClosedByName) = (now, by.DisplayName);
        return Result.Done;
    }

    /// <summary>Tells the customer again. The platform sends the same words once within this time and would drop a second message silently.</summary>
    public Result Invite(DateTimeOffset now)
    {
        if (ClosedAt is not null)
            return CustomerAccountRefusals.NotOpen;
        if (now - InvitedAt < CustomerAccountRules.BetweenInvitations)
            return CustomerAccountRefusals.InvitedJustNow;
        InvitedAt = now;
        return Result.Done;
    }

    public void SignedIn(DateTimeOffset now) => LastSignInAt = now;
}

/// <summary>That a customer's file is seen with an account. A file has one account at most: the newest that was opened for it.</summary>
internal sealed class CustomerAccountFile
{
    public required Guid CustomerId { get; init; }

    public required Guid AccountId { get; set; }
}

/// <summary>Fixed limits of customer accounts. What an administrator may change is in <see cref="CustomerAccountSettings"/>.</summary>
public static class CustomerAccountRules
{
    /// <summary>Digits of a code.</summary>
    public const int CodeLength = 6;

    /// <summary>How long a code is good for.</summary>
    public static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(5);

    /// <summary>Wrong entries that a code survives; the next one finds it void.</summary>
    public const int MostAttempts = 5;

    /// <summary>Between two codes to one number.</summary>
    public static readonly TimeSpan BetweenCodes = TimeSpan.FromSeconds(60);

    public static readonly TimeSpan BetweenInvitations = TimeSpan.FromMinutes(5);

    /// <summary>Files of one account: one person with his companies. More is a number that many people share.</summary>
    public const int MostFiles = 20;
}
