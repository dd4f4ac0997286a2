namespace CcdBlazor.Domain.Files;

/// <summary>An encrypted blob as the store holds it. One row per content: the same content again uses the same row.</summary>
internal sealed class StoredBlob
{
    /// <summary>SHA-256 of the plain content, lower-case hex.</summary>
    public required string Sha { get; init; }

    /// <summary>Key in the <see cref="IBlobStore"/>.</summary>
    public required string Location { get; init; }

    /// <summary>Plain bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>The master key that wraps the data key.</summary>
    public required string KeyId { get; set; }

    public required byte[] WrappedKey { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Rotation: the same data key under another master key. The blob itself is not touched.</summary>
    public void Rewrap(KeyRing ring)
    {
        var wrapped = ring.Rewrap(new WrappedKey(KeyId, WrappedKey), Sha);
        KeyId = wrapped.KeyId;
        WrappedKey = wrapped.Bytes;
    }
}

/// <summary>A file that was accepted: the untouched original, and for pictures an upright thumbnail and preview without metadata. Never changed.</summary>
internal sealed class StoredFile
{
    public required Guid Id { get; init; }

    public required string Sha { get; init; }

    public required long Bytes { get; init; }

    public required ContentKind Kind { get; init; }

    /// <summary>Decided by content, never by what the sender claimed.</summary>
    public required string MediaType { get; init; }

    /// <summary>As the sender named it, made harmless by <see cref="FileNames.Clean"/>.</summary>
    public required string FileName { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public int? Pages { get; init; }

    public string? ThumbnailSha { get; init; }

    public string? PreviewSha { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Which picture of a file is meant.</summary>
public enum FileVariant
{
    /// <summary>As it was sent, metadata included.</summary>
    Original,
    /// <summary>Long edge 2048 px, upright, no metadata. Pictures only.</summary>
    Preview,
    /// <summary>Long edge 320 px, upright, no metadata. Pictures only.</summary>
    Thumbnail,
}

/// <summary>What is known of a stored file without opening it.</summary>
/// <param name="Sha">SHA-256 of the original: equal for equal content, also across customers.</param>
public sealed record FileFacts(Guid Id, string Sha, long Bytes, ContentKind Kind, string MediaType, string FileName, int? Width, int? Height, int? Pages, bool HasPreview);

/// <summary>A file opened for reading. The content is seekable and belongs to the caller.</summary>
public sealed record OpenedFile(Stream Content, string MediaType, long Length, string FileName);

public static class FileNames
{
    private const int LongestName = 120;
    private const string Nameless = "文件";

    /// <summary>
    /// A name that is harmless to show and to offer for download: the last part of a path, without control and direction characters
    /// (which can make "exe.jpg" of "gpj.exe") and without what file systems refuse; at most 120 characters, the extension kept.
    /// </summary>
    public static string Clean(string? given)
    {
        var name = (given ?? "").Replace('\\', '/');
        name = name[(name.LastIndexOf('/') + 1)..];
        name = string.Concat(name.Where(IsHarmless)).Trim(' ', '.');
        if (name.Length > LongestName)
        {
            var extension = Path.GetExtension(name) is { Length: <= 12 } short_ ? short_ : "";
            var stem = name[..(LongestName - extension.Length)];
            // Half a surrogate pair is no character, and PostgreSQL refuses it.
            name = (char.IsHighSurrogate(stem[^1]) ? stem[..^1] : stem) + extension;
        }

        return name.Length == 0 ? Nameless : name;
    }

    /// <summary>The media type of a kind of content.</summary>
    public static string MediaTypeOf(ContentKind kind) => kind switch
    {
        ContentKind.Jpeg => "image/jpeg",
        ContentKind.Png => "image/png",
        ContentKind.WebP => "image/webp",
        ContentKind.Pdf => "application/pdf",
        ContentKind.Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ContentKind.Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };

    private static bool IsHarmless(char c) =>
        !char.IsControl(c)
        && char.GetUnicodeCategory(c) is not (System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator)
        && c is not ('<' or '>' or ':' or '"' or '|' or '?' or '*');
}
