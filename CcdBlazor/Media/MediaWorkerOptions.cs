namespace CcdBlazor.Media;

/// <summary>Configuration section <c>Media</c>.</summary>
public sealed class MediaWorkerOptions
{
    public const string Section = "Media";

    /// <summary>Jobs that run at the same time, each in a process of its own.</summary>
    public int Concurrency { get; set; } = 2;

    /// <summary>A job that takes longer is ended and refused.</summary>
    public int TimeoutSeconds { get; set; } = 20;

    /// <summary>A job whose process grows beyond this is ended and refused.</summary>
    public int MemoryMegabytes { get; set; } = 768;

    /// <summary>Node 20 or newer.</summary>
    public string NodePath { get; set; } = "node";

    /// <summary>Where <c>server.mjs</c> lies; found by walking up from the program when empty.</summary>
    public string? WorkerFolder { get; set; }

    /// <summary>Where the Unix socket is made; a private temporary folder when empty. A socket's path has at most 107 bytes.</summary>
    public string? SocketFolder { get; set; }
}
