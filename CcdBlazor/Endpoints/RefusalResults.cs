using CcdBlazor.Domain.Common;

namespace CcdBlazor.Endpoints;

/// <summary>The one place where a refusal becomes an HTTP answer (RFC 9457): the text as title, the code beside it, and what is missing.</summary>
public static class RefusalResults
{
    public static int StatusOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => StatusCodes.Status422UnprocessableEntity,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.Gone => StatusCodes.Status410Gone,
        RefusalKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        RefusalKind.UnsupportedContent => StatusCodes.Status415UnsupportedMediaType,
        RefusalKind.TooMany => StatusCodes.Status429TooManyRequests,
        RefusalKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        RefusalKind.StorageFull => StatusCodes.Status507InsufficientStorage,
    };

    /// <param name="status">Another status than the kind's, where a protocol has one of its own.</param>
    public static IResult ToProblem(this Refusal refusal, int? status = null)
    {
        var more = new Dictionary<string, object?> { ["code"] = refusal.Code };
        if (refusal.Field is not null)
            more["field"] = refusal.Field;
        if (refusal.Missing.Count > 0)
            more["missing"] = refusal.Missing;
        if (refusal.Others.Count > 0)
            more["others"] = refusal.Others.Select(other => new { other.Code, other.Text, other.Field });
        return Results.Problem(title: refusal.Text, statusCode: status ?? StatusOf(refusal.Kind), extensions: more);
    }
}
