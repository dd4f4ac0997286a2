using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// How a customer's file stands, as the table of moves needs to know it. The Documents feature computes it; Customers do not know Documents.
/// </summary>
/// <param name="Percent">0 to 100; 100 exactly when nothing is missing.</param>
/// <param name="Complete">Everything that is needed is there.</param>
/// <param name="AllAccepted">Everything that is needed was accepted by a reviewer.</param>
/// <param name="Missing">Everything that is missing.</param>
/// <param name="NotAccepted">Everything that stands between this file and its approval.</param>
public record FileStanding(int Percent, bool Complete, bool AllAccepted, IReadOnlyList<Missing> Missing, IReadOnlyList<Missing> NotAccepted)
{
    /// <summary>A reviewer sent the whole file back, and neither a new paper nor an answer has come since. Is itself one of <see cref="Missing"/>.</summary>
    public bool ReturnOpen { get; init; }
}
