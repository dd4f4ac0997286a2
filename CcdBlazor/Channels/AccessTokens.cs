using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>What a provider's token endpoint answered.</summary>
internal readonly record struct FetchedToken(string? Value, long Seconds, Trouble? Trouble);

/// <summary>
/// The one refresher of access tokens: a token per account, fetched once however many calls wait for it, in this process and on all nodes.
/// </summary>
public sealed class AccessTokens(ITokenStore store, ChannelSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<Guid, Slot> slots = new();

    /// <param name="application">What the token belongs to beside the account: the application's id.</param>
    internal async Task<(string Token, Trouble? Trouble)> GetAsync(
        ProviderAccount account, string application, Func<CancellationToken, Task<FetchedToken>> fetch, CancellationToken ct)
    {
        var issuedFor = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{account.BaseAddress} {application}")).AsSpan(0, 16));
        var slot = slots.GetOrAdd(account.Id, static _ => new Slot());
        var now = clock.GetUtcNow();
        if (Fresh(slot.Token, issuedFor, now))
            return (slot.Token!.Value, null);
        if (slot.Refusal is var (refusal, until) && now < until)
            return ("", refusal);

        if (!await slot.Gate.WaitAsync(TimeSpan.Zero, ct))
        {
            // Somebody refreshes; the old one serves as long as it is good.
            if (slot.Token is { } old && old.IssuedFor == issuedFor && now < old.ExpiresAt - TimeSpan.FromSeconds(30))
                return (old.Value, null);
            await slot.Gate.WaitAsync(ct);
        }

        try
        {
            return await RefreshAsync(account.Id, slot, issuedFor, fetch, ct);
        }
        catch (DbException)
        {
            return ("", Trouble.Failed(FailureClass.Transient, "令牌存储暂时不可用", "token-store"));
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    /// <summary>A call was refused with this token. It is dropped only if it still is the current one.</summary>
    internal async Task ExpireAsync(ProviderAccount account, string refused, CancellationToken ct)
    {
        if (slots.TryGetValue(account.Id, out var slot) && slot.Token?.Value == refused)
            slot.Token = null;
        try
        {
            await store.ExpireAsync(account.Id, refused, ct);
        }
        catch (DbException)
        {
            // It stays stored and will be refused once more.
        }
    }

    private async Task<(string Token, Trouble? Trouble)> RefreshAsync(
        Guid accountId, Slot slot, string issuedFor, Func<CancellationToken, Task<FetchedToken>> fetch, CancellationToken ct)
    {
        if (Fresh(slot.Token, issuedFor, clock.GetUtcNow()))
            return (slot.Token!.Value, null);
        if (slot.Refusal is var (refusal, until) && clock.GetUtcNow() < until)
            return ("", refusal);
        var stored = await store.FindAsync(accountId, ct);
        if (Fresh(stored, issuedFor, clock.GetUtcNow()))
            return Use(slot, stored!);
        return await store.AloneAsync(accountId, async token =>
        {
            stored = await store.FindAsync(accountId, token);
            if (Fresh(stored, issuedFor, clock.GetUtcNow()))
                return Use(slot, stored!);
            var fetched = await fetch(token);
            var now = clock.GetUtcNow();
            if (fetched.Value is { Length: > 0 } value)
            {
                // Some endpoints hand out a token near its end: never refresh before nine tenths of what is left.
                var lifetime = TimeSpan.FromSeconds(Math.Clamp(fetched.Seconds, 1, 86_400));
                var early = TimeSpan.FromSeconds(Math.Min((Early + TimeSpan.FromSeconds(Random.Shared.Next(60))).TotalSeconds, lifetime.TotalSeconds / 10));
                var fresh = new AccessToken(value, issuedFor, now + lifetime - early, now + lifetime);
                await store.SaveAsync(accountId, fresh, token);
                return Use(slot, fresh);
            }

            if (stored is not null && stored.IssuedFor == issuedFor && now < stored.ExpiresAt)
                return Use(slot, stored with { RefreshAt = now + settings.TokenRefusalKept });
            // Whatever became of this call, no message was sent by it.
            var trouble = fetched.Trouble is { Result: SendResult.Failed } known ? known : Trouble.Failed(FailureClass.Transient, "获取访问令牌失败", fetched.Trouble?.Code ?? "token");
            slot.Refusal = (trouble, now + settings.TokenRefusalKept);
            return ("", trouble);
        }, ct);
    }

    private static (string, Trouble?) Use(Slot slot, AccessToken token)
    {
        slot.Token = token;
        slot.Refusal = null;
        return (token.Value, null);
    }

    private static bool Fresh(AccessToken? token, string issuedFor, DateTimeOffset now) => token is not null && token.IssuedFor == issuedFor && now < token.RefreshAt;

    private sealed class Slot
    {
        public SemaphoreSlim Gate { get; } = new(1);

        public volatile AccessToken? Token;

        /// <summary>A storm of calls behind a refused secret asks once, not once each.</summary>
        public (Trouble Trouble, DateTimeOffset Until)? Refusal { get; set; }
    }
}
