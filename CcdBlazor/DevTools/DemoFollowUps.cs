using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Pool;

namespace CcdBlazor.DevTools;

/// <summary>Contacts with the demo customers, some arranged for the next days, and a pool with customers in it.</summary>
internal static class DemoFollowUps
{
    private static readonly (FollowUpKind Kind, string What, string? Result, int? Days, string? Next)[] Lines =
    [
        (FollowUpKind.Call, "电话介绍了产品利率和所需资料。", "愿意申请，先准备收入证明。", 0, "催收入证明"),
        (FollowUpKind.WeChat, "微信发送资料清单，解答还款方式。", "已收到，周末整理。", 1, "询问整理进度"),
        (FollowUpKind.Visit, "上门核对经营场所，拍摄门头照片。", "经营正常，雇员 6 人。", 3, "补充场地租赁合同"),
        (FollowUpKind.Mail, "邮件发送授权书模板。", null, 6, "确认授权书签署"),
        (FollowUpKind.Call, "回访审核意见，说明需要重拍的资料。", "今天晚上重拍。", null, null),
    ];

    public static async Task CreateAsync(
        IServiceProvider services, IReadOnlyList<(Guid Id, StaffActor Owner)> customers, IReadOnlyList<(Guid Id, StaffActor Owner)> givenUp, CancellationToken ct)
    {
        var service = services.GetRequiredService<FollowUpService>();
        var today = DateOnly.FromDateTime(services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime.AddHours(8));
        for (var i = 0; i < customers.Count; i += 2)
        {
            var (kind, what, result, days, next) = Lines[i / 2 % Lines.Length];
            var added = await service.AddAsync(
                customers[i].Id, new FollowUpDraft { Kind = kind, What = what, Result = result, NextOn = days is { } n ? today.AddDays(n) : null, NextWhat = next }, customers[i].Owner, ct);
            if (!added.Ok)
                throw new InvalidOperationException($"Seeding a follow-up: {added.Refusal.Code}");
        }

        foreach (var (id, owner) in givenUp)
            if (await services.GetRequiredService<PoolService>().ReleaseAsync([id], null, "多次联系不上，请有精力的同事继续跟进。", owner, ct) is { Ok: false } no)
                throw new InvalidOperationException($"Seeding the pool: {no.Refusal.Code}");
    }
}
