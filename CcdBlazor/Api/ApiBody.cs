using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace CcdBlazor.Api;

/// <summary>Reads whole request bodies within a limit, straight from the connection's buffers.</summary>
internal static class ApiBody
{
    /// <summary>
    /// The body, valid until the reader is advanced; null when it is larger than allowed. The caller hands it back by
    /// <see cref="PipeReader.AdvanceTo(SequencePosition)"/>.
    /// </summary>
    public static async ValueTask<ReadOnlySequence<byte>?> ReadAsync(HttpContext http, long most)
    {
        if (http.Request.ContentLength > most)
            return null;
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            var buffer = read.Buffer;
            if (buffer.Length > most)
            {
                reader.AdvanceTo(buffer.End);
                return null;
            }

            if (read.IsCompleted)
                return buffer;
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>The first 128 bits of SHA-256 over the bytes.</summary>
    public static Guid Hash(ReadOnlySequence<byte> body)
    {
        Span<byte> hash = stackalloc byte[32];
        if (body.IsSingleSegment)
        {
            SHA256.HashData(body.FirstSpan, hash);
        }
        else
        {
            using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var segment in body)
                all.AppendData(segment.Span);
            all.GetHashAndReset(hash);
        }

        return new Guid(hash[..16]);
    }
}
