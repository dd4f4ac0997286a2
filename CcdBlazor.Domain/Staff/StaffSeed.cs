using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>What came of asking for a first administrator.</summary>
/// <param name="Created">False when somebody is there already; nothing was done then.</param>
/// <param name="GeneratedPassword">Set when nobody gave a password: to be printed once, and kept nowhere.</param>
public sealed record FirstAdministrator(bool Created, string UserName, string? GeneratedPassword);

/// <summary>What the program makes sure of at each start.</summary>
public sealed class StaffSeed
{
    public const string FirstAdministratorName = "admin";

    private static readonly SystemActor Seeder = new("staff-seed");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly StaffAccounts accounts;

    internal StaffSeed(IDbContextFactory<CcdDbContext> contexts, StaffAccounts accounts)
    {
        this.contexts = contexts;
        this.accounts = accounts;
    }

    /// <summary>
    /// Creates the shipped roles that are missing, and gives existing ones the permissions that a new version brought. What an
    /// administrator changed stays. Safe to call at each start, on several nodes at once.
    /// </summary>
    public async Task EnsureRolesAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.LockAdministrationAsync(ct);
        var existing = await db.Roles.ToDictionaryAsync(r => r.Name, ct);
        var changed = false;
        foreach (var (name, permissions) in ShippedRoles.All)
        {
            if (!existing.TryGetValue(name, out var role))
                db.Add(role = new Role { Name = name, BuiltIn = true });
            changed |= role.Offer(permissions);
        }

        if (!changed)
            return;
        db.Announce(StaffTopics.Roles);
        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
    }

    /// <summary>
    /// When there is no account at all, makes <see cref="FirstAdministratorName"/> with the given password or a random one; it must be
    /// changed at the first sign-in. A given password that breaks the rules is refused, and then nothing was made.
    /// </summary>
    public async Task<Result<FirstAdministrator>> EnsureFirstAdministratorAsync(string? environmentPassword, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.StaffMembers.AnyAsync(ct))
            return new FirstAdministrator(false, FirstAdministratorName, null);
        var given = string.IsNullOrWhiteSpace(environmentPassword) ? null : environmentPassword;
        var password = given ?? StaffUsers.RandomPassword();
        var made = await AddAsync(new StaffDraft { UserName = FirstAdministratorName, Name = "系统管理员" }, [ShippedRoles.Administrator], password, mustChangePassword: true, ct);
        if (made.Ok)
            return new FirstAdministrator(true, FirstAdministratorName, given is null ? password : null);
        // Another node was quicker.
        return made.Refusal == StaffRefusals.UserNameTaken ? new FirstAdministrator(false, FirstAdministratorName, null) : made.Refusal;
    }

    /// <summary>An account with a known password, for demo data.</summary>
    public async Task<Result<Guid>> AddAsync(StaffDraft draft, IReadOnlyCollection<string> roleNames, string password, bool mustChangePassword, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var roleIds = await db.Roles.Where(r => roleNames.Contains(r.Name)).Select(r => r.Id).ToListAsync(ct);
        return await accounts.CreateWithPasswordAsync(draft with { RoleIds = [.. draft.RoleIds, .. roleIds] }, password, mustChangePassword, Seeder, ct);
    }
}
