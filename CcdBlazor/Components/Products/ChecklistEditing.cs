using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Components.Products;

/// <summary>A checklist while it is edited: order, groups, undo, and what is wrong with it. Knows no page.</summary>
public sealed class ChecklistEditing
{
    private readonly List<RuleLine> lines;
    private readonly Stack<(int Place, RuleLine Line)> removed = new();
    private ILookup<string, Refusal> problems = Enumerable.Empty<Refusal>().ToLookup(_ => "");

    private ChecklistEditing(IEnumerable<RuleLine> lines)
    {
        this.lines = [.. lines];
        Rules = ChecklistRules.Empty;
        Look();
    }

    public IReadOnlyList<RuleLine> Lines => lines;

    /// <summary>What would be published, as of the last <see cref="Look"/>.</summary>
    public ChecklistRules Rules { get; private set; }

    /// <summary>Everything that is wrong, in the order of the lines.</summary>
    public IReadOnlyList<Refusal> Problems { get; private set; } = [];

    /// <summary>The line that <see cref="Undo"/> would bring back.</summary>
    public RuleLine? LastRemoved => removed.TryPeek(out var last) ? last.Line : null;

    public static ChecklistEditing Of(ChecklistRules rules) => new(rules.Items.Select(rule => RuleLine.Of(rule)));

    /// <summary>Rebuilds rules and problems after a line was changed.</summary>
    public void Look()
    {
        Rules = new(lines.Select((line, place) => line.ToRule((place + 1) * 10)));
        Problems = Rules.Validate();
        problems = Problems.ToLookup(problem => problem.Field ?? "");
    }

    /// <summary>The first thing that is wrong with a field of a line.</summary>
    public Refusal? ProblemOf(RuleLine line, string property) => problems[$"Rules[{line.Code}].{property}"].FirstOrDefault();

    public int ProblemsOf(RuleLine line)
    {
        var start = $"Rules[{line.Code}].";
        return Problems.Count(problem => problem.Field?.StartsWith(start, StringComparison.Ordinal) == true);
    }

    /// <summary>True when publishing would change anything, the order included.</summary>
    public bool DiffersFrom(ChecklistRules published) => !Of(published).Rules.Items.SequenceEqual(Rules.Items);

    public RuleLine Add(string typeCode)
    {
        var line = new RuleLine { Code = FreshCode(typeCode), TypeCode = typeCode };
        lines.Add(line);
        Look();
        return line;
    }

    public RuleLine Duplicate(RuleLine line)
    {
        var copy = RuleLine.Of(line.ToRule(0), FreshCode(line.TypeCode));
        copy.Name = $"{line.Title}（副本）";
        lines.Insert(lines.IndexOf(line) + 1, copy);
        Look();
        return copy;
    }

    public void Move(RuleLine line, int by)
    {
        var from = lines.IndexOf(line);
        var to = Math.Clamp(from + by, 0, lines.Count - 1);
        lines.RemoveAt(from);
        lines.Insert(to, line);
        Look();
    }

    public void Remove(RuleLine line)
    {
        removed.Push((lines.IndexOf(line), line));
        lines.Remove(line);
        Look();
    }

    public RuleLine? Undo()
    {
        if (!removed.TryPop(out var last))
            return null;
        lines.Insert(Math.Min(last.Place, lines.Count), last.Line);
        Look();
        return last.Line;
    }

    /// <summary>The groups that lines belong to, each once, with its name.</summary>
    public IReadOnlyList<(string Code, string Name)> Groups =>
    [
        .. lines.Where(line => line.Need == Need.OneOfGroup && !string.IsNullOrEmpty(line.GroupCode))
            .GroupBy(line => line.GroupCode!, StringComparer.Ordinal)
            .Select(group => (group.Key, group.Select(line => line.GroupName).FirstOrDefault(name => !string.IsNullOrWhiteSpace(name)) ?? group.Key)),
    ];

    /// <summary>Puts a line into a group that exists, or into a new one when <paramref name="code"/> is none.</summary>
    public void JoinGroup(RuleLine line, string? code)
    {
        line.GroupCode = code ?? FreshGroup();
        line.GroupName = code is null ? null : Groups.FirstOrDefault(group => group.Code == code).Name;
        Look();
    }

    /// <summary>Renames a group for all its members.</summary>
    public void NameGroup(string code, string? name)
    {
        foreach (var line in lines.Where(line => line.GroupCode == code))
            line.GroupName = name;
        Look();
    }

    /// <summary>Codes are never shown; they only have to stay the same, and to differ within the list.</summary>
    private string FreshCode(string typeCode)
    {
        var taken = lines.Concat(removed.Select(gone => gone.Line)).Select(line => line.Code).ToHashSet(StringComparer.Ordinal);
        var code = typeCode;
        for (var number = 2; taken.Contains(code); number++)
            code = string.Create(CultureInfo.InvariantCulture, $"{typeCode}_{number}");
        return code;
    }

    private string FreshGroup()
    {
        var taken = lines.Select(line => line.GroupCode).ToHashSet(StringComparer.Ordinal);
        for (var number = 1; ; number++)
        {
            var code = string.Create(CultureInfo.InvariantCulture, $"group_{number}");
            if (!taken.Contains(code))
                return code;
        }
    }
}
