using System.Buffers.Binary;
using System.Data;
using System.Diagnostics;
using Npgsql;

namespace CcdBlazor.Domain.Audit;

/// <summary>
/// Walks entries and seals side by side, computes every hash again and names the first row that does not fit. Reads one snapshot
/// over two connections; writers and the sequencer go on meanwhile.
/// </summary>
public sealed class AuditVerifier(NpgsqlDataSource source, AuditHeadFile heads)
{
    private const int ProgressEvery = 20_000;

    public async Task<AuditReport> VerifyAsync(IProgress<AuditProgress>? progress, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var anchors = await heads.ReadAsync(ct);
        await using var left = await source.OpenConnectionAsync(ct);
        await using var leftTransaction = await left.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var snapshot = (string)(await ScalarAsync(left, "select pg_export_snapshot()", ct))!;
        var total = (long)(await ScalarAsync(left, "select coalesce(max(position), 0) from audit_seals", ct))!;
        await using var right = await source.OpenConnectionAsync(ct);
        await using var rightTransaction = await right.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        await ScalarAsync(right, $"set transaction snapshot '{snapshot}'", ct);

        // Both tables lie on the disk almost in this order; a plan that sorts them would write everything out once more.
        const string InOrder = "set local enable_sort = off; set local enable_seqscan = off; set local enable_bitmapscan = off";
        await ScalarAsync(left, InOrder, ct);
        await ScalarAsync(right, InOrder, ct);

        await using var entries = new CopyRows(await left.BeginRawBinaryCopyAsync(
            $"copy (select {AuditChain.EntryColumns} from audit_entries order by txid, seq) to stdout (format binary)", ct), ct);
        await using var seals = new CopyRows(await right.BeginRawBinaryCopyAsync(
            "copy (select position, txid, seq, hash from audit_seals order by position) to stdout (format binary)", ct), ct);
        return await WalkAsync(entries, seals, anchors, total, progress, watch, ct);
    }

    private static async Task<AuditReport> WalkAsync(
        CopyRows entries, CopyRows seals, IReadOnlyList<AuditHead> anchors, long total, IProgress<AuditProgress>? progress, Stopwatch watch, CancellationToken ct)
    {
        var scratch = new byte[4096];
        var previous = AuditChain.Genesis;
        var hash = new byte[AuditChain.HashLength];
        var position = 0L;
        DateTimeOffset? lastTime = null;
        var anchorAt = anchors.GroupBy(anchor => anchor.Position).ToDictionary(group => group.Key, group => group.Select(a => a.Hash).ToHashSet());
        AuditBreak? broken = null;

        var haveEntry = await entries.NextAsync(ct);
        while (broken is null && await seals.NextAsync(ct))
        {
            var seal = SealAt(seals.Row);
            var entry = haveEntry ? AuditChain.KeyOf(entries.Row) : default;
            var before = haveEntry ? entry.CompareTo((seal.Txid, seal.Seq)) : 1;
            if (seal.Position != position + 1)
                broken = new AuditBreak(AuditBreakKind.SealRemoved, position + 1, before < 0 ? entry.Seq : null, before < 0 ? AuditChain.TimeOf(entries.Row) : lastTime);
            else if (before > 0)
                broken = new AuditBreak(AuditBreakKind.Removed, seal.Position, seal.Seq, lastTime);
            else if (before < 0)
                broken = new AuditBreak(AuditBreakKind.Inserted, seal.Position, entry.Seq, AuditChain.TimeOf(entries.Row));
            else
            {
                AuditChain.Hash(previous, entries.Row, ref scratch, hash);
                if (!seals.Row[^AuditChain.HashLength..].SequenceEqual(hash))
                {
                    broken = new AuditBreak(AuditBreakKind.Changed, seal.Position, seal.Seq, AuditChain.TimeOf(entries.Row));
                    break;
                }

                lastTime = AuditChain.TimeOf(entries.Row);
                if (anchorAt.Count > 0 && anchorAt.TryGetValue(seal.Position, out var expected) && expected.Any(e => e != Convert.ToHexStringLower(hash)))
                {
                    broken = new AuditBreak(AuditBreakKind.Rewritten, seal.Position, seal.Seq, lastTime);
                    break;
                }

                position = seal.Position;
                (previous, hash) = (hash, previous);
                haveEntry = await entries.NextAsync(ct);
                if (position % ProgressEvery == 0)
                    progress?.Report(new AuditProgress(position, total));
            }
        }

        if (broken is null && anchorAt.Keys.Any(anchor => anchor > position))
            broken = new AuditBreak(AuditBreakKind.Shortened, position, null, lastTime);

        var unsealed = 0L;
        for (; broken is null && haveEntry; haveEntry = await entries.NextAsync(ct))
            unsealed++;
        progress?.Report(new AuditProgress(position, total));
        var head = position == 0 ? null : new AuditHead(position, Convert.ToHexStringLower(previous));
        return new AuditReport(position, unsealed, head, anchors.Count, broken, watch.Elapsed);
    }

    private static (long Position, ulong Txid, long Seq) SealAt(ReadOnlySpan<byte> row) => (
        BinaryPrimitives.ReadInt64BigEndian(row[6..]),
        BinaryPrimitives.ReadUInt64BigEndian(row[18..]),
        BinaryPrimitives.ReadInt64BigEndian(row[30..]));

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(ct);
    }
}
