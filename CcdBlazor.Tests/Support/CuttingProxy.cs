using System.Net;
using System.Net.Sockets;

namespace CcdBlazor.Tests.Support;

/// <summary>
/// The line between a browser and the program. It passes everything on, sockets included, until it is told to break in the middle of a request:
/// what a train in a tunnel does to an upload, which no interception inside the browser can show.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Uri target;
    private readonly Task accepting;
    private Break? next;
    private Break? last;

    internal CuttingProxy(Uri target)
    {
        this.target = target;
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        accepting = AcceptAsync();
    }

    internal Uri Address { get; }

    /// <summary>Lets so many bytes of the next PATCH through and no more, until <see cref="Cut"/> or until the browser itself gives the connection up.</summary>
    /// <returns>Completes when they are through.</returns>
    internal Task HoldNextPatchAfter(int bytes)
    {
        var armed = new Break(bytes, new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));
        Volatile.Write(ref next, armed);
        Volatile.Write(ref last, armed);
        return armed.Reached.Task;
    }

    /// <summary>Cuts the line that is held.</summary>
    internal void Cut() => last!.Cut.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var lines = new List<Task>();
        try
        {
            while (true)
                lines.Add(ServeAsync(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            await Task.WhenAll(lines);
        }
    }

    private async Task ServeAsync(TcpClient browser)
    {
        using var program = new TcpClient();
        using var both = browser;
        try
        {
            await program.ConnectAsync(target.Host, target.Port, stop.Token);
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
            await Task.WhenAny(UpAsync(browser, program, gone.Token), program.GetStream().CopyToAsync(browser.GetStream(), gone.Token));
            await gone.CancelAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // One end has left; the other is told by the closing.
        }
    }

    private async Task UpAsync(TcpClient browser, TcpClient program, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        var (from, to) = (browser.GetStream(), program.GetStream());
        Break? armed = null;
        var left = 0;
        while (true)
        {
            var read = await from.ReadAsync(buffer, ct);
            if (read == 0)
                return;
            // A browser sends a request on a connection only after the answer to the one before: it starts where a read starts.
            if (armed is null && buffer.AsSpan(0, read).StartsWith("PATCH "u8) && (armed = Interlocked.Exchange(ref next, null)) is not null)
                left = armed.Bytes;
            var passed = armed is null ? read : Math.Min(read, left);
            await to.WriteAsync(buffer.AsMemory(0, passed), ct);
            if (armed is null || (left -= passed) > 0)
                continue;
            armed.Reached.TrySetResult();
            await Task.WhenAny(armed.Cut.Task, SwallowAsync(from, buffer, ct));
            // The browser sees a reset, the program an end; what was on its way has arrived.
            browser.LingerState = new LingerOption(true, 0);
            return;
        }
    }

    /// <summary>The line is dead and neither end knows.</summary>
    private static async Task SwallowAsync(NetworkStream from, byte[] buffer, CancellationToken ct)
    {
        try
        {
            while (await from.ReadAsync(buffer, ct) > 0)
            {
                // Nobody hears it.
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The browser has given up.
        }
    }

    private sealed record Break(int Bytes, TaskCompletionSource Reached, TaskCompletionSource Cut);
}
