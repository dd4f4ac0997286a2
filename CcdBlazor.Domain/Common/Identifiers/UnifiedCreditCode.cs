using System.Globalization;

namespace CcdBlazor.Domain.Common.Identifiers;

/// <summary>
/// A unified social credit code by GB 32100-2015: 18 of 31 characters (no I O Z S V): registrar, kind, 6 area digits, 9 body, check.
/// The body's own check digit (GB 11714) is not asked for: codes that were assigned in the change-over break it.
/// </summary>
public sealed record UnifiedCreditCode
{
    private const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    private const string Registrars = "123456789ANY";

    /// <summary>3^(i-1) mod 31.</summary>
    private static readonly int[] Weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

    private UnifiedCreditCode(string value) => Value = value;

    /// <summary>The full code, 18 capitals and digits.</summary>
    public string Value { get; }

    /// <summary>For lists: <c>9135************43</c>.</summary>
    public string Masked => $"{Value[..4]}************{Value[16..]}";

    /// <summary>The last four characters, which search is allowed to use.</summary>
    public string Tail => Value[14..];

    /// <summary>Six digits of the registering authority's area.</summary>
    public string AreaCode => Value[2..8];

    public static Result<UnifiedCreditCode> Parse(string? text)
    {
        var code = InputText.Fold(text);
        if (code.Length == 0)
            return IdentifierRefusals.CreditCodeEmpty;
        if (code.Length != 18)
            return IdentifierRefusals.CreditCodeLength(code.Length);
        for (var i = 0; i < code.Length; i++)
        {
            if (!Alphabet.Contains(code[i], StringComparison.Ordinal))
                return IdentifierRefusals.CreditCodeCharacter(i + 1, code[i]);
        }

        if (!Registrars.Contains(code[0], StringComparison.Ordinal))
            return IdentifierRefusals.CreditCodeRegistrar;
        if (!InputText.AllDigits(code.AsSpan(2, 6)))
            return IdentifierRefusals.CreditCodeArea;
        if (CheckCharacter(code) != code[17])
            return IdentifierRefusals.CreditCodeCheckDigit;

        return new UnifiedCreditCode(code);
    }

    /// <summary>A valid code that belongs to nobody (area of a whole city, body MX…), for seeds and tests.</summary>
    public static UnifiedCreditCode Synthetic(Random random) => SyntheticAt(random.Next());

    /// <summary>Like <see cref="Synthetic"/>, but a different code for every ordinal.</summary>
    public static UnifiedCreditCode SyntheticAt(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        var area = SyntheticAreas.Cities[ordinal % SyntheticAreas.Cities.Length];
        Span<char> body = ['M', 'X', '0', '0', '0', '0', '0', '0'];
        var rest = ordinal / SyntheticAreas.Cities.Length;
        for (var i = 7; i >= 2; i--, rest /= Alphabet.Length)
            body[i] = Alphabet[rest % Alphabet.Length];
        var first17 = string.Create(CultureInfo.InvariantCulture, $"91{area}{body}{BodyCheck(body)}");
        return new UnifiedCreditCode(first17 + CheckCharacter(first17));
    }

    /// <summary>Masked on purpose.</summary>
    public override string ToString() => Masked;

    private static char CheckCharacter(ReadOnlySpan<char> code)
    {
        var sum = 0;
        for (var i = 0; i < 17; i++)
            sum += Alphabet.IndexOf(code[i], StringComparison.Ordinal) * Weights[i];
        // A remainder of 0 gives 31, and 31 means 0.
        return Alphabet[(31 - (sum % 31)) % 31];
    }

    /// <summary>GB 11714: weights 3 7 9 10 5 8 4 2 over 0-9 A-Z, 11 minus the remainder, 10 is X and 11 is 0.</summary>
    private static char BodyCheck(ReadOnlySpan<char> body)
    {
        ReadOnlySpan<int> weights = [3, 7, 9, 10, 5, 8, 4, 2];
        var sum = 0;
        for (var i = 0; i < 8; i++)
            sum += (char.IsAsciiDigit(body[i]) ? body[i] - '0' : body[i] - 'A' + 10) * weights[i];
        return "0X987654321"[sum % 11];
    }
}
