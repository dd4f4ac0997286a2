using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using CcdBlazor.Bench.Circuits;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// SIGKILL of the program and of its embedded database while 500 callers send: how long until the next send is accepted, and whether everything
/// that was accepted before is there.
/// </summary>
internal static class RecoveryBench
{
    private const int Rounds = 3;

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        settings = settings with { Folder = Path.Combine(settings.Folder, "recovery") };
        if (Directory.Exists(settings.DataFolder))
            Directory.Delete(settings.DataFolder, recursive: true);
        Directory.CreateDirectory(settings.DataFolder);
        string key, template;
        await using (var postgres = await BenchHost.StartServerAsync(settings, ct))
        {
            await using var services = Services(postgres.ConnectionString);
            await services.GetRequiredService<Database>().MigrateAsync(ct);
            template = await AcceptBench.TemplateAsync(services, ct);
            key = (await services.GetRequiredService<ApiKeyService>().CreateAsync(
                new ApiKeyDraft { Name = $"bench {Guid.NewGuid():N}", Scopes = ApiScopes.MessagesSend, PerSecond = 100_000, PerMinute = 6_000_000, Concurrency = 1_000 }, new SystemActor("bench"), ct)).Value.Text;
        }

        var ids = Path.Combine(settings.DataFolder, "accepted-ids");
        var until = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            double listening;
            await using (var node = await ProgramNode.StartAsync(settings, Configuration(settings), ct))
            {
                var load = AcceptBench.ClientAsync(node, key, template, ids, ct);
                await Task.Delay(TimeSpan.FromSeconds(8), ct);
                using var program = Process.GetProcessById(node.Id);
                program.Kill(entireProcessTree: true);
                var since = Stopwatch.GetTimestamp();
                await using var next = await ProgramNode.StartAsync(settings, Configuration(settings), ct, "/health/live");
                listening = Stopwatch.GetElapsedTime(since).TotalSeconds;
                while (!await SendAsync(next, key, template, ct))
                    await Task.Delay(20, ct);
                until.Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
                await load;
            }

            await using var postgres = await BenchHost.StartServerAsync(settings, ct);
            await using var services = Services(postgres.ConnectionString);
            var kept = await AcceptBench.VerifyAsync(services, ids, ct);
            Figures.Note(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: {until[^1]:0.00} s, listening after {listening:0.00} s; all {kept:N0} sends that were accepted before are there"));
        }

        Figures.Value("from SIGKILL of program and database to the first accepted send", until.Order().ElementAt(Rounds / 2), "s", goalBelow: 5);
    }

    private static async Task<bool> SendAsync(ProgramNode node, string key, string template, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/messages/send")
        {
            Content = new StringContent($$"""{"template":"{{template}}","channel":"sms","recipient":"13800000000","variables":{"name":"顾客","amount":"1234.50"},"priority":5}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString("N"));
        try
        {
            using var answer = await node.Http.SendAsync(request, ct);
            return (int)answer.StatusCode == 202;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static ServiceProvider Services(string connection) => new ServiceCollection().AddLogging().AddData(connection).AddApiKeys().BuildServiceProvider();

    private static Dictionary<string, string> Configuration(BenchSettings settings) => new()
    {
        ["Storage__DataFolder"] = settings.DataFolder,
        ["Demo__Empty"] = "true",
        ["Messages__Deliver"] = "false",
    };
}
