using System.Buffers;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;

namespace CcdBlazor.Api;

/// <summary>
/// Where providers report what became of messages: <c>POST /api/messages/receipts/{account number}</c>. Open to everybody and bounded per
/// address; the account's own signature or secret says what is genuine. Answered after the commit, so that a provider repeats what was not kept.
/// </summary>
internal static class ReceiptEndpoint
{
    /// <summary>Name of the limit per address, see <c>SecurityServices</c>.</summary>
    public const string RateLimit = "receipts";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/messages/receipts/{account:int}", HandleAsync).AllowAnonymous().DisableAntiforgery().RequireRateLimiting(RateLimit);
        routes.MapGet("/api/messages/receipts/{account:int}", ConfirmAsync).AllowAnonymous().RequireRateLimiting(RateLimit);
    }

    /// <summary>WeChat asks once whether the address is ours.</summary>
    private static async Task ConfirmAsync(int account, HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            var confirmed = await http.RequestServices.GetRequiredService<ReceiptDoor>().ConfirmAsync(
                account, http.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString(), StringComparer.Ordinal), http.RequestAborted);
            if (!confirmed.Ok)
            {
                await ApiAnswers.RefuseAsync(http, confirmed.Refusal, StatusCodes.Status401Unauthorized);
                return;
            }

            http.Response.ContentType = "text/plain";
            await http.Response.WriteAsync(confirmed.Value, http.RequestAborted);
        }
        catch (NpgsqlException)
        {
            await ApiAnswers.RefuseAsync(http, SendRefusals.Busy, retryAfter: TimeSpan.FromSeconds(5));
        }
    }

    private static async Task HandleAsync(int account, HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            if (await ApiBody.ReadAsync(http, ReceiptDoor.LargestBody) is not { } body)
            {
                await ApiAnswers.RefuseAsync(http, ApiRefusals.TooLarge);
                return;
            }

            var bytes = body.ToArray();
            http.Request.BodyReader.AdvanceTo(body.End);
            var taken = await http.RequestServices.GetRequiredService<ReceiptDoor>().TakeAsync(
                account,
                http.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString(), StringComparer.Ordinal),
                http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                bytes, http.RequestAborted);
            if (!taken.Ok)
            {
                await ApiAnswers.RefuseAsync(http, taken.Refusal, StatusCodes.Status401Unauthorized);
                return;
            }

            http.Response.ContentType = taken.Value.ContentType;
            await http.Response.WriteAsync(taken.Value.Body, http.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            await ApiAnswers.RefuseAsync(http, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? ApiRefusals.TooLarge : ApiRefusals.Malformed, e.StatusCode);
        }
        catch (NpgsqlException)
        {
            await ApiAnswers.RefuseAsync(http, SendRefusals.Busy, retryAfter: TimeSpan.FromSeconds(5));
        }
    }
}
