using System.Globalization;
using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Components.Portraits.Segments;

/// <summary>Words and figures of segment runs.</summary>
internal static class SegmentWords
{
    /// <summary>Colours repeat after so many; numbers tell segments apart then.</summary>
    public const int Colours = 12;

    public static string State(SegmentRunState state) => state switch
    {
        SegmentRunState.Queued => "排队中",
        SegmentRunState.Running => "计算中",
        SegmentRunState.Done => "已完成",
        SegmentRunState.Failed => "失败",
        SegmentRunState.Cancelled => "已取消",
    };

    public static string Chip(SegmentRunState state) => state switch
    {
        SegmentRunState.Queued => "chip-grey",
        SegmentRunState.Running => "chip-blue",
        SegmentRunState.Done => "chip-green",
        SegmentRunState.Failed => "chip-red",
        SegmentRunState.Cancelled => "chip-grey",
    };

    /// <summary>What a silhouette means, without flattery.</summary>
    public static string Sharpness(double silhouette) => silhouette switch
    {
        >= 0.5 => "各群分界清楚",
        >= 0.25 => "分界尚可，边缘客户有重叠",
        _ => "分界模糊，仅供参考",
    };

    public static string Shift(SegmentDrift drift) => drift.SizeShift switch
    {
        < 0.1 => "客户结构基本稳定",
        < 0.25 => "客户结构有变化",
        _ => "客户结构变化明显",
    };

    public static string Colour(int index) => $"seg-{index % Colours}";

    public static string Share(double share) => (share * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%";

    public static string Two(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>A coordinate of a drawing.</summary>
    public static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
