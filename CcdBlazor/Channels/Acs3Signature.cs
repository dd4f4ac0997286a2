using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Channels;

/// <summary>Aliyun's signature version 3, <c>ACS3-HMAC-SHA256</c>.</summary>
internal static class Acs3Signature
{
    private const string Algorithm = "ACS3-HMAC-SHA256";

    /// <param name="query">Sorted and encoded, without question mark; empty when the parameters are in the body.</param>
    /// <param name="headers">Lower-case names; exactly those that are to be signed.</param>
    /// <param name="bodyHash">Lower-case hex SHA-256 of the body, also in <c>x-acs-content-sha256</c>.</param>
    /// <returns>The value of the header <c>Authorization</c>.</returns>
    public static string Authorization(
        string method, string path, string query, SortedDictionary<string, string> headers, string bodyHash, string keyId, string secret)
    {
        var names = string.Join(';', headers.Keys);
        var canonical = new StringBuilder().Append(method).Append('\n').Append(path).Append('\n').Append(query).Append('\n');
        foreach (var (name, value) in headers)
            canonical.Append(name).Append(':').Append(value.Trim()).Append('\n');
        canonical.Append('\n').Append(names).Append('\n').Append(bodyHash);
        var toSign = $"{Algorithm}\n{Hash(Encoding.UTF8.GetBytes(canonical.ToString()))}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(toSign)));
        return $"{Algorithm} Credential={keyId},SignedHeaders={names},Signature={signature}";
    }

    public static HttpRequestMessage Post(Uri baseAddress, string action, string version, string form, string keyId, string secret, DateTimeOffset now)
    {
        const string Type = "application/x-www-form-urlencoded";
        var body = Encoding.UTF8.GetBytes(form);
        var address = new Uri(baseAddress, "/");
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = address.Authority,
            ["content-type"] = Type,
            ["x-acs-action"] = action,
            ["x-acs-version"] = version,
            ["x-acs-date"] = now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["x-acs-signature-nonce"] = Guid.NewGuid().ToString("N"),
            ["x-acs-content-sha256"] = Hash(body),
        };
        var authorization = Authorization("POST", "/", "", headers, headers["x-acs-content-sha256"], keyId, secret);
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new WireBody(body, Type) };
        foreach (var (name, value) in headers)
            if (name.StartsWith("x-acs-", StringComparison.Ordinal))
                request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return request;
    }

    /// <summary>A form body by RFC 3986, without the fields that are empty.</summary>
    public static string Form(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var form = new StringBuilder();
        foreach (var (name, value) in fields)
            if (value.Length > 0)
                form.Append(form.Length == 0 ? "" : "&").Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        return form.ToString();
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
