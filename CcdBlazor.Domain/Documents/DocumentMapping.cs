using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Documents;

internal static class DocumentTables
{
    extension(CcdDbContext db)
    {
        public DbSet<Document> Documents => db.Set<Document>();

        public DbSet<DocumentReview> DocumentReviews => db.Set<DocumentReview>();

        public DbSet<FileDecision> FileDecisions => db.Set<FileDecision>();

        public DbSet<CustomerLink> CustomerLinks => db.Set<CustomerLink>();

        public DbSet<DocumentRequest> DocumentRequests => db.Set<DocumentRequest>();
    }
}

internal sealed class DocumentMapping : IEntityTypeConfiguration<Document>
{
    public void Configure(EntityTypeBuilder<Document> document)
    {
        document.ToTable("documents");
        document.Property(d => d.ItemCode).HasMaxLength(60);
        document.Property(d => d.Version).IsRowVersion();
        document.Ignore(d => d.IsCurrent);
        document.HasOne<Customer>().WithMany().HasForeignKey(d => d.CustomerId).OnDelete(DeleteBehavior.Restrict);
        document.HasOne<StoredFile>().WithMany().HasForeignKey(d => d.FileId).OnDelete(DeleteBehavior.Restrict);
        // Everything of one customer in the order of the checklist; the ordinal is given under the customer's lock.
        document.HasIndex(d => new { d.CustomerId, d.ItemCode, d.Ordinal }).IsUnique();
        // An upload that is finished twice (after a crash) is one document.
        document.HasIndex(d => d.FileId).IsUnique();
        // Uploads of today and the trend of 30 days.
        document.HasIndex(d => d.UploadedAt);
    }
}

internal sealed class DocumentReviewMapping : IEntityTypeConfiguration<DocumentReview>
{
    public void Configure(EntityTypeBuilder<DocumentReview> review)
    {
        review.ToTable("document_reviews");
        review.HasOne<Document>().WithMany().HasForeignKey(r => r.DocumentId).OnDelete(DeleteBehavior.Restrict);
        review.HasIndex(r => new { r.CustomerId, r.At });
        review.HasIndex(r => new { r.ReviewerId, r.At });
    }
}

internal sealed class CustomerLinkMapping : IEntityTypeConfiguration<CustomerLink>
{
    public void Configure(EntityTypeBuilder<CustomerLink> link)
    {
        link.ToTable("customer_links");
        link.HasOne<Customer>().WithMany().HasForeignKey(l => l.CustomerId).OnDelete(DeleteBehavior.Restrict);
        link.HasIndex(l => l.TokenHash).IsUnique();
        link.HasIndex(l => new { l.CustomerId, l.CreatedAt });
        // Those that are about to end, and nobody was told yet.
        link.HasIndex(l => l.ExpiresAt).HasFilter("expiry_noted_at IS NULL AND revoked_at IS NULL");
    }
}

internal sealed class DocumentRequestMapping : IEntityTypeConfiguration<DocumentRequest>
{
    public void Configure(EntityTypeBuilder<DocumentRequest> request)
    {
        request.ToTable("document_requests");
        request.Property(r => r.Id).ValueGeneratedNever();
        request.Property(r => r.Template).HasMaxLength(60);
        request.Property(r => r.Recipient).HasMaxLength(254);
        request.HasOne<Customer>().WithMany().HasForeignKey(r => r.CustomerId).OnDelete(DeleteBehavior.Restrict);
        request.HasOne<CustomerLink>().WithMany().HasForeignKey(r => r.LinkId).OnDelete(DeleteBehavior.Restrict);
        // No foreign key to the message: messages are dropped by days, requests stay.
        request.HasIndex(r => r.Key).IsUnique();
        request.HasIndex(r => new { r.CustomerId, r.AskedAt });
    }
}

internal sealed class FileDecisionMapping : IEntityTypeConfiguration<FileDecision>
{
    public void Configure(EntityTypeBuilder<FileDecision> decision)
    {
        decision.ToTable("file_decisions");
        decision.HasOne<Customer>().WithMany().HasForeignKey(d => d.CustomerId).OnDelete(DeleteBehavior.Restrict);
        decision.HasIndex(d => new { d.CustomerId, d.At });
        decision.HasIndex(d => d.At);
    }
}
