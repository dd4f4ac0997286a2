using CcdBlazor.Domain.ApiKeys;

namespace CcdBlazor.Api;

/// <summary>Wiring and table of contents of the HTTP API.</summary>
internal static class MessageApi
{
    public static IServiceCollection AddMessageApi(this IServiceCollection services)
    {
        services.AddApiKeys();
        services.AddSingleton<ApiLimits>();
        services.AddSingleton<ApiGate>();
        services.AddSingleton<SendEndpoint>();
        services.AddSingleton<MessageEndpoints>();
        services.AddSingleton<BatchEndpoints>();
        return services;
    }

    public static IEndpointRouteBuilder MapMessageApi(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var gate = services.GetRequiredService<ApiGate>();
        gate.Map(routes, "POST", "/api/messages/send", ApiScopes.MessagesSend, services.GetRequiredService<SendEndpoint>().HandleAsync);
        services.GetRequiredService<MessageEndpoints>().Map(gate, routes);
        services.GetRequiredService<BatchEndpoints>().Map(gate, routes);
        ReceiptEndpoint.Map(routes);
        // Everything else below answers as an API does, not with a page.
        gate.MapAny(routes, "/api/messages/{**rest}", ApiScopes.None, (http, _) => ApiAnswers.RefuseAsync(http, ApiRefusals.NoSuchRoute));
        return routes;
    }
}
