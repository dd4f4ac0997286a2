using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Messages.RabbitMq;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages.Chaos;

/// <summary>The broker of a chaos run: killed once among its tickets, and back by itself after that.</summary>
internal sealed class ChaosBroker : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly RabbitBroker broker = new();
    private Task coming = Task.CompletedTask;

    /// <summary>Arguments of a program that hands its push messages to workers.</summary>
    public string[] Program => [$"--RabbitMQ:Uri={broker.Uri}", "--RabbitMQ:Lanes=push"];

    public string[] Worker => [.. Program, "--Messages:Worker=true"];

    /// <summary>None where Debian's package is not installed: the other broker tests are left out there, and so is this part.</summary>
    public static async Task<ChaosBroker?> StartAsync(Action<string> write)
    {
        if (!RabbitBroker.Installed)
        {
            write("There is no rabbitmq-server here: no broker, and no worker.");
            return null;
        }

        var one = new ChaosBroker();
        await one.broker.InitializeAsync();
        return one;
    }

    /// <summary>Until a worker listens.</summary>
    public async Task ServedAsync()
    {
        await using var connection = await broker.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        await Eventually.TrueAsync(async () => await channel.ConsumerCountAsync(Topology.Lane(MessageChannel.Push, 2)) > 0, Patience, "a worker listens");
    }

    /// <summary>Without a word; it starts again at once, while the next blows fall.</summary>
    public async Task KillAsync()
    {
        await broker.KillAsync();
        coming = broker.StartAsync();
    }

    public Task BackAsync() => coming;

    public async ValueTask DisposeAsync()
    {
        try
        {
            await coming;
        }
        finally
        {
            await broker.DisposeAsync();
        }
    }
}
