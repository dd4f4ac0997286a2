using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>What an administrator may change about customer accounts.</summary>
public static class CustomerAccountSettings
{
    private const string Group = "客户账号";

    /// <summary>A phone lies around: half an hour without a touch, and somebody else may hold it.</summary>
    public static readonly Setting<TimeSpan> Idle = new("customer_accounts.session.idle", TimeSpan.FromMinutes(30))
    {
        Group = Group,
        Title = "客户登录闲置时限",
        Description = "客户多长时间没有操作就须重新登录。越短越安全，越长客户越省事；对已登录的客户立即生效。",
        Bounds = (TimeSpan.FromMinutes(5), TimeSpan.FromHours(24)),
    };

    public static readonly Setting<TimeSpan> Absolute = new("customer_accounts.session.absolute", TimeSpan.FromHours(12))
    {
        Group = Group,
        Title = "客户登录最长时限",
        Description = "从登录起最长多久须重新验证手机号，不论是否一直在使用；对已登录的客户立即生效。",
        Bounds = (TimeSpan.FromMinutes(30), TimeSpan.FromDays(7)),
    };

    public static readonly Setting<int> CodesPerNumber = new("customer_accounts.codes.per_number", 10)
    {
        Group = Group,
        Title = "每个号码每天的验证码",
        Description = "同一个手机号 24 小时内最多获取多少次登录验证码，无论是否开通账号。太少会挡住客户，太多会被用来骚扰或猜测。",
        Unit = "次/天",
        Bounds = (3, 50),
    };

    public static readonly Setting<int> CodesPerAddress = new("customer_accounts.codes.per_address", 60)
    {
        Group = Group,
        Title = "每个网络地址每小时的验证码",
        Description = "同一个网络地址一小时内最多获取多少次登录验证码。手机网络里许多客户共用一个地址，太少会误伤。",
        Unit = "次/小时",
        Bounds = (5, 10_000),
    };

    public static readonly IReadOnlyList<Setting> All = [Idle, Absolute, CodesPerNumber, CodesPerAddress];
}
