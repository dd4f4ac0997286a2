using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Products;

/// <summary>
/// The rules of one version of a product's checklist, in order. Immutable, so it can be cached per version and shared by threads;
/// holds the lookups that the completeness check needs.
/// </summary>
public sealed partial class ChecklistRules
{
    public const int MostRules = 60;
    public const int MostFilesPerRule = 50;
    private const long SmallestMaxBytes = 100 * 1024;
    private const long LargestMaxBytes = 200 * 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        // Only ever stored and read back, never put into a page: Chinese stays readable in the database.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly Dictionary<string, int> placeByCode;
    private readonly int[] groupOf;

    public ChecklistRules(IEnumerable<ChecklistRule> rules)
    {
        // OrderBy is stable: rules with the same Order keep the order in which they came.
        Items = [.. rules.OrderBy(rule => rule.Order)];
        placeByCode = new(Items.Count, StringComparer.Ordinal);
        var groups = new List<string>();
        groupOf = new int[Items.Count];
        for (var i = 0; i < Items.Count; i++)
        {
            placeByCode.TryAdd(Items[i].Code, i);
            groupOf[i] = -1;
            if (Items[i].GroupCode is not { Length: > 0 } group)
                continue;
            groupOf[i] = groups.IndexOf(group);
            if (groupOf[i] < 0)
            {
                groupOf[i] = groups.Count;
                groups.Add(group);
            }
        }

        GroupCount = groups.Count;
    }

    public static ChecklistRules Empty { get; } = new([]);

    public IReadOnlyList<ChecklistRule> Items { get; }

    internal int GroupCount { get; }

    public ChecklistRule? Find(string code) => placeByCode.TryGetValue(code, out var place) ? Items[place] : null;

    /// <summary>Index into <see cref="Items"/>, or -1.</summary>
    internal int PlaceOf(string code) => placeByCode.TryGetValue(code, out var place) ? place : -1;

    /// <summary>Number of the group that the rule at this place belongs to, or -1.</summary>
    internal int GroupOf(int place) => groupOf[place];

    /// <summary>Everything that is wrong, in the order of the rules; empty when the checklist may be published.</summary>
    public IReadOnlyList<Refusal> Validate()
    {
        var found = new List<Refusal>();
        if (Items.Count == 0)
            found.Add(ProductRefusals.NoRules);
        if (Items.Count > MostRules)
            found.Add(ProductRefusals.TooManyRules(MostRules));

        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rule in Items)
        {
            Look(!CodeForm().IsMatch(rule.Code), ProductRefusals.CodeMalformed, rule);
            Look(!codes.Add(rule.Code), ProductRefusals.CodeTwice, rule);
            Look(DocumentTypes.Find(rule.TypeCode) is null, ProductRefusals.UnknownType, rule);
            Look(rule.Name is not null && string.IsNullOrWhiteSpace(rule.Name), ProductRefusals.NameEmpty, rule);
            Look(rule.Name?.Length > 60, ProductRefusals.NameTooLong, rule);
            Look(rule.Help?.Length > 500, ProductRefusals.HelpTooLong, rule);
            Look(rule.MinFiles < 1, ProductRefusals.MinFiles, rule);
            Look(rule.MaxFiles > MostFilesPerRule, each => ProductRefusals.MaxFiles(each, MostFilesPerRule), rule);
            Look(rule.MinFiles > rule.MaxFiles, ProductRefusals.MinAboveMax, rule);
            Look((rule.Formats & DocumentFormats.Any) == 0, ProductRefusals.NoFormats, rule);
            Look(rule.MaxBytes is < SmallestMaxBytes or > LargestMaxBytes, ProductRefusals.MaxBytes, rule);
            Look(rule.FreshDays is < 1 or > 3650, ProductRefusals.FreshDays, rule);
            Look(rule.Need == Need.Conditional && rule.Condition is null or { IsEmpty: true }, ProductRefusals.ConditionMissing, rule);
            Look(rule.Need == Need.OneOfGroup && string.IsNullOrWhiteSpace(rule.GroupCode), ProductRefusals.GroupMissing, rule);
            Look(
                rule.Need == Need.OneOfGroup && rule.GroupCode is { Length: > 0 } group && Items.Count(other => other.GroupCode == group) == 1,
                ProductRefusals.GroupOfOne,
                rule);
            foreach (var fact in rule.Condition?.Mentioned().Distinct() ?? [])
                Look(CustomerFacts.Find(fact) is null, each => ProductRefusals.UnknownFact(each, fact), rule);
            for (var part = rule.Condition; part is not null; part = part.Or)
            {
                if (part.AllOf.Intersect(part.NoneOf).FirstOrDefault() is { } both)
                    found.Add(ProductRefusals.ConditionImpossible(rule, both));
            }
        }

        return found;

        void Look(bool wrong, Func<ChecklistRule, Refusal> refusal, ChecklistRule rule)
        {
            if (wrong)
                found.Add(refusal(rule));
        }
    }

    /// <summary>The outcome of <see cref="Validate"/> as one refusal: the first leads, the others ride along.</summary>
    public Result Check()
    {
        var found = Validate();
        return found.Count switch
        {
            0 => Result.Done,
            1 => found[0],
            _ => found[0] with { Others = [.. found.Skip(1)] },
        };
    }

    /// <summary>For a jsonb column: an array of rules, enums by name.</summary>
    public string ToJson() => JsonSerializer.Serialize(Items, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote. Broken stored text is a bug and throws <see cref="JsonException"/>.</summary>
    public static ChecklistRules FromJson(string json) => new(JsonSerializer.Deserialize<List<ChecklistRule>>(json, Json) ?? []);

    /// <summary>What changes for a customer who moves from one version to another, in words, in the order of the newer one.</summary>
    public static IReadOnlyList<ChecklistDifference> Compare(ChecklistRules older, ChecklistRules newer) => ChecklistComparison.Of(older, newer);

    /// <summary>One checklist for a customer with several products; see <see cref="ChecklistMerge"/>.</summary>
    public static ChecklistRules Merge(IEnumerable<ChecklistRules> several) => ChecklistMerge.Of(several);

    [GeneratedRegex("^[a-z0-9][a-z0-9_.-]{0,59}$")]
    private static partial Regex CodeForm();
}
