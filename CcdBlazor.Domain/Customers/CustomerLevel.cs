namespace CcdBlazor.Domain.Customers;

/// <summary>How much a customer matters to the company, as its owner judged; the spans of the public pool depend on it. The numbers are stored.</summary>
public enum CustomerLevel
{
    A = 1,
    B = 2,
    C = 3,
    D = 4,
    E = 5,
}

public static class CustomerLevelWords
{
    public static IReadOnlyList<CustomerLevel> All { get; } = Enum.GetValues<CustomerLevel>();

    public static string Label(this CustomerLevel level) => $"{level} 级";
}
