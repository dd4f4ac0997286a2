using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Staff;

internal static class StaffTables
{
    /// <summary>Held by every write that could leave the house without an administrator or the tree with a cycle. Arbitrary; must never change.</summary>
    private const long AdministrationLock = 0x4343_4402;

    extension(CcdDbContext db)
    {
        public DbSet<StaffMember> StaffMembers => db.Set<StaffMember>();

        public DbSet<Role> Roles => db.Set<Role>();

        public DbSet<StaffRole> StaffRoles => db.Set<StaffRole>();

        public DbSet<PasswordLink> PasswordLinks => db.Set<PasswordLink>();

        public DbSet<Department> Departments => db.Set<Department>();

        /// <summary>One administrator's change at a time, on all nodes; released with the transaction.</summary>
        public Task LockAdministrationAsync(CancellationToken ct) =>
            db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock({AdministrationLock})", ct);
    }
}

internal sealed class StaffMemberMapping : IEntityTypeConfiguration<StaffMember>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals =>
    [
        ("ix_staff_normalized_user_name", StaffRefusals.UserNameTaken),
        ("fk_staff_departments_department_id", StaffRefusals.DepartmentUnknown),
    ];

    public void Configure(EntityTypeBuilder<StaffMember> staff)
    {
        staff.ToTable("staff");
        staff.HasKey(s => s.Id);
        staff.Property(s => s.UserName).HasMaxLength(64);
        staff.Property(s => s.NormalizedUserName).HasMaxLength(64);
        staff.Property(s => s.Name).HasMaxLength(50);
        staff.Property(s => s.Phone).HasMaxLength(20);
        staff.Property(s => s.Email).HasMaxLength(200);
        staff.Property(s => s.Version).IsRowVersion();
        staff.HasIndex(s => s.NormalizedUserName).IsUnique();
        staff.HasIndex(s => s.DepartmentId);
        staff.HasOne<Department>().WithMany().HasForeignKey(s => s.DepartmentId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class RoleMapping : IEntityTypeConfiguration<Role>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [("ix_roles_name", StaffRefusals.RoleNameTaken)];

    public void Configure(EntityTypeBuilder<Role> role)
    {
        role.ToTable("roles");
        role.HasKey(r => r.Id);
        role.Property(r => r.Name).HasMaxLength(30);
        role.Property(r => r.PermissionNames).HasColumnName("permissions");
        role.Property(r => r.OfferedNames).HasColumnName("offered");
        role.Ignore(r => r.Permissions);
        role.Property(r => r.Version).IsRowVersion();
        role.HasIndex(r => r.Name).IsUnique();
    }
}

internal sealed class StaffRoleMapping : IEntityTypeConfiguration<StaffRole>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [("fk_staff_roles_roles_role_id", StaffRefusals.RoleInUse)];

    public void Configure(EntityTypeBuilder<StaffRole> staffRole)
    {
        staffRole.ToTable("staff_roles");
        staffRole.HasKey(r => new { r.StaffId, r.RoleId });
        staffRole.HasIndex(r => r.RoleId);
        staffRole.HasOne<StaffMember>().WithMany().HasForeignKey(r => r.StaffId).OnDelete(DeleteBehavior.Cascade);
        staffRole.HasOne<Role>().WithMany().HasForeignKey(r => r.RoleId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class PasswordLinkMapping : IEntityTypeConfiguration<PasswordLink>
{
    public void Configure(EntityTypeBuilder<PasswordLink> link)
    {
        link.ToTable("password_links");
        link.Property(l => l.Id).ValueGeneratedNever();
        link.HasOne<StaffMember>().WithMany().HasForeignKey(l => l.StaffId).OnDelete(DeleteBehavior.Restrict);
        link.HasIndex(l => l.TokenHash).IsUnique();
        link.HasIndex(l => new { l.StaffId, l.CreatedAt });
    }
}

internal sealed class DepartmentMapping : IEntityTypeConfiguration<Department>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals =>
    [
        ("ix_departments_parent_id_name", StaffRefusals.DepartmentNameTaken),
        ("fk_departments_departments_parent_id", StaffRefusals.DepartmentInUse),
        ("fk_departments_staff_leader_id", StaffRefusals.LeaderUnknown),
    ];

    public void Configure(EntityTypeBuilder<Department> department)
    {
        department.ToTable("departments");
        department.HasKey(d => d.Id);
        department.Property(d => d.Name).HasMaxLength(50);
        department.Property(d => d.Path).HasMaxLength(400);
        department.Ignore(d => d.Level);
        department.Property(d => d.Version).IsRowVersion();
        // Two departments at the top may not share a name either, and there the parent is null.
        department.HasIndex(d => new { d.ParentId, d.Name }).IsUnique().AreNullsDistinct(false);
        department.HasIndex(d => d.LeaderId);
        department.HasOne<Department>().WithMany().HasForeignKey(d => d.ParentId).OnDelete(DeleteBehavior.Restrict);
        department.HasOne<StaffMember>().WithMany().HasForeignKey(d => d.LeaderId).OnDelete(DeleteBehavior.Restrict);
    }
}
