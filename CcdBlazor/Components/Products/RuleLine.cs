using CcdBlazor.Domain.Products;

namespace CcdBlazor.Components.Products;

/// <summary>One line of a checklist while somebody edits it: everything may be wrong for a moment.</summary>
public sealed class RuleLine
{
    private const decimal BytesPerMb = 1024 * 1024;
    private const decimal MostMb = 100_000; // far above the limit that the rules refuse, far below what a number of bytes can hold

    /// <summary>Identity on the page; a line keeps it while it moves.</summary>
    public Guid Key { get; } = Guid.NewGuid();

    public required string Code { get; init; }

    public required string TypeCode { get; set; }

    public string? Name { get; set; }

    public Need Need { get; set; }

    public string? GroupCode { get; set; }

    public string? GroupName { get; set; }

    public List<string> AllOf { get; } = [];

    public List<string> AnyOf { get; } = [];

    public List<string> NoneOf { get; } = [];

    /// <summary>A second condition that is enough by itself; shown, and only removed as a whole.</summary>
    public FactCondition? Or { get; set; }

    public int MinFiles { get; set; } = 1;

    public int MaxFiles { get; set; } = 5;

    public DocumentFormats Formats { get; set; } = DocumentFormats.PicturesAndPdf;

    public long MaxBytes { get; set; } = ChecklistRule.DefaultMaxBytes;

    /// <summary><see cref="MaxBytes"/> as people type it.</summary>
    public decimal SizeMb
    {
        get => Math.Round(MaxBytes / BytesPerMb, 2);
        set => MaxBytes = (long)(Math.Clamp(value, 0, MostMb) * BytesPerMb);
    }

    public int? FreshDays { get; set; }

    public string? Help { get; set; }

    public Guid? ExampleFileId { get; set; }

    public string Title => string.IsNullOrWhiteSpace(Name) ? DocumentTypes.NameOf(TypeCode) : Name.Trim();

    public FactCondition? Condition
    {
        get
        {
            var condition = new FactCondition { AllOf = [.. AllOf], AnyOf = [.. AnyOf], NoneOf = [.. NoneOf], Or = Or };
            return condition is { IsEmpty: true, Or: null } ? null : condition;
        }
    }

    public static RuleLine Of(ChecklistRule rule, string? code = null)
    {
        var line = new RuleLine
        {
            Code = code ?? rule.Code,
            TypeCode = rule.TypeCode,
            Name = rule.Name,
            Need = rule.Need,
            GroupCode = rule.GroupCode,
            GroupName = rule.GroupName,
            Or = rule.Condition?.Or,
            MinFiles = rule.MinFiles,
            MaxFiles = rule.MaxFiles,
            Formats = rule.Formats,
            MaxBytes = rule.MaxBytes,
            FreshDays = rule.FreshDays,
            Help = rule.Help,
            ExampleFileId = rule.ExampleFileId,
        };
        line.AllOf.AddRange(rule.Condition?.AllOf ?? []);
        line.AnyOf.AddRange(rule.Condition?.AnyOf ?? []);
        line.NoneOf.AddRange(rule.Condition?.NoneOf ?? []);
        return line;
    }

    public ChecklistRule ToRule(int order) => new()
    {
        Code = Code,
        TypeCode = TypeCode,
        Name = Tidy(Name),
        Need = Need,
        // A group means something for its members only.
        GroupCode = Need == Need.OneOfGroup ? GroupCode : null,
        GroupName = Need == Need.OneOfGroup ? Tidy(GroupName) : null,
        Condition = Condition,
        MinFiles = MinFiles,
        MaxFiles = MaxFiles,
        Formats = Formats,
        MaxBytes = MaxBytes,
        FreshDays = FreshDays,
        Help = Tidy(Help),
        ExampleFileId = ExampleFileId,
        Order = order,
    };

    private static string? Tidy(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
