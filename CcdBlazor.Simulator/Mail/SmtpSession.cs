using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CcdBlazor.Simulator;

/// <summary>One connection of a mail client. Signing in is offered after TLS only; scripts act on the operations AUTH, MAIL, RCPT and DATA.</summary>
internal sealed class SmtpSession(Simulation sim, X509Certificate2 certificate, TcpClient client)
{
    private const int LargestMail = 10 * 1024 * 1024;

    private readonly byte[] buffer = new byte[16 * 1024];
    private Stream stream = client.GetStream();
    private int start;
    private int end;
    private bool secure;
    private SimAccount? account;
    private string? from;
    private readonly List<string> recipients = [];

    public async Task RunAsync(bool implicitTls, CancellationToken ct)
    {
        if (implicitTls)
            await SecureAsync(ct);
        await SayAsync("220 sim.test ESMTP simulator", ct);
        while (await LineAsync(ct) is { } line)
        {
            var verb = line.Split(' ', 2)[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO":
                    await SayAsync($"250-sim.test\r\n250-PIPELINING\r\n250-SIZE {LargestMail}\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n{(secure ? "250 AUTH PLAIN LOGIN" : "250 STARTTLS")}", ct);
                    break;
                case "HELO":
                    await SayAsync("250 sim.test", ct);
                    break;
                case "STARTTLS" when !secure:
                    await SayAsync("220 2.0.0 Ready", ct);
                    start = end = 0;
                    await SecureAsync(ct);
                    break;
                case "AUTH":
                    await AuthAsync(line, ct);
                    break;
                case "MAIL":
                    await MailAsync(line, ct);
                    break;
                case "RCPT":
                    await RecipientAsync(line, ct);
                    break;
                case "DATA":
                    if (!await DataAsync(ct))
                        return;
                    break;
                case "RSET":
                    from = null;
                    recipients.Clear();
                    await SayAsync("250 2.0.0 Reset", ct);
                    break;
                case "NOOP":
                    await SayAsync("250 2.0.0 OK", ct);
                    break;
                case "QUIT":
                    await SayAsync("221 2.0.0 Bye", ct);
                    return;
                default:
                    await SayAsync("500 5.5.2 Unknown command", ct);
                    break;
            }
        }
    }

    private async Task AuthAsync(string line, CancellationToken ct)
    {
        if (!secure)
        {
            await SayAsync("530 5.7.0 Must issue a STARTTLS command first", ct);
            return;
        }

        var words = line.Split(' ');
        var (user, password) = ("", "");
        if (words.Length > 1 && words[1].Equals("PLAIN", StringComparison.OrdinalIgnoreCase))
        {
            var given = words.Length > 2 ? words[2] : await AskAsync("334 ", ct);
            var parts = Decode(given).Split('\0');
            if (parts.Length == 3)
                (user, password) = (parts[1], parts[2]);
        }
        else if (words.Length > 1 && words[1].Equals("LOGIN", StringComparison.OrdinalIgnoreCase))
        {
            user = Decode(await AskAsync("334 VXNlcm5hbWU6", ct));
            password = Decode(await AskAsync("334 UGFzc3dvcmQ6", ct));
        }

        var known = sim.Accounts[Kinds.Smtp, user];
        if (known is not null && sim.Script.ForMessage(Kinds.Smtp, user, "AUTH", "") is { Action: "error" } rule)
        {
            sim.Messages.CountRefused(Kinds.Smtp);
            await SayAsync(Reply(rule, "454 4.7.0 Temporary authentication failure"), ct);
        }
        else if (known is null || known.Secret != password)
        {
            sim.Messages.CountRefused(Kinds.Smtp);
            await SayAsync("535 5.7.8 Authentication credentials invalid", ct);
        }
        else
        {
            account = known;
            await SayAsync("235 2.7.0 Authentication successful", ct);
        }
    }

    private async Task MailAsync(string line, CancellationToken ct)
    {
        if (account is null)
        {
            await SayAsync("530 5.7.0 Authentication required", ct);
            return;
        }

        recipients.Clear();
        if (sim.Script.ForCall(Kinds.Smtp, account.Id, "MAIL", [""]) is { Action: "throttle" })
        {
            sim.Messages.CountRefused(Kinds.Smtp);
            from = null;
            await SayAsync("451 4.7.1 Too many messages, slow down", ct);
            return;
        }

        from = Address(line);
        await SayAsync("250 2.1.0 OK", ct);
    }

    private async Task RecipientAsync(string line, CancellationToken ct)
    {
        var to = Address(line);
        if (from is null)
        {
            await SayAsync("503 5.5.1 Need MAIL first", ct);
            return;
        }

        if (sim.Script.ForMessage(Kinds.Smtp, account!.Id, "RCPT", to) is { Action: "error" } rule)
        {
            sim.Messages.CountRefused(Kinds.Smtp);
            await SayAsync(Reply(rule, "550 5.1.1 User unknown"), ct);
        }
        else if (to.StartsWith("invalid", StringComparison.Ordinal))
        {
            sim.Messages.CountRefused(Kinds.Smtp);
            await SayAsync("550 5.1.1 User unknown", ct);
        }
        else if (sim.Limits.Hit(Kinds.Smtp, account.Id, to, "", "") is { } hit)
        {
            sim.Messages.CountRefused(Kinds.Smtp);
            await SayAsync(hit.Rule.Code, ct);
        }
        else
        {
            recipients.Add(to);
            await SayAsync("250 2.1.5 OK", ct);
        }
    }

    /// <summary>False when the session is over.</summary>
    private async Task<bool> DataAsync(CancellationToken ct)
    {
        if (recipients.Count == 0)
        {
            await SayAsync("503 5.5.1 Need RCPT first", ct);
            return true;
        }

        await SayAsync("354 End data with <CR><LF>.<CR><LF>", ct);
        var mail = new StringBuilder();
        while (true)
        {
            if (await LineAsync(ct) is not { } line)
                return false;
            if (line == ".")
                break;
            if (mail.Length < LargestMail)
                mail.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }

        var read = MailReading.Read(mail.ToString());
        var call = sim.Script.ForCall(Kinds.Smtp, account!.Id, "DATA", recipients);
        var sentence = sim.Script.ForMessage(Kinds.Smtp, account.Id, "DATA", recipients[0]);
        if (sentence is { Action: "error" })
        {
            sim.Messages.CountRefused(Kinds.Smtp);
            await SayAsync(Reply(sentence, "554 5.6.0 Content rejected"), ct);
            return true;
        }

        if (call is { Action: "slow" })
            await Task.Delay(TimeSpan.FromMilliseconds(call.Milliseconds), sim.Clock, ct);
        if (sentence is { Action: "drop" })
            sim.Messages.CountDropped(Kinds.Smtp);
        else if (call is not { Action: "cut" or "hang", Take: false })
            foreach (var to in recipients)
                sim.Messages.Add(Kinds.Smtp, account.Id, read.Id, to, read.Subject, read.Text, read.Html);
        recipients.Clear();
        from = null;
        if (call is { Action: "cut" })
            return false;
        if (call is { Action: "hang" })
        {
            // Until the client gives up.
            while (await LineAsync(ct) is not null)
            {
            }

            return false;
        }

        await SayAsync($"250 2.0.0 Queued as {read.Id:N}", ct);
        return true;
    }

    private static string Reply(ScriptRule rule, string otherwise) => rule.Code.Length > 0 ? $"{rule.Code} {rule.Message}".TrimEnd() : otherwise;

    private async Task<string> AskAsync(string prompt, CancellationToken ct)
    {
        await SayAsync(prompt, ct);
        return await LineAsync(ct) ?? "";
    }

    private async Task SecureAsync(CancellationToken ct)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, ct);
        stream = tls;
        secure = true;
        (account, from) = (null, null);
    }

    private async Task SayAsync(string lines, CancellationToken ct)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{lines}\r\n"), ct);
        await stream.FlushAsync(ct);
    }

    private async Task<string?> LineAsync(CancellationToken ct)
    {
        while (true)
        {
            var found = buffer.AsSpan(start, end - start).IndexOf("\r\n"u8);
            if (found >= 0)
            {
                var line = Encoding.UTF8.GetString(buffer, start, found);
                start += found + 2;
                return line;
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
            if (end == buffer.Length)
                throw new IOException("A line without an end.");
            var read = await stream.ReadAsync(buffer.AsMemory(end), ct);
            if (read == 0)
                return null;
            end += read;
        }
    }

    private static string Address(string line)
    {
        var (open, close) = (line.IndexOf('<', StringComparison.Ordinal), line.IndexOf('>', StringComparison.Ordinal));
        return open >= 0 && close > open ? line[(open + 1)..close] : "";
    }

    private static string Decode(string base64)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            return "";
        }
    }
}
