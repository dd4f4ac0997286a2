using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Bench.Circuits;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// Durable single sends through the full endpoint: the program itself in Production over a durable server, 500 callers over HTTP with a key,
/// its limits, a template with two variables, validation and an idempotency key of its own for each request. Afterwards every accepted id is
/// looked up in the database.
/// </summary>
internal static class AcceptBench
{
    private const int Callers = 500;
    private const int WarmUp = 5;
    private const int Seconds = 15;
    private const int Rounds = 3;

    /// <summary>The program has run for hours when it matters: until nothing is left to compile, the compiler takes a part of two cores.</summary>
    private const int WarmUpRounds = 3;

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        settings = settings with { Folder = Path.Combine(settings.Folder, "accept") };
        Directory.CreateDirectory(settings.DataFolder);
        await using var postgres = await BenchHost.StartServerAsync(settings, ct);
        var connection = await BenchHost.EmptyDatabaseAsync(postgres, "ccd_bench_accept", ct);
        await using var services = new ServiceCollection().AddLogging().AddData(connection).AddApiKeys().BuildServiceProvider();
        await services.GetRequiredService<Database>().MigrateAsync(ct);
        var template = await TemplateAsync(services, ct);
        var key = (await services.GetRequiredService<ApiKeyService>().CreateAsync(
            new ApiKeyDraft { Name = "bench", Scopes = ApiScopes.MessagesSend, PerSecond = 100_000, PerMinute = 6_000_000, Concurrency = 1_000 }, new SystemActor("bench"), ct)).Value.Text;
        // Delivering is another bench: this one asks what the door can take.
        await using var node = await ProgramNode.StartAsync(settings, Configuration(settings, connection), ct);
        await MeasureAsync(settings, services, node, key, template, ct);
    }

    private static async Task MeasureAsync(BenchSettings settings, ServiceProvider services, ProgramNode node, string key, string template, CancellationToken ct)
    {
        var rounds = new List<Round>();
        for (var i = 1 - WarmUpRounds; i <= Rounds; i++)
        {
            var ids = Path.Combine(settings.DataFolder, "accepted-ids");
            var (before, database) = (node.ProcessorSeconds, PostgresSeconds(settings));
            var round = await ClientAsync(node, key, template, ids, ct);
            var total = await VerifyAsync(services, ids, ct);
            if (i > 0)
                rounds.Add(round);
            Figures.Note(string.Create(CultureInfo.InvariantCulture,
                $"{(i <= 0 ? "warming up" : $"round {i}")}: {round.PerSecond:N0}/s, average {round.Average:0.0}, p50 {round.P50:0.0}, p99 {round.P99:0.0}, longest {round.Longest:0} ms, errors {round.Errors}; "
                + $"all {total:N0} accepted ids are in the database; processor per request: program {(node.ProcessorSeconds - before) / total * 1e6:0} µs, database {(PostgresSeconds(settings) - database) / total * 1e6:0} µs, client {round.Processor / total * 1e6:0} µs"));
        }

        // Medians of the rounds.
        Figures.Value("accepted", Median(rounds, r => r.PerSecond), "/s", goalAtLeast: 12_000);
        Figures.Value("average", Median(rounds, r => r.Average), "ms", goalBelow: 40);
        Figures.Value("p50", Median(rounds, r => r.P50), "ms");
        Figures.Value("p99", Median(rounds, r => r.P99), "ms", goalBelow: 90);
        Figures.Value("errors", rounds.Sum(r => r.Errors), "", goalBelow: 0.5);
    }

    private static double Median(List<Round> rounds, Func<Round, double> value) => rounds.Select(value).Order().ElementAt(rounds.Count / 2);

    internal static async Task<Round> ClientAsync(ProgramNode node, string key, string template, string ids, CancellationToken ct)
    {
        var start = new ProcessStartInfo("dotnet",
        [
            typeof(AcceptBench).Assembly.Location, AcceptClient.Verb, node.Http.BaseAddress!.Port.ToString(CultureInfo.InvariantCulture), template,
            Callers.ToString(CultureInfo.InvariantCulture), WarmUp.ToString(CultureInfo.InvariantCulture), Seconds.ToString(CultureInfo.InvariantCulture), ids,
        ]) { RedirectStandardOutput = true };
        start.Environment["CCD_BENCH_KEY"] = key;
        // The thread that waits for the sockets also does the work: no hand-over per answer.
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = "1";
        start.Environment["DOTNET_TieredPGO"] = "0";
        using var client = Process.Start(start)!;
        await using var stop = ct.Register(() => client.Kill());
        var output = (await client.StandardOutput.ReadToEndAsync(ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await client.WaitForExitAsync(ct);
        foreach (var error in output.Skip(1))
            Figures.Note(error);
        var numbers = output[0].Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return new Round(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], (int)numbers[5], numbers[7]);
    }

    /// <summary>Every id that a caller was given must be a row; answers how many there were.</summary>
    internal static async Task<long> VerifyAsync(ServiceProvider services, string file, CancellationToken ct)
    {
        await using var connection = await services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(ct);
        await using (var make = new NpgsqlCommand("create temp table accepted_ids (id uuid not null) on commit preserve rows; truncate accepted_ids", connection))
            await make.ExecuteNonQueryAsync(ct);
        var bytes = await File.ReadAllBytesAsync(file, ct);
        await using (var copy = await connection.BeginBinaryImportAsync("copy accepted_ids from stdin (format binary)", ct))
        {
            for (var at = 0; at < bytes.Length; at += 16)
            {
                await copy.StartRowAsync(ct);
                await copy.WriteAsync(new Guid(bytes.AsSpan(at, 16)), ct);
            }

            await copy.CompleteAsync(ct);
        }

        await using var count = new NpgsqlCommand("select (select count(distinct id) from accepted_ids), (select count(*) from accepted_ids a join messages m on m.id = a.id)", connection) { CommandTimeout = 120 };
        await using var reader = await count.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var (given, found) = (reader.GetInt64(0), reader.GetInt64(1));
        await reader.CloseAsync();
        await using var drop = new NpgsqlCommand("drop table accepted_ids", connection);
        await drop.ExecuteNonQueryAsync(ct);
        return given == found && given == bytes.Length / 16 ? found : throw new InvalidOperationException($"{bytes.Length / 16} accepted, {given} different ids, {found} in the database.");
    }

    internal static async Task<string> TemplateAsync(ServiceProvider services, CancellationToken ct)
    {
        var now = DateTimeOffset.UtcNow;
        var template = new MessageTemplate { Id = Guid.CreateVersion7(), Code = "bench", Name = "bench", Category = MessageCategory.Notice, State = TemplateState.Active, ActiveVersion = 1, CreatedAt = now, ChangedAt = now };
        var content = new TemplateContent(
            [new TemplateVariable("name", "称呼"), new TemplateVariable("amount", "金额", VariableType.Money)],
            [new ChannelVariant(MessageChannel.Sms, "text", "尊敬的{{name}}，您本期应还 {{amount}} 元。")]);
        await using var db = await services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync(ct);
        db.MessageTemplates.Add(template);
        db.TemplateVersions.Add(new TemplateVersion { Id = Guid.CreateVersion7(), TemplateId = template.Id, Number = 1, Content = content, AuthorName = "bench", CreatedAt = now });
        await db.SaveChangesAsync(ct);
        return template.Code;
    }

    private static Dictionary<string, string> Configuration(BenchSettings settings, string connection)
    {
        var key = Convert.ToBase64String(new byte[32]);
        return new Dictionary<string, string>
        {
            ["ConnectionStrings__Default"] = connection,
            ["Storage__DataFolder"] = settings.DataFolder,
            ["Files__CurrentKey"] = "bench",
            ["Files__Keys__bench"] = key,
            ["Security__HashKey"] = key,
            ["Messages__Deliver"] = "false",
        };
    }

    /// <summary>Processor time of the server's processes: those that work in its folder. A process that ended meanwhile is missed.</summary>
    internal static double PostgresSeconds(BenchSettings settings)
    {
        var sum = 0.0;
        foreach (var folder in Directory.GetDirectories("/proc"))
            try
            {
                if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _)
                    && Directory.ResolveLinkTarget(Path.Combine(folder, "cwd"), returnFinalTarget: false)?.FullName.StartsWith(Path.Combine(settings.DataFolder, "postgres"), StringComparison.Ordinal) == true)
                {
                    // After the name in brackets; the 12th and 13th are user and system time in hundredths of a second.
                    var fields = File.ReadAllText(Path.Combine(folder, "stat")).Split(')')[^1].Split(' ');
                    sum += (double.Parse(fields[12], CultureInfo.InvariantCulture) + double.Parse(fields[13], CultureInfo.InvariantCulture)) / 100;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone, or not ours.
            }

        return sum;
    }

    internal sealed record Round(double PerSecond, double Average, double P50, double P99, double Longest, int Errors, double Processor);
}
