using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>
/// E-mail over SMTP with STARTTLS (<c>smtp://</c>) or implicit TLS (<c>smtps://</c>). Connections are kept and used again; sender, recipient and DATA
/// go out together where the server takes it. Our id is the Message-ID, but nothing obliges a server to notice one twice.
/// </summary>
public sealed class SmtpProvider(ChannelSettings settings, TimeProvider clock) : IMessageProvider, IAsyncDisposable
{
    public const string KindName = "smtp";

    private readonly ConcurrentDictionary<string, ConcurrentStack<SmtpConnection>> kept = new();

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.Email;

    public int LargestGroup => 50;

    public ResendRule Resend => ResendRule.CannotTell;

    public string DefaultAddress => "smtps://smtp.exmail.qq.com:465";

    public IReadOnlyList<AccountField> Fields { get; } =
    [
        new("From", "发件人地址", Secret: false, Required: true, "例如 notice@example.com"),
        new("FromName", "发件人名称", Secret: false, Required: false),
        new("ReplyTo", "回复地址", Secret: false, Required: false),
        new("UserName", "登录名", Secret: false, Required: false, "通常与发件人地址相同；内网中继可留空"),
        new("Password", "密码或授权码", Secret: true, Required: false, "邮箱设置中生成的客户端授权码"),
        new("PinnedCertificate", "证书指纹", Secret: false, Required: false, "自签名证书的 SHA-256 指纹，多个用逗号分隔；填写后只信任这些证书"),
        new("AllowPlain", "允许不加密", Secret: false, Required: false, "填 true 时允许对本机 (127.0.0.1) 不使用 TLS"),
    ];

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var outcomes = new SendOutcome[group.Count];
        var from = MailText.Address(account["From"]);
        var replyTo = account["ReplyTo"] is { Length: > 0 } reply ? MailText.Address(reply) : "";
        if (from is null || replyTo is null || !MailText.FitsHeader(account["FromName"]))
            return Trouble.Failed(FailureClass.Credentials, "发件人或回复地址不正确", "local-sender").ForAll(group);

        SmtpConnection? connection = null;
        Trouble? shut = null;
        for (var i = 0; i < group.Count; i++)
        {
            var message = group[i];
            var recipient = MailText.Address(message.Recipient);
            if (recipient is null)
            {
                outcomes[i] = Trouble.Failed(FailureClass.InvalidRecipient, "邮箱地址格式不正确", "local-address").For(message.Id);
                continue;
            }

            if (!MailText.FitsHeader(message.Content.Subject ?? ""))
            {
                outcomes[i] = Trouble.Failed(FailureClass.Rejected, "邮件标题含有换行或控制字符", "local-subject").For(message.Id);
                continue;
            }

            if (shut is not null)
            {
                outcomes[i] = shut.Value.For(message.Id);
                continue;
            }

            using var mail = new PooledBytes(4096);
            MailText.Write(mail, message.Id, from, account["FromName"], replyTo, recipient, message.Content.Subject ?? "", message.Content.Text, message.Content.Html, clock.GetUtcNow());
            var reused = connection is null && TakeKept(account, out connection);
            if (connection is null)
                (connection, shut) = await SmtpConnection.OpenAsync(account, settings, clock, ct);
            var (outcome, broken) = connection is null ? (shut!.Value.For(message.Id), true) : await SendOneAsync(connection, message.Id, from, recipient, mail.Written, ct);
            // A kept connection may have been closed by the server meanwhile. Nothing left on it, so a new one takes the message.
            if (reused && broken && outcome.Result == SendResult.Failed)
            {
                (connection, shut) = await SmtpConnection.OpenAsync(account, settings, clock, ct);
                (outcome, broken) = connection is null ? (shut!.Value.For(message.Id), true) : await SendOneAsync(connection, message.Id, from, recipient, mail.Written, ct);
            }

            outcomes[i] = outcome;
            if (broken)
                connection = null;
        }

        if (connection is not null)
            await KeepAsync(account, connection);
        return outcomes;
    }

    /// <summary>No mail server can be asked what became of a message.</summary>
    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>(Trouble.Unknown("邮件服务器无法查询").ForAll(group));

    public async Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct)
    {
        var (connection, trouble) = await SmtpConnection.OpenAsync(account, settings, clock, ct);
        if (connection is null)
            return trouble!.Value.AsProbe();
        await KeepAsync(account, connection);
        return new ProbeResult(true);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stack in kept.Values)
            while (stack.TryPop(out var connection))
                await connection.DisposeAsync();
    }

    private async Task<(SendOutcome Outcome, bool Broken)> SendOneAsync(
        SmtpConnection connection, Guid id, string from, string recipient, ReadOnlyMemory<byte> mail, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(settings.CallTimeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var written = false;
        try
        {
            var (trouble, stateLeft) = await AnnounceAsync(connection, from, recipient, both.Token);
            if (trouble is not null)
            {
                var closing = trouble.Value.Code?.StartsWith("421", StringComparison.Ordinal) == true;
                if (closing)
                    connection.Abandon();
                else if (stateLeft)
                    await connection.AskAsync("RSET", both.Token);
                return (trouble.Value.For(id), closing);
            }

            // Only the closing dot makes it a message, but nobody can say how much of the last write arrived.
            written = true;
            await connection.WriteAsync(mail, both.Token);
            var taken = await connection.ReplyAsync(both.Token);
            if (!taken.Positive)
                return (SmtpReplies.Trouble(taken, SmtpStage.Content).For(id), false);
            return (new SendOutcome(id, SendResult.Accepted, null, CodeTable.Shorten(taken.Text.ReplaceLineEndings(" ")), "250"), false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            connection.Abandon();
            return ((written ? Trouble.Unknown("等待邮件服务器答复超时", "timeout") : Trouble.Failed(FailureClass.Transient, "邮件服务器没有答复", "timeout")).For(id), true);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            connection.Abandon();
            return ((written ? Trouble.Unknown("与邮件服务器的连接在答复前中断", "cut") : Trouble.Failed(FailureClass.Transient, "与邮件服务器的连接中断", "connect")).For(id), true);
        }
        catch
        {
            connection.Abandon();
            throw;
        }
    }

    /// <summary>Up to the moment when the server waits for the mail. Says whether a begun transaction has to be reset.</summary>
    private static async Task<(Trouble? Trouble, bool StateLeft)> AnnounceAsync(SmtpConnection connection, string from, string recipient, CancellationToken ct)
    {
        var (sender, to) = ($"MAIL FROM:<{from}>", $"RCPT TO:<{recipient}>");
        SmtpReply mail, rcpt, data;
        if (connection.Pipelining)
        {
            await connection.CommandAsync($"{sender}\r\n{to}\r\nDATA", ct);
            mail = await connection.ReplyAsync(ct);
            if (mail.Code == 421)
                return (SmtpReplies.Trouble(mail, SmtpStage.Sender), false);
            rcpt = await connection.ReplyAsync(ct);
            data = await connection.ReplyAsync(ct);
            if (data.Code == 354 && !(mail.Positive && rcpt.Positive))
            {
                // RFC 2920: a server may wait for a mail that goes to nobody. An empty one ends that.
                await connection.AskAsync(".", ct);
                return (mail.Positive ? SmtpReplies.Trouble(rcpt, SmtpStage.Recipient) : SmtpReplies.Trouble(mail, SmtpStage.Sender), false);
            }
        }
        else
        {
            mail = await connection.AskAsync(sender, ct);
            rcpt = mail.Positive ? await connection.AskAsync(to, ct) : default;
            data = rcpt.Positive ? await connection.AskAsync("DATA", ct) : default;
        }

        if (!mail.Positive)
            return (SmtpReplies.Trouble(mail, SmtpStage.Sender), false);
        if (!rcpt.Positive)
            return (SmtpReplies.Trouble(rcpt, SmtpStage.Recipient), true);
        return data.Code == 354 ? (null, false) : (SmtpReplies.Trouble(data, SmtpStage.Content), true);
    }

    private bool TakeKept(ProviderAccount account, out SmtpConnection? connection)
    {
        if (kept.TryGetValue(KeyOf(account), out var stack))
        {
            while (stack.TryPop(out connection))
            {
                if (clock.GetElapsedTime(connection.IdleSince) < settings.MailConnectionIdle)
                    return true;
                connection.Abandon();
            }
        }

        connection = null;
        return false;
    }

    private async Task KeepAsync(ProviderAccount account, SmtpConnection connection)
    {
        var stack = kept.GetOrAdd(KeyOf(account), static _ => new ConcurrentStack<SmtpConnection>());
        if (stack.Count >= settings.KeptMailConnections)
        {
            await connection.DisposeAsync();
            return;
        }

        connection.IdleSince = clock.GetTimestamp();
        stack.Push(connection);
    }

    /// <summary>A changed password or address must not go on with a connection of before.</summary>
    private static string KeyOf(ProviderAccount account) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\0', account.Id, account.BaseAddress, account["UserName"], account["Password"], account["PinnedCertificate"], account["From"]))));
}
