using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Audit;

/// <summary>What one step of the sequencer did.</summary>
/// <param name="Sealed">How many entries got their link.</param>
/// <param name="More">True when a full batch was taken, so that there is probably more to seal at once.</param>
public readonly record struct AuditSealing(int Sealed, bool More);

/// <summary>
/// Chains the audit entries behind the writers' backs: they only insert and never wait here. Entries are taken in the order of
/// (transaction, number), and only those whose transaction is older than every running one. Later nothing can appear before them,
/// so the order is final, and sealing again after a crash gives the same hashes.
/// </summary>
public sealed class AuditSequencer(NpgsqlDataSource source)
{
    /// <summary>Most entries of one step; bounds memory and the length of its transaction.</summary>
    public const int BatchSize = 5_000;

    /// <summary>One sequencer works at a time in the whole cluster. The number is arbitrary and must never change.</summary>
    private const long SequencerLock = 0x4343_4402;

    /// <summary>Seals the next entries, if any are ripe and no other node is at it.</summary>
    public async Task<AuditSealing> SealNextAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var take = new NpgsqlCommand($"select pg_try_advisory_xact_lock({SequencerLock})", connection))
            if (await take.ExecuteScalarAsync(ct) is not true)
                return default;

        // A lost seal is computed again with the same result, so its commit need not wait for the disk.
        await using (var relax = new NpgsqlCommand("set local synchronous_commit = off", connection))
            await relax.ExecuteNonQueryAsync(ct);

        var last = await AuditChain.LastAsync(connection, ct) ?? (0, 0UL, 0L, AuditChain.Genesis);
        var seals = await HashNextAsync(connection, last, ct);
        if (seals.Count == 0)
            return default;

        await using (var writer = await connection.BeginBinaryImportAsync("copy audit_seals (position, txid, seq, hash) from stdin (format binary)", ct))
        {
            foreach (var seal in seals)
            {
                await writer.StartRowAsync(ct);
                await writer.WriteAsync(seal.Position, NpgsqlDbType.Bigint, ct);
                await writer.WriteAsync(seal.Txid, NpgsqlDbType.Xid8, ct);
                await writer.WriteAsync(seal.Seq, NpgsqlDbType.Bigint, ct);
                await writer.WriteAsync(seal.Hash, NpgsqlDbType.Bytea, ct);
            }

            await writer.CompleteAsync(ct);
        }

        await transaction.CommitAsync(ct);
        return new AuditSealing(seals.Count, seals.Count == BatchSize);
    }

    /// <summary>The newest link, to be kept outside the database; none while nothing is sealed.</summary>
    public async Task<AuditHead?> HeadAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await AuditChain.LastAsync(connection, ct) is { } last ? new AuditHead(last.Position, Convert.ToHexStringLower(last.Hash)) : null;
    }

    /// <summary>How many entries wait for their seal, counted up to 100,000; for the metrics.</summary>
    public async Task<long> UnsealedAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var (_, txid, seq, _) = await AuditChain.LastAsync(connection, ct) ?? (0, 0UL, 0L, []);
        await using var count = new NpgsqlCommand(
            $"select count(*) from (select 1 from audit_entries where {AuditChain.After(txid, seq)} limit 100000) as waiting", connection);
        return (long)(await count.ExecuteScalarAsync(ct))!;
    }

    private static async Task<List<AuditSeal>> HashNextAsync(
        NpgsqlConnection connection, (long Position, ulong Txid, long Seq, byte[] Hash) last, CancellationToken ct)
    {
        var sql = string.Create(CultureInfo.InvariantCulture, $"""
            copy (
                select {AuditChain.EntryColumns} from audit_entries
                where {AuditChain.After(last.Txid, last.Seq)} and txid < pg_snapshot_xmin(pg_current_snapshot())
                order by txid, seq limit {BatchSize}
            ) to stdout (format binary)
            """);
        var seals = new List<AuditSeal>();
        var scratch = new byte[4096];
        var previous = last.Hash;
        await using var rows = new CopyRows(await connection.BeginRawBinaryCopyAsync(sql, ct), ct);
        while (await rows.NextAsync(ct))
        {
            var hash = new byte[AuditChain.HashLength];
            AuditChain.Hash(previous, rows.Row, ref scratch, hash);
            var (txid, seq) = AuditChain.KeyOf(rows.Row);
            seals.Add(new AuditSeal { Position = last.Position + seals.Count + 1, Txid = txid, Seq = seq, Hash = hash });
            previous = hash;
        }

        return seals;
    }
}
