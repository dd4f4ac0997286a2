using System.Buffers.Binary;
using System.IO.Compression;

namespace CcdBlazor.DevTools;

/// <summary>Pictures of papers that never existed: a coloured sheet with bars where text would be. PNG, written by hand so that nothing is needed to make them.</summary>
internal static class DemoPictures
{
    /// <param name="seed">Decides colours and bars: the same seed gives the same bytes.</param>
    public static byte[] Paper(int seed, int width = 1000, int height = 640)
    {
        var random = new Random(seed);
        var sheet = (R: (byte)random.Next(200, 240), G: (byte)random.Next(210, 240), B: (byte)random.Next(215, 245));
        var ink = (R: (byte)random.Next(40, 110), G: (byte)random.Next(60, 120), B: (byte)random.Next(90, 150));
        var bars = Enumerable.Range(0, 9).Select(i => (Top: 90 + (i * 55), Left: 80, Right: 80 + random.Next(200, 520))).ToArray();
        var raw = new byte[height * (1 + (width * 3))];
        for (var y = 0; y < height; y++)
        {
            var row = y * (1 + (width * 3));
            for (var x = 0; x < width; x++)
            {
                var isPhoto = x > width - 300 && x < width - 80 && y is > 120 and < 420;
                var isBar = Array.Exists(bars, b => y >= b.Top && y < b.Top + 22 && x >= b.Left && x < b.Right);
                var isBorder = x < 12 || y < 12 || x >= width - 12 || y >= height - 12;
                var colour = isPhoto || isBorder ? ink : isBar ? ((byte)(ink.R + 60), (byte)(ink.G + 60), (byte)(ink.B + 60)) : sheet;
                (raw[row + 1 + (x * 3)], raw[row + 2 + (x * 3)], raw[row + 3 + (x * 3)]) = colour;
            }
        }

        using var png = new MemoryStream();
        png.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8; // bits per channel
        header[9] = 2; // RGB
        Chunk(png, "IHDR"u8, header);
        using (var packed = new MemoryStream())
        {
            using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                zlib.Write(raw);
            Chunk(png, "IDAT"u8, packed.ToArray());
        }

        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Chunk(Stream to, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        to.Write(number);
        to.Write(type);
        to.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(type, data));
        to.Write(number);
    }

    /// <summary>CRC-32 of PNG (ISO 3309), over type and data.</summary>
    private static uint Crc(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        var crc = 0xFFFF_FFFFu;
        foreach (var part in (ReadOnlySpan<byte>)[.. type, .. data])
        {
            crc ^= part;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB8_8320u & (uint)-(int)(crc & 1));
        }

        return ~crc;
    }
}
