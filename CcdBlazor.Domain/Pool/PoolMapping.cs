using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Pool;

internal static class PoolTables
{
    extension(CcdDbContext db)
    {
        public DbSet<PublicPool> PublicPools => db.Set<PublicPool>();

        public DbSet<PoolView> PoolViews => db.Set<PoolView>();
    }
}

internal sealed class PublicPoolMapping : IEntityTypeConfiguration<PublicPool>, IRefuseByConstraint
{
    private const string OneName = "ux_public_pools_name";
    private const string OnePerDepartment = "ux_public_pools_department";

    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [(OneName, PoolRefusals.NameTaken), (OnePerDepartment, PoolRefusals.DepartmentTaken)];

    public void Configure(EntityTypeBuilder<PublicPool> pool)
    {
        pool.ToTable("public_pools");
        pool.HasKey(p => p.Id);
        pool.Property(p => p.Id).ValueGeneratedNever();
        pool.Property(p => p.Version).IsRowVersion();
        pool.Property(p => p.Name).HasMaxLength(PoolDraft.LongestName);
        pool.HasOne<Department>().WithMany().HasForeignKey(p => p.DepartmentId).OnDelete(DeleteBehavior.Restrict);
        pool.HasOne<PublicPool>().WithMany().HasForeignKey(p => p.TargetPoolId).OnDelete(DeleteBehavior.Restrict);
        pool.HasMany<Customer>().WithOne().HasForeignKey(c => c.PoolId).OnDelete(DeleteBehavior.Restrict);
        pool.HasMany(p => p.Rules).WithOne().HasForeignKey(r => r.PoolId).OnDelete(DeleteBehavior.Cascade);
        pool.Navigation(p => p.Rules).UsePropertyAccessMode(PropertyAccessMode.Field);
        pool.HasIndex(p => p.Name, OneName).IsUnique();
        pool.HasIndex(p => p.DepartmentId, OnePerDepartment).IsUnique().AreNullsDistinct(false).HasFilter("active");
    }
}

internal sealed class PoolReleaseRuleMapping : IEntityTypeConfiguration<PoolReleaseRule>
{
    public void Configure(EntityTypeBuilder<PoolReleaseRule> rule)
    {
        rule.ToTable("pool_release_rules");
        rule.HasKey(r => r.Id);
        rule.Property(r => r.Id).ValueGeneratedNever();
        rule.Property(r => r.Level).HasConversion<short>();
        rule.HasOne<LoanProduct>().WithMany().HasForeignKey(r => r.ProductId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class PoolViewMapping : IEntityTypeConfiguration<PoolView>
{
    public void Configure(EntityTypeBuilder<PoolView> view)
    {
        view.ToTable("pool_views");
        view.HasKey(v => new { v.StaffId, v.Day, v.CustomerId });
        view.HasOne<StaffMember>().WithMany().HasForeignKey(v => v.StaffId).OnDelete(DeleteBehavior.Cascade);
        view.HasOne<Customer>().WithMany().HasForeignKey(v => v.CustomerId).OnDelete(DeleteBehavior.Cascade);
        view.HasIndex(v => v.CustomerId);
    }
}
