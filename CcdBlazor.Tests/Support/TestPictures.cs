using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace CcdBlazor.Tests.Support;

/// <summary>
/// Pictures made by the tests. The scene is a paper with lines of writing on a coloured table, and a red square in its upper left
/// corner, so that it shows which side is up.
/// </summary>
public static class TestPictures
{
    private static readonly ConcurrentDictionary<(int, int, int, int), Lazy<byte[]>> Photos = new();

    /// <summary>A JPEG as a phone takes it, with EXIF and a GPS position.</summary>
    /// <param name="width">Of the upright scene, in pixels.</param>
    /// <param name="height">Of the upright scene, in pixels.</param>
    /// <param name="orientation">EXIF orientation 1..8: how the sensor held the scene. Viewed with it, every one looks the same.</param>
    /// <param name="seed">Another seed is another picture.</param>
    public static byte[] Photo(int width, int height, int orientation = 1, int seed = 1) =>
        Photos.GetOrAdd((width, height, orientation, seed), key => new(() => EncodeJpeg(key.Item1, key.Item2, key.Item3, key.Item4))).Value.ToArray();

    /// <summary>Small photos that all look the same, each with a remark of its own: none has the bytes of another.</summary>
    public static IEnumerable<byte[]> SmallPhotos(int count)
    {
        var photo = Photo(320, 240, 1, 9);
        return Enumerable.Range(0, count).Select(n => (byte[])[.. photo.AsSpan(0, 2), 0xFF, 0xFE, 0, 6, .. BitConverter.GetBytes(n), .. photo.AsSpan(2)]);
    }

    /// <summary>The scene as a PNG, upright.</summary>
    public static byte[] Png(int width, int height, int seed = 1) => WritePng(width, height, Scene(width, height, 1, seed));

    /// <summary>A PNG that announces this size and holds next to no pixel data.</summary>
    public static byte[] PngHeader(int width, int height)
    {
        using var png = new MemoryStream();
        png.Write([0x89, .. "PNG\r\n\x1a\n"u8]);
        Chunk(png, "IHDR", HeaderOf(width, height));
        Chunk(png, "IDAT", Deflate(new byte[4 << 20]));
        Chunk(png, "IEND", []);
        return png.ToArray();
    }

    /// <summary>The scene as a WebP, upright.</summary>
    public static byte[] WebP(int width, int height, int seed = 1) => MediaWorkerFolder.RunNode(
        Read + "process.stdout.write(await sharp(input).webp({ quality: 80 }).toBuffer());", Png(width, height, seed));

    /// <summary>A plain-coloured progressive JPEG: a decoder must hold all of its coefficients at once, 3 to 6 bytes a pixel.</summary>
    public static byte[] ProgressiveJpeg(int width, int height) => MediaWorkerFolder.RunNode(
        Read + """
            const [width, height] = process.argv.slice(1).map(Number);
            const flat = sharp({ create: { width, height, channels: 3, background: '#aa8844' } });
            process.stdout.write(await flat.jpeg({ progressive: true }).toBuffer());
            """,
        [],
        width.ToString(CultureInfo.InvariantCulture),
        height.ToString(CultureInfo.InvariantCulture));

    /// <summary>What a picture says about itself, and the colours just inside its four corners.</summary>
    public static Inspection Inspect(byte[] picture)
    {
        const string script = Read + """
            const found = await sharp(input).metadata();
            const { data, info } = await sharp(input).removeAlpha().raw().toBuffer({ resolveWithObject: true });
            const at = (x, y) => [...data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3)];
            const [r, b, i] = [info.width - 1, info.height - 1, 4];
            process.stdout.write(JSON.stringify({ format: found.format, width: info.width, height: info.height,
              hasMetadata: Boolean(found.exif || found.xmp || found.iptc), orientation: found.orientation ?? 1,
              upperLeft: at(i, i), upperRight: at(r - i, i), lowerLeft: at(i, b - i), lowerRight: at(r - i, b - i) }));
            """;
        return JsonSerializer.Deserialize<Inspection>(MediaWorkerFolder.RunNode(script, picture), JsonSerializerOptions.Web)!;
    }

    private const string Read = """
        import { createRequire } from 'node:module';
        const sharp = createRequire(`${process.cwd()}/server.mjs`)('sharp');
        const parts = [];
        for await (const part of process.stdin) parts.push(part);
        const input = Buffer.concat(parts);

        """;

    private static byte[] EncodeJpeg(int width, int height, int orientation, int seed)
    {
        const string script = Read + """
            const orientation = Number(process.argv[1]);
            const gps = { GPSLatitudeRef: 'N', GPSLatitude: '39/1 54/1 26/1', GPSLongitudeRef: 'E', GPSLongitude: '116/1 23/1 29/1' };
            process.stdout.write(await sharp(input)
              .withExif({ IFD0: { Make: 'TestPhone', Software: 'Camera' }, IFD3: gps })
              .withMetadata({ orientation })
              .jpeg({ quality: 85 }).toBuffer());
            """;
        var (storedWidth, storedHeight) = orientation >= 5 ? (height, width) : (width, height);
        var stored = WritePng(storedWidth, storedHeight, Scene(width, height, orientation, seed));
        return MediaWorkerFolder.RunNode(script, stored, orientation.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>RGB rows as the sensor stored them: each stored pixel is looked up in the upright scene.</summary>
    private static byte[] Scene(int width, int height, int orientation, int seed)
    {
        var (storedWidth, storedHeight) = orientation >= 5 ? (height, width) : (width, height);
        var rows = new byte[storedHeight * (1 + (storedWidth * 3))];
        var table = Table(seed);
        var at = 0;
        for (var y = 0; y < storedHeight; y++)
        {
            rows[at++] = 0; // PNG filter: none
            for (var x = 0; x < storedWidth; x++)
            {
                var (sceneX, sceneY) = orientation switch
                {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (width - 1 - y, x),
                    7 => (width - 1 - y, height - 1 - x),
                    8 => (y, height - 1 - x),
                    _ => (x, y),
                };
                var (red, green, blue) = ColourAt(sceneX, sceneY, width, height, table, seed);
                rows[at++] = red;
                rows[at++] = green;
                rows[at++] = blue;
            }
        }
        return rows;
    }

    private static (byte Red, byte Green, byte Blue) ColourAt(int x, int y, int width, int height, (int Red, int Green, int Blue) table, int seed)
    {
        if (x < width / 8 && y < height / 8)
            return (220, 20, 20);
        // Grain, from a hash instead of Random: the same seed gives the same picture on every machine.
        var hash = (uint)(((x * 73856093) ^ (y * 19349663) ^ (seed * 83492791)) * 2654435761L);
        var grain = (int)((hash >> 13) % 9) - 4;
        var onPaper = x > width / 6 && x < width * 5 / 6 && y > height / 6 && y < height * 5 / 6;
        if (!onPaper)
            return (Clamp(table.Red + grain), Clamp(table.Green + grain), Clamp(table.Blue + grain));
        var line = height / 40 + 1;
        var isWriting = y / line % 3 == 1 && ((x / line * 7) + (y / line * 13) + seed) % 5 < 3;
        var tone = Clamp((isWriting ? 60 : 243) + grain);
        return (tone, tone, tone);
    }

    private static (int Red, int Green, int Blue) Table(int seed) => (40 + (seed * 37 % 90), 80 + (seed * 53 % 90), 120 + (seed * 71 % 90));

    private static byte Clamp(int value) => (byte)Math.Clamp(value, 0, 255);

    private static byte[] WritePng(int width, int height, byte[] rows)
    {
        using var png = new MemoryStream();
        png.Write([0x89, .. "PNG\r\n\x1a\n"u8]);
        Chunk(png, "IHDR", HeaderOf(width, height));
        Chunk(png, "IDAT", Deflate(rows));
        Chunk(png, "IEND", []);
        return png.ToArray();
    }

    /// <summary>8 bits, RGB, not interlaced.</summary>
    private static byte[] HeaderOf(int width, int height)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        header[9] = 2;
        return header;
    }

    private static byte[] Deflate(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest))
            zlib.Write(bytes);
        return packed.ToArray();
    }

    private static void Chunk(MemoryStream png, string type, byte[] data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        byte[] typeAndData = [.. System.Text.Encoding.ASCII.GetBytes(type), .. data];
        png.Write(typeAndData);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32(typeAndData));
        png.Write(number);
    }

    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(index =>
    {
        var value = (uint)index;
        for (var bit = 0; bit < 8; bit++)
            value = (value & 1) == 1 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        return value;
    })];

    private static uint Crc32(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var next in bytes)
            crc = CrcTable[(crc ^ next) & 0xFF] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>See <see cref="Inspect"/>. Colours are red, green, blue.</summary>
    public sealed record Inspection(
        string Format, int Width, int Height, bool HasMetadata, int Orientation, int[] UpperLeft, int[] UpperRight, int[] LowerLeft, int[] LowerRight)
    {
        /// <summary>The red square is where the scene has it, and nowhere else.</summary>
        public bool IsUpright => IsRed(UpperLeft) && !IsRed(UpperRight) && !IsRed(LowerLeft) && !IsRed(LowerRight);

        private static bool IsRed(int[] colour) => colour[0] > 170 && colour[1] < 80 && colour[2] < 80;
    }
}
