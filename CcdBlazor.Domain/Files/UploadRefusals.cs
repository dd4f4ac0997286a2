using System.Globalization;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Files;

/// <summary>Why bytes are not taken. What is wrong with the content itself is in <see cref="MediaRefusals"/>.</summary>
public static class UploadRefusals
{
    public static readonly Refusal LongerThanDeclared = new("upload.longer_than_declared", "收到的数据比文件本身多，这一段已丢弃。请重新选择文件上传。", RefusalKind.TooLarge);
    public static readonly Refusal OffsetMismatch = new("upload.offset_mismatch", "续传位置与服务器不一致，将自动从已收到的位置继续。", RefusalKind.Conflict);
    public static readonly Refusal ChecksumMismatch = new("upload.checksum_mismatch", "数据在传输中损坏，这一段已丢弃，将自动重传。");
    public static readonly Refusal Busy = new("upload.busy", "这个文件正在另一个页面上传，请等它完成。", RefusalKind.Conflict);
    public static readonly Refusal StorageFull = new("upload.storage_full", "服务器存储空间不足，暂时不能接收文件；已收到的内容都已保留。请联系管理员，稍后继续。", RefusalKind.StorageFull);
    public static readonly Refusal Expired = new("upload.expired", "这次上传超过 24 小时没有完成，已清除。请重新选择文件上传。", RefusalKind.Gone);
    public static readonly Refusal Lost = new("upload.lost", "服务器上的文件内容缺失，无法完成。请重新选择文件上传。", RefusalKind.Gone);
    public static readonly Refusal ClientKeyReused = new("upload.client_key_reused", "同一上传编号已用于另一个文件。请刷新页面后重新选择文件。", RefusalKind.Conflict);
    public static readonly Refusal TooManyOpen = new("upload.too_many_open", "未完成的上传过多，请先等待已选择的文件传完。", RefusalKind.TooMany);
    public static readonly Refusal AlreadyReceived = new("upload.already_received", "文件已经收到，不能再取消。", RefusalKind.Conflict);
    public static readonly Refusal Unavailable = new("upload.unavailable", "系统正在恢复，已收到的内容已保留，稍后会自动继续。", RefusalKind.Unavailable);

    /// <summary>Over the limit of the item or of the program.</summary>
    public static Refusal TooLarge(long maxBytes) => new("upload.too_large",
        string.Create(CultureInfo.InvariantCulture, $"文件超过大小上限（{Size(maxBytes)}）。请压缩、拆分或重新拍照后再传。"), RefusalKind.TooLarge);

    /// <summary>A field of the request is missing or malformed; a browser page of ours never sends such.</summary>
    public static Refusal Malformed(string field) => new("upload.malformed", "上传请求不完整，请刷新页面后重试。") { Field = field };

    private static string Size(long bytes) => bytes >= 1024 * 1024
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):0.#} MB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KB");
}
