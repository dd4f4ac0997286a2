using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace CcdBlazor.Bench.Messages;

/// <summary>Debian's RabbitMQ as a process of the bench's own, with its own folder and ports; its settings are the package's.</summary>
internal sealed class BenchBroker : IAsyncDisposable
{
    private const string Keeper = """
        exec 3<&0
        "$1" </dev/null >>"$2/out.log" 2>&1 3<&- &
        while read -r _ <&3; do :; done
        kill -KILL $!
        wait $!
        # Refused while it still lists the broker that has just died.
        for _ in 1 2 3 4 5 6 7 8 9 10; do epmd -port "$ERL_EPMD_PORT" -kill 2>&1 | grep -q Killed && break; sleep 0.2; done
        rm -rf "$2"
        """;

    private readonly Process keeper;

    private BenchBroker(Process keeper, int port)
    {
        this.keeper = keeper;
        Uri = new Uri($"amqp://guest:guest@127.0.0.1:{port}/");
    }

    public Uri Uri { get; }

    /// <summary>The process above the broker.</summary>
    public int KeeperId => keeper.Id;

    public static async Task<BenchBroker> StartAsync(CancellationToken ct)
    {
        const string Home = "/usr/lib/rabbitmq/lib";
        if (!Directory.Exists(Home))
            throw new InvalidOperationException("This bench needs RabbitMQ: apt-get install --no-install-recommends rabbitmq-server");
        var folder = Directory.CreateTempSubdirectory("ccd-bench-rabbit-").FullName;
        var (port, distribution, names) = (FreePort(), FreePort(), FreePort());
        await File.WriteAllTextAsync(Path.Combine(folder, "plugins"), "[].", ct);
        await File.WriteAllTextAsync(Path.Combine(folder, "rabbitmq.conf"), $"listeners.tcp.1 = 127.0.0.1:{port}\nlog.console = true\nlog.console.level = warning\nlog.file = false\n", ct);
        var program = Directory.EnumerateDirectories(Home, "rabbitmq_server-*").Select(d => Path.Combine(d, "sbin", "rabbitmq-server")).Single(File.Exists);
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Keeper, "keeper", program, folder]) { RedirectStandardInput = true };
        foreach (var (name, value) in new (string, string)[]
        {
            ("HOME", folder), ("RABBITMQ_NODENAME", $"bench{port}@localhost"), ("RABBITMQ_MNESIA_BASE", Path.Combine(folder, "mnesia")), ("RABBITMQ_LOG_BASE", folder), ("RABBITMQ_LOGS", "-"),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", Path.Combine(folder, "plugins")), ("RABBITMQ_CONFIG_FILE", Path.Combine(folder, "rabbitmq.conf")), ("RABBITMQ_CONF_ENV_FILE", Path.Combine(folder, "none")),
            ("RABBITMQ_DIST_PORT", distribution.ToString(CultureInfo.InvariantCulture)), ("ERL_EPMD_PORT", names.ToString(CultureInfo.InvariantCulture)), ("ERL_EPMD_ADDRESS", "127.0.0.1"),
            ("RUNNING_UNDER_SYSTEMD", "true"),
        })
            start.Environment[name] = value;
        var broker = new BenchBroker(Process.Start(start)!, port);
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = await broker.ConnectAsync(ct);
                return broker;
            }
            catch (Exception e) when (e is BrokerUnreachableException or OperationInterruptedException or IOException && Stopwatch.GetElapsedTime(since) < TimeSpan.FromMinutes(1))
            {
                await Task.Delay(200, ct);
            }
            catch
            {
                await broker.DisposeAsync();
                throw;
            }
        }
    }

    public Task<IConnection> ConnectAsync(CancellationToken ct) => new ConnectionFactory { Uri = Uri, AutomaticRecoveryEnabled = false }.CreateConnectionAsync(ct);

    public async ValueTask DisposeAsync()
    {
        keeper.StandardInput.Close();
        await keeper.WaitForExitAsync();
        keeper.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
