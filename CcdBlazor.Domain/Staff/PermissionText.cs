using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Staff;

/// <summary>How a permission is called on the page, and in one sentence what it opens.</summary>
public sealed record PermissionWords(string Group, string Label, string Explanation);

public static class PermissionText
{
    // CS8524 asks for an arm for numbers without a name; only named permissions reach this, and a new one without words must not compile (CS8509).
#pragma warning disable CS8524
    public static PermissionWords Of(Permission permission) => permission switch
    {
        Permission.ViewAllCustomers => new("客户", "查看全部客户", "不限归属，可以看到所有客户及其资料。"),
        Permission.ViewSubmittedFiles => new("客户", "查看已提交资料", "可以看到至少提交过一次审核的客户及其资料。"),
        Permission.EditCustomers => new("客户", "新建和编辑客户", "可以新建客户，并修改自己能看到的客户。"),
        Permission.DeleteCustomers => new("客户", "删除和恢复客户", "可以把客户移入回收站，或从回收站恢复。"),
        Permission.ReassignCustomers => new("客户", "转交客户", "可以把客户转交给另一位负责人。"),
        Permission.RevealIdentity => new("客户", "查看完整证件号", "可以填写理由后查看完整证件号码，每次都会留下记录。"),
        Permission.ExportCustomers => new("客户", "导出客户", "可以把客户列表导出为文件，导出会留下记录。"),
        Permission.ShareViews => new("客户", "共享视图给全公司", "可以把自己保存的列表视图共享给所有同事；各人仍只看到自己有权看到的客户。"),
        Permission.CollectDocuments => new("资料", "收集资料", "可以上传、替换和撤回资料，生成客户上传链接，并提交审核。"),
        Permission.ReviewDocuments => new("资料", "审核资料", "可以通过或退回资料，并作出整份资料的审核结论。"),
        Permission.ReopenFiles => new("资料", "重新打开已结案资料", "可以在填写理由后重新打开已通过或已拒绝的资料。"),
        Permission.DownloadOriginals => new("资料", "下载原件", "可以下载未经处理的原始文件（可能含拍摄信息）。"),
        Permission.EditProducts => new("管理", "维护产品与清单", "可以修改贷款产品以及各产品需要的资料清单。"),
        Permission.ManageStaff => new("管理", "管理员工", "可以新建和停用账号，维护部门、角色及其权限。"),
        Permission.ViewAudit => new("管理", "查看操作记录", "可以查询谁在何时做了什么。"),
        Permission.ManageJobs => new("管理", "管理定时任务", "可以查看、暂停、恢复和立即运行定时任务。"),
        Permission.ManageSettings => new("管理", "管理配置", "可以查看和修改系统配置（限额、间隔、开关等），并批准同事提出的修改。"),
        Permission.ManageApiKeys => new("管理", "管理接口密钥", "可以新建、轮换和吊销其他系统调用接口所用的密钥。"),
        Permission.ManageTemplates => new("消息", "维护消息模板", "可以编写、启用、停用和删除消息模板。"),
        Permission.ApproveTemplates => new("消息", "批准模板和大批发送", "可以批准或退回同事编写的消息模板，以及需要第二人确认的大批发送。"),
        Permission.ManageChannels => new("消息", "管理渠道账号和名单", "可以维护短信、邮件等渠道的账号和限额，以及退订、屏蔽和白名单。"),
        Permission.SendMessages => new("消息", "发送消息", "可以给自己能看到的客户发消息，建立批量发送，并暂停、恢复或取消。"),
        Permission.ViewMessages => new("消息", "查看消息记录", "可以查看已发消息、轨迹和消息平台的监控数据。"),
        Permission.ViewPortraits => new("画像", "查看画像和分配", "可以查看自己能看到的客户的画像、客户经理档案和分配方案。"),
        Permission.ManagePortraits => new("画像", "维护画像和试算分配", "可以维护客户经理档案和回避关系，并试算分配方案。"),
        Permission.AssignManagers => new("画像", "批准分配", "可以批准、执行和撤销分配方案，也可以把单个客户分配给推荐的客户经理。"),
        Permission.PickFromPool => new("客户", "从公海领取客户", "可以查看本部门公海中的客户（联系方式隐藏），并在限额内领取。"),
        Permission.ManagePools => new("客户", "管理公海", "可以设置各部门的公海和回收规则，并在公海之间转移客户。"),
        Permission.ManageCustomerAccounts => new("客户", "管理客户账号", "可以为自己能看到的客户开通和停用登录账号，并让客户退出全部登录。"),
        Permission.ViewStatistics => new("管理", "查看全部统计", "可以看到所有人的统计数据，而不仅是自己的客户。"),
    };
#pragma warning restore CS8524
}
