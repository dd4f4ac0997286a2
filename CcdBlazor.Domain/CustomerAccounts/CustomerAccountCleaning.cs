using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>Forgets what no rule asks for any more.</summary>
public sealed class CustomerAccountCleaning
{
    /// <summary>Limits look back a day.</summary>
    public static readonly TimeSpan CodesKept = TimeSpan.FromDays(2);

    /// <summary>The longest session lasts seven days; addresses of sign-ins stay in the audit.</summary>
    public static readonly TimeSpan SessionsKept = TimeSpan.FromDays(30);

    private readonly IDbContextFactory<CcdDbContext> contexts;

    internal CustomerAccountCleaning(IDbContextFactory<CcdDbContext> contexts) => this.contexts = contexts;

    /// <summary>Job body: answers how many codes and sessions were removed.</summary>
    public async Task<(int Codes, int Sessions)> RunAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (codes, sessions) = (now - CodesKept, now - SessionsKept);
        return (await db.SignInCodes.Where(c => c.CreatedAt < codes).ExecuteDeleteAsync(ct), await db.CustomerSessions.Where(s => s.LastSeenAt < sessions).ExecuteDeleteAsync(ct));
    }
}
