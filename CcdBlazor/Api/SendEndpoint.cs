using System.Buffers;
using System.Buffers.Text;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Api;

/// <summary>
/// <c>POST /api/messages/send</c>: one message, answered after its commit. The most used path of the program, so it reads its bytes once and
/// writes its answer by hand.
/// </summary>
internal sealed class SendEndpoint(MessageSender sender)
{
    /// <summary>Largest body; 100 variables of 500 Chinese characters do not fit, and nobody needs them.</summary>
    public const int LargestBody = 64 * 1024;

    public const string KeyHeader = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int LongestTemplate = 60;

    public Task HandleAsync(HttpContext http, ApiKeyAccess access)
    {
        if (!IsJson(http.Request.ContentType))
            return ApiAnswers.RefuseAsync(http, ApiRefusals.NotJson);
        return SendAsync(http, access);
    }

    private async Task SendAsync(HttpContext http, ApiKeyAccess access)
    {
        if (await ApiBody.ReadAsync(http, LargestBody) is not { } body)
        {
            await ApiAnswers.RefuseAsync(http, ApiRefusals.TooLarge);
            return;
        }

        Result<MessageRequest> request;
        Guid? hash;
        string? key = http.Request.Headers[KeyHeader];
        try
        {
            request = Read(body, key);
            hash = key is null ? null : ApiBody.Hash(body);
        }
        finally
        {
            http.Request.BodyReader.AdvanceTo(body.End);
        }

        if (!request.Ok)
        {
            // What is not JSON at all is a fault of the program that called, not of a value.
            await ApiAnswers.RefuseAsync(http, request.Refusal, request.Refusal == ApiRefusals.Malformed ? StatusCodes.Status400BadRequest : null);
            return;
        }

        var accepted = await sender.SendAsync(request.Value, new MessageCaller(access.Id, access.Actor), hash, http.RequestAborted);
        if (accepted.Ok)
            Answer(http, accepted.Value);
        else
            await ApiAnswers.RefuseAsync(http, accepted.Refusal, retryAfter: accepted.Refusal.Kind == RefusalKind.Unavailable ? TimeSpan.FromSeconds(1) : null);
    }

    /// <summary>What a body asks for, whichever way it came.</summary>
    internal static Result<MessageRequest> Read(ReadOnlySequence<byte> body, string? key)
    {
        var request = SendRequestReader.Read(body, key);
        // The code is looked up in the database; what cannot be one never gets there.
        return request.Ok && !MayBeTemplate(request.Value.Template) ? TemplateRefusals.Unknown : request;
    }

    internal static bool MayBeTemplate(string? code) => code is { Length: > 0 and <= LongestTemplate } && !code.Any(char.IsControl);

    private static void Answer(HttpContext http, AcceptedMessage accepted)
    {
        var response = http.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        if (accepted.Repeated)
            response.Headers[ReplayedHeader] = "true";
        response.ContentType = "application/json";
        var start = """{"id":"""u8;
        var middle = "\",\"traceId\":\""u8;
        var length = start.Length + 1 + 36 + middle.Length + 36 + 2;
        response.ContentLength = length;
        var span = response.BodyWriter.GetSpan(length);
        start.CopyTo(span);
        span[start.Length] = (byte)'"';
        var at = start.Length + 1;
        Utf8Formatter.TryFormat(accepted.Id, span[at..], out _);
        at += 36;
        middle.CopyTo(span[at..]);
        at += middle.Length;
        Utf8Formatter.TryFormat(accepted.Id, span[at..], out _);
        at += 36;
        "\"}"u8.CopyTo(span[at..]);
        // Written out by the server when the request ends: one packet.
        response.BodyWriter.Advance(length);
    }

    internal static bool IsJson(string? contentType) =>
        contentType is not null && contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == 16 || contentType[16] is ';' or ' ');
}
