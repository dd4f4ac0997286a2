using CcdBlazor.Domain.Portraits.Effects;
using CcdBlazor.Domain.Satisfaction;

namespace CcdBlazor.Jobs;

/// <summary>What asks customers how it was, and counts what assignments did.</summary>
internal static class EffectJobs
{
    public static readonly IReadOnlyList<ScheduledJob> All =
    [
        new("satisfaction-ask", "请客户评价", "每 10 分钟", "0 7/10 * * * ?", "按配置给 24 小时内审结、尚未评价的客户发一条评价短信，每次审结只发一条。", AskAsync),
        new("assignment-effects", "统计分配效果", "每天 03:50", "0 50 3 * * ?", "重新统计近 400 天内执行过的分配方案：通过率、用时和满意度，与分配前和同期未更换的客户对比。", CountAsync),
    ];

    private static async Task<string> AskAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"发送 {await services.GetRequiredService<SatisfactionAsking>().AskAsync(now, ct)} 条。";

    private static async Task<string> CountAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"统计 {await services.GetRequiredService<EffectsFold>().RunAsync(now, ct)} 个方案。";
}
