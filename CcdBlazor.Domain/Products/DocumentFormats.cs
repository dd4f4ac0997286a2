namespace CcdBlazor.Domain.Products;

/// <summary>Kinds of file that a rule accepts; the kind is decided by content elsewhere. Stored by name.</summary>
[Flags]
public enum DocumentFormats
{
    None = 0,
    Jpg = 1,
    Png = 2,
    Webp = 4,
    Pdf = 8,
    Docx = 16,
    Xlsx = 32,

    Pictures = Jpg | Png | Webp,
    PicturesAndPdf = Pictures | Pdf,
    Any = PicturesAndPdf | Docx | Xlsx,
}

/// <summary>Words and lookups for <see cref="DocumentFormats"/>.</summary>
public static class DocumentFormatWords
{
    /// <summary>The single kinds, in the order in which people read them.</summary>
    public static IReadOnlyList<DocumentFormats> Each { get; } =
    [
        DocumentFormats.Jpg, DocumentFormats.Png, DocumentFormats.Webp, DocumentFormats.Pdf, DocumentFormats.Docx, DocumentFormats.Xlsx,
    ];

    /// <summary>For the reader: <c>JPG、PNG、PDF</c>.</summary>
    public static string InWords(this DocumentFormats formats) =>
        string.Join("、", Each.Where(one => formats.HasFlag(one)).Select(one => one.ToString().ToUpperInvariant()));

    /// <summary>Lower-case extensions without a dot, <c>jpeg</c> included, for a file picker.</summary>
    public static IReadOnlyList<string> Extensions(this DocumentFormats formats) =>
    [
        .. Each.Where(one => formats.HasFlag(one)).SelectMany(one => one == DocumentFormats.Jpg
            ? (string[])["jpg", "jpeg"]
            : [one.ToString().ToLowerInvariant()]),
    ];

    /// <summary>The kind for an extension, with or without a dot, or <see cref="DocumentFormats.None"/>.</summary>
    public static DocumentFormats FromExtension(string extension) => extension.TrimStart('.').ToLowerInvariant() switch
    {
        "jpg" or "jpeg" => DocumentFormats.Jpg,
        "png" => DocumentFormats.Png,
        "webp" => DocumentFormats.Webp,
        "pdf" => DocumentFormats.Pdf,
        "docx" => DocumentFormats.Docx,
        "xlsx" => DocumentFormats.Xlsx,
        _ => DocumentFormats.None,
    };
}
