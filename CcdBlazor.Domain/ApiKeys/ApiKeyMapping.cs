using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.ApiKeys;

internal static class ApiKeyTables
{
    extension(CcdDbContext db)
    {
        public DbSet<ApiKey> ApiKeys => db.Set<ApiKey>();

        public DbSet<ApiKeyUse> ApiKeyUses => db.Set<ApiKeyUse>();
    }
}

internal sealed class ApiKeyMapping : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> key)
    {
        key.ToTable("api_keys");
        key.Property(k => k.Id).ValueGeneratedNever();
        key.Property(k => k.Name).HasMaxLength(60);
        key.Property(k => k.OwnerName).HasMaxLength(50);
        key.Property(k => k.RevokedBy).HasMaxLength(50);
        key.Property(k => k.Version).IsRowVersion();
    }
}

internal sealed class ApiKeyUseMapping : IEntityTypeConfiguration<ApiKeyUse>
{
    public void Configure(EntityTypeBuilder<ApiKeyUse> use)
    {
        use.ToTable("api_key_uses");
        use.HasKey(u => u.KeyId);
        use.Property(u => u.KeyId).ValueGeneratedNever();
        use.HasOne<ApiKey>().WithMany().HasForeignKey(u => u.KeyId).OnDelete(DeleteBehavior.Cascade);
    }
}
