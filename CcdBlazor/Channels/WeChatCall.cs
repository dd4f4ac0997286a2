using System.Text.Json;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>Calls of the Official Account and of WeCom: token in the address, errors with HTTP 200, one repetition after a refused token.</summary>
public sealed class WeChatCall(ChannelHttp http, AccessTokens tokens, ILogger<WeChatCall> log)
{
    internal DateTimeOffset Now => http.Now;

    /// <summary>The answer without error; the caller disposes it. Or why there is none.</summary>
    internal async Task<(Trouble? Trouble, JsonDocument? Answer)> PostAsync(
        ProviderAccount account, string application, Func<CancellationToken, Task<FetchedToken>> fetch, string path, byte[] body, CodeTable codes, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (token, none) = await tokens.GetAsync(account, application, fetch, ct);
            if (none is not null)
                return (none, null);
            var (trouble, answer, code) = await SendAsync(account, $"{path}?access_token={Uri.EscapeDataString(token)}", body, codes, ct);
            if (!WeChatCodes.IsTokenRefused(code))
                return (trouble, answer);
            answer?.Dispose();
            await tokens.ExpireAsync(account, token, ct);
            if (attempt == 2)
                return (trouble, null);
        }
    }

    /// <summary>Without token: robots carry their key in the path. A GET when there is no body.</summary>
    internal async Task<(Trouble? Trouble, JsonDocument? Answer, string Code)> SendAsync(ProviderAccount account, string pathAndQuery, byte[]? body, CodeTable codes, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, ChannelHttp.At(account, pathAndQuery));
        if (body is not null)
            request.Content = new WireBody(body, WireJson.ContentType);
        using var wire = await http.SendAsync(request, ct);
        if (wire.Trouble is { } trouble)
            return (trouble, null, "");
        var answer = WireJson.Parse(wire.Body);
        if (answer is null)
            return (http.StatusTrouble(wire), null, "");
        // Present and not zero is an error; successful answers of the Official Account often have no errcode at all.
        var code = answer.RootElement.Text("errcode");
        if (code is not ("" or "0"))
            return (codes.Trouble(code, http.Now), answer, code);
        if ((int)wire.Status is < 200 or >= 300)
            return (http.StatusTrouble(wire), answer, "");
        // WeCom takes a body that it half understands, says success, and warns in the words. A fault of ours, to be seen in the log.
        if (answer.RootElement.Text("errmsg").Contains("Warning: wrong json format", StringComparison.OrdinalIgnoreCase))
            log.LogError("{Kind} {Account} took a body that it did not understand", account.Kind, account.Id);
        return (null, answer, "0");
    }

    internal async Task<FetchedToken> FetchAsync(ProviderAccount account, string pathAndQuery, byte[]? body, CodeTable codes, CancellationToken ct)
    {
        var (trouble, answer, _) = await SendAsync(account, pathAndQuery, body, codes, ct);
        using (answer)
            return trouble is not null ? new FetchedToken(null, 0, trouble) : new FetchedToken(answer!.RootElement.Text("access_token"), answer.RootElement.Number("expires_in") ?? 0, null);
    }

    internal async Task<ProbeResult> ProbeAsync(ProviderAccount account, string application, Func<CancellationToken, Task<FetchedToken>> fetch, CancellationToken ct) =>
        (await tokens.GetAsync(account, application, fetch, ct)).Trouble is { } trouble ? trouble.AsProbe() : new ProbeResult(true);
}
