using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Portraits.Assignment;

internal static class AssignmentTables
{
    extension(CcdDbContext db)
    {
        public DbSet<AssignmentRun> AssignmentRuns => db.Set<AssignmentRun>();

        public DbSet<AssignmentRow> AssignmentRows => db.Set<AssignmentRow>();
    }
}

internal sealed class AssignmentRunMapping : IEntityTypeConfiguration<AssignmentRun>, IRefuseByConstraint
{
    private const string OneBusy = "ux_assignment_runs_busy";

    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [(OneBusy, AssignmentRefusals.Running)];

    public void Configure(EntityTypeBuilder<AssignmentRun> run)
    {
        run.ToTable("assignment_runs");
        run.HasKey(r => r.Id);
        run.Property(r => r.Id).ValueGeneratedNever();
        run.Property(r => r.Ordinal).ValueGeneratedOnAdd().UseIdentityAlwaysColumn();
        run.Property(r => r.State).HasConversion<string>().HasMaxLength(16);
        run.Property(r => r.Rules).HasColumnType("jsonb");
        run.Property(r => r.Figures).HasColumnType("jsonb");
        run.Property(r => r.Note).HasMaxLength(AssignmentRun.LongestNote);
        run.Property(r => r.Version).IsRowVersion();
        run.HasIndex(r => r.Busy, OneBusy).IsUnique();
        run.HasIndex(r => r.RequestedAt);
    }
}

internal sealed class AssignmentRowMapping : IEntityTypeConfiguration<AssignmentRow>
{
    public void Configure(EntityTypeBuilder<AssignmentRow> row)
    {
        row.ToTable("assignment_rows");
        row.HasKey(r => new { r.RunId, r.CustomerId });
        row.Property(r => r.Kind).HasConversion<string>().HasMaxLength(16);
        row.Property(r => r.Class).HasConversion<string>().HasMaxLength(1);
        row.Property(r => r.Outcome).HasConversion<string>().HasMaxLength(16);
        row.Property(r => r.Why).HasMaxLength(AssignmentRow.LongestWhy);
        row.HasOne<AssignmentRun>().WithMany().HasForeignKey(r => r.RunId).OnDelete(DeleteBehavior.Cascade);
        row.HasOne<Customer>().WithMany().HasForeignKey(r => r.CustomerId).OnDelete(DeleteBehavior.Cascade);
        row.HasIndex(r => r.CustomerId);
        row.HasIndex(r => new { r.RunId, r.Kind });
    }
}
