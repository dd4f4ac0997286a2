using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CcdBlazor.Endpoints;

namespace CcdBlazor.Tests.Files;

/// <summary>The client that the pages ship, against our server, over a line that breaks.</summary>
public sealed class TusClientTests : IAsyncLifetime
{
    private readonly UploadServer server = new();
    private readonly ScratchFolder folder = new();

    public Task InitializeAsync() => server.InitializeAsync();

    public async Task DisposeAsync()
    {
        folder.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_line_that_breaks_in_the_middle_is_taken_up_by_itself()
    {
        var bytes = await MakeFileAsync();
        await using var line = new BreakableLine(server.Address.Port, breakAfter: 5_000_000);

        var events = await UploadAsync(line, retries: 3);

        Assert.Equal(1, line.Breaks);
        // Had it begun anew, twice the break would have passed.
        Assert.InRange(line.Passed, bytes.Length, bytes.Length + 3_000_000);
        await StoredAsync(bytes, events[^1]);
    }

    [Fact]
    public async Task A_page_that_was_closed_goes_on_from_where_it_was()
    {
        var bytes = await MakeFileAsync();
        await using var line = new BreakableLine(server.Address.Port, breakAfter: 5_000_000);

        var first = await UploadAsync(line, retries: 0);

        Assert.Equal("error", first[^1].GetProperty("event").GetString());
        var address = first[0].GetProperty("url").GetString()!;
        var second = await UploadAsync(line, retries: 0, address);
        Assert.Equal(address, second[^1].GetProperty("url").GetString());
        Assert.InRange(line.Passed, bytes.Length, bytes.Length + 3_000_000);
        await StoredAsync(bytes, second[^1]);
    }

    [Fact]
    public async Task A_refused_file_is_not_tried_again()
    {
        var bytes = EncryptedStreamTests.Content(100_000);
        "BAD"u8.CopyTo(bytes);
        await File.WriteAllBytesAsync(folder.File("photo.jpg"), bytes);
        await using var line = new BreakableLine(server.Address.Port, breakAfter: long.MaxValue);

        var events = await UploadAsync(line, retries: 3);

        Assert.Equal(422, events[^1].GetProperty("status").GetInt32());
        Assert.InRange(line.Passed, bytes.Length, bytes.Length + 5000);
    }

    private async Task<byte[]> MakeFileAsync()
    {
        var bytes = EncryptedStreamTests.Content(12_000_000);
        await File.WriteAllBytesAsync(folder.File("photo.jpg"), bytes);
        return bytes;
    }

    private async Task StoredAsync(byte[] bytes, JsonElement success)
    {
        Assert.Equal("success", success.GetProperty("event").GetString());
        Assert.Equal("stored", success.GetProperty("state").GetString());
        var accepted = Assert.Single(server.Target.Accepted.Values);
        Assert.Equal(accepted.Document, success.GetProperty("document").GetGuid());
        Assert.Equal(bytes, await server.ContentAsync(accepted.File.FileId));
    }

    private async Task<List<JsonElement>> UploadAsync(BreakableLine line, int retries, string? uploadAddress = null)
    {
        var metadata = JsonSerializer.Serialize(new { customer = UploadServer.Customer, item = "id_front", clientKey = "one", filename = "照片.jpg", filetype = "image/jpeg" });
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "Files", "tus-client.mjs"), AssetsFolder(), $"http://127.0.0.1:{line.Port}{UploadEndpoints.Path}", folder.File("photo.jpg"), metadata, $"{retries}" })
            start.ArgumentList.Add(argument);
        if (uploadAddress is not null)
            start.ArgumentList.Add(uploadAddress);
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(output.Length > 0, await errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => JsonDocument.Parse(text).RootElement)];
    }

    private static string AssetsFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, "wwwroot-assets", "node_modules", "tus-js-client")))
                return Path.Combine(folder.FullName, "wwwroot-assets");
        throw new InvalidOperationException("tus-js-client is not installed: run `npm ci` in wwwroot-assets (scripts/test does).");
    }

    /// <summary>A line to the server that breaks once, after so many bytes went up.</summary>
    private sealed class BreakableLine : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly int port;
        private readonly long breakAfter;
        private readonly Task accepting;
        private long passed;

        public BreakableLine(int port, long breakAfter)
        {
            this.port = port;
            this.breakAfter = breakAfter;
            listener.Start();
            accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public int Breaks { get; private set; }

        public long Passed => Interlocked.Read(ref passed);

        public async ValueTask DisposeAsync()
        {
            listener.Stop();
            await accepting;
        }

        private async Task AcceptAsync()
        {
            var lines = new List<Task>();
            try
            {
                while (true)
                    lines.Add(CarryAsync(await listener.AcceptTcpClientAsync()));
            }
            catch (SocketException)
            {
                await Task.WhenAll(lines);
            }
        }

        private async Task CarryAsync(TcpClient client)
        {
            using var near = client;
            using var far = new TcpClient();
            await far.ConnectAsync(IPAddress.Loopback, port);
            var up = UpAsync(near.GetStream(), far.GetStream());
            var down = DownAsync(far.GetStream(), near.GetStream());
            await Task.WhenAny(up, down);
            near.Close();
            far.Close();
            await Task.WhenAll(up, down);
        }

        private async Task UpAsync(NetworkStream from, NetworkStream to)
        {
            var buffer = new byte[32 * 1024];
            try
            {
                int got;
                while ((got = await from.ReadAsync(buffer)) > 0)
                {
                    await to.WriteAsync(buffer.AsMemory(0, got));
                    if (Interlocked.Add(ref passed, got) > breakAfter && Breaks == 0)
                    {
                        Breaks++;
                        return;
                    }
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // One end is gone, so the other goes too.
            }
        }

        private static async Task DownAsync(NetworkStream from, NetworkStream to)
        {
            try
            {
                await from.CopyToAsync(to);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The same.
            }
        }
    }
}
