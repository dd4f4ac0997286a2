using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using CcdBlazor.Channels;

namespace CcdBlazor.Bench.Messages;

/// <summary>The simulator as a process of its own, ended with this object.</summary>
internal sealed class SimulatorProcess : IDisposable
{
    public const string ReceiptAddress = "http://127.0.0.1:5199";

    private readonly Process process;
    private readonly HttpClient http = new();

    private SimulatorProcess(Process process) => this.process = process;

    public string Address { get; } = "http://127.0.0.1:5198";

    public double ProcessorSeconds
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    public static async Task<SimulatorProcess> StartAsync(string root, CancellationToken ct)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "CcdBlazor.Simulator.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, "--urls", "http://127.0.0.1:5198", "--Smtp:StartTlsPort=0", "--Smtp:TlsPort=0", $"--Receipts:Program={ReceiptAddress}"])
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var simulator = new SimulatorProcess(process);
        for (var i = 0; i < 200; i++)
        {
            try
            {
                await simulator.http.GetStringAsync($"{simulator.Address}/sim/counts", ct);
                return simulator;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100, ct);
            }
        }

        throw new TimeoutException("The simulator did not start.");
    }

    /// <summary>Forgets everything and lifts all limits.</summary>
    public async Task ResetAsync(bool receipts, CancellationToken ct)
    {
        (await http.PostAsync($"{Address}/sim/reset", null, ct)).EnsureSuccessStatusCode();
        (await http.PostAsJsonAsync($"{Address}/sim/limits", new { kind = "*" }, ct)).EnsureSuccessStatusCode();
        (await http.PostAsJsonAsync($"{Address}/sim/accounts", new
        {
            kind = PushWebhookProvider.KindName, id = "sim-push", secret = "sim-push-secret", receiptAddress = $"{ReceiptAddress}/api/messages/receipts/41", receiptMode = receipts ? "once" : "never",
        }, ct)).EnsureSuccessStatusCode();
    }

    /// <summary>How many messages its push service took, each counted once.</summary>
    public async Task<long> CountAsync(CancellationToken ct)
    {
        using var counts = JsonDocument.Parse(await http.GetStringAsync($"{Address}/sim/counts", ct));
        return counts.RootElement.GetProperty("kinds").TryGetProperty(PushWebhookProvider.KindName, out var push) ? push.GetProperty("distinctIds").GetInt64() : 0;
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
        http.Dispose();
    }
}
