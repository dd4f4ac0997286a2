using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Settings;

internal static class SettingsTables
{
    extension(CcdDbContext db)
    {
        public DbSet<StoredSetting> StoredSettings => db.Set<StoredSetting>();

        public DbSet<SettingVersion> SettingVersions => db.Set<SettingVersion>();

        public DbSet<SettingProposal> SettingProposals => db.Set<SettingProposal>();
    }
}

internal sealed class StoredSettingMapping : IEntityTypeConfiguration<StoredSetting>, IRefuseByConstraint
{
    // Two first changes of one key at once: the second one finds the row there.
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals =>
        [("pk_settings", CommonRefusals.ChangedMeanwhile), ("ix_setting_versions_key_version", CommonRefusals.ChangedMeanwhile)];

    public void Configure(EntityTypeBuilder<StoredSetting> setting)
    {
        setting.ToTable("settings");
        setting.HasKey(s => s.Key);
        setting.Property(s => s.Key).HasMaxLength(Setting.LongestKey);
        setting.Property(s => s.Version).IsConcurrencyToken();
    }
}

internal sealed class SettingVersionMapping : IEntityTypeConfiguration<SettingVersion>
{
    public void Configure(EntityTypeBuilder<SettingVersion> version)
    {
        version.ToTable("setting_versions");
        version.Property(v => v.Id).ValueGeneratedNever();
        version.Property(v => v.Key).HasMaxLength(Setting.LongestKey);
        version.Property(v => v.Reason).HasMaxLength(SettingsService.LongestReason);
        version.HasIndex(v => new { v.Key, v.Version }).IsUnique();
        version.HasIndex(v => v.SetId);
    }
}

internal sealed class SettingProposalMapping : IEntityTypeConfiguration<SettingProposal>
{
    public void Configure(EntityTypeBuilder<SettingProposal> proposal)
    {
        proposal.ToTable("setting_proposals");
        proposal.Property(p => p.Id).ValueGeneratedNever();
        proposal.Property(p => p.State).HasConversion<string>().HasMaxLength(20);
        proposal.Property(p => p.Reason).HasMaxLength(SettingsService.LongestReason);
        proposal.Property(p => p.DecisionReason).HasMaxLength(SettingsService.LongestReason);
        proposal.Property(p => p.RowVersion).IsRowVersion();
        proposal.HasIndex(p => p.State);
    }
}
