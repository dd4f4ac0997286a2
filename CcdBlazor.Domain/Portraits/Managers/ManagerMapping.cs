using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Portraits.Managers;

internal static class ManagerTables
{
    extension(CcdDbContext db)
    {
        public DbSet<ManagerProfile> ManagerProfiles => db.Set<ManagerProfile>();

        public DbSet<ManagerConflict> ManagerConflicts => db.Set<ManagerConflict>();

        /// <summary>Accounts in use that have the role of account managers.</summary>
        public IQueryable<StaffMember> AccountManagers()
        {
            var (held, roles) = (db.StaffRoles, db.Roles);
            return db.StaffMembers.Where(s => !s.Disabled && held.Any(h => h.StaffId == s.Id && roles.Any(r => r.Id == h.RoleId && r.BuiltIn && r.Name == ShippedRoles.AccountManager)));
        }
    }
}

internal sealed class ManagerProfileMapping : IEntityTypeConfiguration<ManagerProfile>
{
    public void Configure(EntityTypeBuilder<ManagerProfile> profile)
    {
        profile.ToTable("manager_profiles");
        profile.HasKey(p => p.StaffId);
        profile.Property(p => p.StaffId).ValueGeneratedNever();
        profile.Property(p => p.Level).HasConversion<string>().HasMaxLength(16);
        profile.Property(p => p.AbsenceReason).HasMaxLength(ManagerDraft.LongestAbsenceReason);
        profile.Property(p => p.Version).IsRowVersion();
        profile.HasOne<StaffMember>().WithMany().HasForeignKey(p => p.StaffId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class ManagerConflictMapping : IEntityTypeConfiguration<ManagerConflict>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [("pk_manager_conflicts", ManagerRefusals.ConflictTwice)];

    public void Configure(EntityTypeBuilder<ManagerConflict> conflict)
    {
        conflict.ToTable("manager_conflicts");
        conflict.HasKey(c => new { c.CustomerId, c.ManagerId });
        conflict.Property(c => c.Reason).HasMaxLength(ManagerConflict.LongestReason);
        conflict.HasOne<Customer>().WithMany().HasForeignKey(c => c.CustomerId).OnDelete(DeleteBehavior.Cascade);
        conflict.HasOne<StaffMember>().WithMany().HasForeignKey(c => c.ManagerId).OnDelete(DeleteBehavior.Restrict);
    }
}
