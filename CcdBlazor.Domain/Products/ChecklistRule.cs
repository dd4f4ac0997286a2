using System.Text.Json.Serialization;

namespace CcdBlazor.Domain.Products;

/// <summary>How much a rule asks for. A condition on any of them narrows it to the customers for whom it holds. Stored by name.</summary>
public enum Need
{
    Required,
    Optional,
    /// <summary>At least one rule of the same group must be satisfied.</summary>
    OneOfGroup,
    /// <summary>Required when the condition holds; the condition is mandatory.</summary>
    Conditional,
}

/// <summary>One line of a checklist. Immutable; compares by content.</summary>
public sealed record ChecklistRule
{
    public const long DefaultMaxBytes = 20 * 1024 * 1024;

    /// <summary>Stable within a product; documents point at it: lower-case letters, digits, <c>_ - .</c>, up to 60.</summary>
    public required string Code { get; init; }

    /// <summary>Code of a <see cref="DocumentType"/>.</summary>
    public required string TypeCode { get; init; }

    /// <summary>A name of its own; null for the type's name. Show <see cref="Title"/>.</summary>
    public string? Name { get; init; }

    public Need Need { get; init; } = Need.Required;

    /// <summary>The group for <see cref="Need.OneOfGroup"/>.</summary>
    public string? GroupCode { get; init; }

    /// <summary>What the group proves: 收入证明材料.</summary>
    public string? GroupName { get; init; }

    /// <summary>When the rule applies at all; null for always.</summary>
    public FactCondition? Condition { get; init; }

    /// <summary>How many good files satisfy the rule, 1 or more.</summary>
    public int MinFiles { get; init; } = 1;

    public int MaxFiles { get; init; } = 5;

    public DocumentFormats Formats { get; init; } = DocumentFormats.PicturesAndPdf;

    /// <summary>Largest single file, in bytes.</summary>
    public long MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>What the customer reads under the name; plain words.</summary>
    public string? Help { get; init; }

    /// <summary>A stored example picture.</summary>
    public Guid? ExampleFileId { get; init; }

    /// <summary>Hint: must have been issued within this many days.</summary>
    public int? FreshDays { get; init; }

    public int Order { get; init; }

    /// <summary>The name to show.</summary>
    [JsonIgnore]
    public string Title => string.IsNullOrWhiteSpace(Name) ? DocumentTypes.NameOf(TypeCode) : Name;

    public bool AppliesTo(IReadOnlySet<string> facts) => Condition?.Holds(facts) ?? true;

    /// <summary>The need as people read it: <c>必交</c>, <c>选交</c>, <c>任选一项（收入证明材料）</c>, <c>必交（已婚时）</c>.</summary>
    [JsonIgnore]
    public string NeedInWords
    {
        get
        {
            var words = Need switch
            {
                Need.Required or Need.Conditional => "必交",
                Need.Optional => "选交",
                Need.OneOfGroup => $"任选一项（{GroupName ?? GroupCode}）",
                _ => throw new InvalidOperationException($"Unknown need {Need}."),
            };
            return Condition is null or { IsEmpty: true, Or: null } ? words : $"{words}（{Condition.InWords()}时）";
        }
    }
}
