namespace CcdBlazor.Domain.Products;

/// <summary>A product in lists and pickers.</summary>
public sealed record ProductRow(Guid Id, string Code, string Name, string? Description, bool Active, int Order, Guid CurrentVersionId, int CurrentVersionNumber, uint Version);

/// <summary>One published version.</summary>
public sealed record RulesVersionRow(Guid Id, Guid ProductId, int Number, string? Note, DateTimeOffset PublishedAt, string PublishedByName);

/// <summary>What an administrator types about a product.</summary>
public sealed record ProductDraft(string Code, string Name, string? Description, int Order);
