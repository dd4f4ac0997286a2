namespace CcdBlazor.Hosting;

/// <summary>How the embedded PostgreSQL is run.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>Folder that belongs to the cluster alone. Made when missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// Folder with <c>bin/postgres</c>; none means: the npm package below <c>postgres/node_modules</c> of the first parent folder of the
    /// program (or of the current folder) that has one.
    /// </summary>
    public string? ProgramsFolder { get; init; }

    /// <summary>False is for tests: a power cut may destroy the cluster, in exchange for speed.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Server settings that win over the built-in ones, e.g. <c>shared_buffers</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How long a start may take, crash recovery included.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long a stop may take before the processes are killed.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(30);
}
