using System.Text.Json;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Settings;

/// <summary>
/// Changes of settings. All need <see cref="Permission.ManageSettings"/>, a reason, and the version that the editor started from. Every change is a row of
/// history and an audit row in the same commit. When a method answers, the reader of this node already has the new values; the other nodes follow within two seconds.
/// </summary>
public sealed class SettingsService
{
    /// <summary>Announced when a value changed, and when a proposal came or was decided.</summary>
    public const string Topic = "settings";

    public const int LongestReason = 500;
    private const int ShortestReason = 2;
    private const int MostEdits = 100;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly SettingsCatalogue catalogue;
    private readonly SettingsReader reader;
    private readonly TimeProvider clock;

    internal SettingsService(IDbContextFactory<CcdDbContext> contexts, SettingsCatalogue catalogue, SettingsReader reader, TimeProvider clock)
    {
        this.contexts = contexts;
        this.catalogue = catalogue;
        this.reader = reader;
        this.clock = clock;
    }

    /// <summary>
    /// Changes one or several settings in one commit; refused as a whole when one edit does not fit. When one of them needs a second person, the whole
    /// set becomes a proposal that waits.
    /// </summary>
    public Task<Result<SettingsOutcome>> ChangeAsync(SettingsChange change, Actor by, CancellationToken ct) => ChangeAsync(change, null, by, ct);

    /// <summary>One typed value.</summary>
    public Task<Result<SettingsOutcome>> ChangeAsync<T>(Setting<T> setting, T value, int version, string reason, Actor by, CancellationToken ct) =>
        ChangeAsync(new SettingsChange([new SettingEdit(setting.Key, Setting<T>.Json(value), version)], reason), by, ct);

    /// <summary>Takes up the value of an earlier version again, as a new version. Version 0 is the default. Today's bounds hold.</summary>
    public async Task<Result<SettingsOutcome>> RollBackAsync(string key, int toVersion, int version, string? reason, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageSettings))
            return CommonRefusals.Forbidden;
        if (catalogue.Find(key) is not { } setting)
            return SettingRefusals.UnknownKey(key);
        string? value = null;
        if (toVersion != 0)
        {
            await using var db = await contexts.CreateDbContextAsync(ct);
            if (await db.SettingVersions.AsNoTracking().SingleOrDefaultAsync(v => v.Key == key && v.Version == toVersion, ct) is not { } earlier)
                return SettingRefusals.UnknownVersion(setting, toVersion);
            value = earlier.After;
        }

        return await ChangeAsync(new SettingsChange([new SettingEdit(key, value, version)], reason), toVersion, by, ct);
    }

    /// <summary>A second person says yes: the change takes effect, unless one of its settings was changed since it was proposed.</summary>
    public async Task<Result<SettingsOutcome>> ApproveAsync(Guid proposalId, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageSettings))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.SettingProposals.SingleOrDefaultAsync(p => p.Id == proposalId, ct) is not { } proposal)
            return CommonRefusals.NotFound;
        var approved = proposal.Approve(by, now);
        if (!approved.Ok)
            return approved.Refusal;
        var proposer = new ProposedBy(proposal.ProposerId, proposal.ProposerName);
        var prepared = await PrepareAsync(db, EditsOf(proposal), ct);
        if (!prepared.Ok)
            return prepared.Refusal;
        return await ApplyAsync(db, prepared.Value, new SettingStep(proposal.Id, proposal.Reason, by.DisplayName, proposal.RolledBackTo), proposer, by, now, ct);
    }

    /// <summary>Says no to a proposal, with a reason; the one who asked withdraws it that way.</summary>
    public async Task<Result> RefuseAsync(Guid proposalId, string? reason, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageSettings))
            return CommonRefusals.Forbidden;
        if (Trimmed(reason) is not { } why)
            return SettingRefusals.ReasonMissing;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.SettingProposals.SingleOrDefaultAsync(p => p.Id == proposalId, ct) is not { } proposal)
            return CommonRefusals.NotFound;
        var refused = proposal.Refuse(why, by, now);
        if (!refused.Ok)
            return refused;
        db.Audit(by, now, "setting.proposal_refused", new AuditSubject("setting", null), after: new { setting = Titles(EditsOf(proposal)) }, reason: why);
        db.Announce(Topic);
        return await db.TrySaveAsync(ct);
    }

    private async Task<Result<SettingsOutcome>> ChangeAsync(SettingsChange change, int? rolledBackTo, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageSettings))
            return CommonRefusals.Forbidden;
        if (change.Edits.Count is 0 or > MostEdits || change.Edits.DistinctBy(edit => edit.Key).Count() != change.Edits.Count)
            return SettingRefusals.NoEdits;
        if (Trimmed(change.Reason) is not { } reason)
            return SettingRefusals.ReasonMissing;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var prepared = await PrepareAsync(db, change.Edits, ct);
        if (!prepared.Ok)
            return prepared.Refusal;
        return prepared.Value.Any(edit => edit.Setting.NeedsSecondPerson)
            ? await ProposeAsync(db, prepared.Value, reason, rolledBackTo, by, now, ct)
            : await ApplyAsync(db, prepared.Value, new SettingStep(Guid.CreateVersion7(), reason, null, rolledBackTo), by, by, now, ct);
    }

    /// <summary>The edits that change something, checked against bounds and versions; all that does not fit is said at once.</summary>
    private async Task<Result<IReadOnlyList<Prepared>>> PrepareAsync(CcdDbContext db, IReadOnlyList<SettingEdit> edits, CancellationToken ct)
    {
        string[] keys = [.. edits.Select(edit => edit.Key)];
        var stored = await db.StoredSettings.Where(s => keys.Contains(s.Key)).ToDictionaryAsync(s => s.Key, ct);
        var refusals = new List<Refusal>();
        var prepared = new List<Prepared>();
        foreach (var edit in edits)
        {
            if (catalogue.Find(edit.Key) is not { } setting)
            {
                refusals.Add(SettingRefusals.UnknownKey(edit.Key));
                continue;
            }

            var value = edit.Value is null ? (Result<string>?)null : setting.Accept(edit.Value);
            var own = stored.GetValueOrDefault(edit.Key);
            if (value is { Ok: false, Refusal: { } wrong })
                refusals.Add(wrong);
            else if ((own?.Version ?? 0) != edit.Version)
                refusals.Add(SettingRefusals.Stale(setting, own?.Version ?? 0));
            else if (own?.Value != value?.Value)
                prepared.Add(new Prepared(setting, own, value?.Value));
        }

        if (refusals.Count > 0)
            return refusals[0] with { Others = refusals[1..] };
        return prepared.Count == 0 ? SettingRefusals.NothingChanged : prepared;
    }

    private async Task<Result<SettingsOutcome>> ApplyAsync(
        CcdDbContext db, IReadOnlyList<Prepared> edits, SettingStep step, Actor author, Actor by, DateTimeOffset now, CancellationToken ct)
    {
        var versions = new Dictionary<string, int>();
        foreach (var (setting, own, value) in edits)
        {
            var stored = own ?? db.Add(new StoredSetting { Key = setting.Key }).Entity;
            var version = stored.Change(value, step, author, now);
            db.Add(version);
            versions[setting.Key] = version.Version;
            db.Audit(
                by, now, step.RolledBackTo is null ? "setting.changed" : "setting.rolled_back", new AuditSubject("setting", null),
                before: new { value = setting.Words(version.Before ?? setting.DefaultJson) },
                after: new { value = setting.Words(value ?? setting.DefaultJson), setting = setting.Title, number = version.Version, proposedBy = step.ApprovedBy is null ? null : author.DisplayName },
                reason: step.Reason);
        }

        db.Announce(Topic);
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await reader.LoadAsync(ct);
        return new SettingsOutcome(step.SetId, Waiting: false, versions);
    }

    private async Task<Result<SettingsOutcome>> ProposeAsync(
        CcdDbContext db, IReadOnlyList<Prepared> edits, string reason, int? rolledBackTo, Actor by, DateTimeOffset now, CancellationToken ct)
    {
        IReadOnlyList<SettingEdit> kept = [.. edits.Select(edit => new SettingEdit(edit.Setting.Key, edit.Value, edit.Own?.Version ?? 0))];
        var proposal = new SettingProposal
        {
            At = now,
            ProposerId = by.Id,
            ProposerName = by.DisplayName,
            Reason = reason,
            Edits = JsonSerializer.Serialize(kept, SettingJson.Options),
            RolledBackTo = rolledBackTo,
        };
        db.Add(proposal);
        db.Audit(by, now, "setting.proposed", new AuditSubject("setting", null), after: new { setting = Titles(kept) }, reason: reason);
        db.Announce(Topic);
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? new SettingsOutcome(proposal.Id, Waiting: true, new Dictionary<string, int>()) : saved.Refusal;
    }

    private string[] Titles(IEnumerable<SettingEdit> edits) => [.. edits.Select(edit => catalogue.Find(edit.Key)?.Title ?? edit.Key)];

    internal static IReadOnlyList<SettingEdit> EditsOf(SettingProposal proposal) => JsonSerializer.Deserialize<SettingEdit[]>(proposal.Edits, SettingJson.Options)!;

    private static string? Trimmed(string? reason) => reason?.Trim() is { Length: >= ShortestReason and <= LongestReason } trimmed ? trimmed : null;

    private sealed record Prepared(Setting Setting, StoredSetting? Own, string? Value);

    /// <summary>The author of an approved change is the one who proposed it; the audit row names the one who approved.</summary>
    private sealed record ProposedBy(Guid? Proposer, string Name) : Actor
    {
        public override string Kind => "staff";

        public override Guid? Id => Proposer;

        public override string DisplayName => Name;

        public override bool May(Permission permission) => false;
    }
}
