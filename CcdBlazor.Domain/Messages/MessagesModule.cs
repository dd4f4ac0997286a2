using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Failures;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Monitor;
using CcdBlazor.Domain.Messages.Notices;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Records;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Messages.Upkeep;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.Messages;

/// <summary>Wiring of the message platform. The channels' clients are registered by who implements them.</summary>
public static class MessagesModule
{
    /// <param name="heartbeat">How often a node says that it lives (2 s); it stops sending after four missed beats, and others take over after six.</param>
    public static IServiceCollection AddMessages(this IServiceCollection services, TimeSpan? heartbeat = null)
    {
        if (heartbeat is { } beat)
            services.TryAddSingleton(new NodeTimes(beat, 4 * beat, 6 * beat));
        services.AddSingleton<DeliveryPolicySource>();
        services.TryAddSingleton(NodeTimes.Usual);
        services.AddSingleton<LaneSignals>();
        services.AddSingleton<DirectStart>();
        services.AddSingleton<RecentRows>();
        services.AddSingleton<MessageCounters>();
        services.AddSingleton<SealedVariables>();
        services.AddSingleton<MessageIntake>();
        services.AddSingleton<ExitWriter>();
        services.AddSingleton<ClaimStore>();
        services.AddSingleton<ActiveClaims>();
        services.AddSingleton<TicketStore>();
        services.AddSingleton(p => new CallerReceipts(p.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton<AccountBook>();
        services.AddSingleton<TemplateBook>();
        services.AddSingleton<BlockBook>();
        services.AddSingleton<PersonGate>();
        services.AddSingleton<QuotaLedger>();
        services.AddSingleton<BatchBook>();
        services.AddSingleton<BatchFeeder>();
        services.AddSingleton<ReceiptBook>();
        services.AddSettings(MessageSettings.All);
        foreach (var metric in MessageMetrics.All)
            services.AddSettingMetric(metric);
        services.AddSingleton<PolicyFromSettings>();
        services.AddSingleton<IMessageProvider, InAppProvider>();
        services.AddSingleton(p => new InAppAccount(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<NoticeBook>();
        services.AddSingleton<PartitionKeeper>();
        services.AddSingleton<MessageCleaning>();
        services.AddSingleton<DayFigures>();
        services.AddSingleton<DailyReport>();
        services.AddSingleton<FailedRetry>();
        services.AddSingleton(p => new QuotaUse(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new AccountProbes(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<AccountBook>(), p.GetServices<IMessageProvider>(), p.GetRequiredService<DeliveryPolicySource>(),
            p.GetRequiredService<ChangeFeed>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ReceiptPolling(
            p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<AccountBook>(), p.GetRequiredService<ReceiptBook>(), p.GetServices<IMessageProvider>(),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ReceiptPolling>>()));
        services.AddSingleton(p => new BatchService(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TemplateBook>(), p.GetRequiredService<ChangeFeed>(), p.GetRequiredService<TimeProvider>()));
        services.AddSettings(TemplateSettings.All);
        services.AddSingleton(p => new TemplateService(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new TemplateQueries(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<AccountBook>()));
        services.AddSingleton(p => new TemplateSeed(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TemplateService>()));
        services.AddSingleton(p => new ChannelAccountService(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<FieldCipher>(), p.GetServices<IMessageProvider>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ChannelAccountQueries(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<ChannelAccountService>(), p.GetServices<IMessageProvider>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new BlockService(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new MessageSender(
            p.GetRequiredService<TemplateBook>(), p.GetRequiredService<MessageIntake>(), p.GetRequiredService<LaneSignals>(), p.GetRequiredService<SealedVariables>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ScheduledMessages(
            p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<LaneSignals>(), p.GetRequiredService<MessageCounters>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ReceiptDoor(
            p.GetRequiredService<AccountBook>(), p.GetRequiredService<ReceiptBook>(), p.GetServices<IMessageProvider>(), p.GetRequiredService<ILogger<ReceiptDoor>>()));
        services.AddSingleton<MessageSearch>();
        services.AddSingleton(p => new MessageQueries(p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<MessageSearch>()));
        services.AddSingleton<MessageStatistics>();
        services.AddSingleton(p => new MonitorBoard(
            p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<MessageStatistics>(), p.GetRequiredService<QuotaUse>(),
            p.GetRequiredService<DayFigures>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new AlarmWatch(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<MonitorBoard>(), p.GetRequiredService<MessageSender>(), p.GetRequiredService<SettingsReader>(),
            p.GetRequiredService<ChangeFeed>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<AlarmWatch>>()));
        services.AddSingleton(p => new MessageCatalogue(p.GetRequiredService<IDbContextFactory<CcdDbContext>>()));
        services.AddSingleton(p => new DeliveryEngine(
            p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<MessageIntake>(), p.GetRequiredService<DirectStart>(), p.GetRequiredService<ExitWriter>(), p.GetRequiredService<ClaimStore>(), p.GetRequiredService<ActiveClaims>(),
            p.GetRequiredService<AccountBook>(), p.GetRequiredService<TemplateBook>(), p.GetRequiredService<PersonGate>(), p.GetRequiredService<QuotaLedger>(),
            p.GetRequiredService<BatchBook>(), p.GetRequiredService<BatchFeeder>(), p.GetRequiredService<DeliveryPolicySource>(), p.GetRequiredService<TicketStore>(), p.GetService<ILaneCarrier>(), p.GetServices<IMessageProvider>(),
            p.GetRequiredService<SealedVariables>(), p.GetRequiredService<LaneSignals>(), p.GetRequiredService<NodeTimes>(), p.GetRequiredService<ChangeFeed>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(p => new MessageRecords(p.GetRequiredService<MessageSearch>(), p.GetRequiredService<TemplateBook>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new DeadLetter(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<TemplateBook>(), p.GetRequiredService<LaneSignals>(),
            p.GetRequiredService<MessageCounters>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new BatchQueries(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<QuotaOutlook>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<QuotaOutlook>();
        services.AddSingleton(p => new BatchForecast(
            p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<TemplateBook>(), p.GetRequiredService<BlockBook>(), p.GetRequiredService<AccountBook>(),
            p.GetRequiredService<DeliveryPolicySource>(), p.GetRequiredService<QuotaOutlook>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
