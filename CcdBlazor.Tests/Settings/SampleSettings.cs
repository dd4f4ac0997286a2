using System.ComponentModel;
using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Tests.Settings;

public enum SampleRoute
{
    [Description("按权重")]
    Weighted,
    [Description("轮流")]
    InTurn,
}

public sealed record SampleLane(
    [property: SettingColumn("渠道")] string Channel,
    [property: SettingColumn("并发", Unit = "个")] int Workers,
    [property: SettingColumn("等待")] TimeSpan Wait,
    [property: SettingColumn("启用")] bool On,
    [property: SettingColumn("权重")] double Weight,
    [property: SettingColumn("方式")] SampleRoute Route);

/// <summary>One setting of every type.</summary>
internal static class SampleSettings
{
    public static readonly Setting<int> Rate = new("sample.sms.rate", 30)
    {
        Group = "示例短信",
        Title = "每秒发送",
        Description = "每秒最多发送多少条。",
        Unit = "条/秒",
        Bounds = (1, 500),
        Source = new LimitSource("短信服务流控说明", new DateOnly(2026, 11, 1)),
    };

    public static readonly Setting<long> Backlog = new("sample.sms.backlog", 5_000_000_000)
    {
        Group = "示例短信",
        Title = "积压上限",
        Description = "超过时不再接收。",
        Unit = "条",
        Bounds = (0, 10_000_000_000),
    };

    public static readonly Setting<double> Share = new("sample.sms.canary", 0.05)
    {
        Group = "示例短信",
        Title = "试发比例",
        Description = "先发多大一部分。",
        Bounds = (0, 1),
    };

    public static readonly Setting<bool> Approval = new("sample.templates.approval", true)
    {
        Group = "示例模板",
        Title = "模板需要审批",
        Description = "启用前由第二人批准。",
    };

    public static readonly Setting<TimeSpan> Window = new("sample.dedup.window", TimeSpan.FromMinutes(5))
    {
        Group = "示例去重",
        Title = "重复内容间隔",
        Description = "同一人同一内容在此时间内只发一次。",
        Bounds = (TimeSpan.Zero, TimeSpan.FromDays(1)),
    };

    public static readonly Setting<string> Signature = new("sample.sms.signature", "示例公司")
    {
        Group = "示例短信",
        Title = "短信签名",
        Description = "显示在短信开头。",
        Lengths = (2, 12),
        Check = text => text.Contains('【', StringComparison.Ordinal) ? "不要填写括号。" : null,
    };

    public static readonly Setting<SampleRoute> Route = new("sample.route", SampleRoute.Weighted)
    {
        Group = "示例路由",
        Title = "选择账号的方式",
        Description = "多个账号时先用哪一个。",
        Allowed = [(SampleRoute.Weighted, "按权重"), (SampleRoute.InTurn, "轮流")],
    };

    public static readonly Setting<IReadOnlyList<SampleLane>> Lanes = new("sample.lanes", [new SampleLane("短信", 10, TimeSpan.FromSeconds(1), true, 0.5, SampleRoute.InTurn)])
    {
        Group = "示例路由",
        Title = "各渠道并发",
        Description = "每个渠道一行。",
        Lengths = (1, 5),
        Check = lanes => lanes.DistinctBy(lane => lane.Channel).Count() == lanes.Count ? null : "每个渠道只能有一行。",
    };

    public static readonly Setting<int> DailyCap = new("sample.daily_cap", 5)
    {
        Group = "示例去重",
        Title = "每人每日上限",
        Description = "跨渠道合计。",
        Unit = "条",
        Bounds = (1, 50),
        NeedsSecondPerson = true,
    };

    public static readonly IReadOnlyList<Setting> All = [Rate, Backlog, Share, Approval, Window, Signature, Route, Lanes, DailyCap];
}
