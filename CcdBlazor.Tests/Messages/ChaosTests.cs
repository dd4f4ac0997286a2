using System.Diagnostics;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Files;
using CcdBlazor.Hosting;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit.Abstractions;

namespace CcdBlazor.Tests.Messages;

/// <summary>
/// Ten thousand recipients over a provider that recognises our ids and one that cannot tell, while two real programs are killed, sessions of the database are ended and the database
/// itself is killed, twenty times at random moments. The simulator's own record decides: nobody is left out, nobody gets a message twice.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Blows = 20;
    private const int Push = 9_500;
    private const int Mail = 500;

    [Fact]
    public async Task Nobody_is_left_out_and_nobody_hears_twice_whatever_is_killed()
    {
        var folder = TestCluster.MakeFolder("chaos");
        try
        {
            // Durable, unlike the other tests' server: a killed database that forgets what it had committed would prove nothing.
            await using var postgres = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions { DataFolder = Path.Combine(folder, "db") }, NullLogger.Instance, CancellationToken.None);
            await using var simulator = await SimulatorServer.StartAsync(["--urls", "http://127.0.0.1:0", "--Smtp:StartTlsPort=0", "--Smtp:TlsPort=0"], TimeProvider.System);
            simulator.World.Limits.Replace("*", []);
            await RunAsync(postgres, simulator, Path.Combine(folder, "program"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task RunAsync(EmbeddedPostgres postgres, SimulatorServer simulator, string folder)
    {
        Directory.CreateDirectory(folder);
        var programs = new[] { await StartAsync(postgres, folder), await StartAsync(postgres, folder) };
        try
        {
            await using var services = new ServiceCollection().AddLogging()
                .AddData(postgres.ConnectionString)
                .AddFiles(KeyRingFile.Load(new ConfigurationBuilder().Build(), folder, mustBeConfigured: false), new UploadOptions(Path.Combine(folder, "uploads")))
                .AddMessages().BuildServiceProvider();
            var batches = await BeginAsync(services, simulator);
            var seed = Environment.TickCount;
            output.WriteLine($"seed {seed}");
            var random = new Random(seed);
            for (var blow = 0; blow < Blows; blow++)
            {
                // The next blow falls when somewhat more has been sent, or at the latest after half a second.
                var until = Shown(simulator).Values.Sum() + random.Next(50, 600);
                var patience = Stopwatch.StartNew();
                while (Shown(simulator).Values.Sum() < until && patience.ElapsedMilliseconds < 500)
                    await Task.Yield();
                if (blow is 7 or 14)
                    await KillDatabaseAsync(postgres);
                else if (blow % 3 == 0)
                    programs[blow % 2] = await KillAndRestartAsync(programs[blow % 2], postgres, folder);
                else
                    await EndSessionsAsync(postgres, random);
            }

            await Eventually.TrueAsync(async () => await OpenAsync(postgres) == 0, TimeSpan.FromMinutes(4));
            await CheckAsync(postgres, simulator, batches);
        }
        finally
        {
            foreach (var program in programs)
                await program.DisposeAsync();
        }
    }

    private async Task CheckAsync(EmbeddedPostgres postgres, SimulatorServer simulator, Dictionary<string, Guid> batches)
    {
        var counts = simulator.World.Messages.Counts();
        foreach (var (kind, batch) in batches)
        {
            var total = await CountAsync(postgres, "select count(*) from messages where batch_id = $1", batch);
            var sent = await CountAsync(postgres, "select count(*) from messages where batch_id = $1 and state in (3, 4)", batch);
            var unknown = await CountAsync(postgres, "select count(*) from messages where batch_id = $1 and state = 8", batch);
            output.WriteLine($"{kind}: {total} recipients, {sent} sent, {unknown} unknown; {JsonSerializer.Serialize(counts[kind])}");
            // Everybody has exactly one outcome, and the counters know it without having counted.
            Assert.Equal(total, sent + unknown);
            Assert.Equal(total, await CountAsync(postgres, "select (sent + unknown)::bigint from message_batch_progress where batch_id = $1", batch));
            Assert.Equal(unknown, await CountAsync(postgres, "select unknown::bigint from message_batch_progress where batch_id = $1", batch));
            Assert.Equal(0, counts[kind].DuplicateRecipients);
            // Sent means that the provider has it; of the unknown it may have some.
            Assert.InRange(counts[kind].DistinctRecipients, sent, sent + unknown);
            // Only where nobody can tell may a message end as unknown.
            if (kind != "smtp")
                Assert.Equal(0, unknown);
        }
    }

    private static Dictionary<string, long> Shown(SimulatorServer simulator) => simulator.World.Messages.Counts().ToDictionary(c => c.Key, c => (long)c.Value.Shown);

    private static Task<RunningProgram> StartAsync(EmbeddedPostgres postgres, string folder) =>
        RunningProgram.StartAsync(connectionString: postgres.ConnectionString, dataFolder: folder, arguments: ["--Messages:Heartbeat=00:00:00.500"]);

    private static async Task<RunningProgram> KillAndRestartAsync(RunningProgram program, EmbeddedPostgres postgres, string folder)
    {
        using (var process = Process.GetProcessById(program.ProcessId))
            process.Kill();
        await program.DisposeAsync();
        return await StartAsync(postgres, folder);
    }

    private static async Task KillDatabaseAsync(EmbeddedPostgres postgres)
    {
        var restarts = postgres.Restarts;
        using (var server = Process.GetProcessById(postgres.ServerId!.Value))
            server.Kill();
        await Eventually.TrueAsync(() => postgres.Restarts > restarts, TimeSpan.FromSeconds(60));
    }

    private static async Task EndSessionsAsync(EmbeddedPostgres postgres, Random random)
    {
        try
        {
            await CountAsync(postgres, "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and random() < $1", 0.3 + random.NextDouble() / 2);
        }
        catch (NpgsqlException)
        {
            // The database was not back yet: as good a blow as any.
        }
    }

    private static async Task<long> OpenAsync(EmbeddedPostgres postgres)
    {
        try
        {
            return await CountAsync(postgres, "select count(*) from message_batches where state <> $1", (short)BatchState.Finished);
        }
        catch (NpgsqlException)
        {
            return -1;
        }
    }

    private static async Task<long> CountAsync(EmbeddedPostgres postgres, string sql, object value)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue(value);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Accounts, a template, and one running batch per kind.</summary>
    private static async Task<Dictionary<string, Guid>> BeginAsync(ServiceProvider services, SimulatorServer simulator)
    {
        var cipher = services.GetRequiredService<FieldCipher>();
        string Secret(string name, string value) => cipher.Encrypt(JsonSerializer.Serialize(new Dictionary<string, string> { [name] = value }), AccountBook.SecretsContext);
        var now = DateTimeOffset.UtcNow;
        var template = new MessageTemplate
        {
            Id = Guid.CreateVersion7(), Code = "chaos", Name = "测试", Category = MessageCategory.Notice, State = TemplateState.Active, ActiveVersion = 1, CreatedAt = now, ChangedAt = now,
        };
        var accounts = new[]
        {
            new ChannelAccount
            {
                Id = Guid.CreateVersion7(), Kind = "push-webhook", Channel = MessageChannel.Push, Name = "推送", BaseAddress = simulator.Address.ToString(), CreatedAt = now,
                Values = new() { ["KeyId"] = "sim-push" }, SecretsCipher = Secret("Secret", "sim-push-secret"), Limits = [new QuotaRule(1, 300)],
            },
            new ChannelAccount
            {
                Id = Guid.CreateVersion7(), Kind = "smtp", Channel = MessageChannel.Email, Name = "邮件", BaseAddress = $"smtp://127.0.0.1:{simulator.Mail.StartTlsPort}", CreatedAt = now,
                Values = new() { ["From"] = "notice@sim.test", ["UserName"] = "notice@sim.test", ["PinnedCertificate"] = simulator.Mail.Thumbprint },
                SecretsCipher = Secret("Password", "sim-smtp-password"), Limits = [new QuotaRule(1, 20)],
            },
        };
        var content = new TemplateContent(
            [new TemplateVariable("name", "称呼")],
            [
                new ChannelVariant(MessageChannel.Push, "text", "您好，{{name}}。", Subject: "通知"),
                new ChannelVariant(MessageChannel.Email, "text", "您好，{{name}}。", Subject: "通知"),
            ]);
        await using (var db = await services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync())
        {
            db.MessageTemplates.Add(template);
            db.TemplateVersions.Add(new TemplateVersion { Id = Guid.CreateVersion7(), TemplateId = template.Id, Number = 1, Content = content, AuthorName = "测试", CreatedAt = now });
            db.ChannelAccounts.AddRange(accounts);
            await db.SaveChangesAsync();
        }

        var batches = new Dictionary<string, Guid>();
        foreach (var (kind, channel, count, recipient) in new (string, MessageChannel, int, Func<int, string>)[]
        {
            ("push-webhook", MessageChannel.Push, Push, i => $"device-{i}"),
            ("smtp", MessageChannel.Email, Mail, i => $"person{i}@example.com"),
        })
        {
            var rows = Enumerable.Range(0, count).Select(i => new BatchRecipient(recipient(i), new Dictionary<string, string> { ["name"] = $"第{i}位" })).ToList();
            // Urgent, so that the hour of the day does not matter.
            var made = await services.GetRequiredService<BatchService>().CreateAsync(
                new BatchDraft { Name = kind, Template = "chaos", Channel = channel, Start = true, Urgent = true }, rows, new MessageCaller(null, new SystemActor("test")), null, default);
            Assert.True(made.Ok, made.Refusal?.Code);
            batches[kind] = made.Value.Id!.Value;
        }

        return batches;
    }
}
