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
}
