using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CcdBlazor.Simulator;

/// <summary>Where the mail server listens; port 0 takes a free one.</summary>
public sealed record MailOptions(int StartTlsPort, int TlsPort, string? CertificateFile);

/// <summary>A mail server on two ports of this machine: STARTTLS and implicit TLS, with a certificate that it signed itself.</summary>
public sealed class SmtpServer : BackgroundService
{
    private readonly Simulation sim;
    private readonly ILogger<SmtpServer> log;
    private readonly TcpListener startTls;
    private readonly TcpListener tls;

    public SmtpServer(Simulation sim, MailOptions options, ILogger<SmtpServer> log)
    {
        this.sim = sim;
        this.log = log;
        Certificate = LoadOrMake(options.CertificateFile, sim.Now);
        startTls = new TcpListener(IPAddress.Loopback, options.StartTlsPort);
        tls = new TcpListener(IPAddress.Loopback, options.TlsPort);
        startTls.Start(512);
        tls.Start(512);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>What an account pins.</summary>
    public string Thumbprint => Certificate.GetCertHashString(HashAlgorithmName.SHA256);

    public int StartTlsPort => ((IPEndPoint)startTls.LocalEndpoint).Port;

    public int TlsPort => ((IPEndPoint)tls.LocalEndpoint).Port;

    public override void Dispose()
    {
        startTls.Dispose();
        tls.Dispose();
        Certificate.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(AcceptAsync(startTls, implicitTls: false, stoppingToken), AcceptAsync(tls, implicitTls: true, stoppingToken));

    private async Task AcceptAsync(TcpListener listener, bool implicitTls, CancellationToken ct)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(ct), implicitTls, ct);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client, bool implicitTls, CancellationToken ct)
    {
        try
        {
            using (client)
            {
                client.NoDelay = true;
                await new SmtpSession(sim, Certificate, client).RunAsync(implicitTls, ct);
            }
        }
        catch (Exception e)
        {
            log.LogDebug("A mail session ended: {Reason}", e.Message);
        }
    }

    /// <summary>Made at the start; kept in a file when one is configured, so that the fingerprint that accounts pin outlives a restart.</summary>
    private static X509Certificate2 LoadOrMake(string? file, DateTimeOffset now)
    {
        if (file is not null && File.Exists(file))
        {
            var kept = X509CertificateLoader.LoadPkcs12FromFile(file, null);
            if (kept.NotAfter.ToUniversalTime() > now.UtcDateTime.AddDays(1))
                return kept;
            kept.Dispose();
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        var bytes = made.Export(X509ContentType.Pkcs12);
        if (file is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            File.WriteAllBytes(file, bytes);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return X509CertificateLoader.LoadPkcs12(bytes, null);
    }
}
