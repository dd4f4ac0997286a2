using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace CcdBlazor.Hosting;

/// <summary>
/// A PostgreSQL server below this program, with a data folder of its own. It listens on a Unix socket only, in a folder closed to others, and asks
/// the kernel who connects (peer): only the account of this program gets in, and no password exists that could leak.
/// It is restarted when it dies, under the same connection string, and it ends with the program however the program ends.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    /// <summary>Role and database of the program. The role owns its databases and is no superuser: injected SQL cannot reach files or programs.</summary>
    public const string Owner = "ccd";

    private const string Superuser = "postgres";
    // sun_path holds 108 bytes, 103 on macOS; the name of the socket file takes 14 of them.
    private const int LongestSocketFolder = 85;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CalmAfter = TimeSpan.FromMinutes(1);

    private readonly EmbeddedPostgresOptions options;
    private readonly ILogger logger;
    private readonly FileStream folderLock;
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim stopOnce = new(1, 1);
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ServerAccount account = null!;
    private ServerProcesses processes = null!;
    private string programs = "";
    private string home = "";
    private string cluster = "";
    private string socketFolder = "";
    private WatchedProcess? server;
    private Task running = Task.CompletedTask;
    private bool stopped;

    private EmbeddedPostgres(EmbeddedPostgresOptions options, ILogger logger, FileStream folderLock)
    {
        this.options = options;
        this.logger = logger;
        this.folderLock = folderLock;
    }

    /// <summary>For the program: its own database as its owner.</summary>
    public string ConnectionString => ConnectionFor(Owner, Owner);

    /// <summary>For backups and extensions that only a superuser may handle.</summary>
    public string AdminConnectionString => ConnectionFor(Superuser, "postgres");

    /// <summary>Another database of the same cluster, as the owner.</summary>
    public string ConnectionStringFor(string database) => ConnectionFor(Owner, database);

    /// <summary>How often the server died and was started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>Raised when the server answers again after it died: connections kept in a pool are dead and are best dropped now.</summary>
    public event Action? Restarted;

    /// <summary>Process id of the server, if it runs.</summary>
    internal int? ServerId => processes.Server;

    internal int WatcherId => server!.Id;

    /// <summary>The cluster's name in the titles of its processes.</summary>
    internal static string NameOf(string cluster) => "ccd-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(cluster))[..6]);

    internal IReadOnlyList<int> AliveProcesses => processes.Alive();

    /// <summary>Ends when the server answers and the program's database is there.</summary>
    /// <exception cref="InvalidOperationException">It cannot start; the text says why.</exception>
    public Task Ready => ready.Task;

    /// <summary>Starts the server, making the cluster first when the folder is empty, and returns when it answers.</summary>
    /// <exception cref="InvalidOperationException">It cannot start, or another program runs on the same folder; the text says why.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(EmbeddedPostgresOptions options, ILogger logger, CancellationToken ct)
    {
        var postgres = await BeginAsync(options, logger, ct);
        try
        {
            await postgres.Ready.WaitAsync(ct);
            return postgres;
        }
        catch
        {
            await postgres.StopAsync();
            throw;
        }
    }

    /// <summary>
    /// As <see cref="StartAsync"/>, but returns while the server still starts: after a crash that takes it a while, in which the program can get ready too.
    /// Await <see cref="Ready"/> before the first connection.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another program runs on the same folder, or the cluster cannot be made; the text says why.</exception>
    public static async Task<EmbeddedPostgres> BeginAsync(EmbeddedPostgresOptions options, ILogger logger, CancellationToken ct)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        Directory.CreateDirectory(folder);
        var postgres = new EmbeddedPostgres(options with { DataFolder = folder }, logger, Lock(folder));
        try
        {
            await postgres.PrepareAsync(ct);
            postgres.running = Task.Run(postgres.RunAsync, CancellationToken.None);
            return postgres;
        }
        catch
        {
            await postgres.StopAsync();
            throw;
        }
    }

    /// <summary>Fast shutdown: open transactions are rolled back, everything committed is on disk. Returns when no process is left.</summary>
    public async Task StopAsync()
    {
        await stopOnce.WaitAsync();
        try
        {
            if (stopped)
            {
                return;
            }
            stopped = true;
            await stopping.CancelAsync();
            await running;
            await EndServerAsync();
            RemoveShortSocketFolder();
            await folderLock.DisposeAsync();
        }
        finally
        {
            stopOnce.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stopping.Dispose();
    }

    /// <summary>Held until this program ends, however it ends: the system drops it with the process.</summary>
    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "program.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new InvalidOperationException(
                $"Another instance of the program already runs on the data folder {folder}. Stop it first, or give this one another folder (Storage:DataFolder).", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InvalidOperationException(
                $"The data folder {folder} belongs to another user. Start the program as that user, or give another folder (Storage:DataFolder).", e);
        }
    }

    private async Task PrepareAsync(CancellationToken ct)
    {
        account = await ServerAccount.ChooseAsync(ct);
        programs = await account.RunnableAsync(PostgresPrograms.Find(options.ProgramsFolder), ct);
        home = await account.ReachableAsync(options.DataFolder, ct);
        cluster = Path.Combine(home, "cluster");
        processes = new ServerProcesses(cluster, NameOf(cluster));
        await MakeSocketFolderAsync(ct);

        if (!Directory.Exists(cluster))
        {
            await MakeClusterAsync(ct);
        }
        // The program may connect as owner and as superuser, nobody else as anything.
        await File.WriteAllTextAsync(Path.Combine(home, "pg_hba.conf"), "local all all peer map=program\n", ct);
        await File.WriteAllTextAsync(
            Path.Combine(home, "pg_ident.conf"),
            $"program \"{ServerAccount.ProgramsAccount}\" {Owner}\nprogram \"{ServerAccount.ProgramsAccount}\" {Superuser}\n", ct);
    }

    private async Task MakeSocketFolderAsync(CancellationToken ct)
    {
        socketFolder = Path.Combine(home, "socket");
        RemoveShortSocketFolder(); // left by a run that was killed
        if (Encoding.UTF8.GetByteCount(socketFolder) > LongestSocketFolder)
        {
            // A fresh name in the temporary folder, so that nobody can have put something there before us; the link is the note of it.
            var shortFolder = Directory.CreateTempSubdirectory("ccd-pg-").FullName;
            File.CreateSymbolicLink(socketFolder, shortFolder);
            socketFolder = shortFolder;
        }
        await account.MakePrivateFolderAsync(socketFolder, ct);
    }

    private void RemoveShortSocketFolder()
    {
        var link = new FileInfo(Path.Combine(home, "socket"));
        if (home.Length == 0 || link.LinkTarget is not { } target)
        {
            return;
        }
        link.Delete();
        if (Directory.Exists(target))
        {
            foreach (var file in Directory.EnumerateFiles(target, ".s.PGSQL.*"))
            {
                File.Delete(file);
            }
            Directory.Delete(target);
        }
    }

    private async Task MakeClusterAsync(CancellationToken ct)
    {
        logger.LogInformation("Making a new PostgreSQL cluster in {Folder}", cluster);
        // Made beside and renamed when finished, so that a kill in the middle leaves nothing that looks like a cluster.
        var fresh = Path.Combine(home, "cluster.new");
        if (Directory.Exists(fresh))
        {
            Directory.Delete(fresh, recursive: true);
        }
        await account.MakePrivateFolderAsync(fresh, ct);
        var (status, output) = await ServerAccount.RunAsync(
            account.As(
            [
                Path.Combine(programs, "bin", "initdb"), "-D", fresh, "-U", Superuser, "-A", "peer", "-E", "UTF8", "--data-checksums",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                // pg_trgm asks the C library what a letter is: under the ctype C it takes Chinese characters for punctuation and finds nothing.
                OperatingSystem.IsLinux() ? "--lc-ctype=C.UTF-8" : "--lc-ctype=en_US.UTF-8",
                "--no-instructions", .. options.Durable ? (string[])[] : ["--no-sync"],
            ]), ct);
        if (status != 0)
        {
            throw new InvalidOperationException($"initdb failed: {output}");
        }
        Directory.Move(fresh, cluster);
    }

    private async Task LaunchAsync(CancellationToken ct)
    {
        await processes.ClearAsync(logger, options.StopPatience, ct);
        // Lock files of a server that is gone block the next one when the number in them lives on, as another process or as a zombie that
        // nobody collects (in a container). Where the processes can be listed, none of ours is alive here.
        if (Directory.Exists("/proc/self"))
        {
            File.Delete(Path.Combine(cluster, "postmaster.pid"));
            File.Delete(Path.Combine(socketFolder, ".s.PGSQL.5432.lock"));
        }
        var command = new List<string> { Path.Combine(programs, "bin", "postgres"), "-D", cluster };
        foreach (var (name, value) in Settings())
        {
            command.Add("-c");
            command.Add($"{name}={value}");
        }
        // INT is PostgreSQL's fast shutdown.
        server = WatchedProcess.Start(account.Tied("INT", command), ServerAccount.CleanEnvironment, "INT", onLine: line => logger.LogDebug("postgres: {Line}", line));
        await AnswersAsync(server, ct);
    }

    private Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>
        {
            ["cluster_name"] = NameOf(cluster),
            ["hba_file"] = Path.Combine(home, "pg_hba.conf"),
            ["ident_file"] = Path.Combine(home, "pg_ident.conf"),
            ["listen_addresses"] = "",
            ["unix_socket_directories"] = socketFolder,
            ["unix_socket_permissions"] = "0700",
            ["max_connections"] = "200",
            ["shared_buffers"] = "128MB",
            ["max_wal_size"] = "1GB", // bounds the time of crash recovery
            ["wal_compression"] = "on",
            ["fsync"] = "on",
            ["synchronous_commit"] = "on",
            ["full_page_writes"] = "on",
            ["jit"] = "off", // costs more than it gains for short queries
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["lc_messages"] = "C",
            ["logging_collector"] = "on",
            ["log_directory"] = "log",
            ["log_filename"] = "postgresql-%a.log", // a week, then written over
            ["log_truncate_on_rotation"] = "on",
            ["log_rotation_age"] = "1d",
            ["log_rotation_size"] = "0",
            // Statements and the details of errors hold names and numbers of people; the log must not.
            ["log_min_error_statement"] = "panic",
            ["log_error_verbosity"] = "terse",
        };
        if (!options.Durable)
        {
            settings["fsync"] = settings["synchronous_commit"] = settings["full_page_writes"] = "off";
            settings["wal_level"] = "minimal";
            settings["max_wal_senders"] = "0";
            settings["max_wal_size"] = "4GB";
            settings["checkpoint_timeout"] = "30min";
        }
        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }
        return settings;
    }

    private async Task AnswersAsync(WatchedProcess started, CancellationToken ct)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (started.Exited.IsCompleted)
            {
                throw new InvalidOperationException($"PostgreSQL ended during its start (status {await started.Exited}): {await started.LastWordsAsync()}\n{LogTail()}");
            }
            try
            {
                await using var connection = new NpgsqlConnection(AdminConnectionString);
                await connection.OpenAsync(ct);
                return;
            }
            catch (NpgsqlException e) when (e is not PostgresException { SqlState: not "57P03" })
            {
                // No socket yet, or "the database system is starting up".
                if (TimeProvider.System.GetElapsedTime(since) > options.StartPatience)
                {
                    throw new InvalidOperationException($"PostgreSQL does not answer after {options.StartPatience}; see {Path.Combine(cluster, "log")}.", e);
                }
            }
            await Task.WhenAny(started.Exited, Task.Delay(20, ct));
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The end of the server's own log, which says why it ended.</summary>
    private string LogTail()
    {
        var folder = new DirectoryInfo(Path.Combine(cluster, "log"));
        return folder.Exists && folder.EnumerateFiles().MaxBy(file => file.LastWriteTimeUtc) is { } newest
            ? $"{newest.FullName}: {string.Join('\n', File.ReadLines(newest.FullName).TakeLast(10))}"
            : "";
    }

    private async Task MakeDatabaseAsync(CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(AdminConnectionString);
        await connection.OpenAsync(ct);
        if (!await AnyAsync($"SELECT 1 FROM pg_roles WHERE rolname = '{Owner}'"))
        {
            await ExecuteAsync($"CREATE ROLE {Owner} LOGIN CREATEDB");
        }
        if (!await AnyAsync($"SELECT 1 FROM pg_database WHERE datname = '{Owner}'"))
        {
            await ExecuteAsync($"CREATE DATABASE {Owner} OWNER {Owner}");
        }

        async Task<bool> AnyAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(ct) is not null;
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    private async Task RunAsync()
    {
        var ct = stopping.Token;
        try
        {
            await LaunchAsync(ct);
            await MakeDatabaseAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            ready.SetCanceled(ct);
            return;
        }
        catch (Exception e)
        {
            // Whoever waits for the server is told.
            ready.SetException(e);
            return;
        }

        ready.SetResult();
        await WatchAsync(ct);
    }

    private async Task WatchAsync(CancellationToken ct)
    {
        var pause = FirstPause;
        var since = TimeProvider.System.GetTimestamp();
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var status = await server!.Exited.WaitAsync(ct);
                logger.LogError("PostgreSQL ended with status {Status}; starting it again", status);
                if (TimeProvider.System.GetElapsedTime(since) > CalmAfter)
                {
                    pause = FirstPause;
                }
                await Task.Delay(pause, ct);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                since = TimeProvider.System.GetTimestamp();
                await EndServerAsync();
                Restarts++;
                await LaunchAsync(ct);
                logger.LogWarning("PostgreSQL answers again");
                Restarted?.Invoke();
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // A server that runs but does not answer is ended in the next round.
                logger.LogError(e, "PostgreSQL could not be started again; trying further");
                await EndServerAsync();
            }
        }
    }

    private async Task EndServerAsync()
    {
        if (server is null)
        {
            return;
        }
        if (!await server.StopAsync(options.StopPatience))
        {
            logger.LogError("PostgreSQL did not end within {Patience} and was killed; it will recover from its log at the next start", options.StopPatience);
        }
    }

    private string ConnectionFor(string role, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = socketFolder,
        Username = role,
        Database = database,
        SslMode = SslMode.Disable,
        Pooling = role == Owner,
        MaxPoolSize = 100,
    }.ConnectionString;
}
