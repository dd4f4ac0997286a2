using System.Globalization;
using CcdBlazor.Domain.Portraits.Effects;

namespace CcdBlazor.Components.Portraits.Effects;

/// <summary>How figures of the effects look: never a share of too few.</summary>
internal static class EffectFormat
{
    public static string Percent(EffectShare share, int fewest) => share.Percent(fewest) is { } percent ? Number(percent) + "%" : TooFew(share.Whole, fewest);

    public static string TooFew(int cases, int fewest) => cases == 0 ? "没有客户" : $"客户太少（少于 {fewest} 位）";

    public static string Stars(EffectSums sums, int fewest) => sums.MeanStars(fewest) is { } mean ? $"{Number(mean)} 星" : sums.Rated == 0 ? "没有评价" : $"评价太少（少于 {fewest} 条）";

    public static string Days(EffectDuration time, int fewest) => time.Cases < fewest || time.Cases == 0 ? TooFew(time.Cases, fewest)
        : time.Thin ? "同时在观察的客户太少" : time.MedianDays is not { } half ? "期内不到一半" : time.P90Days is { } nine ? $"一半 {half} 天内，九成 {nine} 天内" : $"一半 {half} 天内，期内不到九成";

    public static string Month(int month) => string.Create(CultureInfo.InvariantCulture, $"{month / 100}-{month % 100:00}");

    public static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    public static string Points(double value) => value.ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);
}
