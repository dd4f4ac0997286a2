using Npgsql;

namespace CcdBlazor.Domain.Files;

/// <summary>Tells a database that is away for a moment (restart, broken connection) from a bug in a query.</summary>
internal static class DatabaseTrouble
{
    public static bool IsPassing(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
            if (e is PostgresException { SqlState: var state } && (state.StartsWith("57P", StringComparison.Ordinal) || state.StartsWith("08", StringComparison.Ordinal)))
                return true;
            else if (e is NpgsqlException { IsTransient: true })
                return true;
        return false;
    }
}
