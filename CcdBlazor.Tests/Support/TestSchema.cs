using System.Runtime.CompilerServices;
using CcdBlazor.Domain.Data;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Support;

/// <summary>The template that all test databases are cloned from is made by the real migrations.</summary>
internal static class TestSchema
{
    [ModuleInitializer]
    internal static void UseMigrations() => TestCluster.MigrateTemplate = async connectionString =>
    {
        await using var services = new ServiceCollection().AddLogging().AddData(connectionString).BuildServiceProvider();
        await services.GetRequiredService<Database>().MigrateAsync(CancellationToken.None);
    };
}
