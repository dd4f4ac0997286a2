using System.Buffers.Binary;

namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>The time that is in an id (version 7: the first 48 bits are milliseconds).</summary>
public static class MessageIds
{
    /// <summary>The smallest id of a moment.</summary>
    public static Guid First(DateTimeOffset moment)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Max(0, moment.ToUnixTimeMilliseconds()) << 16);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>When the id was made; the year 1970 for what is no such id.</summary>
    public static DateTimeOffset TimeOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
        // The largest that a date can hold lies below what 48 bits can.
        return DateTimeOffset.FromUnixTimeMilliseconds(id.Version == 7 ? Math.Clamp(milliseconds, 86_400_000, 253_402_300_799_000) : 86_400_000);
    }

    /// <summary>Bits of the counter: the 12 of rand_a and the first 14 of rand_b. The other 48 are random.</summary>
    private const int LowBits = 14;

    /// <summary>
    /// For messages that are accepted together: a counter behind the moment (RFC 9562, section 6.2, method 1), so they sort in their order. Rows and index entries of
    /// a batch are then appended instead of being strewn over the pages of one moment, when they are written and at each later change.
    /// </summary>
    /// <param name="place">Of the message among those of its moment, from 0; below 2^26.</param>
    public static Guid InOrder(DateTimeOffset moment, int place)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(moment).TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x7000 | (place >> LowBits)));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[8..], (ushort)(0x8000 | (place & ((1 << LowBits) - 1))));
        return new Guid(bytes, bigEndian: true);
    }
}
