using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Http.Features;

namespace CcdBlazor.Endpoints;

/// <summary>The configuration centre for other systems. Values are JSON as the setting declares them; spans are <c>[d.]hh:mm:ss</c>.</summary>
public static class ConfigEndpoints
{
    public const string Path = "/api/config/configs";

    private const int LargestPage = 100;
    private const int LargestBody = 256 * 1024;

    private static readonly Refusal BodyUnreadable = new("config.body_unreadable", "请求内容读不懂：需要 JSON，且不能有多余的字段。");
    private static readonly Refusal CursorUnreadable = new("config.cursor_unreadable", "翻页位置读不懂，请从第一页重新开始。") { Field = "cursor" };
    private static readonly Refusal VersionsDiffer = new("config.versions_differ", "If-Match 与请求内容中的版本号不一致。") { Field = "version" };

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static IEndpointRouteBuilder MapConfig(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Path).OpenTo(Permission.ManageSettings);
        group.MapGet("", ListAsync);
        group.MapPost("", AddAsync);
        group.MapGet("{id}", FindAsync);
        group.MapPut("{id}", ReplaceAsync);
        return routes;
    }

    /// <param name="key">Part of the key.</param>
    private static async Task<IResult> ListAsync(
        string? group, string? key, string? cursor, int? limit, SettingsQueries queries, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        if (!TryAfter(cursor, out var after))
            return CursorUnreadable.ToProblem();
        var found = await queries.ListAsync(await ApiDoor.ActorAsync(http, current), ct);
        if (!found.Ok)
            return found.Refusal.ToProblem();
        var size = Math.Clamp(limit ?? 50, 1, LargestPage);
        var rest = found.Value
            .Where(row => group is null || row.Setting.Group == group)
            .Where(row => key is null || row.Setting.Key.Contains(key, StringComparison.Ordinal))
            .Where(row => string.CompareOrdinal(row.Setting.Key, after) > 0).Take(size + 1).ToList();
        var page = rest.Take(size).ToList();
        http.Response.Headers.CacheControl = "no-store";
        return Results.Ok(new { Items = page.Select(Shown), NextCursor = rest.Count > size ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(page[^1].Setting.Key)) : null });
    }

    private static async Task<IResult> FindAsync(string id, SettingsQueries queries, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        var found = await queries.FindAsync(id, await ApiDoor.ActorAsync(http, current), ct);
        return found.Ok ? Answer(http, found.Value) : found.Refusal.ToProblem();
    }

    /// <summary>A first own value for one key (<c>key</c>, <c>value</c>, <c>reason</c>), or several edits in one commit (<c>changes</c>, <c>reason</c>).</summary>
    private static async Task<IResult> AddAsync(SettingsQueries queries, SettingsService service, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        if (await ReadAsync<PostBody>(http, ct) is not { } body || (body.Key is null) == (body.Changes is null))
            return BodyUnreadable.ToProblem(StatusCodes.Status400BadRequest);
        var by = await ApiDoor.ActorAsync(http, current);
        if (body.Changes is not null)
        {
            if (body.Changes.Any(change => change?.Key is null || change.Value.ValueKind == JsonValueKind.Undefined))
                return BodyUnreadable.ToProblem(StatusCodes.Status400BadRequest);
            if (body.Changes.Any(change => change.Version is null))
                return SettingRefusals.VersionMissing.ToProblem(StatusCodes.Status428PreconditionRequired);
            var changed = await service.ChangeAsync(
                new SettingsChange([.. body.Changes.Select(change => new SettingEdit(change.Key!, Text(change.Value), change.Version!.Value))], body.Reason), by, ct);
            return changed.Ok ? Outcome(changed.Value) : changed.Refusal.ToProblem();
        }

        if (body.Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return BodyUnreadable.ToProblem(StatusCodes.Status400BadRequest);
        var found = await queries.FindAsync(body.Key!, by, ct);
        if (!found.Ok)
            return found.Refusal.ToProblem();
        if (!found.Value.IsDefault)
            return SettingRefusals.AlreadySet(found.Value.Setting).ToProblem();
        var added = await service.ChangeAsync(
            new SettingsChange([new SettingEdit(body.Key!, Text(body.Value), body.Version ?? found.Value.Version)], body.Reason), by, ct);
        if (!added.Ok)
            return added.Refusal.ToProblem();
        if (added.Value.Waiting)
            return Outcome(added.Value);
        http.Response.Headers.ETag = Tag(added.Value.Versions[body.Key!]);
        return Results.Created($"{Path}/{body.Key}", new { Id = body.Key, Version = added.Value.Versions[body.Key!], ChangeSet = added.Value.Id });
    }

    /// <summary>Another value for one key; <c>null</c> goes back to the default. Needs the version, in <c>If-Match</c> or in the body.</summary>
    private static async Task<IResult> ReplaceAsync(string id, SettingsService service, SettingsQueries queries, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        if (await ReadAsync<PutBody>(http, ct) is not { } body || body.Value.ValueKind == JsonValueKind.Undefined)
            return BodyUnreadable.ToProblem(StatusCodes.Status400BadRequest);
        var tagged = Version(http.Request.Headers.IfMatch);
        if ((tagged ?? body.Version) is not { } version)
            return SettingRefusals.VersionMissing.ToProblem(StatusCodes.Status428PreconditionRequired);
        if (tagged is not null && body.Version is not null && tagged != body.Version)
            return VersionsDiffer.ToProblem();
        var by = await ApiDoor.ActorAsync(http, current);
        var changed = await service.ChangeAsync(new SettingsChange([new SettingEdit(id, Text(body.Value), version)], body.Reason), by, ct);
        if (!changed.Ok)
            return changed.Refusal.ToProblem(tagged is not null && changed.Refusal.Kind == RefusalKind.Conflict ? StatusCodes.Status412PreconditionFailed : null);
        if (changed.Value.Waiting)
            return Outcome(changed.Value);
        var found = await queries.FindAsync(id, by, ct);
        return found.Ok ? Answer(http, found.Value) : found.Refusal.ToProblem();
    }

    private static IResult Outcome(SettingsOutcome outcome) => outcome.Waiting
        ? Results.Accepted(value: new { Proposal = outcome.Id, Status = "waiting" })
        : Results.Ok(new { ChangeSet = outcome.Id, outcome.Versions });

    private static IResult Answer(HttpContext http, SettingRow row)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ETag = Tag(row.Version);
        return Results.Ok(Shown(row));
    }

    private static object Shown(SettingRow row) => new
    {
        Id = row.Setting.Key,
        row.Setting.Key,
        row.Setting.Group,
        row.Setting.Title,
        row.Setting.Description,
        Type = row.Setting.Kind.ToString().ToLowerInvariant(),
        row.Setting.Unit,
        Value = JsonNode.Parse(row.Value),
        Default = JsonNode.Parse(row.Setting.DefaultJson),
        row.IsDefault,
        Minimum = row.Setting.BoundsJson is { Minimum: var least } ? JsonNode.Parse(least) : null,
        Maximum = row.Setting.BoundsJson is { Maximum: var most } ? JsonNode.Parse(most) : null,
        Allowed = row.Setting.Choices.Count == 0 ? null : row.Setting.Choices.Select(choice => new { Value = JsonNode.Parse(choice.Json), Title = choice.Words }),
        Columns = row.Setting.Columns.Count == 0 ? null : row.Setting.Columns.Select(column => new { column.Name, column.Title, column.Unit, Type = column.Kind.ToString().ToLowerInvariant() }),
        Source = row.Setting.Source,
        row.Setting.NeedsSecondPerson,
        row.Version,
        row.ChangedAt,
        row.ChangedBy,
        row.Problem,
    };

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetRawText();

    private static string Tag(int version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    private static int? Version(string? tag) =>
        int.TryParse(tag?.Trim().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;

    private static bool TryAfter(string? cursor, out string after)
    {
        after = "";
        if (string.IsNullOrEmpty(cursor))
            return true;
        try
        {
            after = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
            return after.Length <= Setting.LongestKey;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static async Task<T?> ReadAsync<T>(HttpContext http, CancellationToken ct)
        where T : class
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = LargestBody;
        try
        {
            return http.Request.HasJsonContentType() ? await JsonSerializer.DeserializeAsync<T>(http.Request.Body, Strict, ct) : null;
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            return null;
        }
    }

    private sealed record PostBody(string? Key, JsonElement Value, int? Version, IReadOnlyList<ChangeBody>? Changes, string? Reason);

    private sealed record ChangeBody(string? Key, JsonElement Value, int? Version);

    private sealed record PutBody(JsonElement Value, int? Version, string? Reason);
}
