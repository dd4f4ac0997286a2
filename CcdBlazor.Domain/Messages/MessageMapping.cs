using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace CcdBlazor.Domain.Messages;

internal static class MessageTables
{
    extension(CcdDbContext db)
    {
        public DbSet<ChannelAccount> ChannelAccounts => db.Set<ChannelAccount>();

        public DbSet<MessageTemplate> MessageTemplates => db.Set<MessageTemplate>();

        public DbSet<TemplateVersion> TemplateVersions => db.Set<TemplateVersion>();

        public DbSet<MessageBatch> MessageBatches => db.Set<MessageBatch>();

        public DbSet<MessageBlock> MessageBlocks => db.Set<MessageBlock>();

        public DbSet<PersonPreference> PersonPreferences => db.Set<PersonPreference>();
    }
}

/// <summary>Values kept as JSON: written as one, compared as one.</summary>
internal static class JsonColumn
{
    public static PropertyBuilder<T> AsJson<T>(this PropertyBuilder<T> property)
        where T : class =>
        (PropertyBuilder<T>)property.HasColumnType("jsonb").HasConversion(
            new ValueConverter<T, string>(v => JsonSerializer.Serialize(v, JsonSerializerOptions.Web), v => JsonSerializer.Deserialize<T>(v, JsonSerializerOptions.Web)!),
            new ValueComparer<T>(
                (a, b) => JsonSerializer.Serialize(a, JsonSerializerOptions.Web) == JsonSerializer.Serialize(b, JsonSerializerOptions.Web),
                v => JsonSerializer.Serialize(v, JsonSerializerOptions.Web).GetHashCode(StringComparison.Ordinal),
                v => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(v, JsonSerializerOptions.Web), JsonSerializerOptions.Web)!));
}

internal sealed class ChannelAccountMapping : IEntityTypeConfiguration<ChannelAccount>
{
    public void Configure(EntityTypeBuilder<ChannelAccount> account)
    {
        account.ToTable("channel_accounts");
        account.Property(a => a.Id).ValueGeneratedNever();
        account.Property(a => a.Number).ValueGeneratedOnAdd().UseIdentityAlwaysColumn();
        account.HasAlternateKey(a => a.Number);
        account.Property(a => a.Kind).HasMaxLength(40);
        account.Property(a => a.Name).HasMaxLength(60);
        account.Property(a => a.BaseAddress).HasMaxLength(300);
        account.Property(a => a.Values).AsJson();
        account.Property(a => a.Limits).AsJson();
        account.Property(a => a.RecipientLimits).AsJson();
        account.Property(a => a.Version).IsRowVersion();
    }
}

internal sealed class MessageTemplateMapping : IEntityTypeConfiguration<MessageTemplate>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [("ix_message_templates_code", TemplateRefusals.CodeTaken)];

    public void Configure(EntityTypeBuilder<MessageTemplate> template)
    {
        template.ToTable("message_templates");
        template.Property(t => t.Id).ValueGeneratedNever();
        template.Property(t => t.Code).HasMaxLength(60);
        template.Property(t => t.Name).HasMaxLength(60);
        template.Property(t => t.Version).IsRowVersion();
        template.HasIndex(t => t.Code).IsUnique().HasFilter("deleted_at is null");
    }
}

internal sealed class TemplateVersionMapping : IEntityTypeConfiguration<TemplateVersion>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [("ix_message_template_versions_template_id_number", CommonRefusals.ChangedMeanwhile)];

    public void Configure(EntityTypeBuilder<TemplateVersion> version)
    {
        version.ToTable("message_template_versions");
        version.Property(v => v.Id).ValueGeneratedNever();
        version.Property(v => v.Content).AsJson();
        version.HasOne<MessageTemplate>().WithMany().HasForeignKey(v => v.TemplateId).OnDelete(DeleteBehavior.Restrict);
        version.HasIndex(v => new { v.TemplateId, v.Number }).IsUnique();
    }
}

internal sealed class MessageBatchMapping : IEntityTypeConfiguration<MessageBatch>
{
    public void Configure(EntityTypeBuilder<MessageBatch> batch)
    {
        batch.ToTable("message_batches");
        batch.Property(b => b.Id).ValueGeneratedNever();
        batch.Property(b => b.Number).HasMaxLength(20);
        batch.Property(b => b.Name).HasMaxLength(100);
        batch.Property(b => b.Version).IsRowVersion();
        batch.HasIndex(b => b.Number).IsUnique();
        batch.HasIndex(b => b.State);
        batch.HasIndex(b => b.CreatedAt);
    }
}

internal sealed class MessageBlockMapping : IEntityTypeConfiguration<MessageBlock>, IRefuseByConstraint
{
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [("ix_message_blocks_recipient_channel_kind", BlockRefusals.Known)];

    public void Configure(EntityTypeBuilder<MessageBlock> block)
    {
        block.ToTable("message_blocks");
        block.Property(b => b.Id).ValueGeneratedNever();
        block.Property(b => b.Reason).HasMaxLength(300);
        block.HasIndex(b => new { b.Recipient, b.Channel, b.Kind }).IsUnique().AreNullsDistinct(false);
    }
}

internal sealed class PersonPreferenceMapping : IEntityTypeConfiguration<PersonPreference>
{
    public void Configure(EntityTypeBuilder<PersonPreference> preference)
    {
        preference.ToTable("person_preferences");
        preference.HasKey(p => p.Person);
        preference.Property(p => p.Person).ValueGeneratedNever();
    }
}
