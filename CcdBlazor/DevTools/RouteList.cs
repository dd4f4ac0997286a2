using System.Text.Encodings.Web;
using System.Text.Json;
using CcdBlazor.Api;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;

namespace CcdBlazor.DevTools;

/// <summary>
/// The verb <c>--list-routes</c>: every route of the program, with who gets past its door. The tests compare it with their own table, so that a new
/// route must be thought about before it can land.
/// </summary>
internal static class RouteList
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    /// <summary>One route as the test reads it.</summary>
    /// <param name="Methods">Comma-separated; <c>*</c> for all.</param>
    /// <param name="Door"><c>anyone</c>, <c>signed-in</c>, <c>key:</c> with the scope that is asked of an API key, <c>customer</c> for signed-in customers, or the name of the <see cref="Permission"/> that is asked.</param>
    /// <param name="Page">The component behind it, for pages.</param>
    public sealed record Route(string Methods, string Pattern, string Door, string? Page);

    public static IReadOnlyList<Route> Of(IEndpointRouteBuilder app) =>
    [
        .. app.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Select(Describe).Distinct()
            .OrderBy(route => route.Pattern, StringComparer.Ordinal).ThenBy(route => route.Methods, StringComparer.Ordinal),
    ];

    public static void Print(IEndpointRouteBuilder app, TextWriter to) => to.WriteLine(JsonSerializer.Serialize(Of(app), Json));

    private static Route Describe(RouteEndpoint endpoint)
    {
        var metadata = endpoint.Metadata;
        var policies = metadata.GetOrderedMetadata<IAuthorizeData>().Select(a => a.Policy).OfType<string>().Distinct().ToList();
        return new Route(
            metadata.GetMetadata<IHttpMethodMetadata>() is { HttpMethods: { Count: > 0 } methods } ? string.Join(',', methods) : "*",
            "/" + endpoint.RoutePattern.RawText?.TrimStart('/'),
            metadata.GetMetadata<ApiScopeMetadata>() is { Scope: var scope } ? $"key:{(scope == ApiScopes.None ? "any" : ApiScopeWords.Name(scope))}"
            : metadata.GetMetadata<IAllowAnonymous>() is not null ? "anyone" : policies.Count > 0 ? string.Join('+', policies) : "signed-in",
            metadata.GetMetadata<ComponentTypeMetadata>()?.Type.Name);
    }
}
