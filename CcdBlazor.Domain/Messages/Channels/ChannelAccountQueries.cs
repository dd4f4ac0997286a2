using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>Reads about accounts with providers. Lists and details need <see cref="Permission.ManageChannels"/> or <see cref="Permission.ViewMessages"/>.</summary>
public sealed class ChannelAccountQueries
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ChannelAccountService service;
    private readonly Dictionary<string, IMessageProvider> providers;
    private readonly TimeProvider clock;

    internal ChannelAccountQueries(IDbContextFactory<CcdDbContext> contexts, ChannelAccountService service, IEnumerable<IMessageProvider> providers, TimeProvider clock)
    {
        this.contexts = contexts;
        this.service = service;
        this.providers = providers.ToDictionary(p => p.Kind);
        this.clock = clock;
        Kinds =
        [
            .. this.providers.Values.OrderBy(p => p.Channel).ThenBy(p => p.Kind, StringComparer.Ordinal)
                .Select(p => new AccountKindChoice(AccountKinds.Of(p.Kind), p.Channel, p.Fields, p.DefaultAddress)),
        ];
    }

    /// <summary>The kinds that this program has a client for.</summary>
    public IReadOnlyList<AccountKindChoice> Kinds { get; }

    /// <summary>All accounts by channel; they are a handful.</summary>
    public async Task<Result<IReadOnlyList<AccountRow>>> ListAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageChannels) && !by.May(Permission.ViewMessages))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var stored = await db.ChannelAccounts.AsNoTracking().Where(a => a.DeletedAt == null).OrderBy(a => a.Channel).ThenBy(a => a.Number).ToListAsync(ct);
        return stored.ConvertAll(RowOf);
    }

    /// <summary>One account for its form; needs <see cref="Permission.ManageChannels"/>.</summary>
    public async Task<Result<AccountDetail>> FindAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageChannels))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.ChannelAccounts.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id && a.DeletedAt == null, ct) is { } account
            ? new AccountDetail(RowOf(account), account.Values, service.SecretNames(account), ChannelAccountService.BasisOf(account))
            : CommonRefusals.NotFound;
    }

    /// <summary>Accounts that a message may be bound to, for those who send.</summary>
    public async Task<IReadOnlyList<AccountChoice>> ChoicesAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.SendMessages) && !by.May(Permission.ManageChannels))
            return [];
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.ChannelAccounts.AsNoTracking().Where(a => a.DeletedAt == null && a.Enabled).OrderBy(a => a.Channel).ThenBy(a => a.Name)
            .Select(a => new AccountChoice(a.Number, a.Channel, a.Name, a.BoundOnly)).ToListAsync(ct);
    }

    private AccountRow RowOf(ChannelAccount a)
    {
        var standing = !a.Enabled ? AccountStanding.Disabled
            : a.RestsUntil > clock.GetUtcNow() ? AccountStanding.Resting
            : a.LastProbeFault is not null ? AccountStanding.Faulty
            : AccountStanding.Usable;
        return new AccountRow(
            a.Id, a.Number, a.Kind, AccountKinds.Of(a.Kind).Title, a.Channel, a.Name, a.BaseAddress, standing, a.Enabled, a.BoundOnly, a.Weight, a.PriceMilli,
            a.Limits, a.RecipientLimits, a.RestsUntil, a.RestReason, a.LastProbeAt, a.LastProbeFault, providers.ContainsKey(a.Kind));
    }
}
