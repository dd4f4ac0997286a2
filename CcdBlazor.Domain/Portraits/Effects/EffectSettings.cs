using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.Portraits.Effects;

/// <summary>What an administrator may change about the effects of assignments.</summary>
public static class EffectSettings
{
    private const string Group = "画像 · 分配效果";

    public static readonly Setting<int> Span = new("portraits.effects.span", 30)
    {
        Group = Group, Title = "观察期", Unit = "天", Bounds = (7, 180),
        Description = "分配之后看多少天的结果；“分配前”取同样长的一段。改动在下一次夜间统计后生效，一年内的方案都会按新的天数重算。",
    };

    public static readonly Setting<int> Fewest = new("portraits.effects.fewest", 10)
    {
        Group = Group, Title = "最少客户数", Unit = "位", Bounds = (1, 1000), Description = "少于这个数时不显示比例、用时和平均分，只显示客户数：个别客户的偶然结果说明不了什么。",
    };

    public static readonly IReadOnlyList<Setting> All = [Span, Fewest];
}
