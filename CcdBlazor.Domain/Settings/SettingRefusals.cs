using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Settings;

/// <summary>Every refusal of the configuration centre.</summary>
public static class SettingRefusals
{
    public static readonly Refusal ReasonMissing = new("setting.reason_missing", "请填写修改原因（2 至 500 个字）。") { Field = "reason" };
    public static readonly Refusal NothingChanged = new("setting.nothing_changed", "没有任何变化，无需保存。");
    public static readonly Refusal NoEdits = new("setting.no_edits", "一次修改需要 1 至 100 个配置项，且每项只能出现一次。");
    public static readonly Refusal VersionMissing = new("setting.version_missing", "请提供修改时所依据的版本号。") { Field = "version" };
    public static readonly Refusal ProposalDecided = new("setting.proposal_decided", "这项修改申请已经处理过了。", RefusalKind.Conflict);
    public static readonly Refusal SecondPersonNeeded = new("setting.second_person_needed", "这项修改需要由另一位同事批准，申请人不能自己批准。", RefusalKind.Forbidden);

    public static Refusal UnknownKey(string key) => new("setting.unknown_key", $"没有名为“{Short(key)}”的配置项。", RefusalKind.NotFound) { Field = "key" };

    public static Refusal UnknownVersion(Setting setting, int version) =>
        new("setting.unknown_version", $"“{setting.Title}”没有第 {version} 版。", RefusalKind.NotFound) { Field = "version" };

    public static Refusal AlreadySet(Setting setting) =>
        new("setting.already_set", $"“{setting.Title}”已经有自己的值，请改用修改。", RefusalKind.Conflict) { Field = setting.Key };

    /// <summary>Somebody saved in between: the version that the editor started from is no longer the newest.</summary>
    public static Refusal Stale(Setting setting, int current) =>
        new("setting.stale", $"“{setting.Title}”刚刚被其他同事修改过（现在是第 {current} 版），请核对后再保存。", RefusalKind.Conflict) { Field = setting.Key };

    public static Refusal OutOfBounds(Setting setting, string problem) =>
        new("setting.out_of_bounds", $"“{setting.Title}”的值不可用：{problem}") { Field = setting.Key };

    public static Refusal Unreadable(Setting setting) => new("setting.unreadable", $"“{setting.Title}”的值读不懂：{Shape(setting.Kind)}") { Field = setting.Key };

    private static string Shape(SettingKind kind) => kind switch
    {
        SettingKind.Whole => "需要一个整数。",
        SettingKind.Number => "需要一个数字。",
        SettingKind.Toggle => "需要“开启”或“关闭”（true 或 false）。",
        SettingKind.Duration => "需要一段时间，例如 00:05:00 表示 5 分钟。",
        SettingKind.Text => "需要一段文字。",
        SettingKind.Choice => "需要一个可选的值。",
        SettingKind.Table => "每一行的每一列都要填写，且不能有多余的列。",
    };

    private static string Short(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
