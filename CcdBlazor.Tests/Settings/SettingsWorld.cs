using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Settings;

/// <summary>The configuration centre with <see cref="SampleSettings"/> on a database of its own.</summary>
public sealed class SettingsWorld : IAsyncLifetime
{
    internal const string Why = "供应商调整了流控";

    internal string ConnectionString { get; private set; } = "";

    internal ServiceProvider Services { get; private set; } = default!;

    internal SettingsReader Reader => Services.GetRequiredService<SettingsReader>();

    internal SettingsService Service => Services.GetRequiredService<SettingsService>();

    internal SettingsQueries Queries => Services.GetRequiredService<SettingsQueries>();

    internal StaffActor Admin { get; } = Staff("管理员甲", Permission.ManageSettings);

    internal StaffActor OtherAdmin { get; } = Staff("管理员乙", Permission.ManageSettings);

    internal StaffActor Clerk { get; } = Staff("客服丙", Permission.EditCustomers);

    public async Task InitializeAsync()
    {
        ConnectionString = await TestCluster.CreateDatabaseAsync();
        Services = Node(SampleSettings.All);
        await Reader.LoadAsync(default);
    }

    public async Task DisposeAsync()
    {
        await Services.DisposeAsync();
        await TestCluster.DropDatabaseAsync(ConnectionString);
    }

    /// <summary>The program as another process sees it: its own memory, the same database.</summary>
    internal ServiceProvider Node(IReadOnlyList<Setting> settings, ILoggerProvider? log = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging =>
        {
            if (log is not null)
                logging.AddProvider(log);
        });
        services.AddData(ConnectionString);
        services.AddSettings(settings);
        return services.BuildServiceProvider();
    }

    internal CcdDbContext Db() => Services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContext();

    /// <summary>The row of a setting as the page has it.</summary>
    internal async Task<SettingRow> RowAsync(Setting setting) => (await Queries.FindAsync(setting.Key, Admin, default)).Value;

    internal async Task<Result<SettingsOutcome>> ChangeAsync<T>(Setting<T> setting, T value, StaffActor? by = null) =>
        await Service.ChangeAsync(setting, value, (await RowAsync(setting)).Version, Why, by ?? Admin, default);

    internal async Task<Result<SettingsOutcome>> ChangeAsync(Setting setting, string? json, int? version = null, string? reason = Why) =>
        await Service.ChangeAsync(new SettingsChange([new SettingEdit(setting.Key, json, version ?? (await RowAsync(setting)).Version)], reason), Admin, default);

    internal async Task<IReadOnlyList<SettingVersionRow>> HistoryAsync(Setting setting) => (await Queries.HistoryAsync(setting.Key, 100, null, Admin, default)).Value;

    /// <summary>What somebody with a database tool, or an older program, left behind.</summary>
    internal async Task StoreByHandAsync(string key, string json)
    {
        await using var db = Db();
        await db.Database.ExecuteSqlAsync(
            $"insert into settings (key, value, version, changed_at, changed_by) values ({key}, {json}, 1, now(), '旧版本') on conflict (key) do update set value = {json}, version = settings.version + 1");
        Services.GetRequiredService<ChangeFeed>().Publish(new Change(SettingsService.Topic));
        var loads = Reader.Loads;
        await Reader.LoadAsync(default);
        Assert.True(Reader.Loads > loads);
    }

    private static StaffActor Staff(string name, params Permission[] may) => new(Guid.NewGuid(), name, null, may.ToHashSet(), new HashSet<Guid>());
}
