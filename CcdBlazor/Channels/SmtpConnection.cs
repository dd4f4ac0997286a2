using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <param name="Enhanced">The code of RFC 3463 at the start of the text, such as <c>5.1.1</c>; empty without one.</param>
internal readonly record struct SmtpReply(int Code, string Enhanced, string Text)
{
    public bool Positive => Code is >= 200 and < 400;
}

/// <summary>
/// A signed-in connection to a mail server. Credentials go over TLS only (to this very machine without, when the account allows it), and the certificate
/// must be valid for the name or be one that the account pins.
/// </summary>
internal sealed class SmtpConnection : IAsyncDisposable
{
    private const int LargestLine = 8192;

    private readonly TcpClient tcp;
    private readonly byte[] buffer = new byte[LargestLine];
    private Stream stream;
    private int start;
    private int end;

    private SmtpConnection(TcpClient tcp)
    {
        this.tcp = tcp;
        stream = tcp.GetStream();
    }

    public bool Pipelining { get; private set; }

    public long IdleSince { get; set; }

    /// <summary>Connects, secures and signs in. The trouble is the same for every message that waits for the connection.</summary>
    public static async Task<(SmtpConnection? Connection, Trouble? Trouble)> OpenAsync(ProviderAccount account, ChannelSettings settings, TimeProvider clock, CancellationToken ct)
    {
        using var connectLimit = new CancellationTokenSource(settings.ConnectTimeout, clock);
        using var limit = new CancellationTokenSource(settings.CallTimeout, clock);
        using var connecting = CancellationTokenSource.CreateLinkedTokenSource(ct, connectLimit.Token);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var address = account.BaseAddress;
        var implicitTls = address.Scheme == "smtps";
        var plainAllowed = address.IsLoopback && account["AllowPlain"] == "true";
        if (address.Scheme is not ("smtp" or "smtps"))
            return (null, Trouble.Failed(FailureClass.Credentials, "邮件服务器地址须以 smtp:// 或 smtps:// 开头", "address"));

        var tcp = new TcpClient { NoDelay = true };
        try
        {
            await tcp.ConnectAsync(address.Host, address.Port > 0 ? address.Port : implicitTls ? 465 : 587, connecting.Token);
            var connection = new SmtpConnection(tcp);
            if (await connection.GreetAsync(account, implicitTls, plainAllowed, both.Token) is not { } trouble)
                return (connection, null);
            await connection.DisposeAsync();
            return (null, trouble);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            tcp.Dispose();
            return (null, Trouble.Failed(FailureClass.Transient, "连接邮件服务器超时", "connect-timeout"));
        }
        catch (AuthenticationException)
        {
            tcp.Dispose();
            return (null, Trouble.Failed(FailureClass.Credentials, "邮件服务器的 TLS 证书不可信", "tls"));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            tcp.Dispose();
            return (null, Trouble.Failed(FailureClass.Transient, "无法连接邮件服务器", "connect"));
        }
        catch
        {
            tcp.Dispose();
            throw;
        }
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await stream.WriteAsync(bytes, ct);
        await stream.FlushAsync(ct);
    }

    public Task CommandAsync(string lines, CancellationToken ct) => WriteAsync(Encoding.ASCII.GetBytes($"{lines}\r\n"), ct);

    public async Task<SmtpReply> AskAsync(string line, CancellationToken ct)
    {
        await CommandAsync(line, ct);
        return await ReplyAsync(ct);
    }

    public async Task<SmtpReply> ReplyAsync(CancellationToken ct)
    {
        var text = new StringBuilder();
        while (true)
        {
            var line = await LineAsync(ct);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
                throw new IOException("The mail server does not speak SMTP.");
            if (text.Length < LargestLine)
                text.Append(text.Length == 0 ? "" : "\n").Append(line.AsSpan(Math.Min(4, line.Length)));
            if (line.Length > 3 && line[3] == '-')
                continue;
            var words = text.ToString();
            return new SmtpReply(code, EnhancedCode(words), words);
        }
    }

    /// <summary>Says goodbye without waiting for the answer.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (tcp.Connected)
                await CommandAsync("QUIT", new CancellationToken(canceled: false)).WaitAsync(TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException or TimeoutException)
        {
            // It was gone already.
        }

        await stream.DisposeAsync();
        tcp.Dispose();
    }

    /// <summary>Closes at once; for a connection of which the state is not known.</summary>
    public void Abandon() => tcp.Dispose();

    private async Task<Trouble?> GreetAsync(ProviderAccount account, bool implicitTls, bool plainAllowed, CancellationToken ct)
    {
        if (implicitTls)
            await SecureAsync(account, ct);
        if (await ReplyAsync(ct) is { Positive: false } closed)
            return SmtpReplies.Trouble(closed, SmtpStage.Greeting);
        var hello = $"EHLO {HelloName(account)}";
        var offers = await AskAsync(hello, ct);
        if (!offers.Positive)
            return SmtpReplies.Trouble(offers, SmtpStage.Greeting);
        if (!implicitTls && !plainAllowed)
        {
            if (!Offers(offers, "STARTTLS"))
                return Trouble.Failed(FailureClass.Credentials, "邮件服务器不支持 STARTTLS，未发送凭据", "no-starttls");
            if (await AskAsync("STARTTLS", ct) is { Positive: false } refused)
                return SmtpReplies.Trouble(refused, SmtpStage.Greeting);
            // Bytes that came before the handshake were put there by somebody in between.
            if (start != end)
                return Trouble.Failed(FailureClass.Credentials, "邮件服务器在 TLS 之前多发了数据", "starttls-injection");
            await SecureAsync(account, ct);
            offers = await AskAsync(hello, ct);
        }

        Pipelining = Offers(offers, "PIPELINING");
        var user = account["UserName"];
        if (user.Length == 0)
            return null;
        var methods = offers.Text.Split('\n').FirstOrDefault(l => l.StartsWith("AUTH", StringComparison.OrdinalIgnoreCase)) ?? "";
        SmtpReply answer;
        if (methods.Contains("PLAIN", StringComparison.OrdinalIgnoreCase))
        {
            answer = await AskAsync($"AUTH PLAIN {Base64($"\0{user}\0{account["Password"]}")}", ct);
        }
        else if (methods.Contains("LOGIN", StringComparison.OrdinalIgnoreCase))
        {
            answer = await AskAsync("AUTH LOGIN", ct);
            if (answer.Code == 334)
                answer = await AskAsync(Base64(user), ct);
            if (answer.Code == 334)
                answer = await AskAsync(Base64(account["Password"]), ct);
        }
        else
        {
            return Trouble.Failed(FailureClass.Credentials, "邮件服务器不支持 PLAIN 或 LOGIN 登录", "no-auth");
        }

        return answer.Code == 235 ? null : SmtpReplies.Trouble(answer, SmtpStage.SignIn);
    }

    private async Task SecureAsync(ProviderAccount account, CancellationToken ct)
    {
        var pins = account["PinnedCertificate"].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var secured = new SslStream(stream, leaveInnerStreamOpen: false);
        await secured.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = account.BaseAddress.Host,
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                    pins.Length == 0 ? errors == SslPolicyErrors.None : certificate is not null && Pinned(certificate, pins),
            },
            ct);
        stream = secured;
        start = end = 0;
    }

    private static bool Pinned(X509Certificate certificate, string[] pins)
    {
        var thumbprint = Encoding.ASCII.GetBytes(certificate.GetCertHashString(HashAlgorithmName.SHA256));
        return Array.Exists(pins, pin => CryptographicOperations.FixedTimeEquals(
            thumbprint, Encoding.ASCII.GetBytes(pin.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant())));
    }

    private async Task<string> LineAsync(CancellationToken ct)
    {
        while (true)
        {
            var found = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (found >= 0)
            {
                var line = Encoding.UTF8.GetString(buffer, start, found).TrimEnd('\r');
                start += found + 1;
                return line;
            }

            if (start > 0)
            {
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                end -= start;
                start = 0;
            }

            if (end == buffer.Length)
                throw new IOException("The mail server sends a line without an end.");
            var read = await stream.ReadAsync(buffer.AsMemory(end), ct);
            if (read == 0)
                throw new IOException("The mail server closed the connection.");
            end += read;
        }
    }

    private static bool Offers(SmtpReply reply, string word) =>
        Array.Exists(reply.Text.Split('\n'), l => l.Equals(word, StringComparison.OrdinalIgnoreCase) || l.StartsWith($"{word} ", StringComparison.OrdinalIgnoreCase));

    private static string HelloName(ProviderAccount account)
    {
        var domain = account["From"].Split('@') is [_, var host] ? MailText.Address($"x@{host}") : null;
        return domain is null ? "localhost" : domain[2..];
    }

    private static string EnhancedCode(string text)
    {
        var word = text.Split(' ', 2)[0];
        return word.Length is >= 5 and <= 11 && word[0] is '2' or '4' or '5' && word.Count(c => c == '.') == 2 && word.All(c => c == '.' || char.IsAsciiDigit(c)) ? word : "";
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
