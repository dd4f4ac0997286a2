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
/// <item><c>t:</c>, <c>p:</c>, <c>s:</c> tag, product and source; <c>S:</c> state, <c>k:</c> company, <c>m:</c> month of registration: these filters
/// are answered by the same index;</item>
/// <item><c>u:</c> owner and collaborators, <c>c:</c> collaborators alone, <c>d:</c> department, <c>P:</c> public pool, <c>r:</c> submitted once: who may see it, so that
/// what somebody may see and what is looked for meet inside one index scan.</item>
/// </list>
/// Grams only ever narrow (<see cref="CustomerMatch"/>): predicates on the row make the answer exact, visibility first of all.
/// Phone parts under four digits are not searched: they would match a tenth of all customers.
/// </summary>
internal static partial class CustomerSearch
{
    /// <summary>Longer input is cut: nobody types more, and each character costs a look-up.</summary>
    private const int LongestInput = 64;

    private const int PhoneGram = 4;

    public static string[] GramsOf(CustomerGrams of)
    {
        var grams = new SortedSet<string>(StringComparer.Ordinal);
        var key = KeyOf(of.Name);
        grams.UnionWith(Characters(key));
        grams.UnionWith(Pairs(key));
        foreach (Match run in DigitRun().Matches(key))
            grams.UnionWith(Fours(run.Value));
        foreach (var phone in of.Phones)
            grams.UnionWith(Fours(DigitsOf(phone)));
        if (of.IdentityTail is not null)
            grams.Add(IdentityTailGram(of.IdentityTail));
        grams.Add("-" + of.Number[^PhoneGram..]);
        grams.UnionWith(of.Tags.Select(TagGram));
        grams.UnionWith(of.Products.Select(ProductGram));
        if (!string.IsNullOrEmpty(of.Source))
            grams.Add(SourceGram(of.Source));
        if (of.OwnerId is { } owner)
            grams.Add(StaffGram(owner));
        if (of.PoolId is { } pool)
            grams.Add(PoolGram(pool));
        grams.UnionWith(of.Collaborators.Select(StaffGram));
        grams.UnionWith(of.Collaborators.Select(CollaboratorGram));
        if (of.DepartmentId is { } department)
            grams.Add(DepartmentGram(department));
        if (of.Submitted)
            grams.Add(SubmittedGram);
        grams.Add(StateGram(of.State));
        if (of.Kind == CustomerKind.Company)
            grams.Add(CompanyGram);
        grams.Add(MonthGram(MonthOf(of.CreatedAt)));
        return [.. grams];
    }

    public const string SubmittedGram = "r:";

    public const string CompanyGram = "k:company";

    public static string StaffGram(Guid staff) => "u:" + staff.ToString("N", CultureInfo.InvariantCulture);

    public static string CollaboratorGram(Guid staff) => "c:" + staff.ToString("N", CultureInfo.InvariantCulture);

    /// <summary>Also written by a trigger, when an owner changes department (30_customers_follow_owner.sql).</summary>
    public static string DepartmentGram(Guid department) => "d:" + department.ToString("N", CultureInfo.InvariantCulture);

    /// <summary>Lies in that public pool. Also written by <see cref="CustomerOwnership.MoveManyAsync"/>, as are those of staff and department.</summary>
    public static string PoolGram(Guid pool) => "P:" + pool.ToString("N", CultureInfo.InvariantCulture);

    public static string StateGram(CustomerState state) => string.Create(CultureInfo.InvariantCulture, $"S:{(int)state}");

    public static string MonthGram(int month) => string.Create(CultureInfo.InvariantCulture, $"m:{month}");

    /// <summary>The month in Shanghai, as <c>202611</c>.</summary>
    public static int MonthOf(DateTimeOffset moment) => MonthOf(CustomerNumbers.DayOf(moment));

    public static int MonthOf(DateOnly day) => day.Year * 100 + day.Month;

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
    public static CustomerMatch Matching(this CustomerMatch match, string? typed, Func<string, byte[]?> hashOfIdentity)
    {
        if (string.IsNullOrWhiteSpace(typed))
            return match;
        var text = Fold(typed.Length > LongestInput ? typed[..LongestInput] : typed).Trim();

        // A number is often pasted with blanks or hyphens in it.
        var compact = Separators().Replace(text, "");
        if (hashOfIdentity(compact.ToUpperInvariant()) is { } hash)
            return match.ByKey(c => c.IdentityHash == hash);
        if (PhoneLike().IsMatch(text) && !NumberTail().IsMatch(text) && !CustomerNumberStart().IsMatch(text))
            return match.MatchingDigits(CountryCode().Replace(compact, ""));

        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            match.MatchingWord(word);
        return match;
    }

    private static CustomerMatch MatchingWord(this CustomerMatch match, string word)
    {
        if (CustomerNumberStart().Match(word) is { Success: true } number)
        {
            var start = number.Groups["day"].Value is { Length: 8 } day
                ? $"KH-{day}-{number.Groups["rest"].Value}"
                : $"KH-{number.Groups["day"].Value}";
            return match.ByKey(c => c.Number.StartsWith(start));
        }

        if (NumberTail().IsMatch(word))
        {
            var end = word[1..];
            return match.Rare().Having(word).Where(c => c.Number.EndsWith(end));
        }

        if (word.Length >= PhoneGram && word.All(char.IsAsciiDigit))
            return match.MatchingDigits(word);

        var key = KeyOf(word);
        if (key.Length == 0)
            return match.Where(c => false);
        if (key.Length == PhoneGram && key.All(char.IsAsciiLetterOrDigit))
        {
            var tail = key.ToUpperInvariant();
            // One of the name's pairs is enough for the index; the row tells the rest.
            return match.HavingAny([IdentityTailGram(key), Pairs(key)[0]]).Where(c => c.IdentityTail == tail || c.NameKey.Contains(key));
        }

        return match.MatchingName(key);
    }

    private static CustomerMatch MatchingName(this CustomerMatch match, string key) => match.Having(GramsOfName(key)).Where(c => c.NameKey.Contains(key));

    private static CustomerMatch MatchingDigits(this CustomerMatch match, string digits)
    {
        if (digits.Length < PhoneGram)
            return match.MatchingName(digits);
        if (digits.Length == PhoneGram)
            return match.Rare().HavingAny([digits, IdentityTailGram(digits), "-" + digits])
                .Where(c => c.PhoneKey.Contains(digits) || c.NameKey.Contains(digits) || c.IdentityTail == digits || c.Number.EndsWith(digits));
        return match.Rare().Having(Fours(digits)).Where(c => c.PhoneKey.Contains(digits) || c.NameKey.Contains(digits));
    }

    private static string IdentityTailGram(string tail) => "#" + tail.ToLowerInvariant();

    /// <summary>What a part of a name has in the index: its pairs of characters, or the one character.</summary>
    public static string[] GramsOfName(string key) => Pairs(key) is { Length: > 0 } pairs ? pairs : Characters(key);

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

/// <summary>What the grams of a customer are made of.</summary>
internal sealed record CustomerGrams(
    string Name, IEnumerable<string> Phones, string? IdentityTail, string Number, IEnumerable<string> Tags, IEnumerable<Guid> Products, string? Source,
    Guid? OwnerId, IReadOnlyCollection<Guid> Collaborators, Guid? DepartmentId, CustomerState State, CustomerKind Kind, DateTimeOffset CreatedAt, bool Submitted,
    Guid? PoolId = null);
