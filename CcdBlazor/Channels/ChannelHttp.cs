using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>
/// One HTTP call to a provider. Knows what may be concluded from its end: what fails before the request was written was not sent,
/// what fails after it may have been.
/// </summary>
public sealed class ChannelHttp(IHttpClientFactory clients, ChannelSettings settings, TimeProvider clock)
{
    internal const string ClientName = "channels";

    internal async Task<WireAnswer> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        var address = request.RequestUri!;
        if (address.Scheme != Uri.UriSchemeHttps && !address.IsLoopback)
            return new WireAnswer(Trouble.Failed(FailureClass.Credentials, "服务商地址必须使用 https", "plain-http"));

        using var limit = new CancellationTokenSource(settings.CallTimeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var body = request.Content as WireBody;
        try
        {
            using var response = await clients.CreateClient(ClientName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return await ReadAsync(response, both.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new WireAnswer(body is { Begun: true }
                ? Trouble.Unknown("等待服务商答复超时", "timeout")
                : Trouble.Failed(FailureClass.Transient, "连接服务商超时", "connect-timeout"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            if (body is { Begun: true })
                return new WireAnswer(Trouble.Unknown("与服务商的连接在答复前中断", "cut"));
            return new WireAnswer(e.InnerException is AuthenticationException
                ? Trouble.Failed(FailureClass.Credentials, "服务商的 TLS 证书不可信", "tls")
                : Trouble.Failed(FailureClass.Transient, "无法连接服务商", "connect"));
        }
    }

    /// <summary>A place below the account's address, which may have a path of its own.</summary>
    internal static Uri At(ProviderAccount account, string pathAndQuery)
    {
        var root = account.BaseAddress;
        return new Uri(root.AbsolutePath.EndsWith('/') ? root : new Uri($"{root.AbsoluteUri}/"), pathAndQuery);
    }

    internal DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>What a status means that carries no code of the provider.</summary>
    internal Trouble StatusTrouble(WireAnswer answer)
    {
        var code = string.Create(CultureInfo.InvariantCulture, $"http-{(int)answer.Status}");
        return (int)answer.Status switch
        {
            429 => Trouble.Failed(FailureClass.Throttled, "服务商限流", code, answer.RetryAt),
            // A gateway that waited in vain for the machine behind it: that one may have worked.
            504 => Trouble.Unknown("服务商网关超时", code),
            >= 500 or 408 => Trouble.Failed(FailureClass.Transient, "服务商暂时不可用", code, answer.RetryAt),
            401 or 403 => Trouble.Failed(FailureClass.Credentials, "服务商拒绝了账号凭据", code),
            413 => Trouble.Failed(FailureClass.Rejected, "内容超过服务商上限", code),
            >= 200 and < 300 => Trouble.Unknown("服务商的答复无法读取", code),
            400 or 422 => Trouble.Failed(FailureClass.Rejected, "服务商拒绝了请求", code),
            _ => Trouble.Failed(FailureClass.Credentials, "服务商地址不正确", code),
        };
    }

    private async Task<WireAnswer> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(response.Content.Headers.ContentLength ?? 4096, 256, settings.LargestAnswer));
        var length = 0;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(ct);
            while (true)
            {
                if (length == buffer.Length)
                {
                    if (length >= settings.LargestAnswer)
                        return new WireAnswer(Trouble.Unknown("服务商的答复过大", "answer-size"));
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await stream.ReadAsync(buffer.AsMemory(length), ct);
                if (read == 0)
                    break;
                length += read;
            }

            var answer = new WireAnswer(response.StatusCode, buffer, length, RetryAt(response.Headers));
            buffer = [];
            return answer;
        }
        finally
        {
            if (buffer.Length > 0)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private DateTimeOffset? RetryAt(HttpResponseHeaders headers)
    {
        var now = clock.GetUtcNow();
        // Feishu tells the seconds until its limit resets in a header of its own.
        if (headers.TryGetValues("x-ogw-ratelimit-reset", out var reset) && double.TryParse(reset.First(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e6)
            return now.AddSeconds(seconds);
        return headers.RetryAfter switch
        {
            { Delta: { } wait } => now + wait,
            { Date: { } date } => date,
            _ => null,
        };
    }
}

/// <summary>
/// The answer of a provider, or why there is none. The body is borrowed: read it before disposing.
/// </summary>
internal sealed class WireAnswer : IDisposable
{
    private byte[] buffer = [];
    private readonly int length;

    public WireAnswer(Trouble trouble) => Trouble = trouble;

    public WireAnswer(HttpStatusCode status, byte[] buffer, int length, DateTimeOffset? retryAt)
    {
        Status = status;
        this.buffer = buffer;
        this.length = length;
        RetryAt = retryAt;
    }

    public Trouble? Trouble { get; }

    public HttpStatusCode Status { get; }

    /// <summary>When the headers tell that a limit ends.</summary>
    public DateTimeOffset? RetryAt { get; }

    public ReadOnlyMemory<byte> Body => buffer.AsMemory(0, length);

    public void Dispose()
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }
}

/// <summary>
/// A body of known length (providers' gateways refuse chunked ones) that knows whether it has begun to leave. It leaves once: a second time
/// would be a second message.
/// </summary>
internal sealed class WireBody : HttpContent
{
    private readonly ReadOnlyMemory<byte> bytes;

    public WireBody(ReadOnlyMemory<byte> bytes, string contentType)
    {
        this.bytes = bytes;
        // As written, byte for byte: signatures cover it.
        Headers.TryAddWithoutValidation("Content-Type", contentType);
    }

    public bool Begun { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Begun)
            throw new IOException("A message leaves once.");
        Begun = true;
        await stream.WriteAsync(bytes, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
