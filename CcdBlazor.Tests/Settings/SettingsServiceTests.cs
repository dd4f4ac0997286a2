using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Tests.Settings;

public sealed class SettingsServiceTests(SettingsWorld world) : IClassFixture<SettingsWorld>
{
    [Fact]
    public async Task A_change_is_there_at_once_with_history_and_audit()
    {
        var changed = await world.ChangeAsync(SampleSettings.Rate, 80);
        Assert.True(changed.Ok, changed.Refusal?.Text);
        Assert.Equal(80, world.Reader.Get(SampleSettings.Rate));
        var version = (await world.HistoryAsync(SampleSettings.Rate))[0];
        Assert.Equal((changed.Value.Versions[SampleSettings.Rate.Key], "管理员甲", SettingsWorld.Why, "80"), (version.Version, version.ActorName, version.Reason, version.After));
        Assert.EndsWith("80 条/秒", version.Differences.Single().After);
        await using var db = world.Db();
        var audit = await db.AuditEntries.Where(e => e.Action == "setting.changed" && e.ActorId == world.Admin.StaffId).OrderBy(e => e.Seq).LastAsync();
        Assert.Equal((world.Admin.StaffId, SettingsWorld.Why), (audit.ActorId, audit.Reason));
        Assert.Contains(AuditDetails.Of(audit.Before, audit.After), detail => detail.Label == "取值" && detail.After == "80 条/秒");
    }

    [Fact]
    public async Task A_key_that_nobody_declares_is_refused() => Assert.Equal(
        "setting.unknown_key", (await world.Service.ChangeAsync(new SettingsChange([new SettingEdit("sample.nothing", "1", 0)], SettingsWorld.Why), world.Admin, default)).Refusal?.Code);

    [Theory]
    [InlineData(null)]
    [InlineData(" x ")]
    public async Task A_change_without_reason_is_refused(string? reason) =>
        Assert.Equal(SettingRefusals.ReasonMissing, (await world.ChangeAsync(SampleSettings.Share, "0.5", reason: reason)).Refusal);

    [Fact]
    public async Task A_value_beyond_its_bounds_is_refused_and_changes_nothing()
    {
        var before = await world.RowAsync(SampleSettings.Backlog);
        Assert.Equal("setting.out_of_bounds", (await world.ChangeAsync(SampleSettings.Backlog, -5L)).Refusal?.Code);
        Assert.Equal(before, await world.RowAsync(SampleSettings.Backlog));
    }

    [Fact]
    public async Task An_old_version_is_refused_and_says_which_is_the_newest()
    {
        var version = (await world.ChangeAsync(SampleSettings.Signature, "甲方")).Value.Versions[SampleSettings.Signature.Key];
        var refused = await world.ChangeAsync(SampleSettings.Signature, "\"乙方\"", version - 1);
        Assert.Equal("setting.stale", refused.Refusal?.Code);
        Assert.Contains($"第 {version} 版", refused.Refusal!.Text);
        Assert.Equal("甲方", world.Reader.Get(SampleSettings.Signature));
    }

    [Fact]
    public async Task The_same_value_again_is_refused()
    {
        await world.ChangeAsync(SampleSettings.Route, SampleRoute.InTurn);
        Assert.Equal(SettingRefusals.NothingChanged, (await world.ChangeAsync(SampleSettings.Route, SampleRoute.InTurn)).Refusal);
    }

    [Fact]
    public async Task Of_two_at_once_one_wins_and_the_other_is_told()
    {
        await using var other = world.Node(SampleSettings.All);
        var elsewhere = (SettingsService)other.GetService(typeof(SettingsService))!;
        for (var round = 0; round < 5; round++)
        {
            var version = (await world.RowAsync(SampleSettings.Window)).Version;
            var both = await Task.WhenAll(
                world.Service.ChangeAsync(SampleSettings.Window, TimeSpan.FromMinutes(10 + round), version, SettingsWorld.Why, world.Admin, default),
                elsewhere.ChangeAsync(SampleSettings.Window, TimeSpan.FromMinutes(20 + round), version, SettingsWorld.Why, world.OtherAdmin, default));
            Assert.Single(both, outcome => outcome.Ok);
            Assert.Contains(both.Single(outcome => !outcome.Ok).Refusal!.Code, (string[])["common.changed_meanwhile", "setting.stale"]);
        }
    }

    [Fact]
    public async Task Several_settings_change_together_or_not_at_all()
    {
        var (approval, lanes) = (await world.RowAsync(SampleSettings.Approval), await world.RowAsync(SampleSettings.Lanes));
        var half = await world.Service.ChangeAsync(
            new SettingsChange([new SettingEdit(approval.Setting.Key, "false", approval.Version), new SettingEdit(lanes.Setting.Key, "[]", lanes.Version)], SettingsWorld.Why), world.Admin, default);
        Assert.Equal("setting.out_of_bounds", half.Refusal?.Code);
        Assert.True(world.Reader.Get(SampleSettings.Approval));

        var table = Setting<IReadOnlyList<SampleLane>>.Json([SampleSettings.Lanes.Default[0] with { Workers = 99 }]);
        var both = await world.Service.ChangeAsync(
            new SettingsChange([new SettingEdit(approval.Setting.Key, "false", approval.Version), new SettingEdit(lanes.Setting.Key, table, lanes.Version)], SettingsWorld.Why), world.Admin, default);
        Assert.True(both.Ok, both.Refusal?.Text);
        Assert.False(world.Reader.Get(SampleSettings.Approval));
        Assert.Equal(99, world.Reader.Get(SampleSettings.Lanes)[0].Workers);
        Assert.Equal(["各渠道并发"], (await world.HistoryAsync(SampleSettings.Approval))[0].ChangedTogether);
    }

    [Fact]
    public async Task One_key_twice_in_a_set_is_refused() => Assert.Equal(SettingRefusals.NoEdits, (await world.Service.ChangeAsync(
        new SettingsChange([new SettingEdit(SampleSettings.Rate.Key, "5", 0), new SettingEdit(SampleSettings.Rate.Key, "6", 0)], SettingsWorld.Why), world.Admin, default)).Refusal);

    [Fact]
    public async Task Rolling_back_is_a_new_version_with_the_old_value()
    {
        var first = (await world.ChangeAsync(SampleSettings.Share, 0.1)).Value.Versions.Values.Single();
        var second = (await world.ChangeAsync(SampleSettings.Share, 0.9)).Value.Versions.Values.Single();
        var back = await world.Service.RollBackAsync(SampleSettings.Share.Key, first, second, "效果不好", world.Admin, default);
        Assert.True(back.Ok, back.Refusal?.Text);
        Assert.Equal(0.1, world.Reader.Get(SampleSettings.Share));
        var newest = (await world.HistoryAsync(SampleSettings.Share))[0];
        Assert.Equal((second + 1, (int?)first, "效果不好"), (newest.Version, newest.RolledBackTo, newest.Reason));

        Assert.True((await world.Service.RollBackAsync(SampleSettings.Share.Key, 0, newest.Version, "回到默认", world.Admin, default)).Ok);
        Assert.Equal(SampleSettings.Share.Default, world.Reader.Get(SampleSettings.Share));
        Assert.True((await world.RowAsync(SampleSettings.Share)).IsDefault);
        Assert.Equal("setting.unknown_version", (await world.Service.RollBackAsync(SampleSettings.Share.Key, 999, newest.Version + 1, "没有的", world.Admin, default)).Refusal?.Code);
    }

    [Fact]
    public async Task Only_who_manages_settings_may_see_or_change_them()
    {
        Assert.Equal(CommonRefusals.Forbidden, (await world.Service.ChangeAsync(SampleSettings.Rate, 9, 0, SettingsWorld.Why, world.Clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Service.RollBackAsync(SampleSettings.Rate.Key, 0, 0, SettingsWorld.Why, world.Clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Service.ApproveAsync(Guid.NewGuid(), world.Clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Service.RefuseAsync(Guid.NewGuid(), SettingsWorld.Why, world.Clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Queries.ListAsync(world.Clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Queries.HistoryAsync(SampleSettings.Rate.Key, 10, null, world.Clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Queries.ProposalsAsync(world.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task The_history_cannot_be_rewritten()
    {
        await world.ChangeAsync(SampleSettings.Backlog, 7L);
        await using var db = world.Db();
        await Assert.ThrowsAsync<PostgresException>(() => db.Database.ExecuteSqlAsync($"update setting_versions set reason = 'x'"));
        await Assert.ThrowsAsync<PostgresException>(() => db.Database.ExecuteSqlAsync($"delete from setting_versions"));
    }

    [Fact]
    public async Task A_change_that_needs_a_second_person_waits_for_one()
    {
        var before = world.Reader.Get(SampleSettings.DailyCap);
        var asked = await world.ChangeAsync(SampleSettings.DailyCap, before + 1);
        Assert.True(asked.Value.Waiting);
        Assert.Equal(before, world.Reader.Get(SampleSettings.DailyCap));
        Assert.True((await world.Queries.ProposalsAsync(world.Admin, default)).Value.Single(p => p.Id == asked.Value.Id).Mine);
        Assert.Equal(SettingRefusals.SecondPersonNeeded, (await world.Service.ApproveAsync(asked.Value.Id, world.Admin, default)).Refusal);

        var approved = await world.Service.ApproveAsync(asked.Value.Id, world.OtherAdmin, default);
        Assert.True(approved.Ok, approved.Refusal?.Text);
        Assert.Equal(before + 1, world.Reader.Get(SampleSettings.DailyCap));
        var newest = (await world.HistoryAsync(SampleSettings.DailyCap))[0];
        Assert.Equal(("管理员甲", "管理员乙"), (newest.ActorName, newest.ApprovedBy));
        Assert.Equal(SettingRefusals.ProposalDecided, (await world.Service.ApproveAsync(asked.Value.Id, world.OtherAdmin, default)).Refusal);
    }

    [Fact]
    public async Task A_proposal_that_was_overtaken_cannot_be_approved_and_can_be_refused()
    {
        var late = (await world.ChangeAsync(SampleSettings.DailyCap, 40)).Value.Id;
        var quick = (await world.ChangeAsync(SampleSettings.DailyCap, 41, world.OtherAdmin)).Value.Id;
        Assert.True((await world.Service.ApproveAsync(quick, world.Admin, default)).Ok);
        Assert.Equal("setting.stale", (await world.Service.ApproveAsync(late, world.OtherAdmin, default)).Refusal?.Code);
        Assert.True((await world.Queries.ProposalsAsync(world.Admin, default)).Value.Single(p => p.Id == late).Edits.Single().Outdated);
        Assert.Equal(SettingRefusals.ReasonMissing, (await world.Service.RefuseAsync(late, "", world.OtherAdmin, default)).Refusal);
        Assert.True((await world.Service.RefuseAsync(late, "已过时", world.OtherAdmin, default)).Ok);
        Assert.DoesNotContain((await world.Queries.ProposalsAsync(world.Admin, default)).Value, p => p.Id == late);
    }
}
