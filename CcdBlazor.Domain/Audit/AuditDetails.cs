using System.Text.Json;

namespace CcdBlazor.Domain.Audit;

/// <summary>One value that an entry changed, in words.</summary>
public readonly record struct AuditDetail(string Label, string Before, string After);

/// <summary>Turns the kept JSON of an entry into lines that people read. Names without words stand together under one general label.</summary>
public static class AuditDetails
{
    private const string Nothing = "（空）";

    private static readonly Dictionary<string, string> Labels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["name"] = "名称", ["kind"] = "类型", ["phones"] = "电话", ["mobile"] = "手机号", ["message"] = "消息", ["phone"] = "电话", ["email"] = "邮箱", ["identity"] = "证件号码", ["source"] = "来源",
        ["tags"] = "标签", ["remarks"] = "备注", ["loans"] = "贷款产品", ["amount"] = "金额", ["ownerId"] = "负责人", ["collaboratorIds"] = "协作同事",
        ["facts"] = "客户情况", ["state"] = "状态", ["deleted"] = "在回收站", ["userName"] = "登录名", ["departmentId"] = "部门", ["parentId"] = "上级部门",
        ["leaderId"] = "部门负责人", ["permissions"] = "权限", ["roles"] = "角色", ["staff"] = "账号", ["until"] = "锁定至", ["code"] = "编号", ["number"] = "版本",
        ["rules"] = "规则数", ["description"] = "说明", ["active"] = "启用", ["order"] = "排序", ["title"] = "任务", ["rows"] = "行数", ["search"] = "搜索条件",
        ["states"] = "状态条件", ["tag"] = "标签条件", ["fileName"] = "文件名", ["bytes"] = "大小（字节）", ["verdict"] = "结论", ["type"] = "资料类型",
        ["documentType"] = "资料类型", ["version"] = "版本", ["expiresAt"] = "有效期至", ["items"] = "项目", ["percent"] = "完成度", ["file"] = "文件",
        ["setting"] = "配置项", ["value"] = "取值", ["proposedBy"] = "申请人",
        ["customer"] = "客户", ["product"] = "产品", ["productId"] = "产品", ["married"] = "已婚", ["selfEmployed"] = "自雇", ["ownsProperty"] = "有房产",
    };

    private static readonly Dictionary<string, string> Values = new()
    {
        ["Person"] = "个人", ["Company"] = "企业", ["Collecting"] = "资料收集中", ["Complete"] = "资料已齐全", ["InReview"] = "审核中",
        ["Approved"] = "已通过", ["Rejected"] = "已拒绝", ["Accepted"] = "已认可", ["Returned"] = "已退回",
    };

    /// <summary>What the entry changed; values that are the same before and after are left out.</summary>
    public static IReadOnlyList<AuditDetail> Of(string? before, string? after)
    {
        var old = Read(before);
        var now = Read(after);
        return [.. old.Keys.Union(now.Keys)
            .Select(name => new AuditDetail(Labels.GetValueOrDefault(name, "其他内容"), old.GetValueOrDefault(name, Nothing), now.GetValueOrDefault(name, Nothing)))
            .Where(detail => detail.Before != detail.After)];
    }

    private static Dictionary<string, string> Read(string? json)
    {
        if (json is null)
            return [];
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? document.RootElement.EnumerateObject().Where(property => property.Name is not "job").ToDictionary(property => property.Name, property => Text(property.Value))
            : new Dictionary<string, string> { [""] = Text(document.RootElement) };
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "是",
        JsonValueKind.False => "否",
        JsonValueKind.Array => value.GetArrayLength() == 0 ? Nothing : string.Join("、", value.EnumerateArray().Select(Text)),
        JsonValueKind.Object => string.Join("，", value.EnumerateObject().Select(property => $"{Labels.GetValueOrDefault(property.Name, "其他内容")}：{Text(property.Value)}")),
        JsonValueKind.String when value.TryGetGuid(out var id) => $"…{id.ToString()[^8..]}",
        JsonValueKind.String => Values.GetValueOrDefault(value.GetString()!, value.GetString()!),
        JsonValueKind.Null or JsonValueKind.Undefined => Nothing,
        JsonValueKind.Number => value.GetRawText(),
        _ => Nothing,
    };
}
