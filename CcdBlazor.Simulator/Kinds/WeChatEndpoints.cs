using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CcdBlazor.Simulator;

/// <summary>
/// The Official Account (stable_token, template, subscribe, customer-service messages) and WeCom (gettoken, message/send, group robot). Errors come with HTTP 200
/// and an errcode; successful answers of the Official Account have none where the real ones have none.
/// </summary>
internal sealed class WeChatEndpoints(Simulation sim)
{
    private readonly TokenOffice tokens = new(sim, TimeSpan.FromMinutes(5));
    private readonly SeenBefore seen = new(sim.Clock);
    private long serial = 200_228_332;

    public void Map(WebApplication app)
    {
        app.MapPost("/cgi-bin/stable_token", StableTokenAsync);
        app.MapGet("/cgi-bin/gettoken", WeComTokenAsync);
        app.MapPost("/cgi-bin/message/template/send", http => OfficialAsync(http, "template/send", "template", TemplateText));
        app.MapPost("/cgi-bin/message/subscribe/bizsend", http => OfficialAsync(http, "subscribe/bizsend", "subscribe", TemplateText));
        app.MapPost("/cgi-bin/message/custom/send", http => OfficialAsync(http, "custom/send", "custom", j => ("", j.Member("text").Text("content") is { Length: > 0 } text ? text : Article(j).Text("description"), Article(j).Text("url"))));
        app.MapPost("/cgi-bin/message/send", WeComAsync);
        app.MapPost("/cgi-bin/webhook/send", RobotAsync);
    }

    private async Task StableTokenAsync(HttpContext http)
    {
        if (await JsonAsync(http) is not { } json)
            return;
        var account = sim.Accounts[Kinds.OfficialAccount, json.Text("appid")];
        await TokenAsync(http, Kinds.OfficialAccount, account, json.Text("secret"), json.Text("grant_type") == "client_credential", "40013", "40125");
    }

    private Task WeComTokenAsync(HttpContext http) =>
        TokenAsync(http, Kinds.WeComApp, sim.Accounts[Kinds.WeComApp, http.Request.Query["corpid"].ToString()], http.Request.Query["corpsecret"].ToString(), true, "40013", "40001");

    private async Task TokenAsync(HttpContext http, string kind, SimAccount? account, string secret, bool grant, string noAccount, string noSecret)
    {
        var fate = await sim.BeginAsync(http, kind, account?.Id ?? "", "token", []);
        if (fate.Answered || await sim.EndAsync(http, fate))
            return;
        var rule = sim.Script.ForMessage(kind, account?.Id ?? "", "token", "");
        if (rule is { Action: "error" })
            await ErrorAsync(http, kind, rule.Code);
        else if (account is null)
            await ErrorAsync(http, kind, noAccount);
        else if (account.Secret != secret)
            await ErrorAsync(http, kind, noSecret);
        else if (!grant)
            await ErrorAsync(http, kind, "40002");
        else if (kind == Kinds.OfficialAccount)
            await Simulation.AnswerAsync(http, tokens.Give(account) is var (token, seconds) ? new { access_token = token, expires_in = seconds } : new object());
        else
            await Simulation.AnswerAsync(http, tokens.Give(account) is var (token, seconds) ? new { errcode = 0, errmsg = "ok", access_token = token, expires_in = seconds } : new object());
    }

    /// <summary>The account of a call with a token, or the error was answered.</summary>
    private async Task<SimAccount?> OwnerAsync(HttpContext http, string kind, string operation)
    {
        var token = http.Request.Query["access_token"].ToString();
        var account = tokens.Owner(token);
        if (account is not null && sim.Script.ForToken(kind, account.Id, operation) is not null)
        {
            tokens.Withdraw(token);
            account = null;
        }

        if (account is null || account.Kind != kind)
        {
            await ErrorAsync(http, kind, token.Length == 0 ? "41001" : tokens.Known(token) ? "42001" : "40014");
            return null;
        }

        return account;
    }

    private async Task OfficialAsync(HttpContext http, string operation, string sort, Func<JsonElement, (string Title, string Text, string Url)> read)
    {
        const string Kind = Kinds.OfficialAccount;
        if (await JsonAsync(http) is not { } json || await OwnerAsync(http, Kind, operation) is not { } account)
            return;
        var to = json.Text("touser");
        var fate = await sim.BeginAsync(http, Kind, account.Id, operation, [to]);
        if (fate.Answered)
            return;
        var rule = sim.Script.ForMessage(Kind, account.Id, operation, to);
        var code = fate.Throttled is not null ? "45009"
            : rule is { Action: "error" } ? rule.Code
            : to.StartsWith("invalid", StringComparison.Ordinal) ? sort == "subscribe" ? "43101" : "43004"
            : to.Length == 0 ? "40003"
            : sort != "custom" && json.Text("template_id").Length == 0 ? "40037"
            : sort != "custom" && json.Member("data") is { ValueKind: JsonValueKind.Object } data && data.EnumerateObject().Any(TooLong) ? "47003"
            : sim.Limits.Hit(Kind, account.Id, to, json.Text("template_id"), sort) is { } hit ? hit.Rule.Code
            : null;
        if (code is not null)
        {
            await ErrorAsync(http, Kind, code);
            return;
        }

        var number = Interlocked.Increment(ref serial);
        var id = Guid.TryParseExact(json.Text("client_msg_id"), "N", out var ours) ? ours : Guid.Empty;
        if (rule is { Action: "drop" })
        {
            sim.Messages.CountDropped(Kind);
        }
        else if (id != Guid.Empty && seen.Again($"{account.Id} {to} {id}", TimeSpan.FromMinutes(10)))
        {
            sim.Messages.CountRepeat(Kind);
        }
        else
        {
            var (title, text, url) = read(json);
            sim.Messages.Add(Kind, account.Id, id, to, title, text, url);
            if (sort == "template")
                sim.Receipts.ScheduleTemplate(account, sim.Receipts.Plan(Kind, account, to), to, number);
        }

        if (await sim.EndAsync(http, fate))
            return;
        await Simulation.AnswerAsync(http, sort == "template" ? new { errcode = 0, errmsg = "ok", msgid = number } : new { errcode = 0, errmsg = "ok" });
    }

    private async Task WeComAsync(HttpContext http)
    {
        const string Kind = Kinds.WeComApp;
        if (await JsonAsync(http) is not { } json || await OwnerAsync(http, Kind, "message/send") is not { } account)
            return;
        var users = json.Text("touser").Split('|', StringSplitOptions.RemoveEmptyEntries);
        var fate = await sim.BeginAsync(http, Kind, account.Id, "message/send", users);
        if (fate.Answered)
            return;
        var (title, text, url) = WeComText(json);
        var code = fate.Throttled is not null || sim.Limits.Hit(Kind, account.Id, "", "", "call") is not null ? "45009"
            : users.Length is 0 or > 1000 ? "40032"
            : json.Text("agentid").Length == 0 || !json.Text("agentid").All(char.IsAsciiDigit) ? "40056"
            : text.Length == 0 ? "44004"
            : null;
        var errors = users.Select(u => sim.Script.ForMessage(Kind, account.Id, "message/send", u)).ToList();
        code ??= errors.Find(r => r is { Action: "error", Code: not ("invaliduser" or "unlicenseduser") })?.Code;
        bool Invalid(int i) => users[i].StartsWith("invalid", StringComparison.Ordinal) || errors[i] is { Action: "error", Code: "invaliduser" };
        if (code is null && Enumerable.Range(0, users.Length).All(Invalid))
            code = "81013";
        if (code is not null)
        {
            await ErrorAsync(http, Kind, code);
            return;
        }

        var (invalid, unlicensed) = (new List<string>(), new List<string>());
        var interval = int.TryParse(json.Text("duplicate_check_interval"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 1800;
        var again = json.Text("enable_duplicate_check") == "1"
            && seen.Again($"wecom {account.Id} {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(json.GetRawText())))}", TimeSpan.FromSeconds(interval));
        for (var i = 0; i < users.Length; i++)
        {
            if (Invalid(i))
                invalid.Add(users[i].ToLowerInvariant());
            else if (errors[i] is { Action: "error" })
                unlicensed.Add(users[i].ToLowerInvariant());
            else if (again)
                sim.Messages.CountRepeat(Kind);
            // Beyond the limit of a member WeCom drops without a word.
            else if (errors[i] is { Action: "drop" } || sim.Limits.Hit(Kind, account.Id, users[i].ToLowerInvariant(), "", "") is not null)
                sim.Messages.CountDropped(Kind);
            else
                sim.Messages.Add(Kind, account.Id, Guid.Empty, users[i], title, text, url);
        }

        sim.Messages.CountRefused(Kind, invalid.Count + unlicensed.Count);
        if (!await sim.EndAsync(http, fate))
            await Simulation.AnswerAsync(http, new
            {
                errcode = 0, errmsg = "ok", invaliduser = string.Join('|', invalid), invalidparty = "", invalidtag = "", unlicenseduser = string.Join('|', unlicensed),
                msgid = $"m{Interlocked.Increment(ref serial)}",
            });
    }

    private async Task RobotAsync(HttpContext http)
    {
        const string Kind = Kinds.WeComRobot;
        if (await JsonAsync(http) is not { } json)
            return;
        var account = sim.Accounts[Kind, http.Request.Query["key"].ToString()];
        var fate = await sim.BeginAsync(http, Kind, account?.Id ?? "", "webhook/send", []);
        if (fate.Answered)
            return;
        var (title, text, url) = WeComText(json);
        var rule = sim.Script.ForMessage(Kind, account?.Id ?? "", "webhook/send", "");
        var code = account is null ? "93000"
            : json.Text("msgtype").Length == 0 ? "40008"
            : fate.Throttled is not null || sim.Limits.Hit(Kind, account.Id, "", "", "call") is not null ? "45009"
            : rule is { Action: "error" } ? rule.Code
            : text.Length == 0 ? "44004"
            : Encoding.UTF8.GetByteCount(text) > (json.Text("msgtype") == "text" ? 2048 : 4096) ? "40058"
            : null;
        if (code is not null)
        {
            await ErrorAsync(http, Kind, code);
            return;
        }

        if (rule is { Action: "drop" })
            sim.Messages.CountDropped(Kind);
        else
            sim.Messages.Add(Kind, account!.Id, Guid.Empty, "", title, text, url);
        if (!await sim.EndAsync(http, fate))
            await Simulation.AnswerAsync(http, new { errcode = 0, errmsg = "ok" });
    }

    private async Task<JsonElement?> JsonAsync(HttpContext http)
    {
        if (await Simulation.BodyAsync(http) is not { } body)
            return null;
        // Escaped Chinese is refused or shown as it stands.
        if (Encoding.ASCII.GetString(body).Contains("\\u", StringComparison.OrdinalIgnoreCase) && body.AsSpan().IndexOf("\\\\u"u8) < 0)
        {
            await Simulation.AnswerAsync(http, new { errcode = 40033, errmsg = "invalid charset. please check your request, if include \\uxxxx will create fail!" });
            return null;
        }

        if (Simulation.Json(body) is { } json)
            return json;
        await Simulation.AnswerAsync(http, new { errcode = 47001, errmsg = "data format error" });
        return null;
    }

    private Task ErrorAsync(HttpContext http, string kind, string code)
    {
        sim.Messages.CountRefused(kind);
        return Simulation.AnswerAsync(http, new { errcode = int.Parse(code, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), errmsg = $"simulated hint: [{Guid.NewGuid():N}]" });
    }

    private (string, string, string) TemplateText(JsonElement json) => (json.Text("template_id"), sim.TemplateText(
        json.Text("template_id"), json.Member("data") is { ValueKind: JsonValueKind.Object } data ? data.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.Text("value"))) : []),
        json.Text("url") is { Length: > 0 } url ? url : json.Text("page"));

    private static bool TooLong(JsonProperty keyword) => keyword.Value.Text("value").Length > keyword.Name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') switch
    {
        "thing" => 20, "phrase" => 5, "name" => 10, "character_string" or "number" or "letter" => 32, "symbol" => 5, "phone_number" => 17, "car_number" => 8, _ => 200,
    };

    private static JsonElement Article(JsonElement json) =>
        json.Member("news").Member("articles") is { ValueKind: JsonValueKind.Array } articles && articles.GetArrayLength() > 0 ? articles[0] : default;

    private static (string Title, string Text, string Url) WeComText(JsonElement json)
    {
        var content = json.Member(json.Text("msgtype"));
        return json.Text("msgtype") == "textcard" ? (content.Text("title"), content.Text("description"), content.Text("url")) : ("", content.Text("content"), "");
    }
}
