using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Audit;

internal static class AuditTables
{
    extension(CcdDbContext db)
    {
        public DbSet<AuditEntry> AuditEntries => db.Set<AuditEntry>();

        public DbSet<AuditSeal> AuditSeals => db.Set<AuditSeal>();
    }
}

internal sealed class AuditEntryMapping : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> entry)
    {
        entry.ToTable("audit_entries");
        entry.HasKey(e => e.Seq);
        entry.Property(e => e.Seq).UseIdentityAlwaysColumn();
        entry.Property(e => e.Txid).HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()").ValueGeneratedOnAdd();
        entry.Property(e => e.From).HasColumnName("from_address");
        entry.Property(e => e.Before).HasColumnType("jsonb");
        entry.Property(e => e.After).HasColumnType("jsonb");
        // The timeline of one customer, and the filters of the admin page.
        entry.HasIndex(e => new { e.CustomerId, e.Seq });
        entry.HasIndex(e => new { e.ActorId, e.Seq });
        // A customer as subject is found by the first of them; every index is paid for with each write.
        entry.HasIndex(e => new { e.SubjectId, e.Seq }).HasFilter("subject_type <> 'customer'");
        // The sequencer walks in the order of transactions.
        entry.HasIndex(e => new { e.Txid, e.Seq });
    }
}

internal sealed class AuditSealMapping : IEntityTypeConfiguration<AuditSeal>
{
    public void Configure(EntityTypeBuilder<AuditSeal> seal)
    {
        seal.ToTable("audit_seals");
        seal.HasKey(s => s.Position);
        seal.Property(s => s.Position).ValueGeneratedNever();
        seal.Property(s => s.Txid).HasColumnType("xid8");
        seal.HasIndex(s => s.Seq).IsUnique();
    }
}
