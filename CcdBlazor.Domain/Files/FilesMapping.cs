using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Files;

internal static class FilesTables
{
    extension(CcdDbContext db)
    {
        public DbSet<StoredBlob> StoredBlobs => db.Set<StoredBlob>();

        public DbSet<StoredFile> StoredFiles => db.Set<StoredFile>();

        public DbSet<Upload> Uploads => db.Set<Upload>();
    }
}

internal sealed class StoredBlobMapping : IEntityTypeConfiguration<StoredBlob>
{
    public void Configure(EntityTypeBuilder<StoredBlob> blob)
    {
        blob.ToTable("stored_blobs");
        blob.HasKey(b => b.Sha);
        blob.Property(b => b.Sha).HasMaxLength(64);
        blob.Property(b => b.Location).HasMaxLength(100);
        blob.Property(b => b.KeyId).HasMaxLength(32);
        // Key rotation looks for everything that is not under the current key.
        blob.HasIndex(b => b.KeyId);
    }
}

internal sealed class StoredFileMapping : IEntityTypeConfiguration<StoredFile>
{
    public void Configure(EntityTypeBuilder<StoredFile> file)
    {
        file.ToTable("stored_files");
        file.Property(f => f.Id).ValueGeneratedNever();
        file.Property(f => f.Kind).HasConversion<string>().HasMaxLength(16);
        file.Property(f => f.MediaType).HasMaxLength(100);
        file.Property(f => f.FileName).HasMaxLength(120);
        // The foreign keys keep the sweep from taking a blob that a file was just given. Their indexes serve the sweep, and the
        // search for the same content under another customer.
        file.HasOne<StoredBlob>().WithMany().HasForeignKey(f => f.Sha).OnDelete(DeleteBehavior.Restrict);
        file.HasOne<StoredBlob>().WithMany().HasForeignKey(f => f.ThumbnailSha).OnDelete(DeleteBehavior.Restrict);
        file.HasOne<StoredBlob>().WithMany().HasForeignKey(f => f.PreviewSha).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class UploadMapping : IEntityTypeConfiguration<Upload>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals =>
        [("ix_uploads_sender_kind_sender_id_client_key", UploadRefusals.ClientKeyReused)];

    public void Configure(EntityTypeBuilder<Upload> upload)
    {
        upload.ToTable("uploads");
        upload.Property(u => u.Id).ValueGeneratedNever();
        upload.Property(u => u.SenderKind).HasMaxLength(8);
        upload.Property(u => u.ItemCode).HasMaxLength(64);
        upload.Property(u => u.ClientKey).HasMaxLength(100);
        upload.Property(u => u.FileName).HasMaxLength(120);
        upload.Property(u => u.DeclaredType).HasMaxLength(100);
        upload.Property(u => u.Offset).HasColumnName("received_bytes");
        upload.Property(u => u.State).HasConversion<string>().HasMaxLength(16);
        upload.Property(u => u.Version).IsRowVersion();
        upload.Ignore(u => u.Sender);
        upload.HasIndex(u => new { u.SenderKind, u.SenderId, u.ClientKey }).IsUnique();
        // The two jobs look for what waits; finished uploads, soon the most, stay out of these indexes.
        upload.HasIndex(u => u.NextAttemptAt).HasFilter("next_attempt_at IS NOT NULL");
        upload.HasIndex(u => u.ExpiresAt).HasFilter("state = 'Receiving'");
        upload.HasIndex(u => u.CreatedAt);
    }
}
