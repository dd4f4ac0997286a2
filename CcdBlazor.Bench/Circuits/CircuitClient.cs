using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CcdBlazor.Bench.Circuits;

/// <summary>
/// One browser page without a browser: loads the page, opens the circuit over a WebSocket, answers the page's script calls, acknowledges
/// render batches, clicks. Speaks the hub's own protocol, so the server does all that it does for a browser.
/// </summary>
internal sealed partial class CircuitClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly SemaphoreSlim sending = new(1, 1);
    private readonly TaskCompletionSource rendered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string renderedWhen;
    private readonly string cookie;
    private readonly Uri root;
    private ClientWebSocket socket = new();
    private CancellationTokenSource stop = new();
    private TaskCompletionSource<object?> answered = new();
    private string? circuitId;
    private string? expected;
    private TaskCompletionSource<long>? seen;
    private readonly string[] toggle;
    private Task receiving = Task.CompletedTask;
    private int dispatcher = -1;
    private long calls;
    private ulong handler;
    private int awaited;
    private TaskCompletionSource? clicked;

    private CircuitClient(Uri root, string cookie, string renderedWhen, string[] toggle) =>
        (this.root, this.cookie, this.renderedWhen, this.toggle) = (root, cookie, renderedWhen, toggle);

    /// <summary>Bytes of render batches so far.</summary>
    public long RenderedBytes { get; private set; }

    public int Batches { get; private set; }

    /// <summary><see cref="Stopwatch"/> time of the last batch.</summary>
    public long LastBatchAt { get; private set; }

    public string? Failure { get; private set; }

    public bool CanClick => handler != 0 && dispatcher >= 0;

    /// <summary>Answers when the page has rendered interactively: a batch contained <paramref name="renderedWhen"/>.</summary>
    /// <param name="toggle">Labels of two buttons that replace each other when clicked; empty when nothing is clicked.</param>
    public static async Task<CircuitClient> OpenAsync(HttpClient http, string cookie, string path, string renderedWhen, string[] toggle, CancellationToken ct)
    {
        var client = new CircuitClient(http.BaseAddress!, cookie, renderedWhen, toggle);
        try
        {
            await client.StartAsync(http, path, ct);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Clicks the button and answers how long it took until its counterpart was rendered, in milliseconds.</summary>
    public async Task<double> ClickAsync(CancellationToken ct)
    {
        var done = clicked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        awaited = 1 - awaited;
        var arguments = string.Create(CultureInfo.InvariantCulture,
            $$"""[{"eventHandlerId":{{handler}},"eventName":"click","eventFieldInfo":null},{"detail":1,"screenX":10,"screenY":10,"clientX":10,"clientY":10,"offsetX":1,"offsetY":1,"pageX":10,"pageY":10,"movementX":0,"movementY":0,"button":0,"buttons":0,"ctrlKey":false,"shiftKey":false,"altKey":false,"metaKey":false,"type":"click"}]""");
        var since = Stopwatch.GetTimestamp();
        await SendAsync(BlazorPack.Invocation(null, "BeginInvokeDotNetFromJS", NextCall(), null, "DispatchEventAsync", (long)dispatcher, arguments), ct);
        await done.Task.WaitAsync(Patience, ct);
        return Stopwatch.GetElapsedTime(since, LastBatchAt).TotalMilliseconds;
    }

    /// <summary>The <see cref="Stopwatch"/> time at which a batch arrives that says the words. Ask before they can come.</summary>
    public Task<long> SeesAsync(string words, CancellationToken ct)
    {
        seen = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        expected = words;
        return seen.Task.WaitAsync(Patience, ct);
    }

    /// <summary>A new connection to the same circuit, as the browser's script makes one; false when the server has let it go.</summary>
    public async Task<bool> ReturnAsync(CancellationToken ct)
    {
        await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        socket.Dispose();
        stop.Dispose();
        (socket, stop, Failure) = (new ClientWebSocket(), new CancellationTokenSource(), null);
        await ConnectAsync(ct);
        return await CallAsync("1", "ConnectCircuit", [circuitId], ct) is true;
    }

    /// <summary>Cuts the connection without a goodbye, as a lost network does.</summary>
    public void Drop()
    {
        stop.Cancel();
        socket.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        Drop();
        await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        socket.Dispose();
    }

    [GeneratedRegex("<!--Blazor:(\\{.*?\\})-->")]
    private static partial Regex Markers();

    [GeneratedRegex("<!--Blazor-Server-Component-State:(.*?)-->")]
    private static partial Regex State();

    private async Task StartAsync(HttpClient http, string path, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", cookie);
        using var response = await http.SendAsync(request, ct);
        var html = await response.Content.ReadAsStringAsync(ct);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{path} answered {(int)response.StatusCode}.");
        var operations = new JsonArray();
        foreach (Match match in Markers().Matches(html))
            if (JsonNode.Parse(match.Groups[1].Value) is JsonObject marker && marker.ContainsKey("descriptor"))
                operations.Add(new JsonObject { ["type"] = "add", ["ssrComponentId"] = operations.Count + 1, ["marker"] = marker });
        if (operations.Count == 0)
            throw new InvalidOperationException($"{path} has no interactive component.");
        var state = State().Match(html) is { Success: true } found ? found.Groups[1].Value : "";

        await ConnectAsync(ct);
        circuitId = await CallAsync("0", "StartCircuit", [root.ToString(), new Uri(root, path).ToString(), "[]", state], ct) as string;
        if (circuitId is null)
            throw new InvalidOperationException("No circuit was started.");
        await SendAsync(BlazorPack.Invocation(null, "UpdateRootComponents", new JsonObject { ["batchId"] = 1, ["operations"] = operations }.ToJsonString(), state), ct);
        await rendered.Task.WaitAsync(Patience, ct);
    }

    private async Task ConnectAsync(CancellationToken ct)
    {
        socket.Options.SetRequestHeader("Cookie", cookie);
        socket.Options.SetRequestHeader("Origin", root.GetLeftPart(UriPartial.Authority));
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket.ConnectAsync(new Uri($"ws://{root.Authority}/_blazor"), ct);
        await SendAsync(BlazorPack.Handshake, ct);
        receiving = ReceiveAsync();
    }

    private async Task<object?> CallAsync(string id, string target, object?[] arguments, CancellationToken ct)
    {
        var answer = answered = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await SendAsync(BlazorPack.Invocation(id, target, arguments), ct);
        return await answer.Task.WaitAsync(Patience, ct);
    }

    private string NextCall() => Interlocked.Increment(ref calls).ToString(CultureInfo.InvariantCulture);

    private async Task SendAsync(byte[] message, CancellationToken ct)
    {
        await sending.WaitAsync(ct);
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, ct);
        }
        finally
        {
            sending.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[4 * 1024];
        var (start, end) = (0, 0);
        var shaken = false;
        try
        {
            while (true)
            {
                if (buffer.Length - end < 2 * 1024)
                {
                    var larger = end - start > buffer.Length / 2 ? new byte[buffer.Length * 2] : buffer;
                    Buffer.BlockCopy(buffer, start, larger, 0, end - start);
                    (buffer, start, end) = (larger, 0, end - start);
                }

                var got = await socket.ReceiveAsync(buffer.AsMemory(end), stop.Token);
                if (got.MessageType == WebSocketMessageType.Close)
                    throw new WebSocketException("closed by the server");
                end += got.Count;
                if (!shaken)
                {
                    var mark = Array.IndexOf(buffer, (byte)0x1E, start, end - start);
                    if (mark < 0)
                        continue;
                    (shaken, start) = (true, mark + 1);
                }

                while (TryFrame(buffer.AsSpan(start, end - start), out var head, out var length))
                {
                    if (Read(buffer.AsSpan(start + head, length)) is { } answer)
                        await SendAsync(answer, stop.Token);
                    start += head + length;
                }
            }
        }
        catch (Exception e)
        {
            Failure ??= e.Message;
            answered.TrySetException(new InvalidOperationException(Failure));
            rendered.TrySetException(new InvalidOperationException(Failure));
            clicked?.TrySetException(new InvalidOperationException(Failure));
            seen?.TrySetException(new InvalidOperationException(Failure));
            _ = (answered.Task.Exception, rendered.Task.Exception, clicked?.Task.Exception, seen?.Task.Exception);
        }
    }

    private static bool TryFrame(ReadOnlySpan<byte> bytes, out int head, out int length)
    {
        (head, length) = (0, 0);
        for (var shift = 0; head < bytes.Length; shift += 7)
        {
            var b = bytes[head++];
            length |= (b & 127) << shift;
            if ((b & 128) == 0)
                return head + length <= bytes.Length;
        }

        return false;
    }

    /// <summary>Takes one message in; answers what is to be sent back.</summary>
    private byte[]? Read(ReadOnlySpan<byte> message)
    {
        var reader = new PackReader(message);
        reader.Array();
        switch (reader.Integer())
        {
            case 1:
                reader.Skip();
                reader.Skip();
                return Called(reader.Text()!, ref reader);
            case 3:
                reader.Skip();
                reader.Skip();
                var kind = reader.Integer();
                answered.TrySetResult(kind == 3 ? reader.Value() : null);
                return null;
            case 6:
                return BlazorPack.Ping;
            case 7:
                Failure = reader.Text() ?? "closed by the hub";
                return null;
            default:
                return null;
        }
    }

    private byte[]? Called(string target, ref PackReader arguments)
    {
        arguments.Array();
        switch (target)
        {
            case "JS.RenderBatch":
                var id = arguments.Integer();
                Rendered(arguments.Binary());
                return BlazorPack.Invocation(null, "OnRenderCompleted", id, null);
            case "JS.BeginInvokeJS":
                return Script(ref arguments);
            case "JS.Error":
                Failure = arguments.Text();
                return null;
            default:
                return null;
        }
    }

    private void Rendered(ReadOnlySpan<byte> bytes)
    {
        LastBatchAt = Stopwatch.GetTimestamp();
        RenderedBytes += bytes.Length;
        Batches++;
        var batch = new RenderBatch(bytes);
        if (!rendered.Task.IsCompleted && batch.Contains(renderedWhen))
            rendered.TrySetResult();
        if (toggle.Length > 0 && (handler == 0 || clicked is { Task.IsCompleted: false }) && batch.ButtonThatSays(toggle[awaited]) is var found and not 0)
        {
            handler = found;
            clicked?.TrySetResult();
        }

        if (expected is { } words && batch.Contains(words))
        {
            expected = null;
            seen!.TrySetResult(LastBatchAt);
        }
    }

    /// <summary>A call of the page's script. References that are asked for exist, other answers are null.</summary>
    private byte[] Script(ref PackReader arguments)
    {
        var handle = arguments.Integer();
        var name = arguments.Text();
        var json = arguments.Text();
        var asked = arguments.Integer();
        if (name == "Blazor._internal.attachWebRendererInterop" && json is not null)
            foreach (var argument in JsonNode.Parse(json)!.AsArray())
                if (argument is JsonObject reference && reference["__dotNetObject"] is { } found)
                    dispatcher = found.GetValue<int>();
        var value = asked == 1 ? """{"__jsObjectId":7}""" : name == "ccd.narrow" ? "false" : "null";
        return BlazorPack.Invocation(null, "EndInvokeJSFromDotNet", handle, true, string.Create(CultureInfo.InvariantCulture, $"[{handle},true,{value}]"));
    }
}
