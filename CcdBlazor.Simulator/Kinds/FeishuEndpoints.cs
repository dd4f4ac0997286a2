using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CcdBlazor.Simulator;

/// <summary>Feishu: custom bots with signature, and application messages with tenant_access_token, uuid and content that is JSON within a text.</summary>
internal sealed class FeishuEndpoints(Simulation sim)
{
    private readonly TokenOffice tokens = new(sim, TimeSpan.FromMinutes(30));
    private readonly SeenBefore seen = new(sim.Clock);
    private long serial;

    public void Map(WebApplication app)
    {
        app.MapPost("/open-apis/bot/v2/hook/{id}", BotAsync);
        app.MapPost("/open-apis/auth/v3/tenant_access_token/internal", TokenAsync);
        app.MapPost("/open-apis/im/v1/messages", MessageAsync);
    }

    private async Task BotAsync(HttpContext http, string id)
    {
        const string Kind = Kinds.FeishuBot;
        if (await JsonAsync(http) is not { } read)
            return;
        var (json, size) = read;
        var account = sim.Accounts[Kind, id];
        var fate = await sim.BeginAsync(http, Kind, id, "hook", []);
        if (fate.Answered)
            return;
        var rule = sim.Script.ForMessage(Kind, id, "hook", "");
        var (title, text, url) = Words(json.Text("msg_type"), json.Text("msg_type") == "interactive" ? json.Member("card") : json.Member("content"));
        var code = account is null ? "19001"
            : !Signed(account, json) ? "19021"
            : size > 20 * 1024 || text.Length == 0 ? "9499"
            : fate.Throttled is not null || sim.Limits.Hit(Kind, id, "", "", "call") is not null ? "11232"
            : rule is { Action: "error" } ? rule.Code
            : null;
        if (code is not null)
        {
            await ErrorAsync(http, Kind, code, 200);
            return;
        }

        if (rule is { Action: "drop" })
            sim.Messages.CountDropped(Kind);
        else
            sim.Messages.Add(Kind, id, Guid.Empty, "", title, text, url);
        if (!await sim.EndAsync(http, fate))
            await Simulation.AnswerAsync(http, new { StatusCode = 0, StatusMessage = "success", code = 0, data = new { }, msg = "success" });
    }

    private async Task TokenAsync(HttpContext http)
    {
        if (await JsonAsync(http) is not { } read)
            return;
        var account = sim.Accounts[Kinds.FeishuApp, read.Json.Text("app_id")];
        var fate = await sim.BeginAsync(http, Kinds.FeishuApp, account?.Id ?? "", "token", []);
        if (fate.Answered || await sim.EndAsync(http, fate))
            return;
        if (account is null || account.Secret != read.Json.Text("app_secret"))
        {
            await ErrorAsync(http, Kinds.FeishuApp, account is null ? "10003" : "10014", 200);
            return;
        }

        var (token, seconds) = tokens.Give(account);
        await Simulation.AnswerAsync(http, new { code = 0, msg = "ok", tenant_access_token = $"t-{token}", expire = seconds });
    }

    private async Task MessageAsync(HttpContext http)
    {
        const string Kind = Kinds.FeishuApp;
        if (await JsonAsync(http) is not { } read)
            return;
        var json = read.Json;
        var header = http.Request.Headers.Authorization.ToString();
        var token = header.StartsWith("Bearer t-", StringComparison.Ordinal) ? header["Bearer t-".Length..] : "";
        var account = tokens.Owner(token);
        if (account is not null && sim.Script.ForToken(Kind, account.Id, "im/messages") is not null)
        {
            tokens.Withdraw(token);
            account = null;
        }

        if (account is null)
        {
            await ErrorAsync(http, Kind, token.Length == 0 ? "99991661" : "99991663", 400);
            return;
        }

        var to = json.Text("receive_id");
        var fate = await sim.BeginAsync(http, Kind, account.Id, "im/messages", [to]);
        if (fate.Answered)
            return;
        if (fate.Throttled is { } throttle)
        {
            http.Response.Headers["x-ogw-ratelimit-reset"] = sim.SecondsLeft(throttle).ToString(CultureInfo.InvariantCulture);
            await ErrorAsync(http, Kind, "99991400", 429);
            return;
        }

        if (sim.Limits.Hit(Kind, account.Id, "", "", "call") is { } hit)
        {
            http.Response.Headers["x-ogw-ratelimit-reset"] = Math.Max(1, (int)Math.Ceiling(hit.Left.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await ErrorAsync(http, Kind, "99991400", 429);
            return;
        }

        var rule = sim.Script.ForMessage(Kind, account.Id, "im/messages", to);
        var content = json.Member("content") is { ValueKind: JsonValueKind.String } twice ? Simulation.Json(Encoding.UTF8.GetBytes(twice.GetString()!)) : null;
        var (title, text, url) = content is { } inner ? Words(json.Text("msg_type"), inner) : ("", "", "");
        var code = text.Length == 0 || to.Length == 0 || http.Request.Query["receive_id_type"].ToString() is not ("open_id" or "user_id" or "union_id" or "email" or "chat_id") ? "230001"
            : rule is { Action: "error" } ? rule.Code
            : to.Replace("ou_", "", StringComparison.Ordinal).StartsWith("invalid", StringComparison.Ordinal) ? "230013"
            : sim.Limits.Hit(Kind, account.Id, to, "", "") is not null ? "230020"
            : null;
        if (code is not null)
        {
            await ErrorAsync(http, Kind, code, 400);
            return;
        }

        var uuid = json.Text("uuid");
        if (rule is { Action: "drop" })
            sim.Messages.CountDropped(Kind);
        else if (uuid.Length > 0 && seen.Again($"{account.Id} {uuid}", TimeSpan.FromHours(1)))
            sim.Messages.CountRepeat(Kind);
        else
            sim.Messages.Add(Kind, account.Id, Guid.TryParseExact(uuid, "N", out var id) ? id : Guid.Empty, to, title, text, url);
        if (!await sim.EndAsync(http, fate))
            await Simulation.AnswerAsync(http, new { code = 0, msg = "success", data = new { message_id = $"om_{Interlocked.Increment(ref serial):x8}" } });
    }

    private bool Signed(SimAccount account, JsonElement json)
    {
        if (!long.TryParse(json.Text("timestamp"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || Math.Abs(sim.Now.ToUnixTimeSeconds() - seconds) > 3600)
            return false;
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes($"{json.Text("timestamp")}\n{account.Secret}"));
        return Convert.ToBase64String(hmac.GetHashAndReset()) == json.Text("sign");
    }

    private static (string Title, string Text, string Url) Words(string type, JsonElement content)
    {
        switch (type)
        {
            case "text":
                return ("", content.Text("text"), "");
            case "post":
                var post = content.Member("post").ValueKind == JsonValueKind.Object ? content.Member("post").Member("zh_cn") : content.Member("zh_cn");
                if (post.Member("content") is not { ValueKind: JsonValueKind.Array } lines)
                    return ("", "", "");
                var tags = lines.EnumerateArray().SelectMany(l => l.EnumerateArray()).ToList();
                return (post.Text("title"), string.Join('\n', tags.Where(t => t.Text("tag") == "text").Select(t => t.Text("text"))), tags.Find(t => t.Text("tag") == "a").Text("href"));
            case "interactive":
                var elements = content.Member("elements") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToList() : [];
                return (content.Member("header").Member("title").Text("content"), string.Join('\n', elements.Select(e => e.Text("content"))), "");
            default:
                return ("", "", "");
        }
    }

    private static async Task<(JsonElement Json, int Size)?> JsonAsync(HttpContext http)
    {
        if (await Simulation.BodyAsync(http) is not { } body)
            return null;
        if (Simulation.Json(body) is { } json)
            return (json, body.Length);
        await Simulation.AnswerAsync(http, new { code = 9499, msg = "Bad Request" }, 400);
        return null;
    }

    private Task ErrorAsync(HttpContext http, string kind, string code, int status)
    {
        sim.Messages.CountRefused(kind);
        return Simulation.AnswerAsync(http, new { code = int.Parse(code, CultureInfo.InvariantCulture), msg = "simulated" }, status);
    }
}
