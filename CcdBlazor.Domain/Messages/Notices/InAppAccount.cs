using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Notices;

/// <summary>The bell's account. It needs nothing from outside, so it is always there.</summary>
public sealed class InAppAccount
{
    internal const string Address = "in-app://here/";

    /// <summary>The same in every database: two nodes that start at once make one account.</summary>
    private static readonly Guid Id = new("0199a000-0000-7000-8000-00000000be11");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal InAppAccount(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    /// <summary>Makes the account, or brings it back when somebody removed it.</summary>
    public async Task EnsureAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.ChannelAccounts.FirstOrDefaultAsync(a => a.Id == Id, ct) is { } account)
        {
            if (account.DeletedAt is null)
                return;
            account.DeletedAt = null;
        }
        else
        {
            db.ChannelAccounts.Add(new ChannelAccount
            {
                Id = Id, Kind = InAppProvider.KindName, Channel = MessageChannel.InApp, Name = "站内通知", BaseAddress = Address, CreatedAt = clock.GetUtcNow(),
            });
        }

        db.Announce(MessageTopics.Accounts);
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Another node was quicker.
        }
    }
}
