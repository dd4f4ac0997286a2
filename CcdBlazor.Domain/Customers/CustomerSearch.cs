using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// How a customer is found while somebody types. PostgreSQL's trigrams know nothing shorter than three characters, and most Chinese
/// names are two or three; so each row carries its own grams in one array with a GIN index:
/// <list type="bullet">
/// <item>each character and each pair of neighbours of the name;</item>
/// <item>each four neighbouring digits of a phone (and of a run of digits in the name): a part of 4 digits and more is found anywhere;</item>
/// <item><c>#002x</c> the tail of the identity number, <c>-0001</c> the tail of the customer number;</item>
/// <item><c>t:</c>, <c>p:</c>, <c>s:</c> tag, product and source, so that these filters are answered by the same index.</item>
/// </list>
/// Grams over-select a little (they do not know the order); predicates on the row make the answer exact.
/// Phone parts under four digits are not searched: they would match a tenth of all customers.
/// </summary>
internal static partial class CustomerSearch
{
    /// <summary>Longer input is cut: nobody types more, and each character costs a look-up.</summary>
    private const int LongestInput = 64;

    private const int PhoneGram = 4;

    public static string[] GramsOf(string name, IEnumerable<string> phones, string? identityTail, string number, IEnumerable<string> tags, IEnumerable<Guid> products, string? source)
    {
        var grams = new SortedSet<string>(StringComparer.Ordinal);
        var key = KeyOf(name);
        grams.UnionWith(Characters(key));
        grams.UnionWith(Pairs(key));
        foreach (Match run in DigitRun().Matches(key))
            grams.UnionWith(Fours(run.Value));
        foreach (var phone in phones)
            grams.UnionWith(Fours(DigitsOf(phone)));
        if (identityTail is not null)
            grams.Add(IdentityTailGram(identityTail));
        grams.Add("-" + number[^PhoneGram..]);
        grams.UnionWith(tags.Select(TagGram));
        grams.UnionWith(products.Select(ProductGram));
        if (!string.IsNullOrEmpty(source))
            grams.Add(SourceGram(source));
        return [.. grams];
    }

    public static string TagGram(string tag) => "t:" + tag;

    public static string ProductGram(Guid product) => "p:" + product.ToString("N", CultureInfo.InvariantCulture);

    public static string SourceGram(string source) => "s:" + source;

    /// <summary>A name as it is compared: one width, lower case, letters and digits only.</summary>
    public static string KeyOf(string name)
    {
        var key = new StringBuilder(name.Length);
        foreach (var rune in Fold(name).EnumerateRunes())
            if (Rune.IsLetterOrDigit(rune))
                key.Append(rune);
        return key.ToString();
    }

    /// <summary>All phones as they are compared: digits only, one blank between.</summary>
    public static string PhoneKeyOf(IEnumerable<string> phones) => string.Join(' ', phones.Select(DigitsOf));

    /// <summary>Narrows to the customers that every word of <paramref name="typed"/> fits. Blank input changes nothing.</summary>
    /// <param name="hashOfIdentity">The searchable hash when the text is a complete and valid identity number or credit code, otherwise none.</param>
    public static IQueryable<Customer> Matching(this IQueryable<Customer> customers, string? typed, Func<string, byte[]?> hashOfIdentity)
    {
        if (string.IsNullOrWhiteSpace(typed))
            return customers;
        var text = Fold(typed.Length > LongestInput ? typed[..LongestInput] : typed).Trim();

        // A number is often pasted with blanks or hyphens in it.
        var compact = Separators().Replace(text, "");
        if (hashOfIdentity(compact.ToUpperInvariant()) is { } hash)
            return customers.Where(c => c.IdentityHash == hash);
        if (PhoneLike().IsMatch(text) && !NumberTail().IsMatch(text) && !CustomerNumberStart().IsMatch(text))
            return customers.MatchingDigits(CountryCode().Replace(compact, ""));

        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            customers = customers.MatchingWord(word);
        return customers;
    }

    private static IQueryable<Customer> MatchingWord(this IQueryable<Customer> customers, string word)
    {
        if (CustomerNumberStart().Match(word) is { Success: true } number)
        {
            var start = number.Groups["day"].Value is { Length: 8 } day
                ? $"KH-{day}-{number.Groups["rest"].Value}"
                : $"KH-{number.Groups["day"].Value}";
            return customers.Where(c => c.Number.StartsWith(start));
        }

        if (NumberTail().IsMatch(word))
            return customers.Where(c => c.SearchGrams.Contains(word));

        if (word.Length >= PhoneGram && word.All(char.IsAsciiDigit))
            return customers.MatchingDigits(word);

        var key = KeyOf(word);
        if (key.Length == 0)
            return customers.Where(c => false);
        if (key.Length == PhoneGram && key.All(char.IsAsciiLetterOrDigit))
        {
            var tail = IdentityTailGram(key);
            var pairs = Pairs(key);
            return customers.Where(c => c.SearchGrams.Contains(tail) || (pairs.All(g => c.SearchGrams.Contains(g)) && c.NameKey.Contains(key)));
        }

        return customers.MatchingName(key);
    }

    private static IQueryable<Customer> MatchingName(this IQueryable<Customer> customers, string key)
    {
        var characters = Characters(key);
        if (characters.Length == 1)
        {
            var character = characters[0];
            return customers.Where(c => c.SearchGrams.Contains(character));
        }

        var pairs = Pairs(key);
        return characters.Length == 2
            ? customers.Where(c => pairs.All(g => c.SearchGrams.Contains(g)))
            : customers.Where(c => pairs.All(g => c.SearchGrams.Contains(g)) && c.NameKey.Contains(key));
    }

    private static IQueryable<Customer> MatchingDigits(this IQueryable<Customer> customers, string digits)
    {
        if (digits.Length < PhoneGram)
            return customers.MatchingName(digits);
        if (digits.Length == PhoneGram)
        {
            string[] any = [digits, IdentityTailGram(digits), "-" + digits];
            return customers.Where(c => any.Any(g => c.SearchGrams.Contains(g)));
        }

        var fours = Fours(digits);
        return customers.Where(c => fours.All(g => c.SearchGrams.Contains(g)) && (c.PhoneKey.Contains(digits) || c.NameKey.Contains(digits)));
    }

    private static string IdentityTailGram(string tail) => "#" + tail.ToLowerInvariant();

    private static string[] Characters(string key) => [.. key.EnumerateRunes().Select(r => r.ToString()).Distinct()];

    private static string[] Pairs(string key)
    {
        var runes = key.EnumerateRunes().ToArray();
        return [.. Enumerable.Range(0, Math.Max(0, runes.Length - 1)).Select(i => runes[i].ToString() + runes[i + 1]).Distinct()];
    }

    private static string[] Fours(string digits) =>
        [.. Enumerable.Range(0, Math.Max(0, digits.Length - PhoneGram + 1)).Select(i => digits.Substring(i, PhoneGram)).Distinct()];

    private static string DigitsOf(string phone) => string.Concat(phone.Where(char.IsAsciiDigit));

    /// <summary>Full-width letters and digits to their plain forms, lower case; what is not text disappears.</summary>
    private static string Fold(string text)
    {
        var clean = string.Concat(text.Where(c => !char.IsControl(c) || char.IsWhiteSpace(c)));
        try
        {
            return clean.Normalize(NormalizationForm.FormKC).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            // Half of a surrogate pair, cut by an input method: it matches nothing, and must not throw.
            return "";
        }
    }

    [GeneratedRegex("[0-9]{4,}")]
    private static partial Regex DigitRun();

    [GeneratedRegex(@"[\s\-‐‑–—]")]
    private static partial Regex Separators();

    [GeneratedRegex(@"^\+?[0-9\s\-‐‑–—]{4,}$")]
    private static partial Regex PhoneLike();

    [GeneratedRegex(@"^(\+86|0086|86(?=1[0-9]{10}$))")]
    private static partial Regex CountryCode();

    [GeneratedRegex("^(kh-?(?<day>[0-9]{0,8})|(?<day>20[0-9]{6})-)(-?(?<rest>[0-9]{0,6}))?$")]
    private static partial Regex CustomerNumberStart();

    [GeneratedRegex("^-[0-9]{4}$")]
    private static partial Regex NumberTail();
}
