namespace CcdBlazor.Hosting;

/// <summary>
/// Where the program's database is: the one that the configuration names, or the embedded one. Call before the services are registered and dispose after
/// the application (an <c>await using</c> above it does both), so that the server stops when nobody needs it any more.
/// </summary>
public sealed class DatabaseHosting : IAsyncDisposable
{
    private DatabaseHosting(string connectionString, EmbeddedPostgres? embedded)
    {
        ConnectionString = connectionString;
        Embedded = embedded;
    }

    public string ConnectionString { get; }

    /// <summary>Ends when the database may be connected to; an external one is taken to be there.</summary>
    /// <exception cref="InvalidOperationException">The embedded server cannot start; the text says why.</exception>
    public Task Ready => Embedded?.Ready ?? Task.CompletedTask;

    /// <summary>None when an external server is used.</summary>
    public EmbeddedPostgres? Embedded { get; }

    /// <summary>
    /// The folder for all that the program keeps (database, files, keys): <c>Storage:DataFolder</c>, else <c>data</c> beside the solution when the
    /// program runs inside a checkout, else <c>data</c> below the content root.
    /// </summary>
    public static string DataFolder(IConfiguration configuration, string contentRoot)
    {
        if (configuration["Storage:DataFolder"] is { Length: > 0 } configured)
        {
            return Path.GetFullPath(configured, contentRoot);
        }
        for (var folder = new DirectoryInfo(contentRoot); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CcdBlazor.sln")))
            {
                return Path.Combine(folder.FullName, "data");
            }
        }
        return Path.Combine(contentRoot, "data");
    }

    /// <summary>
    /// Uses <c>ConnectionStrings:Default</c> (or <c>Database:ConnectionString</c>) when set; else starts the embedded server in
    /// <c>postgres</c> below the data folder. Server settings come from <c>Database:Settings:*</c>. Await <see cref="Ready"/> before the first connection.
    /// </summary>
    public static async Task<DatabaseHosting> ResolveAsync(IConfiguration configuration, string dataFolder, ILogger logger, CancellationToken ct = default)
    {
        foreach (var key in (string[])["ConnectionStrings:Default", "Database:ConnectionString"])
        {
            if (configuration[key] is { Length: > 0 } configured)
            {
                return new DatabaseHosting(configured, null);
            }
        }
        var embedded = await EmbeddedPostgres.BeginAsync(
            new EmbeddedPostgresOptions
            {
                DataFolder = Path.Combine(dataFolder, "postgres"),
                ProgramsFolder = configuration["Database:ProgramsFolder"] is { Length: > 0 } programs ? programs : null,
                Settings = configuration.GetSection("Database:Settings").GetChildren()
                    .Where(setting => setting.Value is not null).ToDictionary(setting => setting.Key, setting => setting.Value!),
            },
            logger,
            ct);
        return new DatabaseHosting(embedded.ConnectionString, embedded);
    }

    public async ValueTask DisposeAsync()
    {
        if (Embedded is not null)
        {
            await Embedded.DisposeAsync();
        }
    }
}
