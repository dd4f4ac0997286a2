using CcdBlazor.Domain.Common;

namespace CcdBlazor.Operations;

/// <summary>What the process holds, for the circuit bench. There only when <c>Bench:MemoryEndpoint</c> is set: a forced collection stops everybody.</summary>
internal static class MemoryEndpoint
{
    /// <param name="Heap">Bytes of live managed objects.</param>
    /// <param name="Resident">Bytes of the process in memory.</param>
    public sealed record Memory(long Heap, long Resident);

    public static void MapBenchMemory(this WebApplication app)
    {
        if (app.Configuration.GetValue("Bench:MemoryEndpoint", false))
            app.MapGet("/health/memory", Read).RequireAuthorization(nameof(Permission.ManageStaff));
    }

    private static Memory Read(bool collect)
    {
        for (var round = 0; collect && round < 3; round++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new Memory(GC.GetTotalMemory(false), Environment.WorkingSet);
    }
}
