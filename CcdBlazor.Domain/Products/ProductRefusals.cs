using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Products;

/// <summary>Why a checklist cannot be saved. <see cref="Refusal.Field"/> is <c>Rules[code].Property</c>.</summary>
public static class ProductRefusals
{
    public static readonly Refusal NoRules = new("checklist.no_rules", "资料清单至少要有一项。") { Field = "Rules" };

    public static readonly Refusal Unreadable = new("checklist.unreadable", "资料清单的内容无法读取。");

    internal static Refusal TooManyRules(int limit) => new("checklist.too_many_rules", $"资料清单最多 {limit} 项。") { Field = "Rules" };

    internal static Refusal CodeMalformed(ChecklistRule rule) => Of(rule, nameof(rule.Code), "checklist.code",
        "的编号只能用小写字母、数字和 _ - .，最多 60 个字符");

    internal static Refusal CodeTwice(ChecklistRule rule) => Of(rule, nameof(rule.Code), "checklist.code_twice", $"的编号“{rule.Code}”重复");

    internal static Refusal UnknownType(ChecklistRule rule) => Of(rule, nameof(rule.TypeCode), "checklist.unknown_type", "的资料类型不存在");

    internal static Refusal NameEmpty(ChecklistRule rule) => Of(rule, nameof(rule.Name), "checklist.name_empty", "的名称不能为空");

    internal static Refusal NameTooLong(ChecklistRule rule) => Of(rule, nameof(rule.Name), "checklist.name_too_long", "的名称最多 60 个字");

    internal static Refusal HelpTooLong(ChecklistRule rule) => Of(rule, nameof(rule.Help), "checklist.help_too_long", "的说明最多 500 个字");

    internal static Refusal MinFiles(ChecklistRule rule) => Of(rule, nameof(rule.MinFiles), "checklist.min_files", "的最少份数应至少为 1");

    internal static Refusal MaxFiles(ChecklistRule rule, int limit) => Of(rule, nameof(rule.MaxFiles), "checklist.max_files", $"的最多份数不能超过 {limit}");

    internal static Refusal MinAboveMax(ChecklistRule rule) => Of(rule, nameof(rule.MaxFiles), "checklist.min_above_max",
        $"的最少份数（{rule.MinFiles}）大于最多份数（{rule.MaxFiles}）");

    internal static Refusal NoFormats(ChecklistRule rule) => Of(rule, nameof(rule.Formats), "checklist.no_formats", "至少要允许一种文件格式");

    internal static Refusal MaxBytes(ChecklistRule rule) => Of(rule, nameof(rule.MaxBytes), "checklist.max_bytes", "的文件大小上限应在 100 KB 至 200 MB 之间");

    internal static Refusal FreshDays(ChecklistRule rule) => Of(rule, nameof(rule.FreshDays), "checklist.fresh_days", "的有效天数应在 1 至 3650 之间");

    internal static Refusal ConditionMissing(ChecklistRule rule) => Of(rule, nameof(rule.Condition), "checklist.condition_missing", "是条件必交，请选择条件");

    internal static Refusal UnknownFact(ChecklistRule rule, string fact) => Of(rule, nameof(rule.Condition), "checklist.unknown_fact", $"的条件“{fact}”不存在");

    internal static Refusal ConditionImpossible(ChecklistRule rule, string fact) => Of(rule, nameof(rule.Condition), "checklist.condition_impossible",
        $"的条件自相矛盾：既要求又排除“{CustomerFacts.LabelOf(fact)}”");

    internal static Refusal GroupMissing(ChecklistRule rule) => Of(rule, nameof(rule.GroupCode), "checklist.group_missing", "是任选一项，请选择所属分组");

    internal static Refusal GroupOfOne(ChecklistRule rule) => Of(rule, nameof(rule.GroupCode), "checklist.group_of_one",
        $"所属的分组“{rule.GroupName ?? rule.GroupCode}”只有这一项，任选一项的分组至少要有两项");

    private static Refusal Of(ChecklistRule rule, string property, string code, string says) =>
        new(code, $"“{(rule.Title.Length > 0 ? rule.Title : rule.Code)}”{says}。") { Field = $"Rules[{rule.Code}].{property}" };
}
