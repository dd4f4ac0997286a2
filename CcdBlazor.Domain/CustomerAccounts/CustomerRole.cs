using CcdBlazor.Domain.Staff;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>Something that customers may do.</summary>
public sealed record CustomerRight(string Label, string Explanation);

/// <summary>
/// The role of signed-in customers. It is no row that an administrator edits or gives away: a customer holds none of the permissions of staff, and what he may do is what the pages
/// under <c>/my</c> do.
/// </summary>
public static class CustomerRole
{
    public const string Name = ShippedRoles.Customer;

    public static IReadOnlyList<CustomerRight> Rights { get; } =
    [
        new("查看自己的资料进度", "看到自己名下资料的状态、完成比例和还缺什么，不能查看资料内容。"),
        new("填写自己的情况", "填写和修改画像中由客户本人填写的部分，看不到员工填写和系统推断的内容。"),
        new("查看客户经理", "看到自己的客户经理的姓名、电话、语言和休假情况。"),
        new("上传所缺资料", "从补件通知进入上传页面，只能上传通知里的资料。"),
        new("查看通知记录", "看到发给自己的补件通知和消息的时间与结果，号码部分隐藏。"),
    ];
}
