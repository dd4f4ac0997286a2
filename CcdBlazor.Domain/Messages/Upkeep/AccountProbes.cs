using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Upkeep;

/// <summary>Asks every account's provider whether the account is usable, without sending anything.</summary>
public sealed class AccountProbes
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly AccountBook accounts;
    private readonly Dictionary<string, IMessageProvider> providers;
    private readonly DeliveryPolicySource policy;
    private readonly ChangeFeed feed;
    private readonly TimeProvider clock;

    internal AccountProbes(
        IDbContextFactory<CcdDbContext> contexts, AccountBook accounts, IEnumerable<IMessageProvider> providers, DeliveryPolicySource policy, ChangeFeed feed, TimeProvider clock)
    {
        this.contexts = contexts;
        this.accounts = accounts;
        this.providers = providers.ToDictionary(p => p.Kind);
        this.policy = policy;
        this.feed = feed;
        this.clock = clock;
    }

    /// <summary>
    /// Probes all enabled accounts. One whose keys or balance are refused rests; one that rested for that and is well again is used at once.
    /// Answers how many were probed and the names of those that are not usable.
    /// </summary>
    public async Task<(int Probed, IReadOnlyList<string> Faulty)> ProbeAsync(CancellationToken ct)
    {
        var known = (await accounts.CurrentAsync(ct)).Values.Where(a => providers.ContainsKey(a.Provider.Kind)).ToList();
        var found = new List<(AccountInUse Account, ProbeResult Result)>();
        foreach (var some in known.Chunk(8))
            found.AddRange(await Task.WhenAll(some.Select(async account => (account, await ProbeOneAsync(account, ct)))));
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        foreach (var (account, result) in found)
        {
            var fault = result.Usable ? null : Cut(result.Reason ?? "探测失败");
            await db.ChannelAccounts.Where(a => a.Number == account.Number)
                .ExecuteUpdateAsync(set => set.SetProperty(a => a.LastProbeAt, now).SetProperty(a => a.LastProbeFault, fault), ct);
            if (result is { Usable: false, Failure: FailureClass.Credentials })
                await accounts.RestAsync(account, now + policy.Current.CredentialsRest, CredentialsReason.Of(fault!), ct);
            else if (result.Usable)
                // What else may rest it (throttling, the breaker) has its own moment.
                await db.ChannelAccounts.Where(a => a.Number == account.Number && a.RestsUntil > now && a.RestReason!.StartsWith(CredentialsReason.Prefix))
                    .ExecuteUpdateAsync(set => set.SetProperty(a => a.RestsUntil, (DateTimeOffset?)null).SetProperty(a => a.RestReason, (string?)null), ct);
        }

        feed.Publish(new Change(MessageTopics.Accounts));
        feed.Publish(new Change(MessageTopics.Monitor));
        return (found.Count, [.. found.Where(f => !f.Result.Usable).Select(f => f.Account.Provider.Name)]);
    }

    private async Task<ProbeResult> ProbeOneAsync(AccountInUse account, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Longest);
        try
        {
            return await providers[account.Provider.Kind].ProbeAsync(account.Provider, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new ProbeResult(false, "20 秒内没有答复", FailureClass.Transient);
        }
        catch (Exception e) when (e is not OperationCanceledException and not OutOfMemoryException)
        {
            return new ProbeResult(false, "探测时出错", FailureClass.Transient);
        }
    }

    private static string Cut(string text) => text.Length > 200 ? text[..200] : text;
}
