using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// So many callers of the send endpoint, each with a connection of its own that it keeps, each waiting for its answer before it asks again.
/// A process of its own, written for little processor time: it shares the cores with what it measures. Requests are bytes that are patched
/// (key, name, number), answers are scanned, and with inline completions all of it runs on the one thread that waits for the sockets.
/// </summary>
internal sealed class AcceptClient
{
    public const string Verb = "accept-client";
    private const int KeyDigits = 16;

    /// <summary>So long without an answer to any of the callers is a halt of the whole door and no turn that somebody waits for.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(30);

    private readonly IPEndPoint server;
    private readonly string key;
    private readonly string template;
    private readonly string run;
    private readonly List<double> times = new(1 << 20);
    private readonly List<Guid> accepted = new(1 << 20);
    private readonly Dictionary<string, int> errors = [];
    private readonly long measureFrom;
    private readonly long measureUntil;
    private readonly Lock gate = new();
    private readonly CountdownEvent open;
    private readonly List<double> silences = [];
    private long counter;
    private long measured;
    private long lastAnswer;

    private AcceptClient(string[] args)
    {
        // accept-client PORT TEMPLATE CALLERS WARM-UP SECONDS IDS-FILE; the key in the environment, where other users cannot read it.
        server = new IPEndPoint(IPAddress.Loopback, Number(args[1]));
        template = args[2];
        key = Environment.GetEnvironmentVariable("CCD_BENCH_KEY")!;
        run = Guid.NewGuid().ToString("N")[..8];
        measureFrom = Stopwatch.GetTimestamp() + Number(args[4]) * Stopwatch.Frequency;
        measureUntil = measureFrom + Number(args[5]) * Stopwatch.Frequency;
        open = new CountdownEvent(Number(args[3]));
    }

    public static int Run(string[] args)
    {
        var client = new AcceptClient(args);
        var callers = Enumerable.Range(0, client.open.InitialCount).Select(_ => new Caller(client)).ToList();
        foreach (var caller in callers)
            caller.Start();
        client.open.Wait();
        using (var file = File.Create(args[6]))
            foreach (var id in client.accepted)
                file.Write(id.ToByteArray());
        var sorted = client.times.ToArray();
        Array.Sort(sorted);
        double At(double share) => sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
        var seconds = (client.measureUntil - client.measureFrom) / (double)Stopwatch.Frequency;
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{client.measured / seconds:0.0} {sorted.DefaultIfEmpty(double.NaN).Average():0.000} {At(0.5):0.000} {At(0.99):0.000} {At(1):0.000} {client.errors.Values.Sum()} {client.measured} {self.TotalProcessorTime.TotalSeconds:0.00}"));
        if (client.silences.Count > 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{client.silences.Count} times no answer to anybody for {Silence.TotalMilliseconds:0} ms and more, longest {client.silences.Max():0} ms, together {client.silences.Sum():0} ms of {seconds:0} s"));
        foreach (var (what, count) in client.errors)
            Console.WriteLine($"{count} x {what}");
        return 0;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private void Done(long sent, ReadOnlySpan<byte> answer, int body)
    {
        var now = Stopwatch.GetTimestamp();
        var good = answer[9..12].SequenceEqual("202"u8);
        lock (gate)
        {
            if (good && Guid.TryParse(answer.Slice(body + 7, 36), CultureInfo.InvariantCulture, out var id))
                accepted.Add(id);
            else
                errors[Encoding.UTF8.GetString(answer)] = errors.GetValueOrDefault(Encoding.UTF8.GetString(answer)) + 1;
            if (lastAnswer >= measureFrom && now <= measureUntil && Stopwatch.GetElapsedTime(lastAnswer, now) > Silence)
                silences.Add(Stopwatch.GetElapsedTime(lastAnswer, now).TotalMilliseconds);
            lastAnswer = now;
            if (sent >= measureFrom && now <= measureUntil)
            {
                measured++;
                times.Add(Stopwatch.GetElapsedTime(sent, now).TotalMilliseconds);
            }
        }
    }

    private void Broken(string why)
    {
        lock (gate)
            errors[why] = errors.GetValueOrDefault(why) + 1;
        open.Signal();
    }

    private sealed class Caller
    {
        private readonly AcceptClient client;
        private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly SocketAsyncEventArgs events = new();
        private readonly byte[] request;
        private readonly byte[] answer = new byte[4096];
        private readonly int keyAt;
        private readonly int nameAt;
        private readonly int phoneAt;
        private int received;
        private long sent;

        public Caller(AcceptClient client)
        {
            this.client = client;
            var zeros = new string('0', KeyDigits);
            var body = $$"""{"template":"{{client.template}}","channel":"sms","recipient":"13800000000","variables":{"name":"顾客{{zeros}}","amount":"1234.50"},"priority":5}""";
            var head = $"POST /api/messages/send HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {client.key}\r\nContent-Type: application/json\r\n"
                + $"Idempotency-Key: {client.run}-{zeros}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n";
            request = Encoding.UTF8.GetBytes(head + body);
            keyAt = request.AsSpan().IndexOf(Encoding.ASCII.GetBytes(zeros));
            nameAt = request.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(zeros));
            phoneAt = request.AsSpan().LastIndexOf("13800000000"u8) + 3;
            events.Completed += (_, _) => Continue();
        }

        public void Start()
        {
            socket.Connect(client.server);
            Ask();
            Listen();
        }

        private void Ask()
        {
            var number = Interlocked.Increment(ref client.counter);
            number.TryFormat(request.AsSpan(keyAt, KeyDigits), out _, "D16", CultureInfo.InvariantCulture);
            number.TryFormat(request.AsSpan(nameAt, KeyDigits), out _, "D16", CultureInfo.InvariantCulture);
            (number % 100_000_000).TryFormat(request.AsSpan(phoneAt, 8), out _, "D8", CultureInfo.InvariantCulture);
            received = 0;
            sent = Stopwatch.GetTimestamp();
            // Far smaller than the socket's buffer: never waits.
            socket.Send(request);
        }

        private void Listen()
        {
            events.SetBuffer(answer, received, answer.Length - received);
            if (!socket.ReceiveAsync(events))
                ThreadPool.UnsafeQueueUserWorkItem(static caller => caller.Continue(), this, preferLocal: false);
        }

        private void Continue()
        {
            try
            {
                if (events.SocketError != SocketError.Success || events.BytesTransferred == 0)
                {
                    client.Broken($"connection ended ({events.SocketError})");
                    return;
                }

                received += events.BytesTransferred;
                var span = answer.AsSpan(0, received);
                var end = span.IndexOf("\r\n\r\n"u8);
                if (end > 0)
                {
                    var length = span.IndexOf("Content-Length: "u8) + 16;
                    var digits = span[length..].IndexOf((byte)'\r');
                    if (received >= end + 4 + int.Parse(span.Slice(length, digits), CultureInfo.InvariantCulture))
                    {
                        client.Done(sent, span, end + 4);
                        if (Stopwatch.GetTimestamp() >= client.measureUntil)
                        {
                            socket.Dispose();
                            client.open.Signal();
                            return;
                        }

                        Ask();
                    }
                }

                Listen();
            }
            catch (SocketException e)
            {
                client.Broken($"connection ended ({e.SocketErrorCode})");
            }
        }
    }
}
