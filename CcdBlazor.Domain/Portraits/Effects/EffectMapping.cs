using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Portraits.Assignment;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Portraits.Effects;

internal static class EffectTables
{
    extension(CcdDbContext db)
    {
        public DbSet<EffectCase> EffectCases => db.Set<EffectCase>();

        public DbSet<EffectCount> EffectCounts => db.Set<EffectCount>();

        public DbSet<EffectTime> EffectTimes => db.Set<EffectTime>();

        public DbSet<EffectRun> EffectRuns => db.Set<EffectRun>();
    }
}

internal sealed class EffectRunMapping : IEntityTypeConfiguration<EffectRun>
{
    public void Configure(EntityTypeBuilder<EffectRun> run)
    {
        run.ToTable("assignment_effect_runs");
        run.HasKey(r => r.RunId);
        run.HasOne<AssignmentRun>().WithMany().HasForeignKey(r => r.RunId).OnDelete(DeleteBehavior.Cascade);
        run.HasIndex(r => r.Month);
    }
}

internal sealed class EffectCaseMapping : IEntityTypeConfiguration<EffectCase>
{
    public void Configure(EntityTypeBuilder<EffectCase> found)
    {
        found.ToTable("assignment_effect_cases");
        found.HasKey(c => new { c.RunId, c.Cohort, c.CustomerId });
        found.Property(c => c.Cohort).HasConversion<short>();
        found.Property(c => c.Exclusion).HasConversion<short>();
        found.Property(c => c.Result).HasConversion<short>();
        found.Property(c => c.Class).HasConversion<string>().HasMaxLength(1);
        found.HasOne<AssignmentRun>().WithMany().HasForeignKey(c => c.RunId).OnDelete(DeleteBehavior.Cascade);
        found.HasOne<Customer>().WithMany().HasForeignKey(c => c.CustomerId).OnDelete(DeleteBehavior.Cascade);
        found.HasIndex(c => c.CustomerId);
        // The customers of one manager, for his own page and for the figures per manager.
        found.HasIndex(c => new { c.ManagerId, c.RunId });
    }
}

internal sealed class EffectCountMapping : IEntityTypeConfiguration<EffectCount>
{
    public void Configure(EntityTypeBuilder<EffectCount> count)
    {
        count.ToTable("assignment_effect_counts");
        count.HasKey(c => new { c.RunId, c.Cohort, c.DepartmentId, c.ManagerId, c.Class, c.Exclusion });
        count.Property(c => c.Cohort).HasConversion<short>();
        count.Property(c => c.Exclusion).HasConversion<short>();
        count.Property(c => c.Class).HasMaxLength(1);
        count.HasOne<AssignmentRun>().WithMany().HasForeignKey(c => c.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class EffectTimeMapping : IEntityTypeConfiguration<EffectTime>
{
    public void Configure(EntityTypeBuilder<EffectTime> time)
    {
        time.ToTable("assignment_effect_times");
        time.HasKey(t => new { t.RunId, t.Cohort, t.DepartmentId, t.Timeline, t.Day });
        time.Property(t => t.Cohort).HasConversion<short>();
        time.Property(t => t.Timeline).HasConversion<short>();
        time.HasOne<AssignmentRun>().WithMany().HasForeignKey(t => t.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}
