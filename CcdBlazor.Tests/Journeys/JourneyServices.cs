using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Files;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Journeys;

/// <summary>The domain beside a running program, on its database and with its keys: what a second node would be.</summary>
internal static class JourneyServices
{
    public static ServiceProvider Of(RunningProgram program)
    {
        var keys = KeyRingFile.Load(new ConfigurationBuilder().Build(), program.DataFolder, mustBeConfigured: false);
        return new ServiceCollection()
            .AddLogging()
            .AddData(program.ConnectionString)
            .AddSingleton(new KeyRing(keys))
            .AddSingleton<FieldCipher>()
            .AddSingleton<FieldHash>()
            .AddStaff()
            .AddProducts()
            .BuildServiceProvider();
    }
}
