using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>
/// A code that was asked for. Numbers without an account get a row, too: limits, answers and the time they take are then the same for all numbers. Neither the number nor the code
/// can be read from it: both are keyed hashes, because six digits, or eleven, are guessed in a moment when a plain hash is known.
/// </summary>
internal sealed class SignInCode
{
    public required Guid Id { get; init; }

    public required string MobileHash { get; init; }

    /// <summary>None when nobody has an account with this number: then no code fits.</summary>
    public required Guid? AccountId { get; init; }

    /// <summary>Bound to this row.</summary>
    public required string CodeHash { get; init; }

    /// <summary>IP address that asked.</summary>
    public required string From { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public int Attempts { get; private set; }

    public DateTimeOffset? UsedAt { get; private set; }

    public static string ContextOf(Guid id) => $"customer-sign-in.{id:N}";

    /// <summary>
    /// One try. Every try counts, right or wrong; what is right uses the code up. The comparison takes the same time wherever the two differ, and is made for numbers without an
    /// account as well.
    /// </summary>
    /// <param name="hash">Of what was entered, bound to this row.</param>
    public bool Try(string hash, DateTimeOffset now)
    {
        if (UsedAt is not null || now >= CreatedAt + CustomerAccountRules.CodeLife || Attempts >= CustomerAccountRules.MostAttempts)
            return false;
        Attempts++;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(CodeHash)) || AccountId is null)
            return false;
        UsedAt = now;
        return true;
    }

    /// <summary>The last try that it had was wrong.</summary>
    public bool IsExhausted => UsedAt is null && Attempts >= CustomerAccountRules.MostAttempts;
}
