namespace CcdBlazor.Domain.Common;

/// <summary>
/// Where people outside reach this program; links in messages begin with it. Configured, and never taken from a request: whoever sends one chooses
/// its host, and could have links to his own machine mailed to others.
/// </summary>
/// <param name="read">Asked each time: a program that serves on a port of its own choice knows it only after the start.</param>
public sealed class PublicAddress(Func<Uri?> read)
{
    public static readonly Refusal NotConfigured = new(
        "common.no_public_address", "还没有配置本系统的对外网址（PublicAddress），无法生成链接，请联系管理员。", RefusalKind.Conflict);

    /// <summary>The whole address of a path of this program; null when nobody said where it is reached.</summary>
    /// <param name="path">Begins with a slash.</param>
    public string? Of(string path) => read() is { } root ? root.GetLeftPart(UriPartial.Path).TrimEnd('/') + path : null;
}
