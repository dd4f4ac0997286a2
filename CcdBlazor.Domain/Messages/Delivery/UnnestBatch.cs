using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>Statements that take columns as arrays, gathered into one round trip and one transaction.</summary>
internal sealed class UnnestBatch(NpgsqlConnection connection, NpgsqlTransaction? transaction = null) : IAsyncDisposable
{
    private readonly NpgsqlBatch batch = new(connection, transaction);

    public Statement Add(string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return new Statement(command.Parameters);
    }

    public Task ExecuteAsync(CancellationToken ct) => batch.ExecuteNonQueryAsync(ct);

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
