using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Jobs;

internal static class JobTables
{
    extension(CcdDbContext db)
    {
        public DbSet<JobRun> JobRuns => db.Set<JobRun>();
    }
}

internal sealed class JobRunMapping : IEntityTypeConfiguration<JobRun>
{
    public void Configure(EntityTypeBuilder<JobRun> run)
    {
        run.ToTable("job_runs");
        run.HasKey(r => r.Id);
        run.Property(r => r.Id).ValueGeneratedNever();
        run.Property(r => r.Outcome).HasConversion<string>();
        run.Property(r => r.Text).HasMaxLength(JobRun.LongestText);
        run.HasIndex(r => new { r.Job, r.StartedAt });
        run.HasIndex(r => r.StartedAt);
    }
}
