namespace CcdBlazor.Domain.Products;

/// <summary>
/// One checklist out of those of several products. Rules with the same code and type become one, as strict as the strictest:
/// required before conditional before one-of-a-group before optional; more files; fewer formats; smaller files.
/// Two conditions become "either"; a condition beside none falls away. A rule that was required elsewhere stays a member of its
/// group, and the completeness check then asks nothing more of that group. Groups with the same code become one with all members
/// (shipped products keep equal groups equal); a rule that sits in two different groups stays in the first, so that it never counts
/// for too much. The same code with another type gets the type appended, for documents point at codes.
/// </summary>
internal static class ChecklistMerge
{
    public static ChecklistRules Of(IEnumerable<ChecklistRules> several)
    {
        var merged = new List<ChecklistRule>();
        foreach (var rules in several)
        {
            foreach (var rule in rules.Items)
            {
                var code = rule.Code;
                if (merged.Exists(other => other.Code == code && other.TypeCode != rule.TypeCode))
                    code = $"{rule.Code}.{rule.TypeCode}";
                var place = merged.FindIndex(other => other.Code == code && other.TypeCode == rule.TypeCode);
                if (place >= 0)
                    merged[place] = Stricter(merged[place], rule);
                else
                    merged.Add(rule with { Code = code });
            }
        }

        return new(merged);
    }

    private static ChecklistRule Stricter(ChecklistRule first, ChecklistRule second)
    {
        var (need, condition) = Strength(first) == Strength(second)
            ? (first.Need, FactCondition.Either(first.Condition, second.Condition))
            : Strength(first) > Strength(second) ? (first.Need, first.Condition) : (second.Need, second.Condition);
        var formats = first.Formats & second.Formats;
        return first with
        {
            Need = need,
            Condition = condition,
            GroupCode = first.GroupCode ?? second.GroupCode,
            GroupName = first.GroupCode is null ? second.GroupName : first.GroupName,
            MinFiles = Math.Max(first.MinFiles, second.MinFiles),
            MaxFiles = Math.Max(first.MaxFiles, second.MaxFiles),
            Formats = formats == DocumentFormats.None ? first.Formats : formats,
            MaxBytes = Math.Min(first.MaxBytes, second.MaxBytes),
            Help = first.Help ?? second.Help,
            ExampleFileId = first.ExampleFileId ?? second.ExampleFileId,
            FreshDays = first.FreshDays is null || second.FreshDays is null
                ? first.FreshDays ?? second.FreshDays
                : Math.Min(first.FreshDays.Value, second.FreshDays.Value),
            Order = Math.Min(first.Order, second.Order),
        };
    }

    /// <summary>Required under a condition is the same as conditional.</summary>
    private static int Strength(ChecklistRule rule) => rule.Need switch
    {
        Need.Required when rule.Condition is null or { IsEmpty: true } => 3,
        Need.Required or Need.Conditional => 2,
        Need.OneOfGroup => 1,
        Need.Optional => 0,
        _ => throw new InvalidOperationException($"Unknown need {rule.Need}."),
    };
}
