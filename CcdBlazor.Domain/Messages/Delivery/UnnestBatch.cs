using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>Statements that take columns as arrays, gathered into one round trip and one transaction.</summary>
internal sealed class UnnestBatch(NpgsqlConnection connection, NpgsqlTransaction? transaction = null) : IAsyncDisposable
{
    /// <summary>
    /// First in every transaction that changes messages which others may be changing. With a plan for any arguments over the days' partitions, PostgreSQL 18.4
    /// was seen to pass over rows that another transaction had just changed: 1,500 receipts of 200,000 in one run of the bench, none in any run with plans for
    /// the arguments at hand. Such a plan costs less than a millisecond per group.
    /// </summary>
    public const string PlanForTheseArguments = "set local plan_cache_mode = force_custom_plan";

    private readonly NpgsqlBatch batch = new(connection, transaction);

    public Statement Add(string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return new Statement(command.Parameters);
    }

    public Task ExecuteAsync(CancellationToken ct) => batch.ExecuteNonQueryAsync(ct);

    /// <summary>How many rows the statement at a place changed; after <see cref="ExecuteAsync"/>.</summary>
    public ulong Touched(int place) => batch.BatchCommands[place].Rows;

    public ValueTask DisposeAsync() => batch.DisposeAsync();

    internal readonly struct Statement(NpgsqlParameterCollection parameters)
    {
        public Statement Value<T>(T value, NpgsqlDbType type)
        {
            parameters.Add(new NpgsqlParameter<T> { TypedValue = value, NpgsqlDbType = type });
            return this;
        }

        public Statement Column<TRow, T>(IReadOnlyList<TRow> rows, NpgsqlDbType type, Func<TRow, T> value)
        {
            var values = new T[rows.Count];
            for (var i = 0; i < values.Length; i++)
                values[i] = value(rows[i]);
            parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
            return this;
        }
    }
}
