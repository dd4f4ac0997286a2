using System.Globalization;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.Messages;

/// <summary>What an administrator may change about the message platform while it runs.</summary>
public static class MessageSettings
{
    private const string Pool = "消息 · 发送线程";
    private const string Retry = "消息 · 重试";
    private const string People = "消息 · 打扰限制";
    private const string Alarm = "消息 · 报警";
    private const string Keep = "消息 · 保留与报告";

    public static readonly Setting<int> PoolLeast = new("messages.pool.least", 10)
    {
        Group = Pool, Title = "最少发送线程", Unit = "个", Bounds = (1, 100),
        Description = "每个渠道在每台服务器上至少保留的发送线程。调大后突发消息起步更快，平时占用也更多。",
    };

    public static readonly Setting<int> PoolMost = new("messages.pool.most", 100)
    {
        Group = Pool, Title = "最多发送线程", Unit = "个", Bounds = (1, 500),
        Description = "每个渠道在每台服务器上最多同时进行的发送。按“每秒条数 × 每次用时”自动增减，服务商限流时自动减半。小于“最少发送线程”时以后者为准。",
    };

    public static readonly Setting<int> Attempts = new("messages.retry.attempts", 6)
    {
        Group = Retry, Title = "每个渠道最多尝试", Unit = "次", Bounds = (1, 20),
        Description = "一条消息在一个渠道上最多尝试的次数，用完后换下一个渠道或记为失败。",
    };

    public static readonly Setting<TimeSpan> FirstBackOff = new("messages.retry.first_wait", TimeSpan.FromSeconds(5))
    {
        Group = Retry, Title = "首次重试等待", Bounds = (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
        Description = "第一次失败后等待的时间，之后每次加倍。",
    };

    public static readonly Setting<TimeSpan> LongestBackOff = new("messages.retry.longest_wait", TimeSpan.FromMinutes(15))
    {
        Group = Retry, Title = "最长重试等待", Bounds = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(6)),
        Description = "两次尝试之间的等待不会超过此时间。",
    };

    public static readonly Setting<TimeSpan> ThrottleRest = new("messages.rest.throttled", TimeSpan.FromSeconds(60))
    {
        Group = Retry, Title = "被限流后的休息", Bounds = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(2)),
        Description = "服务商限流而没有说明恢复时间时，账号停用的时间。",
    };

    public static readonly Setting<TimeSpan> CredentialsRest = new("messages.rest.credentials", TimeSpan.FromMinutes(10))
    {
        Group = Retry, Title = "密钥或余额问题后的休息", Bounds = (TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)),
        Description = "服务商拒绝密钥、签名或余额不足时，账号停用的时间。探测恢复正常后会提前启用。",
    };

    public static readonly Setting<int> BreakerFailures = new("messages.breaker.failures", 5)
    {
        Group = Retry, Title = "熔断：连续失败", Unit = "次", Bounds = (1, 100),
        Description = "账号连续失败达到此数后暂停使用，消息改走同渠道的其他账号。",
    };

    public static readonly Setting<TimeSpan> BreakerRest = new("messages.breaker.rest", TimeSpan.FromSeconds(30))
    {
        Group = Retry, Title = "熔断：暂停时间", Bounds = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        Description = "熔断后多久再试。",
    };

    public static readonly Setting<bool> RetryFailed = new("messages.retry.failed", false)
    {
        Group = Retry, Title = "每小时重试失败消息", Description = "开启后，每小时把最近 24 小时内因暂时故障失败的消息重新排队，每次最多 100 条，每条最多 3 次。",
    };

    public static readonly Setting<TimeSpan> SameContent = new("messages.dedup.window", TimeSpan.FromMinutes(5))
    {
        Group = People, Title = "重复内容间隔", Bounds = (TimeSpan.Zero, TimeSpan.FromDays(1)),
        Description = "同一人在此时间内不会收到相同内容的第二条消息。设为 0 时不检查。验证码不受限制。",
    };

    public static readonly Setting<int> DailyCap = new("messages.person.daily_cap", 20)
    {
        Group = People, Title = "每人每天最多", Unit = "条", Bounds = (0, 1000),
        Description = "各渠道合计，每人每天最多收到的消息。设为 0 时不限。验证码和紧急消息不计。",
    };

    public static readonly Setting<string> QuietFrom = new("messages.quiet.from", "22:00")
    {
        Group = People, Title = "免打扰开始", Lengths = (5, 5), Check = Clock, Description = "北京时间，写作 22:00。与结束时间相同时不设免打扰。紧急消息和验证码照常发送。",
    };

    public static readonly Setting<string> QuietUntil = new("messages.quiet.until", "08:00")
    {
        Group = People, Title = "免打扰结束", Lengths = (5, 5), Check = Clock, Description = "北京时间，写作 08:00。此时开始放出夜间积下的消息。",
    };

    public static readonly Setting<TimeSpan> QuietSmear = new("messages.quiet.smear", TimeSpan.FromMinutes(30))
    {
        Group = People, Title = "免打扰后分散发出", Bounds = (TimeSpan.Zero, TimeSpan.FromHours(4)),
        Description = "夜间积下的消息在此时间内均匀放出，避免早晨集中发送。",
    };

    public static readonly Setting<bool> TestMode = new("messages.test_mode", false)
    {
        Group = People, Title = "测试模式", Description = "开启后只发给白名单中的接收人，其他消息记为“已拦截”。站内通知不受影响。",
    };

    public static readonly Setting<int> ApprovalAbove = new("messages.batch.approval_above", 0)
    {
        Group = People, Title = "批量发送需批准", Unit = "人", Bounds = (0, 10_000),
        Description = "接收人超过此数的批量发送要由第二人批准后才开始。设为 0 时不需要。",
    };

    /// <summary>How old the oldest message of a channel's queue may become before somebody hears of it.</summary>
    public static readonly IReadOnlyDictionary<MessageChannel, Setting<TimeSpan>> AlarmAge = Enum.GetValues<MessageChannel>().ToDictionary(channel => channel, channel =>
        new Setting<TimeSpan>($"messages.alarm.age.{channel.ToString().ToLowerInvariant()}", TimeSpan.FromMinutes(channel == MessageChannel.Email ? 15 : 5))
        {
            Group = Alarm, Title = $"{ChannelWords.Of(channel)}：最久等待报警", Bounds = (TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)),
            Description = "可以发送却还没有发出的消息等待超过此时间时报警。定时、免打扰和限额内的等待不算。",
        });

    public static readonly Setting<int> AlarmFailures = new("messages.alarm.failures", 50)
    {
        Group = Alarm, Title = "失败数报警", Unit = "条", Bounds = (1, 100_000), Description = "10 分钟内新增的失败消息达到此数时报警。",
    };

    public static readonly Setting<string> AlarmAddresses = new("messages.alarm.addresses", "")
    {
        Group = Alarm, Title = "报警邮箱", Lengths = (0, 500), Check = Addresses,
        Description = "除站内通知外，报警汇总同时发到这些邮箱，用逗号分隔。留空时不发邮件。",
    };

    public static readonly Setting<int> TraceDays = new("messages.keep.trace_days", 7)
    {
        Group = Keep, Title = "轨迹保留", Unit = "天", Bounds = (2, 60), Description = "消息轨迹按天存放，到期整天删除。调大后占用更多磁盘。",
    };

    public static readonly Setting<int> MessageDays = new("messages.keep.message_days", 30)
    {
        Group = Keep, Title = "消息保留", Unit = "天", Bounds = (8, 730), Description = "消息按天存放，到期整天删除；其中还有待发消息的日子会保留。统计数字另行保存，不受影响。",
    };

    public static readonly Setting<string> ReportAddresses = new("messages.report.addresses", "")
    {
        Group = Keep, Title = "日报邮箱", Lengths = (0, 500), Check = Addresses, Description = "每天 9 点把前一天的发送情况发到这些邮箱，用逗号分隔。留空时不发。",
    };

    public static readonly IReadOnlyList<Setting> All =
    [
        PoolLeast, PoolMost, Attempts, FirstBackOff, LongestBackOff, ThrottleRest, CredentialsRest, BreakerFailures, BreakerRest, RetryFailed,
        SameContent, DailyCap, QuietFrom, QuietUntil, QuietSmear, TestMode, ApprovalAbove, .. AlarmAge.OrderBy(one => one.Key).Select(one => one.Value), AlarmFailures, AlarmAddresses,
        TraceDays, MessageDays, ReportAddresses,
    ];

    /// <summary>A checked time of day.</summary>
    internal static TimeOnly TimeOf(string text) => TimeOnly.ParseExact(text, "HH:mm", CultureInfo.InvariantCulture);

    /// <summary>The addresses of a checked list.</summary>
    internal static IReadOnlyList<string> AddressesOf(string text) =>
        text.Split([',', '，', ';', '；', '\n', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string? Clock(string text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? null : "应写作 22:00 这样的时间。";

    private static string? Addresses(string text) =>
        AddressesOf(text).FirstOrDefault(one => Sending.RecipientRules.Normalise(MessageChannel.Email, one) is null) is { } wrong ? $"“{wrong}”不是邮箱地址。"
        : AddressesOf(text).Count > 20 ? "最多 20 个邮箱。" : null;
}
