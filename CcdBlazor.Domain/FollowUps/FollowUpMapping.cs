using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.FollowUps;

internal static class FollowUpTables
{
    extension(CcdDbContext db)
    {
        public DbSet<FollowUp> FollowUps => db.Set<FollowUp>();

        public DbSet<FollowUpFile> FollowUpFiles => db.Set<FollowUpFile>();
    }
}

internal sealed class FollowUpMapping : IEntityTypeConfiguration<FollowUp>
{
    public void Configure(EntityTypeBuilder<FollowUp> followUp)
    {
        followUp.ToTable("follow_ups");
        followUp.HasKey(f => f.Id);
        followUp.Property(f => f.Id).ValueGeneratedNever();
        followUp.Property(f => f.Version).IsRowVersion();
        followUp.Property(f => f.Kind).HasConversion<short>();
        followUp.Property(f => f.What).HasMaxLength(FollowUpDraft.LongestText);
        followUp.Property(f => f.Result).HasMaxLength(FollowUpDraft.LongestText);
        followUp.Property(f => f.NextWhat).HasMaxLength(FollowUpDraft.LongestNext);
        followUp.HasOne<Customer>().WithMany().HasForeignKey(f => f.CustomerId).OnDelete(DeleteBehavior.Cascade);
        followUp.HasOne<StaffMember>().WithMany().HasForeignKey(f => f.StaffId).OnDelete(DeleteBehavior.Restrict);
        // Taking back the later one opens the step again.
        followUp.HasOne<FollowUp>().WithMany().HasForeignKey(f => f.DoneById).OnDelete(DeleteBehavior.SetNull);
        followUp.HasMany(f => f.Files).WithOne().HasForeignKey(f => f.FollowUpId).OnDelete(DeleteBehavior.Cascade);
        followUp.Navigation(f => f.Files).UsePropertyAccessMode(PropertyAccessMode.Field);
        followUp.HasIndex(f => new { f.CustomerId, f.At }).IsDescending(false, true);
        // What is arranged and not done: by author and day, by customer, by day.
        followUp.HasIndex(f => new { f.StaffId, f.NextOn }).HasFilter("next_on is not null and done_by_id is null");
        followUp.HasIndex(f => new { f.NextOn, f.Id }).HasFilter("next_on is not null and done_by_id is null");
        followUp.HasIndex(f => f.DoneById).HasFilter("done_by_id is not null");
    }
}

internal sealed class FollowUpFileMapping : IEntityTypeConfiguration<FollowUpFile>
{
    public void Configure(EntityTypeBuilder<FollowUpFile> file)
    {
        file.ToTable("follow_up_files");
        file.HasKey(f => new { f.FollowUpId, f.FileId });
        file.Property(f => f.FileName).HasMaxLength(200);
        file.Property(f => f.Position);
        file.HasOne<StoredFile>().WithMany().HasForeignKey(f => f.FileId).OnDelete(DeleteBehavior.Restrict);
        file.HasIndex(f => f.FileId);
    }
}
