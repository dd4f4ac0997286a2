using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Staff;

/// <summary>An account of a colleague. Never deleted: what it did stays readable; it is disabled instead.</summary>
internal sealed class StaffMember
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>The name typed at sign-in.</summary>
    public required string UserName { get; set; }

    /// <summary>The sign-in name in the form that is compared; unique.</summary>
    public string NormalizedUserName { get; set; } = "";

    /// <summary>The name that colleagues read.</summary>
    public required string Name { get; set; }

    public string? Phone { get; set; }

    public string? Email { get; set; }

    public Guid? DepartmentId { get; set; }

    public string? PasswordHash { get; set; }

    /// <summary>Sessions carry a copy; a new value ends them all.</summary>
    public string SecurityStamp { get; set; } = "";

    public bool MustChangePassword { get; set; }

    public bool TwoFactorEnabled { get; set; }

    /// <summary>The authenticator's secret, encrypted. Set but not in force until <see cref="TwoFactorEnabled"/>.</summary>
    public string? TotpSecret { get; set; }

    /// <summary>The time step of the last code that was accepted: a code opens the door once.</summary>
    public long? LastTotpStep { get; set; }

    /// <summary>SHA-256 of the recovery codes that are left.</summary>
    public List<string> RecoveryCodes { get; set; } = [];

    public DateTimeOffset? LockoutEnd { get; set; }

    public int AccessFailedCount { get; set; }

    public bool Disabled { get; set; }

    public DateTimeOffset? LastSignInAt { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public uint Version { get; set; }

    public bool IsLocked(DateTimeOffset now) => LockoutEnd > now;

    /// <summary>This person as the author of an audit row; without permissions, so it opens nothing.</summary>
    public StaffActor AsAuthor(string? from) =>
        new(Id, Name, DepartmentId, new HashSet<Permission>(), new HashSet<Guid>()) { From = from };
}

/// <summary>That somebody has a role.</summary>
internal sealed class StaffRole
{
    public required Guid StaffId { get; init; }

    public required Guid RoleId { get; init; }
}
