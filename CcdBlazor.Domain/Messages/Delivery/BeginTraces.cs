using System.Globalization;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// The durable mark that a send is about to begin, for providers that do not recognise our ids: written before the call, so that after a
/// crash only these messages are in doubt and all others simply go on.
/// </summary>
internal static class BeginTraces
{
    public static async Task WriteAsync(NpgsqlDataSource source, Guid claim, List<MessageRow> rows, int account, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var batch = new UnnestBatch(connection);
        batch.Add("select message_claims_held($1)").Value<Guid[]>([claim], NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Uuid);
        ExitStatements.WriteTraces(batch, rows.ConvertAll(r =>
            new TraceRow(now, r.Id, TraceNode.Process, TraceResult.Done, r.Attempt, account.ToString(CultureInfo.InvariantCulture))));
        await batch.ExecuteAsync(ct);
    }
}
