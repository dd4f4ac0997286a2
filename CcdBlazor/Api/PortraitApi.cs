using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Scoring;

namespace CcdBlazor.Api;

/// <summary>
/// Portraits, managers and assignments for other systems. A dry run may be started and watched; approving one is for people. A single customer may be handed
/// over, because the calling system's people decided on it.
/// </summary>
internal sealed class PortraitApi(
    PortraitQueries portraits, ManagerQueries managers, AssignmentQueries runs, AssignmentService assignments, Database database)
{
    private const int LargestBody = 4 * 1024;

    public void Map(ApiGate gate, IEndpointRouteBuilder routes)
    {
        gate.Map(routes, "POST", "/api/admin/auto-assign", ApiScopes.AssignmentsWrite, StartAsync);
        gate.Map(routes, "GET", "/api/admin/auto-assign/{id:guid}", ApiScopes.PortraitsRead, RunAsync);
        gate.Map(routes, "POST", "/api/admin/manual-assign", ApiScopes.AssignmentsWrite, AssignAsync);
        gate.Map(routes, "GET", "/api/admin/dashboard", ApiScopes.PortraitsRead, DashboardAsync);
        gate.Map(routes, "GET", "/api/customers/{id:guid}/profile", ApiScopes.PortraitsRead, CustomerAsync);
        gate.Map(routes, "GET", "/api/managers/{id:guid}/profile", ApiScopes.PortraitsRead, ManagerAsync);
        gate.Map(routes, "GET", "/api/health", ApiScopes.None, HealthAsync);
    }

    private async Task StartAsync(HttpContext http, ApiKeyAccess access)
    {
        var onlyOrphans = false;
        if (http.Request.ContentLength is > 0 || http.Request.Headers.TransferEncoding.Count > 0)
        {
            var read = await ReadAsync(http, (name, value) => name == "onlyWithoutManager" ? Boolean(name, value, v => onlyOrphans = v) : ApiRefusals.FieldUnknown(name));
            if (read is not null)
            {
                await RefuseAsync(http, read);
                return;
            }
        }

        var started = await assignments.StartAsync(onlyOrphans, access.Actor, http.RequestAborted);
        if (!started.Ok)
        {
            await ApiAnswers.RefuseAsync(http, started.Refusal);
            return;
        }

        http.Response.Headers.Location = $"/api/admin/auto-assign/{started.Value}";
        await ApiAnswers.WriteAsync(http, StatusCodes.Status202Accepted, json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, started.Value);
            json.WriteEndObject();
        });
    }

    private async Task RunAsync(HttpContext http, ApiKeyAccess access)
    {
        var found = await runs.DetailAsync(IdOf(http), access.Actor, http.RequestAborted);
        if (!found.Ok)
        {
            await ApiAnswers.RefuseAsync(http, found.Refusal);
            return;
        }

        var (run, detail) = (found.Value.Run, found.Value);
        await ApiAnswers.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, run.Id);
            json.WriteString("number"u8, run.Number);
            json.WriteString("state"u8, run.State.ToString().ToLowerInvariant());
            json.WriteNumber("progress"u8, run.Progress);
            if (run.Failure is { } failure)
                json.WriteString("failure"u8, failure);
            if (run.Figures is { } figures)
            {
                json.WriteNumber("customers"u8, figures.Customers);
                json.WriteNumber("moved"u8, detail.Moved);
                json.WriteNumber("kept"u8, detail.Kept);
                json.WriteNumber("unassigned"u8, detail.Unassigned);
                json.WriteNumber("applied"u8, detail.Applied);
                foreach (var (name, f) in new[] { ("optimal", figures.Optimal), ("greedy", figures.Greedy), ("today", figures.Today) })
                {
                    json.WriteStartObject(name);
                    json.WriteNumber("score"u8, f.Score);
                    json.WriteNumber("assigned"u8, f.Assigned);
                    json.WriteNumber("loadGini"u8, Math.Round(f.LoadGini, 4));
                    json.WriteEndObject();
                }
            }

            json.WriteEndObject();
        });
    }

    private async Task AssignAsync(HttpContext http, ApiKeyAccess access)
    {
        Guid? customer = null, manager = null;
        string? reason = null;
        var evenIfFull = false;
        var wrong = await ReadAsync(http, (name, value) => name switch
        {
            "customerId" => Identifier(name, value, v => customer = v),
            "managerId" => Identifier(name, value, v => manager = v),
            "reason" => value.ValueKind == JsonValueKind.String ? Take(() => reason = value.GetString()) : ApiRefusals.FieldType(name, "文字"),
            "evenIfFull" => Boolean(name, value, v => evenIfFull = v),
            _ => ApiRefusals.FieldUnknown(name),
        });
        wrong ??= customer is null ? ApiRefusals.FieldMissing("customerId") : manager is null ? ApiRefusals.FieldMissing("managerId") : null;
        if (wrong is null)
            wrong = (await assignments.AssignByHandAsync(customer!.Value, manager!.Value, reason, evenIfFull, access.Actor, http.RequestAborted)).Refusal;
        if (wrong is not null)
        {
            await RefuseAsync(http, wrong);
            return;
        }

        await ApiAnswers.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("customerId"u8, customer!.Value);
            json.WriteString("managerId"u8, manager!.Value);
            json.WriteEndObject();
        });
    }

    private async Task DashboardAsync(HttpContext http, ApiKeyAccess access)
    {
        var board = await managers.BoardAsync(access.Actor, http.RequestAborted);
        var last = await runs.ListAsync(new PageRequest(), access.Actor, http.RequestAborted);
        if (!board.Ok || !last.Ok)
        {
            await ApiAnswers.RefuseAsync(http, board.Refusal ?? last.Refusal!);
            return;
        }

        await ApiAnswers.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("managers"u8, board.Value.Managers.Count);
            json.WriteNumber("available"u8, board.Value.Managers.Count(m => m.TakesPart));
            json.WriteNumber("openCustomers"u8, board.Value.Open);
            json.WriteNumber("room"u8, board.Value.Room);
            json.WriteNumber("loadGini"u8, Math.Round(board.Value.LoadGini, 4));
            json.WriteNumber("amountGini"u8, Math.Round(board.Value.AmountGini, 4));
            json.WriteStartArray("loads"u8);
            foreach (var m in board.Value.Managers)
            {
                json.WriteStartObject();
                json.WriteString("managerId"u8, m.Id);
                json.WriteString("name"u8, m.Name);
                json.WriteNumber("open"u8, m.Open);
                json.WriteNumber("maximum"u8, m.Maximum);
                json.WriteNumber("amount"u8, m.OpenAmount);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (last.Value.Rows is [var run, ..])
            {
                json.WriteStartObject("lastRun"u8);
                json.WriteString("id"u8, run.Id);
                json.WriteString("state"u8, run.State.ToString().ToLowerInvariant());
                json.WriteString("requestedAt"u8, run.RequestedAt);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
    }

    private async Task CustomerAsync(HttpContext http, ApiKeyAccess access)
    {
        var card = await portraits.CardAsync(IdOf(http), access.Actor, http.RequestAborted);
        var suggested = card.Ok ? await runs.SuggestAsync(IdOf(http), access.Actor, http.RequestAborted) : card.Refusal;
        if (!card.Ok || !suggested.Ok)
        {
            await ApiAnswers.RefuseAsync(http, card.Refusal ?? suggested.Refusal!);
            return;
        }

        await ApiAnswers.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("customerId"u8, card.Value.CustomerId);
            json.WriteNumber("completeness"u8, card.Value.Percent);
            json.WriteStartObject("traits"u8);
            foreach (var row in card.Value.Traits)
            {
                if (row.Counts is not { } held)
                    continue;
                json.WriteStartObject(row.Trait.Code);
                WriteValue(json, held.Value);
                json.WriteString("source"u8, held.Source.ToString().ToLowerInvariant());
                json.WriteString("at"u8, held.At);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteStartArray("suggestions"u8);
            foreach (var one in suggested.Value)
            {
                json.WriteStartObject();
                json.WriteString("managerId"u8, one.Manager.Id);
                json.WriteString("name"u8, one.Manager.Name);
                json.WriteNumber("score"u8, one.Score.Score);
                json.WriteString("class"u8, one.Score.Class.ToString());
                json.WriteBoolean("isOwner"u8, one.IsOwner);
                WriteReasons(json, one.Score);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task ManagerAsync(HttpContext http, ApiKeyAccess access)
    {
        var found = await managers.FindAsync(IdOf(http), access.Actor, http.RequestAborted);
        if (!found.Ok)
        {
            await ApiAnswers.RefuseAsync(http, found.Refusal);
            return;
        }

        var m = found.Value;
        await ApiAnswers.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("managerId"u8, m.Id);
            json.WriteString("name"u8, m.Name);
            foreach (var (name, words) in new[] { ("capabilities", m.Capabilities), ("hobbies", m.Hobbies), ("languages", m.Languages), ("regions", m.Regions) })
            {
                json.WriteStartArray(name);
                foreach (var word in words)
                    json.WriteStringValue(word);
                json.WriteEndArray();
            }

            json.WriteString("level"u8, m.Level.ToString().ToLowerInvariant());
            json.WriteNumber("open"u8, m.Open);
            json.WriteNumber("minimum"u8, m.Minimum);
            json.WriteNumber("maximum"u8, m.Maximum);
            json.WriteBoolean("takesPart"u8, m.TakesPart);
            json.WriteBoolean("absent"u8, m.AbsentNow);
            json.WriteEndObject();
        });
    }

    private async Task HealthAsync(HttpContext http, ApiKeyAccess access)
    {
        var answers = await database.AnswersAsync(http.RequestAborted);
        await ApiAnswers.WriteAsync(http, answers ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, answers ? "ready"u8 : "unavailable"u8);
            json.WriteEndObject();
        });
    }

    private static void WriteValue(Utf8JsonWriter json, TraitValue value)
    {
        if (value.Number is { } number)
            json.WriteNumber("number"u8, number);
        if (value.Category is { } category)
            json.WriteString("category"u8, category);
        if (value.Tags is not { } tags)
            return;
        json.WriteStartArray("tags"u8);
        foreach (var tag in tags)
            json.WriteStringValue(tag);
        json.WriteEndArray();
    }

    private static void WriteReasons(Utf8JsonWriter json, PairScore score)
    {
        json.WriteStartArray("reasons"u8);
        foreach (var factor in score.Factors)
            json.WriteStringValue(factor.Text);
        json.WriteEndArray();
    }

    private static Guid IdOf(HttpContext http) => Guid.Parse((string)http.Request.RouteValues["id"]!, CultureInfo.InvariantCulture);

    private static Task RefuseAsync(HttpContext http, Refusal refusal) =>
        ApiAnswers.RefuseAsync(http, refusal, refusal == ApiRefusals.Malformed ? StatusCodes.Status400BadRequest : null);

    private static Refusal? Take(Action set)
    {
        set();
        return null;
    }

    private static Refusal? Boolean(string name, JsonElement value, Action<bool> set) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? Take(() => set(value.GetBoolean())) : ApiRefusals.FieldType(name, "布尔值");

    private static Refusal? Identifier(string name, JsonElement value, Action<Guid> set) =>
        value.ValueKind == JsonValueKind.String && value.TryGetGuid(out var id) ? Take(() => set(id)) : ApiRefusals.FieldType(name, "UUID");

    /// <summary>Reads an object field by field; the answer is the first thing that is wrong.</summary>
    private static async Task<Refusal?> ReadAsync(HttpContext http, Func<string, JsonElement, Refusal?> take)
    {
        if (!SendEndpoint.IsJson(http.Request.ContentType))
            return ApiRefusals.NotJson;
        if (await ApiBody.ReadAsync(http, LargestBody) is not { } body)
            return ApiRefusals.TooLarge;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return ApiRefusals.Malformed;
            foreach (var field in document.RootElement.EnumerateObject())
                if (take(field.Name, field.Value) is { } wrong)
                    return wrong;
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return ApiRefusals.Malformed;
        }
        finally
        {
            http.Request.BodyReader.AdvanceTo(body.End);
        }
    }
}

/// <summary>Wiring of that.</summary>
internal static class PortraitApiWiring
{
    public static IServiceCollection AddPortraitApi(this IServiceCollection services) => services.AddSingleton<PortraitApi>();

    public static IEndpointRouteBuilder MapPortraitApi(this IEndpointRouteBuilder routes)
    {
        routes.ServiceProvider.GetRequiredService<PortraitApi>().Map(routes.ServiceProvider.GetRequiredService<ApiGate>(), routes);
        return routes;
    }
}
