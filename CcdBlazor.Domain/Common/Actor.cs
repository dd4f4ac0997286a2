namespace CcdBlazor.Domain.Common;

/// <summary>
/// Who acts. Always an argument, never ambient: a circuit, an endpoint and a job call the same service.
/// </summary>
public abstract record Actor
{
    /// <summary>Short stable word for the audit: <c>staff</c>, <c>link</c>, <c>customer</c> or <c>system</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Identifier of the account or link; none for the system.</summary>
    public abstract Guid? Id { get; }

    /// <summary>The name that people read in a timeline.</summary>
    public abstract string DisplayName { get; }

    /// <summary>Where the request came from (an IP address), for the audit.</summary>
    public string? From { get; init; }

    public abstract bool May(Permission permission);

    /// <summary>The customer himself, whichever way he came.</summary>
    public virtual bool IsCustomer => false;
}

/// <summary>A signed-in member of staff, with the permissions of all roles at the time of asking.</summary>
/// <param name="LedDepartments">Departments that this person leads, with everything below them.</param>
public sealed record StaffActor(
    Guid StaffId,
    string Name,
    Guid? DepartmentId,
    IReadOnlySet<Permission> Permissions,
    IReadOnlySet<Guid> LedDepartments) : Actor
{
    public override string Kind => "staff";

    public override Guid? Id => StaffId;

    public override string DisplayName => Name;

    public override bool May(Permission permission) => Permissions.Contains(permission);
}

/// <summary>A customer who came through a link. May do only what the link names, for one customer.</summary>
public sealed record LinkActor(Guid LinkId, Guid CustomerId) : Actor
{
    public override string Kind => "link";

    public override Guid? Id => LinkId;

    public override string DisplayName => "客户本人";

    public override bool May(Permission permission) => false;

    public override bool IsCustomer => true;
}

/// <summary>
/// A customer who signed in with an account. Holds no permission, and no file is visible to him where staff look: services that serve customers ask for the files that are open to
/// him, and everything else answers as if there were none.
/// </summary>
/// <param name="CustomerIds">The files of this person, at the time of asking.</param>
public sealed record CustomerActor(Guid AccountId, IReadOnlySet<Guid> CustomerIds) : Actor
{
    public override string Kind => "customer";

    public override Guid? Id => AccountId;

    public override string DisplayName => "客户本人";

    public override bool May(Permission permission) => false;

    public override bool IsCustomer => true;
}

/// <summary>The program itself, under the name of the part that acts (a job, the completeness check, the seeder).</summary>
public sealed record SystemActor(string Name) : Actor
{
    public override string Kind => "system";

    public override Guid? Id => null;

    public override string DisplayName => "系统";

    public override bool May(Permission permission) => true;
}
