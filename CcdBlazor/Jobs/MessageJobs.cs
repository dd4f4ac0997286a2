using System.Globalization;
using CcdBlazor.Domain.Messages.Upkeep;

namespace CcdBlazor.Jobs;

/// <summary>The jobs of the message platform.</summary>
internal static class MessageJobs
{
    public static readonly IReadOnlyList<ScheduledJob> All =
    [
        new("messages-partitions", "消息分区维护", "每天 00:20", "0 20 0 * * ?", "提前建立之后 8 天的消息与轨迹分区，整天删除超过保留期的轨迹和消息；仍有待发消息的日子保留。", KeepPartitionsAsync),
        new("messages-clean", "消息数据清理", "每小时", "0 40 * * * ?", "分批删除过期的幂等键、内容指纹、限额记录、分钟统计和旧通知。", CleanAsync),
        new("messages-days", "消息每日统计", "每天 01:00", "0 0 1 * * ?", "把前 3 天的分钟统计汇总为每日统计，可重复执行，不会重复计数。", ComputeDaysAsync),
        new("messages-report", "消息日报", "每天 09:00", "0 0 9 * * ?", "把前一天的发送情况发到配置中心设定的邮箱；没有设定时不发。", ReportAsync),
        new("messages-probe", "渠道账号探测", "每 10 分钟", "30 0/10 * * * ?", "检查每个渠道账号是否可用（不发送任何消息），密钥被拒的暂停使用，恢复正常的重新启用。", ProbeAsync),
        new("messages-receipts", "查询送达回执", "每分钟", "10 * * * * ?", "向不主动推送回执的服务商查询送达结果，间隔逐次延长，最多查 3 天。", PollReceiptsAsync),
        new("messages-retry", "重试失败消息", "每小时", "0 50 * * * ?", "配置中心开启后，把最近 24 小时因暂时故障失败的消息重新排队，每次最多 100 条，每条最多 3 次。", RetryFailedAsync),
        new("messages-quota", "渠道限额结算", "每天 00:05", "0 5 0 * * ?", "日限额按北京时间零点重新计算，记录前一天各账号用了多少。", ReportQuotaAsync),
    ];

    private static async Task<string> KeepPartitionsAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var report = await services.GetRequiredService<PartitionKeeper>().KeepAsync(ct);
        var text = $"删除轨迹 {report.TracesDropped.Count} 天、消息 {report.MessagesDropped.Count} 天。";
        if (report.Waiting.Count > 0)
            text += $"{report.Waiting.Count} 天仍有待发消息，已保留。";
        if (report.Strays > 0)
            text += $"{report.Strays} 行不属于任何一天（服务器时间可能跳变过）。";
        if (report.Blocked)
            throw new JobFailedException($"{text}其中有未来日期的数据，之后的分区暂时不能建立；消息仍会照常保存，请检查服务器时间。");
        // Tomorrow's run would try again, but a day that can never be dropped fills the disk.
        return report.Busy.Count == 0 ? text : throw new JobFailedException($"{text}{report.Busy.Count} 个分区一直被占用，没有删除。");
    }

    private static async Task<string> CleanAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var removed = await services.GetRequiredService<MessageCleaning>().CleanAsync(ct);
        return removed.Count == 0 ? "没有过期的数据。" : $"删除：{string.Join("、", removed.Select(one => $"{one.Title} {one.Removed} 条"))}。";
    }

    private static async Task<string> ComputeDaysAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var days = services.GetRequiredService<DayFigures>();
        return $"重新统计 {await days.ComputeAsync(days.Today.AddDays(-3), days.Today.AddDays(-1), ct)} 天。";
    }

    private static async Task<string> ReportAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var report = services.GetRequiredService<DailyReport>();
        var outcome = await report.SendAsync(report.Yesterday, MonitorAddress(services.GetRequiredService<IConfiguration>()), ct);
        if (outcome.Addresses == 0)
            return "没有设定日报邮箱，未发送。";
        return outcome.Refusal is { } refusal ? throw new JobFailedException($"{outcome.Addresses} 个邮箱中交付 {outcome.Accepted} 个：{refusal.Text}") : $"交付 {outcome.Accepted} 封。";
    }

    private static async Task<string> ProbeAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var (probed, faulty) = await services.GetRequiredService<AccountProbes>().ProbeAsync(ct);
        return faulty.Count == 0 ? $"{probed} 个账号均可用。" : $"{probed} 个账号中 {faulty.Count} 个不可用：{string.Join("、", faulty)}。";
    }

    private static async Task<string> PollReceiptsAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var (asked, news) = await services.GetRequiredService<ReceiptPolling>().PollAsync(ct);
        return $"查询 {asked} 条，得到 {news} 条新结果。";
    }

    private static async Task<string> RetryFailedAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        await services.GetRequiredService<FailedRetry>().RetryAsync(ct) is { } count ? $"重新排队 {count} 条。" : "配置中心没有开启，未重试。";

    private static async Task<string> ReportQuotaAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var windows = await services.GetRequiredService<QuotaUse>().YesterdayAsync(ct);
        return windows.Count == 0 ? "没有账号设了日限额。" : string.Join("；", windows.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Name} {w.Used:N0}/{w.Limit:N0}"))) + "。";
    }

    /// <summary>Where people open the monitor page, for mails.</summary>
    internal static Uri MonitorAddress(IConfiguration configuration) =>
        new(new Uri(configuration["PublicAddress"] is { Length: > 0 } address ? address : "http://localhost"), "/messages/monitor");
}
