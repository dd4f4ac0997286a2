using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.Satisfaction;

/// <summary>Who is asked by a message after the decision.</summary>
public enum SatisfactionAsk
{
    /// <summary>Nobody; the question stands on the customer's page all the same.</summary>
    Nobody,
    /// <summary>Customers whose file was approved.</summary>
    Approved,
    /// <summary>Everybody whose file was decided.</summary>
    Decided,
}

/// <summary>What an administrator may change.</summary>
public static class SatisfactionSettings
{
    public static readonly Setting<SatisfactionAsk> Ask = new("satisfaction.ask", SatisfactionAsk.Nobody)
    {
        Group = "客户评价", Title = "审结后发短信请客户评价",
        Description = "客户的页面上总能评价；这里决定审结之后是否另发一条短信（模板“服务评价”）。每次审结只发一条，客户已评价的不发，免打扰时段和退订照常遵守。",
        Allowed = [(SatisfactionAsk.Nobody, "不发送"), (SatisfactionAsk.Approved, "只发给已通过的客户"), (SatisfactionAsk.Decided, "发给全部已审结的客户")],
    };

    public static readonly IReadOnlyList<Setting> All = [Ask];
}
