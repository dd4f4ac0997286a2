using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace CcdBlazor.Domain.Data;

/// <summary>
/// Rows in PostgreSQL's binary COPY format (documentation of COPY, "Binary Format"), written by hand. The client library's importer looks its converter up again
/// for every value; for a batch of 10,000 messages of 18 columns that was more processor time than the server needed to store them.
/// </summary>
internal sealed class BinaryCopy : IAsyncDisposable
{
    private const int Room = 64 * 1024;
    private const int TextOid = 25;
    private static ReadOnlySpan<byte> Signature => [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xff, (byte)'\r', (byte)'\n', 0];

    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly NpgsqlRawCopyStream stream;
    private byte[] buffer = new byte[2 * Room];
    private int length;
    private bool complete;

    private BinaryCopy(NpgsqlRawCopyStream stream)
    {
        this.stream = stream;
        Signature.CopyTo(buffer);
        // Flags and length of the extension: none.
        length = Signature.Length + 8;
    }

    /// <param name="sql"><c>copy … from stdin (format binary)</c>; rows name its columns in order.</param>
    public static async Task<BinaryCopy> BeginAsync(NpgsqlConnection connection, string sql, CancellationToken ct) => new(await connection.BeginRawBinaryCopyAsync(sql, ct));

    /// <summary>Begins a row; sends what is gathered when that is much.</summary>
    public ValueTask RowAsync(short columns, CancellationToken ct)
    {
        var full = length >= Room ? SendAsync(ct) : ValueTask.CompletedTask;
        if (!full.IsCompletedSuccessfully)
            return ThenAsync(full, columns);
        Short(columns);
        return ValueTask.CompletedTask;

        async ValueTask ThenAsync(ValueTask sending, short count)
        {
            await sending;
            Short(count);
        }
    }

    public void Null() => Integer(-1);

    public void Add(Guid value)
    {
        Integer(16);
        value.TryWriteBytes(Take(16), bigEndian: true, out _);
    }

    public void Add(Guid? value)
    {
        if (value is { } given)
            Add(given);
        else
            Null();
    }

    public void Add(short value)
    {
        Integer(2);
        Short(value);
    }

    public void Add(int value)
    {
        Integer(4);
        Integer(value);
    }

    public void Add(int? value)
    {
        if (value is { } given)
            Add(given);
        else
            Null();
    }

    public void Add(bool value)
    {
        Integer(1);
        Take(1)[0] = value ? (byte)1 : (byte)0;
    }

    /// <summary>A timestamptz: microseconds since 2000.</summary>
    public void Add(DateTimeOffset value)
    {
        Integer(8);
        BinaryPrimitives.WriteInt64BigEndian(Take(8), (value.UtcDateTime - Epoch).Ticks / TimeSpan.TicksPerMicrosecond);
    }

    public void Add(DateTimeOffset? value)
    {
        if (value is { } given)
            Add(given);
        else
            Null();
    }

    public void Add(string value)
    {
        var bytes = Encoding.UTF8.GetByteCount(value);
        Integer(bytes);
        Encoding.UTF8.GetBytes(value, Take(bytes));
    }

    /// <summary>UTF-8 that is there already.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        Integer(text.Length);
        text.CopyTo(Take(text.Length));
    }

    /// <summary>A text[] of one dimension; none for null.</summary>
    public void Add(IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            Null();
            return;
        }

        var start = length;
        Integer(0);
        Integer(values.Count == 0 ? 0 : 1);
        Integer(0);
        Integer(TextOid);
        if (values.Count > 0)
        {
            Integer(values.Count);
            Integer(1);
        }

        foreach (var value in values)
            Add(value);
        BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(start), length - start - 4);
    }

    public async Task CompleteAsync(CancellationToken ct)
    {
        Short(-1);
        await SendAsync(ct);
        complete = true;
        await stream.DisposeAsync();
    }

    /// <summary>Without <see cref="CompleteAsync"/> nothing is stored.</summary>
    public async ValueTask DisposeAsync()
    {
        if (complete)
            return;
        try
        {
            await stream.CancelAsync();
        }
        catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException)
        {
            // The connection is gone, or the server had refused already: nothing is stored either way.
        }

        await stream.DisposeAsync();
    }

    private async ValueTask SendAsync(CancellationToken ct)
    {
        await stream.WriteAsync(buffer.AsMemory(0, length), ct);
        length = 0;
    }

    private void Short(short value) => BinaryPrimitives.WriteInt16BigEndian(Take(2), value);

    private void Integer(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(4), value);

    private Span<byte> Take(int count)
    {
        if (buffer.Length - length < count)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, length + count));
        length += count;
        return buffer.AsSpan(length - count, count);
    }
}
