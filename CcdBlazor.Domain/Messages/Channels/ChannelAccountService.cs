using System.Text.Json;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>
/// Writes about accounts with providers. All need <see cref="Permission.ManageChannels"/>. Secrets are encrypted on the way in and never come out again:
/// neither in reads nor in the audit nor in a refusal.
/// </summary>
public sealed class ChannelAccountService
{
    /// <summary>Longest wait for a test call.</summary>
    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(20);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly FieldCipher cipher;
    private readonly Dictionary<string, IMessageProvider> providers;
    private readonly TimeProvider clock;

    internal ChannelAccountService(IDbContextFactory<CcdDbContext> contexts, FieldCipher cipher, IEnumerable<IMessageProvider> providers, TimeProvider clock)
    {
        this.contexts = contexts;
        this.cipher = cipher;
        this.providers = providers.ToDictionary(p => p.Kind);
        this.clock = clock;
    }

    /// <summary>A new account, in use at once.</summary>
    /// <param name="number">Its number, for demonstration data; otherwise the next one.</param>
    public async Task<Result<Guid>> AddAsync(AccountDraft draft, Actor by, CancellationToken ct, int? number = null)
    {
        if (!by.May(Permission.ManageChannels))
            return CommonRefusals.Forbidden;
        if (!providers.TryGetValue(draft.Kind, out var provider))
            return AccountRefusals.KindUnknown;
        if (provider.Channel == MessageChannel.InApp)
            return AccountRefusals.BellStays;
        if (AccountRules.Check(draft, provider.Fields, new HashSet<string>()) is { } wrong)
            return wrong;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var account = new ChannelAccount
        {
            Id = Guid.CreateVersion7(now), Kind = draft.Kind, Channel = provider.Channel, Name = draft.Name.Trim(), BaseAddress = draft.BaseAddress.Trim(), CreatedAt = now,
        };
        Fill(account, draft);
        if (number is { } wanted && by is SystemActor)
            await db.Database.ExecuteSqlAsync($"select setval(pg_get_serial_sequence('channel_accounts', 'number'), {wanted}, false)", ct);
        db.Add(account);
        db.Audit(by, now, "channel_account.added", Subject(account.Id), after: Shown(account, draft.Secrets.Keys));
        return await SaveAsync(db, ct) is { Ok: false } refused ? refused.Refusal : account.Id;
    }

    /// <param name="basis">See <see cref="AccountDetail.Basis"/>.</param>
    public Task<Result> EditAsync(Guid id, AccountDraft draft, Guid basis, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, (db, account, now) =>
        {
            if (basis != BasisOf(account))
                return CommonRefusals.ChangedMeanwhile;
            var fields = providers.TryGetValue(account.Kind, out var provider) ? provider.Fields : [];
            var secrets = Open(account);
            if (AccountRules.Check(draft, fields, secrets?.Keys.ToHashSet() ?? []) is { } wrong)
                return wrong;
            // Whoever may edit must not learn the secrets by having them sent to a place of his own.
            var kept = secrets?.Keys.Where(name => draft.Secrets.GetValueOrDefault(name, "").Length == 0).ToList() ?? [];
            if (kept.Count > 0 && Host(draft.BaseAddress) != Host(account.BaseAddress))
                return AccountRefusals.SecretsAgain;
            var before = Shown(account, []);
            Fill(account, draft);
            db.Audit(by, now, "channel_account.edited", Subject(id), before, Shown(account, draft.Secrets.Where(s => s.Value.Length > 0).Select(s => s.Key)));
            return Result.Done;
        }, ct);

    public Task<Result> SetEnabledAsync(Guid id, bool enabled, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, (db, account, now) =>
        {
            account.Enabled = enabled;
            db.Audit(by, now, enabled ? "channel_account.enabled" : "channel_account.disabled", Subject(id));
            return Result.Done;
        }, ct);

    /// <summary>Ends the account's rest: the reason for it was removed.</summary>
    public Task<Result> WakeAsync(Guid id, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, (db, account, now) =>
        {
            (account.RestsUntil, account.RestReason) = (null, null);
            db.Audit(by, now, "channel_account.woken", Subject(id));
            return Result.Done;
        }, ct);

    /// <summary>No message goes through it any more; messages bound to it fail with that reason. Its secrets are forgotten at once.</summary>
    public Task<Result> DeleteAsync(Guid id, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, (db, account, now) =>
        {
            if (account.Channel == MessageChannel.InApp)
                return AccountRefusals.BellStays;
            account.DeletedAt = now;
            account.SecretsCipher = null;
            db.Audit(by, now, "channel_account.deleted", Subject(id), before: Shown(account, []));
            return Result.Done;
        }, ct);

    /// <summary>Asks the provider whether the account is usable, with a call that reaches nobody; keeps the answer. Disabled accounts too.</summary>
    public async Task<Result<ProbeResult>> ProbeAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageChannels))
            return CommonRefusals.Forbidden;
        ChannelAccount? account;
        await using (var db = await contexts.CreateDbContextAsync(ct))
            account = await db.ChannelAccounts.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id && a.DeletedAt == null, ct);
        if (account is null)
            return CommonRefusals.NotFound;
        if (!providers.TryGetValue(account.Kind, out var provider))
            return AccountRefusals.NoClient;
        if (Open(account) is not { } secrets)
            return AccountRefusals.Unreadable;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ProbeTime);
        ProbeResult found;
        try
        {
            found = await provider.ProbeAsync(new ProviderAccount(account.Id, account.Number, account.Kind, account.Channel, account.Name, new Uri(account.BaseAddress), account.Values, secrets), limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            found = new ProbeResult(false, AccountRefusals.ProbeTimeout.Text, FailureClass.Transient);
        }

        var now = clock.GetUtcNow();
        var fault = found.Usable ? null : found.Reason ?? "账号不可用";
        await using (var db = await contexts.CreateDbContextAsync(ct))
        {
            await db.ChannelAccounts.Where(a => a.Id == id).ExecuteUpdateAsync(set => set.SetProperty(a => a.LastProbeAt, now).SetProperty(a => a.LastProbeFault, fault), ct);
            db.Announce(MessageTopics.Accounts);
            await db.SaveChangesAsync(ct);
        }

        return found;
    }

    /// <summary>What people may edit, as one value. A rest, a test, a switch are no edits.</summary>
    internal static Guid BasisOf(ChannelAccount a) => RecipientRules.HashOf(JsonSerializer.Serialize(
        new { a.Name, a.BaseAddress, Values = a.Values.OrderBy(v => v.Key, StringComparer.Ordinal), a.SecretsCipher, a.BoundOnly, a.Weight, a.Limits, a.RecipientLimits, a.PriceMilli }));

    /// <summary>The names of the secrets that are set; empty when they cannot be read.</summary>
    internal IReadOnlySet<string> SecretNames(ChannelAccount account) => Open(account)?.Keys.ToHashSet() ?? [];

    private static string Host(string address) => Uri.TryCreate(address.Trim(), UriKind.Absolute, out var uri) ? $"{uri.Host}:{uri.Port}" : address;

    private static AuditSubject Subject(Guid id) => new("channel_account", id);

    private static object Shown(ChannelAccount a, IEnumerable<string> newSecrets) => new
    {
        a.Kind, a.Name, a.BaseAddress, a.Values, a.Weight, a.BoundOnly, a.PriceMilli, a.Limits, a.RecipientLimits, NewSecrets = newSecrets.ToArray() is { Length: > 0 } names ? names : null,
    };

    private static Task<Result> SaveAsync(CcdDbContext db, CancellationToken ct)
    {
        db.Announce(MessageTopics.Accounts);
        return db.TrySaveAsync(ct);
    }

    private void Fill(ChannelAccount account, AccountDraft draft)
    {
        account.Name = draft.Name.Trim();
        account.BaseAddress = draft.BaseAddress.Trim();
        account.Values = draft.Values.Where(v => v.Value.Trim().Length > 0).ToDictionary(v => v.Key, v => v.Value.Trim());
        account.Weight = draft.Weight;
        account.BoundOnly = draft.BoundOnly;
        account.PriceMilli = draft.PriceMilli;
        account.Limits = [.. draft.Limits.OrderBy(l => l.Seconds)];
        account.RecipientLimits = [.. draft.RecipientLimits.OrderBy(l => l.Seconds).ThenBy(l => l.Category)];
        var entered = draft.Secrets.Where(s => s.Value.Length > 0).ToList();
        if (entered.Count == 0)
            return;
        var secrets = Open(account) ?? [];
        foreach (var (name, value) in entered)
            secrets[name] = value.Trim();
        account.SecretsCipher = cipher.Encrypt(JsonSerializer.Serialize(secrets), AccountBook.SecretsContext);
    }

    private Dictionary<string, string>? Open(ChannelAccount account)
    {
        if (account.SecretsCipher is not { } text)
            return [];
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(cipher.Decrypt(text, AccountBook.SecretsContext));
        }
        catch (Exception e) when (e is FieldTamperedException or MasterKeyMissingException or JsonException)
        {
            return null;
        }
    }

    private async Task<Result> ChangeAsync(Guid id, Actor by, Func<CcdDbContext, ChannelAccount, DateTimeOffset, Result> change, CancellationToken ct)
    {
        if (!by.May(Permission.ManageChannels))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        // Nodes write rests into the row at any moment: it is locked, so that neither refuses the other.
        await db.Database.ExecuteSqlAsync($"select 1 from channel_accounts where id = {id} for update", ct);
        if (await db.ChannelAccounts.SingleOrDefaultAsync(a => a.Id == id && a.DeletedAt == null, ct) is not { } account)
            return CommonRefusals.NotFound;
        var changed = change(db, account, clock.GetUtcNow());
        if (!changed.Ok)
            return changed;
        var saved = await SaveAsync(db, ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }
}
