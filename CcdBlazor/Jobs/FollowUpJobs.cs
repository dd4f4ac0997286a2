using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Pool;

namespace CcdBlazor.Jobs;

/// <summary>What follow-ups and the public pool do by themselves.</summary>
internal static class FollowUpJobs
{
    public static readonly IReadOnlyList<ScheduledJob> All =
    [
        new("followups-remind", "跟进提醒", "每天 08:30 起", "0 30 8-11 * * ?", "早上汇总提醒当天和逾期的跟进安排，每项只提醒一次。", RemindAsync),
        new("pool-release", "到期进入公海", "每 10 分钟", "0 3/10 * * * ?", "把超过期限没有跟进的客户放入所属部门的公海，并通知原负责人和部门主管。", ReleaseAsync),
        new("pool-remind", "进入公海前的提醒", "每天 08:35 起", "0 35 8-11 * * ?", "在没有跟进的第 3、5、7 天（按规则设置）早上提醒负责人，每人每天一条。", RemindBeforeAsync),
    ];

    private static async Task<string> RemindAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"提醒 {await services.GetRequiredService<FollowUpReminders>().RemindAsync(now, ct)} 人。";

    private static async Task<string> ReleaseAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"{await services.GetRequiredService<PoolRelease>().ReleaseAsync(now, ct)} 位客户进入公海。";

    private static async Task<string> RemindBeforeAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"提醒 {await services.GetRequiredService<PoolRelease>().RemindAsync(now, ct)} 人。";
}
