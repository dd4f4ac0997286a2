using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Customers;

internal sealed class CustomerOwnerChangeMapping : IEntityTypeConfiguration<CustomerOwnerChange>
{
    public void Configure(EntityTypeBuilder<CustomerOwnerChange> change)
    {
        change.ToTable("customer_owner_changes");
        change.HasKey(c => c.Id);
        change.Property(c => c.Id).UseIdentityAlwaysColumn();
        change.Property(c => c.Cause).HasConversion<short>();
        change.Property(c => c.Reason).HasMaxLength(CustomerWorkflow.LongestReason);
        change.HasOne<Customer>().WithMany().HasForeignKey(c => c.CustomerId).OnDelete(DeleteBehavior.Cascade);
        change.HasOne<StaffMember>().WithMany().HasForeignKey(c => c.FromOwnerId).OnDelete(DeleteBehavior.Restrict);
        change.HasOne<StaffMember>().WithMany().HasForeignKey(c => c.ToOwnerId).OnDelete(DeleteBehavior.Restrict);
        change.HasIndex(c => new { c.CustomerId, c.Id });
        // Cool-down of the former owner; picks of a day.
        change.HasIndex(c => new { c.FromOwnerId, c.At });
        change.HasIndex(c => new { c.ToOwnerId, c.At });
        change.HasIndex(c => c.PartOf).HasFilter("part_of is not null");
    }
}

internal static class CustomerOwnerChangeTables
{
    extension(CcdDbContext db)
    {
        public DbSet<CustomerOwnerChange> CustomerOwnerChanges => db.Set<CustomerOwnerChange>();
    }
}
