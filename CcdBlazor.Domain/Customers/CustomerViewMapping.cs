using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Customers;

internal static class CustomerViewTables
{
    extension(CcdDbContext db)
    {
        public DbSet<CustomerView> CustomerViews => db.Set<CustomerView>();

        public DbSet<CustomerListSettings> CustomerListSettings => db.Set<CustomerListSettings>();
    }
}

internal sealed class CustomerViewMapping : IEntityTypeConfiguration<CustomerView>, IRefuseByConstraint
{
    private const string OneName = "ux_customer_views_name";

    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [(OneName, CustomerViewRefusals.NameTaken)];

    public void Configure(EntityTypeBuilder<CustomerView> view)
    {
        view.ToTable("customer_views");
        view.HasKey(v => v.Id);
        view.Property(v => v.Id).ValueGeneratedNever();
        view.Property(v => v.Name).HasMaxLength(CustomerView.LongestName);
        view.Property(v => v.Filter).HasColumnType("jsonb");
        view.Property(v => v.Sharing).HasConversion<string>().HasMaxLength(16);
        view.HasOne<StaffMember>().WithMany().HasForeignKey(v => v.OwnerId).OnDelete(DeleteBehavior.Cascade);
        // A department that is gone leaves the view to its owner.
        view.HasOne<Department>().WithMany().HasForeignKey(v => v.DepartmentId).OnDelete(DeleteBehavior.SetNull);
        view.HasIndex(v => new { v.OwnerId, v.Name }, OneName).IsUnique();
        view.HasIndex(v => v.DepartmentId).HasFilter("department_id is not null");
        view.HasIndex(v => v.Sharing).HasFilter("sharing = 'Everybody'");
    }
}

internal sealed class CustomerListSettingsMapping : IEntityTypeConfiguration<CustomerListSettings>
{
    public void Configure(EntityTypeBuilder<CustomerListSettings> settings)
    {
        settings.ToTable("customer_list_settings");
        settings.HasKey(s => s.StaffId);
        settings.Property(s => s.StaffId).ValueGeneratedNever();
        settings.HasOne<StaffMember>().WithMany().HasForeignKey(s => s.StaffId).OnDelete(DeleteBehavior.Cascade);
        settings.HasOne<CustomerView>().WithMany().HasForeignKey(s => s.DefaultViewId).OnDelete(DeleteBehavior.SetNull);
    }
}
