using System.Globalization;

namespace CcdBlazor.Domain.Products;

public enum ChecklistDifferenceKind
{
    Added,
    Removed,
    Changed,
}

/// <summary>One difference between two versions.</summary>
/// <param name="Code">The rule's code.</param>
/// <param name="Text">Chinese: <c>“银行流水”：最少份数由 1 改为 2</c>.</param>
public sealed record ChecklistDifference(ChecklistDifferenceKind Kind, string Code, string Text);

/// <summary>Puts the differences of two versions into words. A changed order alone is no difference: nothing changes for the customer.</summary>
internal static class ChecklistComparison
{
    public static IReadOnlyList<ChecklistDifference> Of(ChecklistRules older, ChecklistRules newer)
    {
        var found = new List<ChecklistDifference>();
        foreach (var rule in newer.Items)
        {
            var before = older.Find(rule.Code);
            if (before is null)
                found.Add(new(ChecklistDifferenceKind.Added, rule.Code, $"新增“{rule.Title}”：{rule.NeedInWords}，{Files(rule)}"));
            else
                AddChanges(found, before, rule);
        }

        foreach (var rule in older.Items)
        {
            if (newer.Find(rule.Code) is null)
                found.Add(new(ChecklistDifferenceKind.Removed, rule.Code, $"取消“{rule.Title}”，已上传的文件会保留"));
        }

        return found;
    }

    private static void AddChanges(List<ChecklistDifference> found, ChecklistRule before, ChecklistRule after)
    {
        Differ("名称", before.Title, after.Title);
        Differ("资料类型", DocumentTypes.NameOf(before.TypeCode), DocumentTypes.NameOf(after.TypeCode));
        Differ("要求", before.NeedInWords, after.NeedInWords);
        // The group's code matters even when the words are the same: it decides what counts together.
        if (before.GroupCode != after.GroupCode && before.NeedInWords == after.NeedInWords)
            Say("所属的任选分组有调整");
        Differ("最少份数", Number(before.MinFiles), Number(after.MinFiles));
        Differ("最多份数", Number(before.MaxFiles), Number(after.MaxFiles));
        Differ("允许的格式", before.Formats.InWords(), after.Formats.InWords());
        Differ("单个文件上限", Size(before.MaxBytes), Size(after.MaxBytes));
        Differ("开具时间", Fresh(before.FreshDays), Fresh(after.FreshDays));
        if (before.Help != after.Help)
            Say("说明有更新");
        if (before.ExampleFileId != after.ExampleFileId)
            Say("示例图片有更新");

        void Differ(string what, string was, string isNow)
        {
            if (was != isNow)
                Say($"{what}由“{was}”改为“{isNow}”");
        }

        void Say(string text) => found.Add(new(ChecklistDifferenceKind.Changed, after.Code, $"“{after.Title}”：{text}"));
    }

    private static string Files(ChecklistRule rule) =>
        rule.MinFiles == rule.MaxFiles ? $"{rule.MinFiles} 份" : $"{rule.MinFiles} 至 {rule.MaxFiles} 份";

    private static string Number(int files) => files.ToString(CultureInfo.InvariantCulture);

    private static string Size(long bytes) => bytes >= 1024 * 1024
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KB");

    private static string Fresh(int? days) => days is null ? "不限" : $"{days} 天内";
}
