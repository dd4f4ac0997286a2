using System.Buffers.Binary;
using System.Text;

namespace CcdBlazor.Bench.Circuits;

/// <summary>Writes hub messages: an invocation is <c>[1, {}, id or nil, target, [arguments], []]</c> in MessagePack behind its length.</summary>
internal static class BlazorPack
{
    public static byte[] Handshake { get; } = [.. "{\"protocol\":\"blazorpack\",\"version\":1}"u8, 0x1E];

    public static byte[] Ping { get; } = [2, 0x91, 6];

    /// <summary>Arguments are null, string, long or bool; the hub knows no others.</summary>
    public static byte[] Invocation(string? id, string target, params ReadOnlySpan<object?> arguments)
    {
        var body = new List<byte>(256) { 0x96, 1, 0x80 };
        Write(body, id);
        Write(body, target);
        body.Add((byte)(0x90 | arguments.Length));
        foreach (var argument in arguments)
            Write(body, argument);
        body.Add(0x90);

        var framed = new List<byte>(body.Count + 5);
        for (var length = body.Count; ; length >>= 7)
        {
            framed.Add((byte)(length > 127 ? (length & 127) | 128 : length));
            if (length <= 127)
                break;
        }

        framed.AddRange(body);
        return [.. framed];
    }

    private static void Write(List<byte> to, object? value)
    {
        Span<byte> number = stackalloc byte[8];
        switch (value)
        {
            case null:
                to.Add(0xC0);
                break;
            case bool truth:
                to.Add(truth ? (byte)0xC3 : (byte)0xC2);
                break;
            case long whole:
                to.Add(0xD3);
                BinaryPrimitives.WriteInt64BigEndian(number, whole);
                to.AddRange(number);
                break;
            case string text:
                var bytes = Encoding.UTF8.GetBytes(text);
                to.Add(0xDB);
                BinaryPrimitives.WriteInt32BigEndian(number, bytes.Length);
                to.AddRange(number[..4]);
                to.AddRange(bytes);
                break;
            default:
                throw new NotSupportedException(value.GetType().Name);
        }
    }
}

/// <summary>Reads as much MessagePack as the hub sends.</summary>
internal ref struct PackReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public int Array()
    {
        var b = Next();
        return b switch
        {
            >= 0x90 and <= 0x9F => b & 15,
            0xDC => Number(2),
            0xDD => Number(4),
            _ => throw Unexpected(b),
        };
    }

    public long Integer()
    {
        var b = Next();
        return b switch
        {
            <= 0x7F => b,
            >= 0xE0 => (sbyte)b,
            0xCC => Next(),
            0xCD => (ushort)Number(2),
            0xCE => (uint)Number(4),
            0xD0 => (sbyte)Next(),
            0xD1 => (short)Number(2),
            0xD2 => Number(4),
            0xCF or 0xD3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            _ => throw Unexpected(b),
        };
    }

    public string? Text()
    {
        var b = Next();
        return b switch
        {
            0xC0 => null,
            >= 0xA0 and <= 0xBF => Encoding.UTF8.GetString(Take(b & 31)),
            0xD9 => Encoding.UTF8.GetString(Take(Next())),
            0xDA => Encoding.UTF8.GetString(Take(Number(2))),
            0xDB => Encoding.UTF8.GetString(Take(Number(4))),
            _ => throw Unexpected(b),
        };
    }

    public ReadOnlySpan<byte> Binary()
    {
        var b = Next();
        return b switch
        {
            0xC4 => Take(Next()),
            0xC5 => Take(Number(2)),
            0xC6 => Take(Number(4)),
            _ => throw Unexpected(b),
        };
    }

    /// <summary>A string or a truth value; null for anything else.</summary>
    public object? Value()
    {
        switch (rest[0])
        {
            case 0xC2:
            case 0xC3:
                return Next() == 0xC3;
            case >= 0xA0 and <= 0xBF or 0xD9 or 0xDA or 0xDB:
                return Text();
            default:
                return null;
        }
    }

    /// <summary>Past one value, whatever it is.</summary>
    public void Skip()
    {
        var b = rest[0];
        switch (b)
        {
            case <= 0x7F or >= 0xE0 or 0xCC or 0xCD or 0xCE or 0xCF or 0xD0 or 0xD1 or 0xD2 or 0xD3:
                Integer();
                break;
            case >= 0xA0 and <= 0xBF or 0xD9 or 0xDA or 0xDB:
                Text();
                break;
            case 0xC4 or 0xC5 or 0xC6:
                Binary();
                break;
            case >= 0x90 and <= 0x9F or 0xDC or 0xDD:
                for (var n = Array(); n > 0; n--)
                    Skip();
                break;
            case >= 0x80 and <= 0x8F:
                for (var n = 2 * (Next() & 15); n > 0; n--)
                    Skip();
                break;
            case 0xC0 or 0xC2 or 0xC3:
                Next();
                break;
            case 0xCA:
                Take(5);
                break;
            case 0xCB:
                Take(9);
                break;
            default:
                throw Unexpected(b);
        }
    }

    private byte Next()
    {
        var b = rest[0];
        rest = rest[1..];
        return b;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private int Number(int size) => size == 2 ? BinaryPrimitives.ReadUInt16BigEndian(Take(2)) : BinaryPrimitives.ReadInt32BigEndian(Take(4));

    private static InvalidDataException Unexpected(byte b) => new($"Unexpected MessagePack byte 0x{b:x2}.");
}
