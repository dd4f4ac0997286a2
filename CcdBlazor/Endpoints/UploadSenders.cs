using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Security;

namespace CcdBlazor.Endpoints;

/// <summary>Who sends an upload: the customer whose link token the request carries, or else the signed-in member of staff.</summary>
internal static class UploadSenders
{
    public static readonly Refusal SignInNeeded = new("upload.sign_in", "登录已失效，请重新登录后继续上传，已上传的部分不会丢失。", RefusalKind.Forbidden);

    public static async ValueTask<Result<Actor>> ResolveAsync(HttpContext http, CancellationToken ct)
    {
        var token = http.Request.Headers[UploadEndpoints.TokenHeader].ToString();
        if (token.Length > 0)
        {
            var opened = await http.RequestServices.GetRequiredService<LinkService>().OpenAsync(token, http.Connection.RemoteIpAddress?.ToString(), ct);
            return opened.Ok ? opened.Value : opened.Refusal;
        }

        // The endpoints are open at the door for customers, so what holds for every other page is asked here: a session, and no first password any more.
        if (SessionClaims.Of(http.User) is not { MustChangePassword: false })
            return SignInNeeded;
        return await http.RequestServices.GetRequiredService<CurrentActor>().GetAsync();
    }
}
