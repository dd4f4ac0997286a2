using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Files;

/// <summary>The types that are accepted, decided by content and never by name.</summary>
public enum ContentKind
{
    Jpeg,
    Png,
    WebP,
    Pdf,
    Docx,
    Xlsx,
}

/// <summary>What a file truly is.</summary>
/// <param name="Width">Pixels after orientation was applied; none for documents.</param>
/// <param name="Height">Pixels after orientation was applied; none for documents.</param>
/// <param name="Pages">Pages of a PDF; 1 for a picture; none for office files.</param>
/// <param name="Orientation">EXIF orientation 1..8 as found in the file; 1 when it has none.</param>
public sealed record MediaFacts(ContentKind Kind, int? Width, int? Height, int? Pages, int Orientation);

/// <summary>A picture made from another: bytes and size.</summary>
public sealed record Rendition(string Path, int Width, int Height, long Bytes);

/// <summary>
/// What was made of one upload: its facts and, for pictures, thumbnail (long edge 320 px) and preview (long edge 2048 px),
/// both upright and without EXIF. The paths lie in the work folder that the caller gave and belong to the caller.
/// </summary>
public sealed record Renditions(MediaFacts Facts, Rendition? Thumbnail, Rendition? Preview);

/// <summary>
/// The picture and PDF worker, a process of its own. Refusals: <see cref="MediaRefusals"/>. A worker that does not answer is
/// <see cref="MediaRefusals.WorkerUnavailable"/>, never an exception.
/// </summary>
public interface IMediaWorker
{
    /// <summary>True type by content, size, pages and orientation, from the header before anything is decoded.</summary>
    Task<Result<MediaFacts>> ProbeAsync(string path, CancellationToken ct);

    /// <summary>Probe and, for pictures, thumbnail and preview in one go.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="workFolder">An existing folder where the renditions are written.</param>
    Task<Result<Renditions>> PrepareAsync(string path, string workFolder, CancellationToken ct);

    /// <summary>A PDF from a shipped Typst template and JSON data; the data reaches the template as data, so it cannot inject markup.</summary>
    /// <param name="template">Name of a shipped template, e.g. <c>checklist</c>.</param>
    Task<Result<byte[]>> TypesetAsync(string template, object data, CancellationToken ct);

    /// <summary>True when the worker answers its health check.</summary>
    Task<bool> IsHealthyAsync(CancellationToken ct);
}

/// <summary>Why a file was turned down by its content.</summary>
public static class MediaRefusals
{
    public static readonly Refusal Empty = new("media.empty", "文件是空的（0 字节），请重新选择。");
    public static readonly Refusal UnknownType = new("media.unknown_type", "文件内容不是支持的格式（支持 JPG、PNG、WebP、PDF、Word、Excel）。改文件扩展名没有用，请重新拍照或导出。", RefusalKind.UnsupportedContent);
    public static readonly Refusal Broken = new("media.broken", "文件已损坏或不完整，无法打开。请重新拍照或重新导出后再传。");
    public static readonly Refusal TooManyPixels = new("media.too_many_pixels", "图片尺寸过大（超过 5000 万像素），请用手机重新拍照或缩小后再传。", RefusalKind.TooLarge);
    public static readonly Refusal PasswordProtected = new("media.password_protected", "PDF 设有打开密码，审核人员无法查看。请去除密码后再传。");
    public static readonly Refusal ActivePdf = new("media.active_pdf", "PDF 中含有脚本或可执行内容，为安全起见不能接收。请用“打印为 PDF”另存后再传。");
    public static readonly Refusal TooManyPages = new("media.too_many_pages", "PDF 页数过多（超过 500 页），请拆分后再传。", RefusalKind.TooLarge);
    public static readonly Refusal ArchiveBomb = new("media.archive_bomb", "文档解压后过大，不能接收。请另存为 PDF 后再传。", RefusalKind.TooLarge);
    public static readonly Refusal TookTooLong = new("media.took_too_long", "文件处理超时，可能已损坏。请重新导出后再传。");
    public static readonly Refusal WorkerUnavailable = new("media.worker_unavailable", "图片处理服务正在恢复，文件已保留，稍后会自动完成。", RefusalKind.Unavailable);
}
