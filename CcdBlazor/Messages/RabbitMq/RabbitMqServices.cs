using CcdBlazor.Domain.Messages.Delivery;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>Wiring of the broker. Without <c>RabbitMQ:Uri</c> nothing but an empty state is registered, and the client's assembly is never loaded.</summary>
internal static class RabbitMqServices
{
    public static IServiceCollection AddRabbitMq(this IServiceCollection services, RabbitMqSettings? settings)
    {
        services.AddSingleton<BrokerState>();
        return settings is null ? services : services.AddConfigured(settings);
    }

    private static IServiceCollection AddConfigured(this IServiceCollection services, RabbitMqSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<RabbitMqMetrics>();
        if (settings.Requests)
            services.AddSingleton<IBrokerWork, RequestConsumer>();
        if (settings.Receipts)
            services.AddSingleton<IBrokerWork, ReceiptPublisher>();
        if (settings.Worker)
        {
            services.AddSingleton<IBrokerWork, LaneWorker>();
        }
        else if (settings.Lanes.Count > 0)
        {
            services.AddSingleton<LaneCarrier>();
            services.AddSingleton<ILaneCarrier>(p => p.GetRequiredService<LaneCarrier>());
            services.AddSingleton<IBrokerWork>(p => p.GetRequiredService<LaneCarrier>());
        }

        services.AddHostedService<RabbitMqHost>();
        return services;
    }
}
