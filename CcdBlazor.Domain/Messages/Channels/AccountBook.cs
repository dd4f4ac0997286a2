using System.Collections.Frozen;
using System.Text.Json;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>An account in use: what is stored, opened for the client, with what this node learned about it.</summary>
internal sealed class AccountInUse(ProviderAccount provider, ChannelAccount stored)
{
    private int failuresInARow;
    private long restsUntilTicks = stored.RestsUntil?.UtcTicks ?? 0;

    public ProviderAccount Provider => provider;
    public int Number => provider.Number;
    public int Weight => stored.Weight;
    public bool BoundOnly => stored.BoundOnly;
    public int PriceMilli => stored.PriceMilli;
    public IReadOnlyList<QuotaRule> Limits => stored.Limits;
    public IReadOnlyList<QuotaRule> RecipientLimits => stored.RecipientLimits;
    public int[] Spans { get; } = [.. stored.Limits.Select(l => l.Seconds)];
    public int[] Most { get; } = [.. stored.Limits.Select(l => l.Limit)];

    /// <summary>Share of good calls lately, 0 to 1; weighs its selection.</summary>
    public double Health { get; private set; } = 1;

    /// <summary>Not before then: resting, or out of quota.</summary>
    public DateTimeOffset FreeAt => new(Math.Max(Interlocked.Read(ref restsUntilTicks), Interlocked.Read(ref quotaFreeTicks)), TimeSpan.Zero);

    private long quotaFreeTicks;

    /// <summary>True while the reason for not using it is its quota.</summary>
    public bool OutOfQuota(DateTimeOffset now) => Interlocked.Read(ref quotaFreeTicks) > now.UtcTicks;

    public void QuotaFreeAt(DateTimeOffset moment) => Interlocked.Exchange(ref quotaFreeTicks, moment.UtcTicks);

    public void RestUntil(DateTimeOffset moment) => Interlocked.Exchange(ref restsUntilTicks, moment.UtcTicks);

    /// <summary>Takes note of a call. Answers how many failed in a row.</summary>
    public int Note(bool good)
    {
        Health = 0.9 * Health + (good ? 0.1 : 0);
        return good ? failuresInARow = 0 : ++failuresInARow;
    }

    /// <summary>What was learned goes over to the account as read again.</summary>
    public void Inherit(AccountInUse before)
    {
        Health = before.Health;
        failuresInARow = before.failuresInARow;
        quotaFreeTicks = Interlocked.Read(ref before.quotaFreeTicks);
    }
}

/// <summary>The accounts of all channels, opened and kept in memory; read again when one changes on any node.</summary>
internal sealed class AccountBook : IDisposable
{
    internal const string SecretsContext = "channel_accounts.secrets";

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly FieldCipher cipher;
    private readonly ChangeFeed feed;
    private readonly TimeProvider clock;
    private readonly ILogger<AccountBook> log;
    private readonly IDisposable subscription;
    private readonly SemaphoreSlim reading = new(1);
    private volatile FrozenDictionary<int, AccountInUse> accounts = FrozenDictionary<int, AccountInUse>.Empty;
    private volatile bool outdated = true;

    public AccountBook(IDbContextFactory<CcdDbContext> contexts, FieldCipher cipher, ChangeFeed feed, TimeProvider clock, ILogger<AccountBook> log)
    {
        this.contexts = contexts;
        this.cipher = cipher;
        this.feed = feed;
        this.clock = clock;
        this.log = log;
        subscription = feed.Subscribe(MessageTopics.Accounts, _ => outdated = true);
    }

    /// <summary>The accounts as last read; never waits and never fails.</summary>
    public IEnumerable<AccountInUse> Known => accounts.Values;

    /// <summary><see cref="Known"/> is what the last announced change left: nothing is waiting to be read, and nobody is reading.</summary>
    public bool Fresh => !outdated && reading.CurrentCount == 1;

    public async ValueTask<FrozenDictionary<int, AccountInUse>> CurrentAsync(CancellationToken ct)
    {
        if (Fresh)
            return accounts;
        await reading.WaitAsync(ct);
        try
        {
            if (!outdated)
                return accounts;
            outdated = false;
            try
            {
                return accounts = await ReadAsync(ct);
            }
            catch
            {
                outdated = true;
                throw;
            }
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>The account rests until a moment, on every node, for a reason that people read.</summary>
    public async Task RestAsync(AccountInUse account, DateTimeOffset until, string reason, CancellationToken ct)
    {
        account.RestUntil(until);
        log.LogWarning("Account {Account} rests until {Until:O}", account.Number, until);
        await using var db = await contexts.CreateDbContextAsync(ct);
        await db.ChannelAccounts.Where(a => a.Number == account.Number && (a.RestsUntil == null || a.RestsUntil < until))
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.RestsUntil, until).SetProperty(a => a.RestReason, reason), ct);
        feed.Publish(new Change(MessageTopics.Accounts));
    }

    public void Dispose()
    {
        subscription.Dispose();
        reading.Dispose();
    }

    private async Task<FrozenDictionary<int, AccountInUse>> ReadAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var stored = await db.ChannelAccounts.AsNoTracking().Where(a => a.Enabled && a.DeletedAt == null).ToListAsync(ct);
        var before = accounts;
        return stored.Select(Open).OfType<AccountInUse>().Select(account =>
        {
            if (before.TryGetValue(account.Number, out var known))
                account.Inherit(known);
            return account;
        }).ToFrozenDictionary(a => a.Number);
    }

    private AccountInUse? Open(ChannelAccount stored)
    {
        try
        {
            var secrets = stored.SecretsCipher is { } sealedText
                ? JsonSerializer.Deserialize<Dictionary<string, string>>(cipher.Decrypt(sealedText, SecretsContext))!
                : [];
            return new AccountInUse(
                new ProviderAccount(stored.Id, stored.Number, stored.Kind, stored.Channel, stored.Name, new Uri(stored.BaseAddress), stored.Values, secrets), stored);
        }
        catch (Exception e) when (e is FieldTamperedException or MasterKeyMissingException or JsonException or UriFormatException)
        {
            log.LogError("Account {Account} cannot be opened ({Error}); it is left out", stored.Number, e.GetType().Name);
            return null;
        }
    }
}
