namespace CcdBlazor.Domain.Portraits;

/// <summary>What sort of value a trait takes.</summary>
public enum TraitKind
{
    Number,
    /// <summary>One of the trait's choices.</summary>
    Category,
    /// <summary>Several words; from the trait's choices when it has a closed list, else free.</summary>
    Tags,
}

/// <summary>Heading under which a trait stands.</summary>
public enum TraitGroup
{
    /// <summary>基本情况</summary>
    Profile,
    /// <summary>需求与偏好</summary>
    Wishes,
    /// <summary>业务判断</summary>
    Business,
}

/// <summary>One value of a closed list.</summary>
/// <param name="Code">Stored; never renamed.</param>
/// <param name="Label">Chinese.</param>
public sealed record TraitChoice(string Code, string Label);

/// <summary>A property of a customer that portraits know. The catalogue is code (<see cref="Traits"/>), values are data.</summary>
/// <param name="Code">Stable; stored with every value.</param>
/// <param name="Title">Chinese.</param>
public sealed record Trait(string Code, string Title, TraitKind Kind, TraitGroup Group)
{
    /// <summary>Chinese unit of a number.</summary>
    public string? Unit { get; init; }

    /// <summary>Smallest and largest believable number. What lies outside is a slip of the keyboard, and would draw a whole segment towards itself.</summary>
    public (double Least, double Most) Bounds { get; init; }

    /// <summary>The closed list of a category or of tags; empty for free tags.</summary>
    public IReadOnlyList<TraitChoice> Choices { get; init; } = [];

    /// <summary>Words that a form offers for free tags. Any other word is accepted, too.</summary>
    public IReadOnlyList<string> Offered { get; init; } = [];

    /// <summary>The customer may say it about himself; the rest is judged by staff.</summary>
    public bool CustomerMayFill { get; init; }

    /// <summary>Only concluded by the program: nobody writes it, and a portrait is complete without it.</summary>
    public bool Derived { get; init; }

    /// <summary>Chinese sentence under the field.</summary>
    public string? Help { get; init; }

    public string LabelOf(string code) => Choices.FirstOrDefault(c => c.Code == code)?.Label ?? code;
}

/// <summary>Words for the enums of portraits.</summary>
public static class PortraitWords
{
    public static string Label(this TraitGroup group) => group switch
    {
        TraitGroup.Profile => "基本情况",
        TraitGroup.Wishes => "需求与偏好",
        TraitGroup.Business => "业务判断",
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, null),
    };

    public static string Label(this TraitSource source) => source switch
    {
        TraitSource.Behaviour => "行为推断",
        TraitSource.Record => "客户档案",
        TraitSource.Form => "员工填写",
        TraitSource.Customer => "客户本人",
        TraitSource.Document => "已核实资料",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, null),
    };
}
