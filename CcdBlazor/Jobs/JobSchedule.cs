using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Jobs;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Statistics;

namespace CcdBlazor.Jobs;

/// <summary>A job that the program runs by itself.</summary>
/// <param name="Name">Stable name in the store and the diary.</param>
/// <param name="Title">What an administrator reads.</param>
/// <param name="Cadence">When it runs, in Chinese.</param>
/// <param name="Cron">The same for the scheduler, in Shanghai time (seconds first); none for jobs that only run when asked to.</param>
/// <param name="Sentence">What it does, in one Chinese sentence.</param>
/// <param name="Body">The work; answers with a short Chinese sentence on what was done, without personal data.</param>
public sealed record ScheduledJob(
    string Name, string Title, string Cadence, string? Cron, string Sentence, Func<IServiceProvider, DateTimeOffset, CancellationToken, Task<string>> Body);

/// <summary>Every job of the program, in one place. A run may be repeated after a crash, so each body does only what is still to be done.</summary>
public static class JobSchedule
{
    public static readonly IReadOnlyList<ScheduledJob> All =
    [
        new("uploads-process", "处理已收到的上传", "每分钟", "0 * * * * ?", "继续处理上传完成但当时未能处理的文件（图片服务重启、磁盘已满等）。", ProcessUploadsAsync),
        new("uploads-expire", "清理过期上传", "每小时", "0 20 * * * ?", "删除未在期限内传完的上传和残留的临时文件。", ExpireUploadsAsync),
        new("links-expiring", "链接到期提醒", "每小时", "0 10 * * * ?", "客户上传链接到期前 24 小时，在仍在收集资料的客户时间线中提醒。", NoteExpiringLinksAsync),
        new("files-sweep", "清理无引用文件", "每天 02:30", "0 30 2 * * ?", "删除不再被任何资料引用的加密文件。", SweepFilesAsync),
        new("examples-sweep", "清理未用的示例图片", "每天 02:20", "0 20 2 * * ?", "删除上传满 30 天、从未出现在任何已发布清单中的示例图片。", SweepExamplesAsync),
        new("files-strays", "清理残留文件", "每周日 04:30", "0 30 4 ? * SUN", "查找程序中途退出时留下的文件记录和加密文件，删除其中无人引用的部分。", RemoveStraysAsync),
        new("keys-rotate", "更换文件密钥", "手动", null, "用当前主密钥重新包装每个文件的密钥，文件内容不重写。", RotateKeysAsync),
        new("statistics-fold", "统计数字归并", "每分钟", "20 * * * * ?", "把新产生的统计增量并入统计表，不改变任何数字。", FoldStatisticsAsync),
        new("statistics-recompute", "统计数字核对", "每天 03:20", "0 20 3 * * ?", "按客户和资料重新计数，与统计表逐项核对并更正。", RecomputeStatisticsAsync),
        new("audit-head", "审计校验值留存", "每小时", "0 5 * * * ?", "把审计校验链的最新校验值写到数据库之外的文件。", KeepAuditHeadAsync),
        new("audit-verify", "审计记录校验", "每天 03:10", "0 10 3 * * ?", "逐条校验审计记录，发现被改动、删除或插入的第一条。", VerifyAuditAsync),
        new("job-runs-cleanup", "任务运行记录清理", "每天 03:40", "0 40 3 * * ?", "删除 30 天以前的任务运行记录。", ForgetOldRunsAsync),
        new("portraits-derive", "画像推断", "每 5 分钟", "40 0/5 * * * ?", "把客户档案、已核实资料和上传行为中能得出的画像内容更新到画像中。", DerivePortraitsAsync),
        new("customer-accounts-clean", "清理客户登录记录", "每天 03:50", "0 50 3 * * ?", "删除两天以前的登录验证码和 30 天没有使用的客户登录；登录时间仍保留在操作记录中。", CleanCustomerAccountsAsync),
        .. MessageJobs.All,
        .. FollowUpJobs.All,
        .. EffectJobs.All,
    ];

    /// <summary>A job by its stable name.</summary>
    public static ScheduledJob? Find(string name) => All.FirstOrDefault(job => job.Name == name);

    private static async Task<string> ProcessUploadsAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"处理 {await services.GetRequiredService<UploadProcessing>().ProcessReceivedAsync(now, ct)} 个文件。";

    private static async Task<string> ExpireUploadsAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"清理 {await services.GetRequiredService<UploadProcessing>().ExpireAsync(now, ct)} 个上传。";

    private static async Task<string> NoteExpiringLinksAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"提醒 {await services.GetRequiredService<LinkService>().NoteExpiringAsync(now, ct)} 个链接。";

    private static async Task<string> SweepFilesAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"删除 {await services.GetRequiredService<FileStore>().DeleteUnreferencedAsync(ct)} 个文件。";

    private static async Task<string> SweepExamplesAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"删除 {await services.GetRequiredService<ProductExamples>().ForgetUnusedAsync(now, ct)} 张示例图片。";

    private static async Task<string> RemoveStraysAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var removed = await services.GetRequiredService<StrayFiles>().RemoveAsync(now, ct);
        return $"删除 {removed.Files} 条文件记录、{removed.Blobs} 个加密文件。";
    }

    private static async Task<string> RotateKeysAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"重新包装 {await services.GetRequiredService<FileStore>().RotateKeysAsync(ct)} 个密钥。";

    private static async Task<string> KeepAuditHeadAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        if (await services.GetRequiredService<AuditSequencer>().HeadAsync(ct) is not { } head)
            return "尚无审计记录。";
        return await services.GetRequiredService<AuditHeadFile>().AppendAsync(head, now, ct) ? $"已留存第 {head.Position} 环。" : "没有新的记录。";
    }

    private static async Task<string> VerifyAuditAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var report = await services.GetRequiredService<AuditVerifier>().VerifyAsync(null, ct);
        // A broken chain has to stand out in the list of jobs, not hide in the text of a run that "succeeded".
        return report.Break is { } broken ? throw new JobFailedException(broken.Text) : $"{report.Verified} 条记录完好。";
    }

    private static async Task<string> FoldStatisticsAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"归并 {await services.GetRequiredService<StatisticsFolding>().FoldAsync(ct)} 条。";

    private static async Task<string> RecomputeStatisticsAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var found = await services.GetRequiredService<StatisticsFolding>().RecomputeAsync(ct);
        // Corrected already, but somebody has to hear that a number on a page was wrong.
        return found.Count == 0 ? "全部一致。" : throw new JobFailedException($"更正 {found.Count} 项：{string.Join("；", found.Take(5))}");
    }

    private static async Task<string> DerivePortraitsAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"核对 {await services.GetRequiredService<PortraitDerivation>().RunAsync(now, ct)} 位客户的画像。";

    private static async Task<string> CleanCustomerAccountsAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct)
    {
        var (codes, sessions) = await services.GetRequiredService<CustomerAccountCleaning>().RunAsync(now, ct);
        return $"删除 {codes} 个验证码、{sessions} 个登录。";
    }

    private static async Task<string> ForgetOldRunsAsync(IServiceProvider services, DateTimeOffset now, CancellationToken ct) =>
        $"删除 {await services.GetRequiredService<JobRuns>().ForgetOldAsync(now, ct)} 条。";
}

/// <summary>A body's way to end a run as failed with a sentence that the administrator may read.</summary>
public sealed class JobFailedException(string text) : Exception(text);
