using System.Globalization;

namespace CcdBlazor.Domain.Common.Identifiers;

/// <summary>As the identity number tells it: the 17th digit is odd for men.</summary>
public enum Sex
{
    Female = 0,
    Male = 1,
}

/// <summary>Which kind of card a number with the form of GB 11643 stands on.</summary>
public enum CitizenNumberKind
{
    /// <summary>Resident identity card.</summary>
    Mainland = 0,
    /// <summary>Residence permit for Hong Kong residents (area 810000).</summary>
    HongKong = 1,
    /// <summary>Residence permit for Macao residents (area 820000).</summary>
    Macao = 2,
    /// <summary>Residence permit for Taiwan residents (area 830000).</summary>
    Taiwan = 3,
    /// <summary>Foreign permanent resident card in the form of 2023: 9 + province + country, otherwise the same rule.</summary>
    ForeignPermanentResident = 4,
}

/// <summary>
/// An identity number by GB 11643-1999: 6 area + 8 birth date + 3 sequence + check digit, always held as 18 capitals.
/// Residence permits for Hong Kong, Macao and Taiwan follow the same rule. <see cref="ToString"/> gives the masked form, so that a
/// number cannot slip into a log or a page by accident; whoever needs it asks for <see cref="Value"/>.
/// </summary>
public sealed record CitizenNumber
{
    private static readonly int[] Weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    private const string CheckDigits = "10X98765432";

    /// <summary>Province codes of GB/T 2260, plus the three residence permits.</summary>
    private static readonly HashSet<string> Provinces =
    [
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "45", "46",
        "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83",
    ];

    private CitizenNumber(string value, DateOnly birthDate)
    {
        Value = value;
        BirthDate = birthDate;
    }

    /// <summary>The full number, 18 characters. Sensitive: show it only to who may reveal it.</summary>
    public string Value { get; }

    public DateOnly BirthDate { get; }

    public Sex Sex => (Value[16] - '0') % 2 == 1 ? Sex.Male : Sex.Female;

    /// <summary>The first six digits.</summary>
    public string AreaCode => Value[..6];

    public CitizenNumberKind Kind => Value.AsSpan(0, 2) switch
    {
        "81" => CitizenNumberKind.HongKong,
        "82" => CitizenNumberKind.Macao,
        "83" => CitizenNumberKind.Taiwan,
        ['9', ..] => CitizenNumberKind.ForeignPermanentResident,
        _ => CitizenNumberKind.Mainland,
    };

    /// <summary>For lists: <c>110101********0070</c>. The birth date is hidden.</summary>
    public string Masked => $"{Value[..6]}********{Value[14..]}";

    /// <summary>The last four characters, which search is allowed to use.</summary>
    public string Tail => Value[14..];

    /// <summary>Whole years on the given day.</summary>
    public int AgeOn(DateOnly day)
    {
        var years = day.Year - BirthDate.Year;
        return BirthDate.AddYears(years) > day ? years - 1 : years;
    }

    /// <summary>Reads what a person typed.</summary>
    /// <param name="today">In the time zone of the business; a birth date after it is refused.</param>
    /// <param name="acceptOldForm">True for old files only: a 15-digit number is upgraded to its 18-digit form.</param>
    public static Result<CitizenNumber> Parse(string? text, DateOnly today, bool acceptOldForm = false)
    {
        var number = InputText.Fold(text);
        if (number.Length == 0)
            return IdentifierRefusals.CitizenNumberEmpty;
        if (number.Length == 15 && InputText.AllDigits(number))
        {
            if (!acceptOldForm)
                return IdentifierRefusals.CitizenNumberOldForm;
            number = Complete($"{number[..6]}19{number[6..]}");
        }

        if (number.Length != 18)
            return IdentifierRefusals.CitizenNumberLength(number.Length);
        if (!InputText.AllDigits(number.AsSpan(0, 17)) || number[17] is not ((>= '0' and <= '9') or 'X'))
            return IdentifierRefusals.CitizenNumberCharacters;
        if (!Provinces.Contains(number[0] == '9' ? number[1..3] : number[..2]))
            return IdentifierRefusals.CitizenNumberArea;
        if (!DateOnly.TryParseExact(number.AsSpan(6, 8), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var born) || born.Year < 1800)
            return IdentifierRefusals.CitizenNumberBirthDate;
        if (born > today)
            return IdentifierRefusals.CitizenNumberBirthInFuture;
        if (CheckDigit(number) != number[17])
            return IdentifierRefusals.CitizenNumberCheckDigit;

        return new CitizenNumber(number, born);
    }

    /// <summary>A valid number that belongs to nobody, for seeds and tests (see <see cref="SyntheticAreas"/>).</summary>
    public static CitizenNumber Synthetic(Random random, DateOnly birthDate, Sex sex) => Make(
        SyntheticAreas.Cities[random.Next(SyntheticAreas.Cities.Length)],
        birthDate,
        (random.Next(500) * 2) + (int)sex);

    /// <summary>A valid number that belongs to nobody, of somebody born from 1960 to 2003.</summary>
    public static CitizenNumber Synthetic(Random random) =>
        Synthetic(random, FirstSyntheticBirth.AddDays(random.Next(SyntheticDays)), (Sex)random.Next(2));

    /// <summary>Like <see cref="Synthetic(Random)"/>, but a different number for every ordinal below 480 million: for bulk seeds under a unique index.</summary>
    public static CitizenNumber SyntheticAt(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        // The prime step spreads neighbours over cities and years; it is a bijection because it shares no factor with the count.
        var place = ordinal * 7_368_787L % ((long)SyntheticAreas.Cities.Length * SyntheticDays * 1000);
        return Make(
            SyntheticAreas.Cities[(int)(place / 1000 / SyntheticDays)],
            FirstSyntheticBirth.AddDays((int)(place / 1000 % SyntheticDays)),
            (int)(place % 1000));
    }

    /// <summary>Masked on purpose.</summary>
    public override string ToString() => Masked;

    private static readonly DateOnly FirstSyntheticBirth = new(1960, 1, 1);
    private const int SyntheticDays = 16_000;

    private static CitizenNumber Make(string area, DateOnly birth, int sequence) =>
        new(Complete(string.Create(CultureInfo.InvariantCulture, $"{area}{birth:yyyyMMdd}{sequence:000}")), birth);

    private static string Complete(string first17) => first17 + CheckDigit(first17);

    private static char CheckDigit(ReadOnlySpan<char> number)
    {
        var sum = 0;
        for (var i = 0; i < 17; i++)
            sum += (number[i] - '0') * Weights[i];
        return CheckDigits[sum % 11];
    }
}
