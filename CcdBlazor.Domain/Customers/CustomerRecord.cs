using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// A customer as one read found it, for any reader. Whether a reader sees it, and how much of it, is decided here in memory; so one read can
/// serve everybody who watches.
/// </summary>
/// <param name="Full">With everything that is masked for some; never shown as it is.</param>
/// <param name="ReturnNote">With what words the file was sent back, while that is open.</param>
/// <param name="HasIdentity">A number is registered, which those with the right may ask for.</param>
internal sealed record CustomerRecord(CustomerDetail Full, CustomerAccess Access, string? ReturnNote, bool HasIdentity)
{
    /// <summary>What this reader is shown. The caller has asked <see cref="CustomerAccess.VisibleTo"/>.</summary>
    public CustomerDetail For(Actor by)
    {
        var mayEdit = by.May(Permission.EditCustomers);
        return Full with
        {
            Phones = mayEdit ? Full.Phones : [.. Full.Phones.Select(ContactPhone.Mask)],
            AllowedMoves = CustomerWorkflow.AllowedMoves(Full.State, ReturnNote is not null, by),
            MayEdit = mayEdit,
            MayReassign = by.May(Permission.ReassignCustomers),
            MayDelete = by.May(Permission.DeleteCustomers) && Full.State != CustomerState.Approved,
            MayRevealIdentity = by.May(Permission.RevealIdentity) && HasIdentity,
        };
    }

    /// <summary>True when every reader who sees both is shown the same.</summary>
    public bool Says(CustomerRecord other)
    {
        var (mine, theirs) = (Full, other.Full);
        return HasIdentity == other.HasIdentity && ReturnNote == other.ReturnNote
            && mine == theirs with
            {
                Phones = mine.Phones, Tags = mine.Tags, Facts = mine.Facts, Loans = mine.Loans, Collaborators = mine.Collaborators, AllowedMoves = mine.AllowedMoves,
            }
            && mine.Phones.SequenceEqual(theirs.Phones) && mine.Tags.SequenceEqual(theirs.Tags) && mine.Facts.SequenceEqual(theirs.Facts)
            && mine.Loans.SequenceEqual(theirs.Loans) && mine.Collaborators.SequenceEqual(theirs.Collaborators);
    }
}
