using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Products;

/// <summary>A loan that the company offers. What it asks for is a chain of published, immutable rule versions; customers keep theirs.</summary>
internal sealed class LoanProduct
{
    private LoanProduct()
    {
    }

    public Guid Id { get; private init; }

    /// <summary>Stable short word, e.g. <c>personal_credit</c>.</summary>
    public string Code { get; private init; } = "";

    public string Name { get; private set; } = "";

    public string? Description { get; private set; }

    /// <summary>Inactive products are kept by the customers that have them and offered to nobody else.</summary>
    public bool Active { get; private set; } = true;

    public int Order { get; private set; }

    /// <summary>The version that new customers get.</summary>
    public Guid CurrentVersionId { get; private set; }

    public int CurrentVersionNumber { get; private set; }

    public uint Version { get; private set; }

    public static LoanProduct Offer(string code, string name, string? description, int order, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Code = code,
        Name = name,
        Description = description,
        Order = order,
    };

    public void Describe(string name, string? description, int order)
    {
        Name = name;
        Description = description;
        Order = order;
    }

    public void SetActive(bool active) => Active = active;

    /// <summary>Publishes rules as the next version. What already holds a version keeps it.</summary>
    public Result<RulesVersion> Publish(ChecklistRules rules, string? note, Actor by, DateTimeOffset now)
    {
        if (rules.Check().Refusal is { } refusal)
            return refusal;
        var version = RulesVersion.Of(Id, ++CurrentVersionNumber, rules, note, by, now);
        CurrentVersionId = version.Id;
        return version;
    }
}

/// <summary>One published version of a product's checklist. Never changed.</summary>
internal sealed class RulesVersion
{
    private RulesVersion()
    {
    }

    public Guid Id { get; private init; }

    public Guid ProductId { get; private init; }

    /// <summary>1, 2, 3 … within the product.</summary>
    public int Number { get; private init; }

    /// <summary><see cref="ChecklistRules.ToJson"/>.</summary>
    public string Rules { get; private init; } = "[]";

    public string? Note { get; private init; }

    public DateTimeOffset PublishedAt { get; private init; }

    public string PublishedByName { get; private init; } = "";

    internal static RulesVersion Of(Guid productId, int number, ChecklistRules rules, string? note, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        ProductId = productId,
        Number = number,
        Rules = rules.ToJson(),
        Note = string.IsNullOrWhiteSpace(note) ? null : note.Trim(),
        PublishedAt = now,
        PublishedByName = by.DisplayName,
    };
}
