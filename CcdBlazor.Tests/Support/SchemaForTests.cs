using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Support;

/// <summary>Brings a database to the schema of the model when the template has not done so yet.</summary>
internal static class SchemaForTests
{
    public static async Task EnsureAsync(IServiceProvider services)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();
        if (await db.Database.SqlQuery<bool>($"select to_regclass('audit_entries') is not null as \"Value\"").SingleAsync())
            return;
        await db.Database.EnsureCreatedAsync();
        foreach (var script in SchemaScripts.All())
            await db.Database.ExecuteSqlRawAsync(script);
    }
}
