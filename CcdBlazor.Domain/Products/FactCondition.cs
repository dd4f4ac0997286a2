using System.Text;
using System.Text.Json.Serialization;

namespace CcdBlazor.Domain.Products;

/// <summary>
/// When a rule applies, as a question to the customer's facts: all of these, at least one of these, none of these; or the
/// alternative <see cref="Or"/>. An empty condition always holds. Compares by content.
/// </summary>
public sealed record FactCondition
{
    public IReadOnlyList<string> AllOf { get; init; } = [];

    public IReadOnlyList<string> AnyOf { get; init; } = [];

    public IReadOnlyList<string> NoneOf { get; init; } = [];

    /// <summary>A second condition that is enough by itself. Arises when rules of several products are merged.</summary>
    public FactCondition? Or { get; init; }

    [JsonIgnore]
    public bool IsEmpty => AllOf.Count == 0 && AnyOf.Count == 0 && NoneOf.Count == 0;

    public static FactCondition All(params string[] facts) => new() { AllOf = facts };

    public static FactCondition Any(params string[] facts) => new() { AnyOf = facts };

    public static FactCondition None(params string[] facts) => new() { NoneOf = facts };

    public bool Holds(IReadOnlySet<string> facts) => HoldsItself(facts) || (Or?.Holds(facts) ?? false);

    /// <summary>Every fact code that is mentioned, with repetitions.</summary>
    public IEnumerable<string> Mentioned() => AllOf.Concat(AnyOf).Concat(NoneOf).Concat(Or?.Mentioned() ?? []);

    /// <summary>The condition as a clerk says it: <c>已婚且名下有房产，或企业客户</c>.</summary>
    public string InWords()
    {
        var words = new StringBuilder();
        Append(words, "且", "", AllOf);
        if (AnyOf.Count > 0)
        {
            words.Append(words.Length > 0 ? "且" : "");
            var bracket = words.Length > 0 && AnyOf.Count > 1;
            words.Append(bracket ? "（" : "").AppendJoin("或", AnyOf.Select(CustomerFacts.LabelOf)).Append(bracket ? "）" : "");
        }

        Append(words, "且", "非", NoneOf);
        if (IsEmpty)
            words.Append("任何情况");
        if (Or is not null)
            words.Append("，或").Append(Or.InWords());
        return words.ToString();
    }

    /// <summary>What holds when either holds; null (always) when one of them is null or empty.</summary>
    public static FactCondition? Either(FactCondition? first, FactCondition? second)
    {
        if (first is null or { IsEmpty: true } || second is null or { IsEmpty: true })
            return null;
        for (var part = first; part is not null; part = part.Or)
        {
            if ((part with { Or = null }).Equals(second))
                return first;
        }

        return first with { Or = first.Or is null ? second : Either(first.Or, second) };
    }

    public bool Equals(FactCondition? other) =>
        other is not null && AllOf.SequenceEqual(other.AllOf) && AnyOf.SequenceEqual(other.AnyOf) && NoneOf.SequenceEqual(other.NoneOf)
        && Equals(Or, other.Or);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var fact in Mentioned())
            hash.Add(fact, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    private bool HoldsItself(IReadOnlySet<string> facts)
    {
        // Indexed loops: this runs for every rule of every row of a list page.
        for (var i = 0; i < AllOf.Count; i++)
        {
            if (!facts.Contains(AllOf[i]))
                return false;
        }

        for (var i = 0; i < NoneOf.Count; i++)
        {
            if (facts.Contains(NoneOf[i]))
                return false;
        }

        for (var i = 0; i < AnyOf.Count; i++)
        {
            if (facts.Contains(AnyOf[i]))
                return true;
        }

        return AnyOf.Count == 0;
    }

    private static void Append(StringBuilder words, string between, string before, IReadOnlyList<string> facts)
    {
        foreach (var fact in facts)
            words.Append(words.Length > 0 ? between : "").Append(before).Append(CustomerFacts.LabelOf(fact));
    }
}
