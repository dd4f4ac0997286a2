using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Domain.Staff;

/// <summary>
/// Wiring of people, roles and departments. Needs the data module and a <see cref="FieldCipher"/>. Account mails go out when the message platform
/// and a <see cref="PublicAddress"/> are there; without them first passwords are handed over by the administrator.
/// </summary>
public static class StaffModule
{
    public static IServiceCollection AddStaff(this IServiceCollection services)
    {
        services.AddOptions();
        // PBKDF2 with HMAC-SHA512; the number is what OWASP asks for it (Password Storage Cheat Sheet, 2023).
        services.Configure<PasswordHasherOptions>(o => o.IterationCount = 210_000);
        services.TryAddSingleton<IPasswordHasher<StaffMember>, PasswordHasher<StaffMember>>();
        services.TryAddSingleton<ILookupNormalizer, UpperInvariantLookupNormalizer>();
        services.AddSingleton(p => new StaffIdentity(
            p.GetRequiredService<IOptions<IdentityOptions>>(), p.GetRequiredService<IPasswordHasher<StaffMember>>(), p.GetRequiredService<ILookupNormalizer>(),
            p.GetRequiredService<FieldCipher>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<UserManager<StaffMember>>>()));
        services.AddSingleton(p => new StaffSignIn(p.Contexts(), p.GetRequiredService<StaffIdentity>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new StaffAccounts(p.Contexts(), p.GetRequiredService<StaffIdentity>(), p.Mails(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new PasswordRecovery(p.Contexts(), p.GetRequiredService<StaffIdentity>(), p.Mails(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new RoleService(p.Contexts(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new DepartmentService(p.Contexts(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new StaffDirectory(p.Contexts(), p.GetRequiredService<ChangeFeed>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new StaffSeed(p.Contexts(), p.GetRequiredService<StaffAccounts>()));
        return services;
    }

    private static AccountMails? Mails(this IServiceProvider provider) =>
        provider.GetService<MessageSender>() is { } sender && provider.GetService<PublicAddress>() is { } address
            ? new AccountMails(sender, provider.GetRequiredService<AccountBook>(), address, provider.GetRequiredService<TimeProvider>())
            : null;

    private static IDbContextFactory<CcdDbContext> Contexts(this IServiceProvider provider) => provider.GetRequiredService<IDbContextFactory<CcdDbContext>>();
}
