using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;

namespace CcdBlazor.Domain.Documents;

/// <summary>A move of a customer's whole file, as a row: submitted, approved, refused, sent back, reopened.</summary>
internal sealed class FileDecision
{
    private FileDecision()
    {
    }

    public Guid Id { get; private init; }

    public Guid CustomerId { get; private init; }

    public CustomerMove Move { get; private init; }

    public CustomerState From { get; private init; }

    public CustomerState To { get; private init; }

    public string? Reason { get; private init; }

    public Guid? ById { get; private init; }

    public string ByName { get; private init; } = "";

    public DateTimeOffset At { get; private init; }

    public static FileDecision Of(Guid customerId, CustomerMove move, CustomerState from, CustomerState to, string? reason, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        CustomerId = customerId,
        Move = move,
        From = from,
        To = to,
        Reason = string.IsNullOrWhiteSpace(reason) ? null : reason.Trim(),
        ById = by.Id,
        ByName = by.DisplayName,
        At = now,
    };
}
