using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CcdBlazor.Simulator;

/// <summary>When and how the receipt of a message comes.</summary>
public readonly record struct ReceiptPlan(DateTimeOffset At, int Copies, bool Delivered, string Code);

/// <summary>
/// Posts receipts to the program: after a while, in groups where the protocol has them, and on demand late, twice, out of order or never.
/// A receipt that the program does not take is tried three times more.
/// </summary>
public sealed class Receipts(TimeProvider clock, Script script, IHttpClientFactory clients, ILogger<Receipts> log) : BackgroundService
{
    public const string ClientName = "receipts";
    private const int LargestGroup = 500;
    private static readonly TimeSpan[] Again = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)];

    private readonly Lock gate = new();
    private readonly PriorityQueue<Pending, long> queue = new();
    private readonly SemaphoreSlim news = new(0, 1);
    private readonly Random dice = new(1);

    public long Posted { get; private set; }

    public long GivenUp { get; private set; }

    public ReceiptPlan Plan(string kind, SimAccount account, string recipient)
    {
        var rule = script.Empty ? null : script.ForReceipt(kind, account.Id, recipient);
        double wait;
        lock (gate)
            wait = account.ReceiptDelayMilliseconds + dice.NextDouble() * (account.ReceiptMode == "shuffled" ? 3000 : account.ReceiptJitterMilliseconds);
        var mode = rule?.Receipt is { Length: > 0 } given ? given : account.ReceiptMode;
        if (mode == "late")
            wait += rule!.Milliseconds;
        return new ReceiptPlan(
            mode == "never" ? DateTimeOffset.MaxValue : clock.GetUtcNow().AddMilliseconds(wait), mode switch { "never" => 0, "twice" => 2, _ => 1 },
            mode != "failed", mode == "failed" ? rule?.Code is { Length: > 0 } code ? code : "" : "");
    }

    public void Schedule(SimAccount account, in ReceiptPlan plan, Guid id, SmsEntry? sms = null)
    {
        if (account.ReceiptAddress is null || plan.Copies == 0)
            return;
        lock (gate)
            for (var copy = 0; copy < plan.Copies; copy++)
                queue.Enqueue(new Pending(account, id, sms, plan.Delivered, plan.Code, plan.At.ToUnixTimeMilliseconds(), 0), plan.At.UtcTicks + copy * TimeSpan.TicksPerSecond);
        Wake();
    }

    /// <summary>The last word on an Official Account's template message, by the number that sending answered with.</summary>
    public void ScheduleTemplate(SimAccount account, in ReceiptPlan plan, string to, long number)
    {
        if (account.ReceiptAddress is null || plan.Copies == 0)
            return;
        var status = plan.Delivered ? "success" : plan.Code.Length > 0 ? plan.Code : "failed:user block";
        lock (gate)
            for (var copy = 0; copy < plan.Copies; copy++)
                queue.Enqueue(
                    new Pending(account, Guid.Empty, null, plan.Delivered, status, plan.At.ToUnixTimeMilliseconds(), 0, to, number), plan.At.UtcTicks + copy * TimeSpan.TicksPerSecond);
        Wake();
    }

    /// <summary>All delivered, at one time: the path that has to be fast.</summary>
    internal void ScheduleGroup(SimAccount account, ReadOnlySpan<PushItem> items, ReadOnlySpan<PushResult> results)
    {
        if (account.ReceiptAddress is null || account.ReceiptMode == "never")
            return;
        var plan = Plan(Kinds.Push, account, "");
        lock (gate)
            for (var i = 0; i < items.Length; i++)
                if (results[i] == PushResult.Take)
                    queue.Enqueue(new Pending(account, items[i].Id, null, true, "", plan.At.ToUnixTimeMilliseconds(), 0), plan.At.UtcTicks);
        Wake();
    }

    public int Waiting
    {
        get
        {
            lock (gate)
                return queue.Count;
        }
    }

    public void Reset()
    {
        lock (gate)
            queue.Clear();
        Posted = GivenUp = 0;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var (due, wait) = TakeDue();
            if (due.Count == 0)
            {
                // Stopping is no failure.
                await ((Task)news.WaitAsync(wait, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            var groups = due.GroupBy(p => (p.Account, p.Sms is null)).SelectMany(g => g.Chunk(g.First().To is not null ? 1 : g.First().Sms is null ? LargestGroup : 100));
            await Parallel.ForEachAsync(groups, new ParallelOptions { MaxDegreeOfParallelism = 4 }, (group, _) => PostAsync(group, stoppingToken));
        }
    }

    private (List<Pending> Due, TimeSpan Wait) TakeDue()
    {
        var due = new List<Pending>();
        var now = clock.GetUtcNow().UtcTicks;
        lock (gate)
        {
            while (due.Count < 20_000 && queue.TryPeek(out var pending, out var at) && at <= now)
            {
                due.Add(pending);
                queue.Dequeue();
            }

            var next = queue.TryPeek(out _, out var later) ? TimeSpan.FromTicks(Math.Clamp(later - now, TimeSpan.TicksPerMillisecond * 10, TimeSpan.TicksPerSecond)) : TimeSpan.FromSeconds(30);
            return (due, next);
        }
    }

    private async ValueTask PostAsync(Pending[] group, CancellationToken ct)
    {
        var account = group[0].Account;
        try
        {
            var (query, body) = group[0].To is { } to ? OfficialCallback.TemplateFinished(account, to, group[0].Number, group[0].Code, clock.GetUtcNow()) : ("", Write(group));
            using var request = new HttpRequestMessage(HttpMethod.Post, query.Length == 0 ? account.ReceiptAddress : $"{account.ReceiptAddress}?{query}") { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new(query.Length == 0 ? "application/json" : "text/xml");
            if (account.Kind == Kinds.Push)
            {
                var timestamp = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
                request.Headers.Add("X-Push-Timestamp", timestamp);
                request.Headers.Add("X-Push-Signature", Convert.ToHexStringLower(HMACSHA256.HashData(
                    Encoding.UTF8.GetBytes(account.Secret), (byte[])[.. Encoding.UTF8.GetBytes($"{timestamp}."), .. body])));
            }

            using var answer = await clients.CreateClient(ClientName).SendAsync(request, ct);
            if (answer.IsSuccessStatusCode)
            {
                lock (gate)
                    Posted += group.Length;
                return;
            }

            log.LogInformation("Receipts for {Kind} were answered with {Status}", account.Kind, (int)answer.StatusCode);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            log.LogInformation("Receipts for {Kind} found nobody: {Reason}", account.Kind, e.Message);
        }

        lock (gate)
        {
            foreach (var pending in group)
            {
                if (pending.Attempts >= Again.Length)
                    GivenUp++;
                else
                    queue.Enqueue(pending with { Attempts = pending.Attempts + 1 }, clock.GetUtcNow().UtcTicks + Again[pending.Attempts].Ticks);
            }
        }
    }

    private static byte[] Write(Pending[] group)
    {
        var buffer = new ArrayBufferWriter<byte>(group.Length * 96 + 32);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            if (group[0].Sms is null)
            {
                json.WriteStartObject();
                json.WriteStartArray("receipts"u8);
                foreach (var pending in group)
                {
                    json.WriteStartObject();
                    json.WriteString("id"u8, pending.Id.ToString("N"));
                    json.WriteString("pid"u8, $"p{pending.Id:N}");
                    json.WriteString("status"u8, pending.Delivered ? "delivered"u8 : "failed"u8);
                    if (pending.Code.Length > 0)
                        json.WriteString("code"u8, pending.Code);
                    json.WriteNumber("at"u8, pending.At);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
            else
            {
                json.WriteStartArray();
                foreach (var pending in group)
                {
                    var sms = pending.Sms!;
                    json.WriteStartObject();
                    json.WriteString("phone_number"u8, sms.Mobile);
                    json.WriteString("send_time"u8, InChina(sms.SentAt));
                    json.WriteString("report_time"u8, InChina(sms.KnownAt));
                    json.WriteBoolean("success"u8, pending.Delivered);
                    json.WriteString("err_code"u8, pending.Delivered ? "DELIVERED" : sms.Code);
                    json.WriteString("err_msg"u8, pending.Delivered ? "用户接收成功" : "用户接收失败");
                    json.WriteString("sms_size"u8, "1");
                    json.WriteString("biz_id"u8, sms.Serial);
                    json.WriteString("out_id"u8, sms.Context);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }
        }

        return buffer.WrittenSpan.ToArray();
    }

    internal static string InChina(DateTimeOffset time) => time.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private void Wake()
    {
        try
        {
            news.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    private readonly record struct Pending(SimAccount Account, Guid Id, SmsEntry? Sms, bool Delivered, string Code, long At, int Attempts, string? To = null, long Number = 0);
}
