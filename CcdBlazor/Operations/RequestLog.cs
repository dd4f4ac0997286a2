using System.Security.Claims;

namespace CcdBlazor.Operations;

/// <summary>
/// One line per request: method, path template, status, milliseconds, id of the member of staff. Never the path itself: that of a customer
/// link is a key to the customer's upload page.
/// </summary>
internal sealed class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var since = time.GetTimestamp();
        var failed = true;
        try
        {
            await next(context);
            failed = false;
        }
        finally
        {
            var template = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
            var level = template.StartsWith("/health", StringComparison.Ordinal) ? LogLevel.Debug : LogLevel.Information;
            log.Log(level, "{Method} {Template} {Status} in {Milliseconds:F1} ms by {StaffId}",
                context.Request.Method, template, failed ? StatusCodes.Status500InternalServerError : context.Response.StatusCode,
                time.GetElapsedTime(since).TotalMilliseconds, StaffId(context.User));
        }
    }

    private static string StaffId(ClaimsPrincipal user) =>
        user.Identity?.IsAuthenticated == true && Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var id) ? id.ToString() : "-";
}
