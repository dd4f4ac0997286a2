namespace CcdBlazor.Domain.Common;

/// <summary>Which page of a list is asked for. Page numbers start at 1; sizes are held between 20 and 100 (issue "The house", B1).</summary>
public sealed record PageRequest(int Number = 1, int Size = 20)
{
    public const int SmallestSize = 20;
    public const int LargestSize = 100;

    public int Number { get; } = Math.Max(1, Number);

    public int Size { get; } = Math.Clamp(Size, SmallestSize, LargestSize);

    public int Skip => (Number - 1) * Size;
}

/// <summary>One page of rows.</summary>
/// <param name="Total">How many rows there are, counted up to a ceiling.</param>
/// <param name="TotalIsFloor">True when the count stopped at the ceiling: there are at least <paramref name="Total"/>.</param>
public sealed record Page<T>(IReadOnlyList<T> Rows, int Total, bool TotalIsFloor, PageRequest Request)
{
    public int Pages => Math.Max(1, (Total + Request.Size - 1) / Request.Size);
}
