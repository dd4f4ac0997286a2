using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Api;

/// <summary>Batches of other systems: handed in, watched and steered. A key sees and steers its own batches only.</summary>
internal sealed class BatchEndpoints(BatchService batches, MessageQueries messages, TimeProvider clock)
{
    /// <summary>Ten thousand recipients with some variables of Chinese text each.</summary>
    internal const int LargestBody = 16 * 1024 * 1024;

    private const int LargestVerbBody = 4 * 1024;

    internal static readonly Refusal RowsBad = new("messages.batch_rows_bad", "有的行不能发送，这一批没有收下。改正这些行，或用 acceptGood 只发其余的行。");

    public void Map(ApiGate gate, IEndpointRouteBuilder routes)
    {
        gate.Map(routes, "POST", "/api/messages/send-batch", ApiScopes.MessagesBatches, CreateAsync);
        gate.Map(routes, "GET", "/api/messages/batches/{id:guid}", ApiScopes.MessagesBatches, FindAsync);
        gate.Map(routes, "POST", "/api/messages/batches/{id:guid}/{verb}", ApiScopes.MessagesBatches, SteerAsync);
    }

    private async Task CreateAsync(HttpContext http, ApiKeyAccess access)
    {
        if (!SendEndpoint.IsJson(http.Request.ContentType))
        {
            await ApiAnswers.RefuseAsync(http, ApiRefusals.NotJson);
            return;
        }

        if (await ApiBody.ReadAsync(http, LargestBody) is not { } body)
        {
            await ApiAnswers.RefuseAsync(http, ApiRefusals.TooLarge);
            return;
        }

        string? key = http.Request.Headers[SendEndpoint.KeyHeader];
        var read = Read(body, key, clock.GetUtcNow());
        Guid? hash = key is null ? null : ApiBody.Hash(body);
        http.Request.BodyReader.AdvanceTo(body.End);
        if (!read.Ok)
        {
            await ApiAnswers.RefuseAsync(http, read.Refusal, read.Refusal == ApiRefusals.Malformed ? StatusCodes.Status400BadRequest : null);
            return;
        }

        var (draft, recipients) = read.Value;
        var created = await batches.CreateAsync(draft, recipients, new MessageCaller(access.Id, access.Actor), hash, http.RequestAborted);
        if (!created.Ok)
        {
            await ApiAnswers.RefuseAsync(http, created.Refusal);
            return;
        }

        BadRowAnswer[] bad = [.. created.Value.Bad.Select(BadRowAnswer.Of)];
        if (created.Value.Id is not { } id)
        {
            const int Status = StatusCodes.Status422UnprocessableEntity;
            await ApiAnswers.WriteAsync(
                http, Status, json => JsonSerializer.Serialize(json, new RowsRefusedAnswer(RowsBad.Text, Status, RowsBad.Code, bad), ApiJson.Plain.RowsRefusedAnswer), "application/problem+json");
            return;
        }

        if (created.Value.Repeated)
            http.Response.Headers[SendEndpoint.ReplayedHeader] = "true";
        await ApiJson.AnswerAsync(http, new BatchAcceptedAnswer(id, created.Value.Number!, created.Value.Accepted, bad), ApiJson.Plain.BatchAcceptedAnswer, StatusCodes.Status202Accepted);
    }

    /// <summary>What a body asks for, whichever way it came.</summary>
    internal static Result<(BatchDraft Draft, List<BatchRecipient> Recipients)> Read(ReadOnlySequence<byte> body, string? key, DateTimeOffset now)
    {
        var read = BatchRequestReader.Read(body, key, now);
        return read.Ok && !SendEndpoint.MayBeTemplate(read.Value.Draft.Template) ? TemplateRefusals.Unknown : read;
    }

    private async Task FindAsync(HttpContext http, ApiKeyAccess access)
    {
        if (await OwnAsync(http, access) is { } batch)
            await ApiJson.AnswerAsync(http, BatchAnswer.Of(batch), ApiJson.Plain.BatchAnswer);
        else
            await ApiAnswers.RefuseAsync(http, CommonRefusals.NotFound);
    }

    /// <summary><c>start</c>, <c>pause</c>, <c>resume</c>, <c>continue</c> (after the canary), <c>cancel</c>, and <c>priority</c> with a body. Approving is for people.</summary>
    private async Task SteerAsync(HttpContext http, ApiKeyAccess access)
    {
        var verb = (string)http.Request.RouteValues["verb"]!;
        if (await OwnAsync(http, access) is not { } batch)
        {
            await ApiAnswers.RefuseAsync(http, CommonRefusals.NotFound);
            return;
        }

        BatchMove? move = verb switch
        {
            "start" => BatchMove.Start,
            "pause" => BatchMove.Pause,
            "resume" => BatchMove.Resume,
            "continue" => BatchMove.Continue,
            "cancel" => BatchMove.Cancel,
            _ => null,
        };
        Refusal? refusal;
        if (move is { } known)
            refusal = (await batches.MoveAsync(batch.Id, known, access.Actor, http.RequestAborted)).Refusal;
        else if (verb == "priority")
            refusal = await ReadPriorityAsync(http) is { } priority ? (await batches.ChangePriorityAsync(batch.Id, priority, access.Actor, http.RequestAborted)).Refusal : ApiRefusals.FieldType("priority", "整数");
        else
            refusal = ApiRefusals.NoSuchRoute;
        if (refusal is null)
            await FindAsync(http, access);
        else
            await ApiAnswers.RefuseAsync(http, refusal);
    }

    private async Task<BatchView?> OwnAsync(HttpContext http, ApiKeyAccess access) =>
        await messages.BatchAsync(Guid.Parse((string)http.Request.RouteValues["id"]!, CultureInfo.InvariantCulture), http.RequestAborted) is { } batch && batch.Caller == access.Id ? batch : null;

    private static async Task<int?> ReadPriorityAsync(HttpContext http)
    {
        if (!SendEndpoint.IsJson(http.Request.ContentType) || await ApiBody.ReadAsync(http, LargestVerbBody) is not { } body)
            return null;
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("priority"u8, out var value) && value.TryGetInt32(out var priority) ? priority : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
        finally
        {
            http.Request.BodyReader.AdvanceTo(body.End);
        }
    }
}
