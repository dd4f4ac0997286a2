namespace CcdBlazor.Domain.Products;

/// <summary>
/// Says that a stored file is an example picture. Customers' documents lie in the same store: without such a row no file is shown as an
/// example, and no rule may point at it.
/// </summary>
internal sealed class ProductExample
{
    public required Guid FileId { get; init; }

    public required DateTimeOffset StoredAt { get; init; }
}
