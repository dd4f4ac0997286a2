using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace CcdBlazor.Domain.Audit;

/// <summary>What sequencer and verifier must agree on: which columns, in which bytes, in which order.</summary>
internal static class AuditChain
{
    /// <summary>
    /// Every column of an entry. Order and set are part of the hash: a new column needs a new form of the chain, not an edit here.
    /// </summary>
    public const string EntryColumns =
        "txid, seq, at, actor_kind, actor_id, actor_name, from_address, action, subject_type, subject_id, customer_id, reason, before, after";

    public const int HashLength = SHA256.HashSizeInBytes;

    private static readonly DateTimeOffset PostgresEpoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What the first entry is chained to.</summary>
    public static byte[] Genesis => new byte[HashLength];

    /// <summary>SHA-256 over the previous hash followed by the entry's bytes as the server sends them in a binary copy.</summary>
    public static void Hash(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> row, ref byte[] scratch, Span<byte> hash)
    {
        var length = HashLength + row.Length;
        if (scratch.Length < length)
            scratch = new byte[Math.Max(length, scratch.Length * 2)];
        previous.CopyTo(scratch);
        row.CopyTo(scratch.AsSpan(HashLength));
        SHA256.HashData(scratch.AsSpan(0, length), hash);
    }

    // Fields 1 to 3 of an entry are 8 bytes each behind 4 bytes of length; the row begins with 2 bytes of field count.
    public static (ulong Txid, long Seq) KeyOf(ReadOnlySpan<byte> entry) =>
        (BinaryPrimitives.ReadUInt64BigEndian(entry[6..]), BinaryPrimitives.ReadInt64BigEndian(entry[18..]));

    public static DateTimeOffset TimeOf(ReadOnlySpan<byte> entry) =>
        PostgresEpoch.AddMicroseconds(BinaryPrimitives.ReadInt64BigEndian(entry[30..]));

    public static string After(ulong txid, long seq) => string.Create(CultureInfo.InvariantCulture, $"(txid, seq) > ('{txid}'::xid8, {seq})");

    /// <summary>The last link, or none when nothing was sealed yet.</summary>
    public static async Task<(long Position, ulong Txid, long Seq, byte[] Hash)?> LastAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select position, txid, seq, hash from audit_seals order by position desc limit 1", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? (reader.GetInt64(0), reader.GetFieldValue<ulong>(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3))
            : null;
    }
}
