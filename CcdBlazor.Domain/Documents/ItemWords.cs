namespace CcdBlazor.Domain.Documents;

/// <summary>Words and colours of a checklist line, the same on every page.</summary>
public static class ItemWords
{
    public static string Of(ItemState state) => state switch
    {
        ItemState.NotNeeded => "不需要",
        ItemState.Optional => "可不交",
        ItemState.Missing => "待补充",
        ItemState.Partial => "未交齐",
        ItemState.Uploaded => "待审核",
        ItemState.Accepted => "已通过",
        ItemState.Returned => "已退回",
    };

    public static string ColourOf(ItemState state) => state switch
    {
        ItemState.NotNeeded or ItemState.Optional => "grey",
        ItemState.Missing or ItemState.Partial => "amber",
        ItemState.Uploaded => "blue",
        ItemState.Accepted => "green",
        ItemState.Returned => "red",
    };
}
