namespace CcdBlazor.Domain.Documents;

/// <summary>Where one document stands. The numbers are stored: never renumber.</summary>
public enum DocumentState
{
    /// <summary>Arrived and waiting for the reviewer.</summary>
    Uploaded = 0,
    /// <summary>Accepted by a reviewer.</summary>
    Accepted = 1,
    /// <summary>Returned by a reviewer with a reason; waits to be replaced.</summary>
    Returned = 2,
    /// <summary>A newer version stands in its place.</summary>
    Replaced = 3,
    /// <summary>Taken back by the uploader.</summary>
    Withdrawn = 4,
}
