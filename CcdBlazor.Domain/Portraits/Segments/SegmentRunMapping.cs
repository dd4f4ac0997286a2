using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Portraits.Segments;

internal static class SegmentTables
{
    extension(CcdDbContext db)
    {
        public DbSet<SegmentRun> SegmentRuns => db.Set<SegmentRun>();

        public DbSet<SegmentMember> SegmentMembers => db.Set<SegmentMember>();
    }
}

internal sealed class SegmentRunMapping : IEntityTypeConfiguration<SegmentRun>, IRefuseByConstraint
{
    private const string OneOpen = "ux_segment_runs_open";

    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [(OneOpen, SegmentRunRefusals.AlreadyRunning)];

    public void Configure(EntityTypeBuilder<SegmentRun> run)
    {
        run.ToTable("segment_runs");
        run.Property(r => r.Id).ValueGeneratedNever();
        run.Property(r => r.State).HasConversion<string>().HasMaxLength(16);
        run.Property(r => r.Draft).HasColumnType("jsonb");
        run.Property(r => r.ByName).HasMaxLength(50);
        run.Property(r => r.Text).HasMaxLength(300);
        run.Property(r => r.Outcome).HasColumnType("jsonb");
        run.Property(r => r.Model).HasColumnType("jsonb");
        run.Property(r => r.Version).IsRowVersion();
        run.HasIndex(r => r.Open).IsUnique().HasFilter("open").HasDatabaseName(OneOpen);
        run.HasIndex(r => r.RequestedAt);
    }
}

internal sealed class SegmentMemberMapping : IEntityTypeConfiguration<SegmentMember>
{
    public void Configure(EntityTypeBuilder<SegmentMember> member)
    {
        member.ToTable("segment_members");
        member.HasKey(m => new { m.RunId, m.CustomerId });
        member.HasOne<SegmentRun>().WithMany().HasForeignKey(m => m.RunId).OnDelete(DeleteBehavior.Cascade);
        member.HasOne<Customer>().WithMany().HasForeignKey(m => m.CustomerId).OnDelete(DeleteBehavior.Cascade);
        member.HasIndex(m => m.CustomerId);
        member.HasIndex(m => m.RunId).HasFilter("on_map").HasDatabaseName("ix_segment_members_map");
    }
}
