namespace CcdBlazor.Domain.Customers;

/// <summary>Why a customer got another owner. The numbers are stored.</summary>
public enum OwnerChangeCause
{
    /// <summary>Registered by hand; the first owner.</summary>
    Registered = 0,
    /// <summary>Handed to a colleague by a person.</summary>
    Assigned = 1,
    /// <summary>An approved run of the fair assignment.</summary>
    AutoAssigned = 2,
    /// <summary>A run, or a change by hand, was taken back.</summary>
    Undone = 3,
    /// <summary>Put into the public pool by a person, with a reason.</summary>
    Released = 4,
    /// <summary>Went into the public pool by rule: nobody followed it up in time.</summary>
    ReleasedByRule = 5,
    /// <summary>Taken out of the pool by the new owner.</summary>
    Picked = 6,
    /// <summary>From one pool to another.</summary>
    MovedBetweenPools = 7,
    /// <summary>Given to somebody out of the pool by who may assign.</summary>
    AssignedFromPool = 8,
}

public static class OwnerChangeWords
{
    public static string Label(this OwnerChangeCause cause) => cause switch
    {
        OwnerChangeCause.Registered => "新建客户",
        OwnerChangeCause.Assigned => "转交",
        OwnerChangeCause.AutoAssigned => "自动分配",
        OwnerChangeCause.Undone => "撤销分配",
        OwnerChangeCause.Released => "放入公海",
        OwnerChangeCause.ReleasedByRule => "到期进入公海",
        OwnerChangeCause.Picked => "从公海领取",
        OwnerChangeCause.MovedBetweenPools => "转入其他公海",
        OwnerChangeCause.AssignedFromPool => "从公海指定负责人",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };

    /// <summary>The action under which the audit keeps it.</summary>
    internal static string Action(this OwnerChangeCause cause) => cause switch
    {
        OwnerChangeCause.Registered => "customer.created",
        OwnerChangeCause.Assigned or OwnerChangeCause.AssignedFromPool => "customer.assigned",
        OwnerChangeCause.AutoAssigned => "customer.auto_assigned",
        OwnerChangeCause.Undone => "customer.assignment_undone",
        OwnerChangeCause.Released => "customer.released",
        OwnerChangeCause.ReleasedByRule => "customer.released_by_rule",
        OwnerChangeCause.Picked => "customer.picked",
        OwnerChangeCause.MovedBetweenPools => "customer.moved_between_pools",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };
}

/// <summary>
/// One line of the owner history: from whom, to whom, when, why, by whom. Append-only. Whatever changes <see cref="Customer.OwnerId"/> writes one in the
/// same commit, through <see cref="CustomerOwnership"/>.
/// </summary>
internal sealed class CustomerOwnerChange
{
    public long Id { get; private init; }

    public required Guid CustomerId { get; init; }

    /// <summary>None: it had no owner (new, or in a pool).</summary>
    public Guid? FromOwnerId { get; init; }

    public Guid? FromPoolId { get; init; }

    /// <summary>None: it went into a pool.</summary>
    public Guid? ToOwnerId { get; init; }

    public Guid? ToPoolId { get; init; }

    public required OwnerChangeCause Cause { get; init; }

    public string? Reason { get; init; }

    public required DateTimeOffset At { get; init; }

    public Guid? ById { get; init; }

    public required string ByName { get; init; }

    /// <summary>What it was part of (a run of the assignment), if anything.</summary>
    public Guid? PartOf { get; init; }

    /// <summary>Who worked on it beside the owner until then and does so no more: going into a pool ends that.</summary>
    public Guid[] FormerCollaboratorIds { get; init; } = [];
}

/// <summary>A line of the owner history as pages show it.</summary>
/// <param name="From">Name of the owner until then; none when there was none.</param>
/// <param name="FromPoolId">The pool that it came out of.</param>
/// <param name="FormerCollaborators">Colleagues whose work on it ended with this.</param>
public sealed record OwnerChangeRow(
    long Id, DateTimeOffset At, OwnerChangeCause Cause, Guid? FromOwnerId, string? From, Guid? FromPoolId, Guid? ToOwnerId, string? To, Guid? ToPoolId,
    string? Reason, string By, IReadOnlyList<string> FormerCollaborators);
