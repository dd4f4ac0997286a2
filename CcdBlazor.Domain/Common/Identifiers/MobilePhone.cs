using System.Globalization;

namespace CcdBlazor.Domain.Common.Identifiers;

/// <summary>
/// A mainland mobile number: 11 digits, 1[3-9]. Only the shape is checked: prefixes change every year and numbers are portable
/// between carriers.
/// </summary>
public sealed record MobilePhone
{
    /// <summary>Unassigned in the numbering plan of 2022, so a made-up number rings at nobody's.</summary>
    private static readonly int[] UnassignedPrefixes = [142, 143, 154, 161, 164, 194];

    private MobilePhone(string value) => Value = value;

    /// <summary>Eleven digits, without country code.</summary>
    public string Value { get; }

    /// <summary>For lists: <c>138****8000</c>.</summary>
    public string Masked => $"{Value[..3]}****{Value[7..]}";

    /// <summary>The last four digits.</summary>
    public string Tail => Value[7..];

    /// <summary>Accepts full-width digits, spaces, hyphens and the prefixes +86, 0086, 86.</summary>
    public static Result<MobilePhone> Parse(string? text)
    {
        var number = WithoutCountryCode(InputText.Fold(text));
        if (number.Length == 0)
            return IdentifierRefusals.MobileEmpty;
        if (!InputText.AllDigits(number))
            return IdentifierRefusals.MobileCharacters;
        if (number.Length != 11)
            return IdentifierRefusals.MobileLength(number.Length);
        if (number[0] != '1' || number[1] is < '3' or > '9')
            return IdentifierRefusals.MobileShape;

        return new MobilePhone(number);
    }

    /// <summary>A number of the right shape that is assigned to nobody, for seeds and tests.</summary>
    public static MobilePhone Synthetic(Random random) => SyntheticAt(random.Next(600_000_000));

    /// <summary>Like <see cref="Synthetic"/>, but a different number for every ordinal below 600 million.</summary>
    public static MobilePhone SyntheticAt(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        // The prime step keeps neighbours from looking like neighbours; it shares no factor with 10^8, so nothing repeats.
        var digits = ordinal / 6 * 48_271L % 100_000_000;
        return new MobilePhone(string.Create(CultureInfo.InvariantCulture, $"{UnassignedPrefixes[ordinal % 6]}{digits:00000000}"));
    }

    /// <summary>Masked on purpose.</summary>
    public override string ToString() => Masked;

    internal static string WithoutCountryCode(string number) =>
        number.StartsWith("+86", StringComparison.Ordinal) ? number[3..]
        : number.StartsWith("0086", StringComparison.Ordinal) ? number[4..]
        : number.Length == 13 && number.StartsWith("861", StringComparison.Ordinal) ? number[2..]
        : number;
}
