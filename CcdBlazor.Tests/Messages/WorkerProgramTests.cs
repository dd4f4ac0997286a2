using System.Diagnostics;
using System.Net;
using System.Text.Json;
using CcdBlazor.Messages.RabbitMq;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace CcdBlazor.Tests.Messages;

/// <summary>The program itself with a broker, and as a worker.</summary>
[Collection(BrokerTogether.Name)]
public sealed class WorkerProgramTests(RabbitBroker broker)
{
    [Fact]
    public async Task A_worker_is_the_same_program_without_pages_and_another_lives_when_it_is_killed()
    {
        var connection = await TestCluster.CreateDatabaseAsync();
        try
        {
            string[] shared = [$"--RabbitMQ:Uri={broker.Uri}", "--RabbitMQ:Lanes=sms,email"];
            await using var node = await RunningProgram.StartAsync(connectionString: connection, arguments: shared);
            await using var worker = await RunningProgram.StartAsync(connectionString: connection, arguments: [.. shared, "--Messages:Worker=true"]);
            using (var browser = worker.Browser())
            {
                await Eventually.TrueAsync(async () => await BrokerOfAsync(browser) == "up", TimeSpan.FromSeconds(60));
                Assert.False((await browser.GetAsync("/login")).IsSuccessStatusCode);
            }

            await using var theirs = await broker.ConnectAsync();
            await using var channel = await theirs.CreateChannelAsync();
            var queue = Topology.Lane(Domain.Messages.Channels.MessageChannel.Sms, 0);
            await Eventually.TrueAsync(async () => await channel.ConsumerCountAsync(queue) == 1, TimeSpan.FromSeconds(60));
            using (var process = Process.GetProcessById(worker.ProcessId))
                process.Kill();
            await Eventually.TrueAsync(async () => await channel.ConsumerCountAsync(queue) == 0, TimeSpan.FromSeconds(60));
            using var people = node.Browser();
            Assert.Equal(HttpStatusCode.OK, (await people.GetAsync("/login")).StatusCode);
            Assert.Equal("up", await BrokerOfAsync(people));
        }
        finally
        {
            await TestCluster.DropDatabaseAsync(connection);
        }
    }

    [Theory]
    [InlineData("--Messages:Worker=true")]
    [InlineData("--RabbitMQ:Uri=http://127.0.0.1/")]
    [InlineData("--RabbitMQ:Uri=amqp://127.0.0.1/ --RabbitMQ:Lanes=pigeon")]
    [InlineData("--RabbitMQ:Uri=amqp://127.0.0.1/ --Messages:Worker=true")]
    [InlineData("--RabbitMQ:Uri=amqp://broker.example.com/")]
    public void What_cannot_work_is_said_in_a_sentence(string arguments) =>
        Assert.Throws<InvalidOperationException>(() => RabbitMqSettings.Read(new ConfigurationBuilder().AddCommandLine(arguments.Split(' ')).Build(), production: true));

    [Fact]
    public void Without_an_address_there_is_nothing() =>
        Assert.Null(RabbitMqSettings.Read(new ConfigurationBuilder().AddCommandLine(["--RabbitMQ:Uri=", "--RabbitMQ:Lanes=sms"]).Build(), production: true));

    private static async Task<string?> BrokerOfAsync(HttpClient client)
    {
        using var body = JsonDocument.Parse(await client.GetStringAsync("/health/ready"));
        return body.RootElement.GetProperty("broker").GetString();
    }
}
