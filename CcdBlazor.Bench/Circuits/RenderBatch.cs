using System.Buffers.Binary;
using System.Text;

namespace CcdBlazor.Bench.Circuits;

/// <summary>
/// As much of a render batch as a click needs. The last 20 bytes are five offsets: updated components, frames, disposed components, disposed
/// handlers, strings. A frame has 20 bytes: its type, then fields by type.
/// </summary>
internal readonly ref struct RenderBatch(ReadOnlySpan<byte> bytes)
{
    private const int FrameSize = 20;
    private const int Element = 1;
    private const int Text = 2;
    private const int Attribute = 3;
    private const int Markup = 8;
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>The click handlers of the buttons in this batch that say <paramref name="label"/>; the first one, or 0.</summary>
    public ulong ButtonThatSays(string label)
    {
        var frames = Offset(1);
        var count = Int(frames);
        for (var i = 0; i < count; i++)
        {
            var frame = frames + 4 + i * FrameSize;
            if (Int(frame) != Element || String(Int(frame + 8)) != "button")
                continue;
            var end = Math.Min(count, i + Int(frame + 4));
            ulong handler = 0;
            var says = false;
            for (var j = i + 1; j < end; j++)
            {
                var inner = frames + 4 + j * FrameSize;
                switch (Int(inner))
                {
                    case Attribute when String(Int(inner + 4)) == "onclick":
                        handler = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(inner + 12)..]);
                        break;
                    case Text or Markup:
                        says |= String(Int(inner + 4))?.Trim() == label;
                        break;
                }
            }

            if (says && handler != 0)
                return handler;
        }

        return 0;
    }

    /// <summary>True when some text or markup of this batch contains the words.</summary>
    public bool Contains(string words)
    {
        var frames = Offset(1);
        var count = Int(frames);
        for (var i = 0; i < count; i++)
        {
            var frame = frames + 4 + i * FrameSize;
            if (Int(frame) is Text or Markup && String(Int(frame + 4))?.Contains(words, StringComparison.Ordinal) == true)
                return true;
        }

        return false;
    }

    private int Offset(int n) => Int(bytes.Length - 20 + 4 * n);

    private int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private string? String(int index)
    {
        if (index < 0)
            return null;
        var at = Int(Offset(4) + 4 * index);
        var length = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = bytes[at++];
            length |= (b & 127) << shift;
            if ((b & 128) == 0)
                break;
        }

        return Encoding.UTF8.GetString(bytes.Slice(at, length));
    }
}
