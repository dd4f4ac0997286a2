using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Portraits;

internal static class PortraitTables
{
    extension(CcdDbContext db)
    {
        public DbSet<Portrait> Portraits => db.Set<Portrait>();

        public DbSet<PortraitEntry> PortraitEntries => db.Set<PortraitEntry>();
    }
}

internal sealed class PortraitMapping : IEntityTypeConfiguration<Portrait>
{
    public void Configure(EntityTypeBuilder<Portrait> portrait)
    {
        portrait.ToTable("portraits");
        portrait.HasKey(p => p.CustomerId);
        portrait.Property(p => p.CustomerId).ValueGeneratedNever();
        portrait.Property(p => p.Held).HasColumnType("jsonb");
        portrait.Property(p => p.Version).IsRowVersion();
        portrait.Ignore(p => p.Values);
        portrait.HasOne<Customer>().WithMany().HasForeignKey(p => p.CustomerId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class PortraitEntryMapping : IEntityTypeConfiguration<PortraitEntry>
{
    public void Configure(EntityTypeBuilder<PortraitEntry> entry)
    {
        entry.ToTable("portrait_entries");
        entry.HasKey(e => e.Id);
        entry.Property(e => e.Trait).HasMaxLength(32);
        entry.Property(e => e.Source).HasConversion<string>().HasMaxLength(16);
        entry.Property(e => e.Value).HasColumnType("jsonb");
        entry.HasOne<Customer>().WithMany().HasForeignKey(e => e.CustomerId).OnDelete(DeleteBehavior.Cascade);
        entry.HasIndex(e => new { e.CustomerId, e.Trait, e.Id });
    }
}
