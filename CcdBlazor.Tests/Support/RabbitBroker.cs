using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace CcdBlazor.Tests.Support;

/// <summary>
/// Debian's RabbitMQ as a process of our own: own name, folder and ports, so that a broker of the machine is neither needed nor met. It ends with the test
/// process, however that ends.
/// </summary>
public sealed class RabbitBroker : IAsyncLifetime
{
    private const string Keeper = """
        exec 3<&0
        "$1" </dev/null >>"$2/out.log" 2>&1 3<&- &
        echo "pid $!"
        exec >&- 2>&-
        while read -r _ <&3; do :; done
        kill -KILL $!
        wait $!
        # Refused while it still lists the broker that has just died.
        for _ in 1 2 3 4 5 6 7 8 9 10; do epmd -port "$ERL_EPMD_PORT" -kill 2>&1 | grep -q Killed && break; sleep 0.2; done
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string folder = TestCluster.MakeFolder("rabbit");
    private readonly (int Amqp, int Distribution, int Names) ports = (FreePort(), FreePort(), FreePort());
    private Process? keeper;
    private int processId;

    private const string Home = "/usr/lib/rabbitmq/lib";

    /// <summary>Debian's package is there.</summary>
    internal static bool Installed => Directory.Exists(Home);

    internal Uri Uri => new($"amqp://guest:guest@127.0.0.1:{ports.Amqp}/");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "plugins"), "[].");
        await File.WriteAllTextAsync(Path.Combine(folder, "rabbitmq.conf"), $"listeners.tcp.1 = 127.0.0.1:{ports.Amqp}\nlog.console = true\nlog.console.level = warning\nlog.file = false\n");
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Starts it (again) and waits until it lets somebody in.</summary>
    internal async Task StartAsync()
    {
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Keeper, "keeper", Program(), folder]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["HOME"] = folder,
            ["RABBITMQ_NODENAME"] = $"ccd{ports.Amqp}@localhost",
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "mnesia"),
            ["RABBITMQ_LOG_BASE"] = folder,
            ["RABBITMQ_LOGS"] = "-",
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "plugins"),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq.conf"),
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(folder, "none"),
            ["RABBITMQ_DIST_PORT"] = $"{ports.Distribution}",
            ["ERL_EPMD_PORT"] = $"{ports.Names}",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            // The script then becomes the server instead of starting it.
            ["RUNNING_UNDER_SYSTEMD"] = "true",
            // Without it idle schedulers spin, and the tests share two cores.
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+sbwt none +sbwtdcpu none +sbwtdio none",
        })
            start.Environment[name] = value;
        keeper = Process.Start(start)!;
        processId = int.Parse((await keeper.StandardOutput.ReadLineAsync())!.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture);
        await Eventually.TrueAsync(LetsInAsync, Patience, $"the broker answers; it said: {Path.Combine(folder, "out.log")}");
    }

    /// <summary>Ends it as a crash would.</summary>
    internal async Task KillAsync()
    {
        if (keeper is null)
            return;
        keeper.StandardInput.Close();
        await keeper.WaitForExitAsync();
        keeper.Dispose();
        keeper = null;
    }

    /// <summary>Its process id.</summary>
    internal int ProcessId => processId;

    internal async Task<IConnection> ConnectAsync() => await new ConnectionFactory { Uri = Uri, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();

    private async Task<bool> LetsInAsync()
    {
        try
        {
            await using var connection = await ConnectAsync();
            return true;
        }
        catch (Exception e) when (e is BrokerUnreachableException or OperationInterruptedException or IOException)
        {
            return false;
        }
    }

    private static string Program() => Directory.EnumerateDirectories(Home, "rabbitmq_server-*").Select(d => Path.Combine(d, "sbin", "rabbitmq-server")).Single(File.Exists);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
