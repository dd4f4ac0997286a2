using CcdBlazor.Domain.Messages.Channels;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CcdBlazor.Channels;

/// <summary>The wiring of the clients of message providers. A kind is found by its word: every one is an <see cref="IMessageProvider"/>.</summary>
public static class ChannelsServices
{
    public static IServiceCollection AddChannels(this IServiceCollection services, ChannelSettings? settings = null)
    {
        settings ??= new ChannelSettings();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddHttpClient(ChannelHttp.ClientName, client => client.Timeout = Timeout.InfiniteTimeSpan) // ChannelHttp has its own limit
            // Tokens and robot keys travel in addresses, and the default loggers write those.
            .RemoveAllLoggers()
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.ConnectTimeout = settings.ConnectTimeout;
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5); // so that a changed DNS entry is seen
                handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20); // before the provider closes: a request that meets a closing connection ends as unknown
                handler.AllowAutoRedirect = false; // a signed request is for the address it was signed for
                handler.UseCookies = false;
                handler.ActivityHeadersPropagator = null;
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        services.AddSingleton<ChannelHttp>();
        services.TryAddSingleton<ITokenStore, TokenStore>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<WeChatCall>();
        services.AddKind<AliyunSmsProvider>();
        services.AddKind<TencentSmsProvider>();
        services.AddKind<PushWebhookProvider>();
        services.AddKind<SmtpProvider>();
        services.AddKind<OfficialAccountProvider>();
        services.AddKind<WeComAppProvider>();
        services.AddKind<WeComRobotProvider>();
        services.AddKind<FeishuBotProvider>();
        services.AddKind<FeishuAppProvider>();
        return services;
    }

    private static void AddKind<T>(this IServiceCollection services) where T : class, IMessageProvider
    {
        services.AddSingleton<T>();
        services.AddSingleton<IMessageProvider>(provider => provider.GetRequiredService<T>());
    }
}
