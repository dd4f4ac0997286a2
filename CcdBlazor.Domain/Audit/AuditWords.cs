namespace CcdBlazor.Domain.Audit;

/// <summary>The Chinese words for what the audit keeps as codes. A code without words reads as a general sentence, never as the code.</summary>
public static class AuditWords
{
    private const string Unknown = "进行了一项操作";

    private static readonly Dictionary<string, string> ByAction = new()
    {
        ["customer.created"] = "新建了客户",
        ["customer.edited"] = "修改了客户信息",
        ["customer.deleted"] = "将客户移入回收站",
        ["customer.restored"] = "从回收站恢复了客户",
        ["customer.reassigned"] = "更换了客户负责人",
        ["customer.collaborators_changed"] = "调整了协作同事",
        ["customer.identity_revealed"] = "查看了完整证件号码",
        ["customer.products_changed"] = "调整了贷款产品",
        ["customer.rules_upgraded"] = "更新了资料清单的规则版本",
        ["customer.facts_changed"] = "修改了客户情况",
        ["customer.viewed"] = "查看了客户",
        ["customer.assigned"] = "更换了客户负责人",
        ["customer.collaborators_set"] = "调整了协作同事",
        ["customer.facts_set"] = "修改了客户情况",
        ["customer.tagged"] = "调整了客户标签",
        ["customers.exported"] = "导出了客户列表",
        ["customer_view.saved"] = "保存了列表视图",
        ["customer_view.changed"] = "修改了列表视图",
        ["customer_view.deleted"] = "删除了列表视图",
        ["file.completed"] = "资料已齐全",
        ["file.incompleted"] = "资料变为不齐全",
        ["file.submitted"] = "提交了审核",
        ["file.returned"] = "退回补充资料",
        ["file.approved"] = "审核通过",
        ["file.rejected"] = "审核拒绝",
        ["file.reopened"] = "重新打开了档案",
        ["document.uploaded"] = "上传了资料",
        ["document.replaced"] = "替换了资料",
        ["document.withdrawn"] = "撤回了资料",
        ["document.accepted"] = "认可了资料",
        ["document.returned"] = "退回了资料",
        ["document.viewed"] = "查看了资料",
        ["document.downloaded"] = "下载了资料",
        ["document.original_downloaded"] = "下载了资料原件",
        ["document.refused"] = "上传的文件未被接收",
        ["upload.refused"] = "上传的文件未被接收",
        ["link.created"] = "生成了客户上传链接",
        ["link.revoked"] = "作废了客户上传链接",
        ["link.opened"] = "打开了上传链接",
        ["link.expiring"] = "提醒：客户上传链接一天内到期，资料未齐请重新生成",
        ["link.expired"] = "上传链接已过期",
        ["staff.created"] = "新建了账号",
        ["staff.edited"] = "修改了账号",
        ["staff.disabled"] = "停用了账号",
        ["staff.enabled"] = "启用了账号",
        ["staff.unlocked"] = "解除了账号锁定",
        ["staff.signed_in"] = "登录成功",
        ["staff.sign_in_failed"] = "登录失败",
        ["staff.locked_out"] = "连续登录失败，账号被临时锁定",
        ["staff.two_factor_removed"] = "解除了两步验证",
        ["staff.roles_set"] = "调整了账号的角色",
        ["staff.roles_changed"] = "调整了账号的角色",
        ["staff.department_changed"] = "调整了所属部门",
        ["staff.password_changed"] = "修改了密码",
        ["staff.password_reset"] = "重置了密码",
        ["staff.two_factor_enabled"] = "开启了两步验证",
        ["staff.two_factor_disabled"] = "关闭了两步验证",
        ["staff.two_factor_reset"] = "重置了两步验证",
        ["staff.signed_out_everywhere"] = "退出了所有设备",
        ["role.created"] = "新建了角色",
        ["role.edited"] = "修改了角色权限",
        ["role.deleted"] = "删除了角色",
        ["department.created"] = "新建了部门",
        ["department.edited"] = "修改了部门",
        ["department.moved"] = "调整了部门的上级",
        ["department.deleted"] = "删除了部门",
        ["product.created"] = "新建了贷款产品",
        ["product.edited"] = "修改了贷款产品",
        ["product.rules_published"] = "发布了资料清单的新版本",
        ["product.deactivated"] = "停用了贷款产品",
        ["product.activated"] = "启用了贷款产品",
        ["product.example_stored"] = "上传了资料示例图片",
        ["job.triggered"] = "手动运行了后台任务",
        ["job.paused"] = "暂停了后台任务",
        ["job.resumed"] = "恢复了后台任务",
        ["setting.changed"] = "修改了系统配置",
        ["setting.rolled_back"] = "将系统配置恢复到以前的版本",
        ["setting.proposed"] = "申请修改系统配置",
        ["setting.proposal_refused"] = "没有批准系统配置的修改申请",
        ["api_key.created"] = "新建了接口密钥",
        ["api_key.edited"] = "修改了接口密钥",
        ["api_key.rotated"] = "轮换了接口密钥",
        ["api_key.revoked"] = "吊销了接口密钥",
        ["sign_in.succeeded"] = "登录成功",
        ["sign_in.failed"] = "登录失败",
        ["sign_in.locked"] = "连续登录失败，账号被临时锁定",
        ["sign_in.signed_out"] = "退出了登录",
        ["export.made"] = "导出了数据",
        ["audit.verified"] = "校验了审计记录",
    };

    /// <summary>For a code of a known family whose exact words are not known yet.</summary>
    private static readonly Dictionary<string, string> ByFamily = new()
    {
        ["customer"] = "对客户进行了操作",
        ["customers"] = "对客户列表进行了操作",
        ["file"] = "对档案进行了操作",
        ["document"] = "对资料进行了操作",
        ["upload"] = "对上传进行了操作",
        ["link"] = "对上传链接进行了操作",
        ["staff"] = "对账号进行了操作",
        ["role"] = "对角色进行了操作",
        ["department"] = "对部门进行了操作",
        ["product"] = "对贷款产品进行了操作",
        ["job"] = "对后台任务进行了操作",
        ["setting"] = "对系统配置进行了操作",
        ["api_key"] = "对接口密钥进行了操作",
        ["sign_in"] = "进行了登录操作",
        ["export"] = "进行了导出操作",
        ["audit"] = "对审计记录进行了操作",
    };

    private static readonly Dictionary<string, string> BySubject = new()
    {
        ["customer"] = "客户",
        ["customers"] = "客户列表",
        ["customer_view"] = "列表视图",
        ["file"] = "档案",
        ["document"] = "资料",
        ["upload"] = "上传",
        ["link"] = "上传链接",
        ["staff"] = "账号",
        ["role"] = "角色",
        ["department"] = "部门",
        ["product"] = "贷款产品",
        ["job"] = "后台任务",
        ["setting"] = "系统配置",
        ["api_key"] = "接口密钥",
        ["sign_in"] = "登录",
        ["export"] = "导出",
        ["audit"] = "审计",
    };

    /// <summary>Every action that has words, for a choice in a filter.</summary>
    public static IEnumerable<(string Action, string Words)> Actions => ByAction.Select(pair => (pair.Key, pair.Value));

    /// <summary>Every kind of subject that has a word.</summary>
    public static IEnumerable<(string Type, string Word)> Subjects => BySubject.Select(pair => (pair.Key, pair.Value));

    /// <summary>A verb phrase, to be read behind the actor's name.</summary>
    public static string Of(string action) =>
        ByAction.TryGetValue(action, out var words) || ByFamily.TryGetValue(action.Split('.')[0], out words) ? words : Unknown;

    /// <summary>What an entry is about.</summary>
    public static string Subject(string type) => BySubject.GetValueOrDefault(type, "其他");
}
