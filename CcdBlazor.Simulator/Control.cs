using System.Text.Json;

namespace CcdBlazor.Simulator;

/// <summary>The simulator's own interface, for tests and for the curious. Described in the README.</summary>
internal static class Control
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static void MapControl(this WebApplication app)
    {
        var sim = app.Services.GetRequiredService<Simulation>();
        var mail = app.Services.GetRequiredService<SmtpServer>();

        app.MapGet("/", () => Results.Text(Page.Value, "text/html; charset=utf-8"));
        app.MapGet("/sim/messages", (string? kind, string? recipient, string? id, long? after, int? limit, bool? latest) =>
        {
            var found = sim.Messages.Find(kind, recipient, id, after ?? 0, Math.Clamp(limit ?? 100, 1, 10_000), latest ?? false);
            return Results.Json(new { messages = found, next = found.Count == 0 ? after ?? 0 : found.Max(m => m.Seq) }, Web);
        });
        app.MapGet("/sim/counts", () => Results.Json(new
        {
            kinds = sim.Messages.Counts(), receiptsPosted = sim.Receipts.Posted, receiptsWaiting = sim.Receipts.Waiting, receiptsGivenUp = sim.Receipts.GivenUp,
        }, Web));
        app.MapGet("/sim/mail", () => Results.Json(new { startTlsPort = mail.StartTlsPort, tlsPort = mail.TlsPort, certificateSha256 = mail.Thumbprint }, Web));
        app.MapPost("/sim/reset", () =>
        {
            sim.Script.Replace([]);
            sim.Limits.Reset();
            sim.Receipts.Reset();
            sim.Sms.Reset();
            sim.Messages.Reset();
            return Results.Ok();
        });
        app.MapGet("/sim/script", () => Results.Json(sim.Script.Rules, Web));
        app.MapPost("/sim/script", async (HttpContext http) =>
        {
            if (await ReadAsync<ScriptOrder>(http) is not { Rules: { } rules })
                return Results.BadRequest("{\"rules\":[…]}");
            sim.Script.Replace(rules);
            return Results.Ok();
        });
        app.MapGet("/sim/limits", () => Results.Json(sim.Limits.Rules, Web));
        app.MapPost("/sim/limits", async (HttpContext http) =>
        {
            if (await ReadAsync<LimitOrder>(http) is not { } order)
                return Results.BadRequest("{\"restore\":true} | {\"kind\":\"…\",\"rules\":[…]}");
            if (order.Restore)
                sim.Limits.Restore();
            else
                sim.Limits.Replace(order.Kind, order.Rules ?? []);
            return Results.Ok();
        });
        app.MapGet("/sim/accounts", () => Results.Json(
            sim.Accounts.All.Select(a => new { a.Kind, a.Id, a.ReceiptAddress, a.ReceiptMode, a.ReceiptDelayMilliseconds, a.ReceiptJitterMilliseconds, a.TokenSeconds }), Web));
        app.MapPost("/sim/accounts", async (HttpContext http) =>
        {
            if (await ReadAsync<SimAccount>(http) is not { } account || !Kinds.All.Contains(account.Kind))
                return Results.BadRequest("{\"kind\":\"…\",\"id\":\"…\",\"secret\":\"…\",\"receiptAddress\":\"…\"}");
            sim.Accounts[account.Kind, account.Id] = account;
            return Results.Ok();
        });
        app.MapPost("/sim/templates", async (HttpContext http) =>
        {
            foreach (var (code, text) in await ReadAsync<Dictionary<string, string>>(http) ?? [])
                sim.Templates[code] = text;
            return Results.Ok();
        });
    }

    private static readonly Lazy<string> Page = new(() =>
    {
        using var reader = new StreamReader(typeof(Control).Assembly.GetManifestResourceStream("page.html")!);
        return reader.ReadToEnd();
    });

    private static async Task<T?> ReadAsync<T>(HttpContext http) where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(http.Request.Body, Web, http.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record ScriptOrder(List<ScriptRule>? Rules);

    /// <param name="Restore">Back to the published limits.</param>
    /// <param name="Kind">A kind, or <c>*</c> for all.</param>
    /// <param name="Rules">None lifts.</param>
    private sealed record LimitOrder(string Kind = "*", List<LimitRule>? Rules = null, bool Restore = false);
}
