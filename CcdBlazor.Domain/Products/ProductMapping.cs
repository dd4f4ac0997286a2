using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Products;

internal static class ProductTables
{
    extension(CcdDbContext db)
    {
        public DbSet<LoanProduct> LoanProducts => db.Set<LoanProduct>();

        public DbSet<RulesVersion> RulesVersions => db.Set<RulesVersion>();

        public DbSet<ProductExample> ProductExamples => db.Set<ProductExample>();
    }
}

internal sealed class LoanProductMapping : IEntityTypeConfiguration<LoanProduct>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals =>
        [("ix_loan_products_code", LoanProductRefusals.CodeTaken), ("ix_rules_versions_product_id_number", CommonRefusals.ChangedMeanwhile)];

    public void Configure(EntityTypeBuilder<LoanProduct> product)
    {
        product.ToTable("loan_products");
        product.Property(p => p.Code).HasMaxLength(40);
        product.Property(p => p.Name).HasMaxLength(60);
        product.Property(p => p.Order).HasColumnName("position");
        product.Property(p => p.Version).IsRowVersion();
        product.HasIndex(p => p.Code).IsUnique();
    }
}

internal sealed class RulesVersionMapping : IEntityTypeConfiguration<RulesVersion>
{
    public void Configure(EntityTypeBuilder<RulesVersion> version)
    {
        version.ToTable("rules_versions");
        version.Property(v => v.Rules).HasColumnType("jsonb");
        version.HasOne<LoanProduct>().WithMany().HasForeignKey(v => v.ProductId).OnDelete(DeleteBehavior.Restrict);
        version.HasIndex(v => new { v.ProductId, v.Number }).IsUnique();
    }
}

internal sealed class ProductExampleMapping : IEntityTypeConfiguration<ProductExample>
{
    public void Configure(EntityTypeBuilder<ProductExample> example)
    {
        example.ToTable("product_examples");
        example.HasKey(e => e.FileId);
        example.Property(e => e.FileId).ValueGeneratedNever();
        example.HasOne<StoredFile>().WithMany().HasForeignKey(e => e.FileId).OnDelete(DeleteBehavior.Restrict);
    }
}
