using System.Globalization;

namespace CcdBlazor.Domain.Common.Identifiers;

/// <summary>A fixed line of a company, with its area code: <c>010-88886666</c>. Held with one hyphen after the area code.</summary>
public sealed record Landline
{
    private Landline(string value) => Value = value;

    public string Value { get; }

    /// <summary>For lists: <c>010-****6666</c>.</summary>
    public string Masked => $"{Value[..(Value.IndexOf('-', StringComparison.Ordinal) + 1)]}****{Tail}";

    /// <summary>The last four digits.</summary>
    public string Tail => Value[^4..];

    /// <summary>Accepts full-width digits, spaces, hyphens and the country code (behind which the leading 0 may be missing).</summary>
    public static Result<Landline> Parse(string? text)
    {
        var folded = InputText.Fold(text);
        var number = MobilePhone.WithoutCountryCode(folded);
        if (number.Length == 0)
            return IdentifierRefusals.LandlineEmpty;
        if (number.Length != folded.Length && number[0] != '0')
            number = "0" + number;

        // 010 and 02x are the only area codes with three digits.
        var area = number.StartsWith("010", StringComparison.Ordinal) || number.StartsWith("02", StringComparison.Ordinal) ? 3 : 4;
        if (number[0] != '0' || !InputText.AllDigits(number) || number.Length - area is not (7 or 8))
            return IdentifierRefusals.LandlineShape;

        return new Landline($"{number[..area]}-{number[area..]}");
    }

    /// <summary>A line that nobody has (local numbers never begin with 0), for seeds and tests.</summary>
    public static Landline Synthetic(Random random)
    {
        string[] areas = ["010", "020", "021", "023", "028", "0571", "0755", "0591"];
        return new Landline(string.Create(CultureInfo.InvariantCulture, $"{areas[random.Next(areas.Length)]}-0{random.Next(10_000_000):0000000}"));
    }

    /// <summary>Masked on purpose.</summary>
    public override string ToString() => Masked;
}
