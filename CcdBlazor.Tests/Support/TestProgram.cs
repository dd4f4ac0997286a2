using System.Runtime.Versioning;
using CcdBlazor.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

// File modes, sockets and signals: the tests run where the embedded server does.
[assembly: UnsupportedOSPlatform("windows")]

namespace CcdBlazor.Tests.Support;

/// <summary>
/// The test assembly started as a program of its own: the owner of an embedded PostgreSQL that a test can kill. (The test runner
/// loads the assembly as a library and never comes here.)
/// </summary>
internal static class TestProgram
{
    internal const string OwnPostgres = "own-postgres";

    internal static async Task<int> Main(string[] args)
    {
        if (args is not [OwnPostgres, var folder])
        {
            return 2;
        }
        await using var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = folder, Durable = false }, NullLogger.Instance, CancellationToken.None);
        await Console.Out.WriteLineAsync("ready");
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
