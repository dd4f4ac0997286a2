using CcdBlazor.Domain.Customers;

namespace CcdBlazor.Components.CustomerAccounts;

/// <summary>How a customer reads the state of his own file: what it means for him.</summary>
internal static class OwnWords
{
    public static string Of(CustomerState state) => state switch
    {
        CustomerState.Collecting => "资料收集中",
        CustomerState.Complete => "资料已齐全，等待审核",
        CustomerState.InReview => "审核中",
        CustomerState.Approved => "已通过",
        CustomerState.Rejected => "未通过",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    /// <summary>Nothing is asked of the customer while his file is complete.</summary>
    public static string ColourOf(CustomerState state) => state == CustomerState.Complete ? "green" : state.Colour();

    public static string Greeting(DateTimeOffset now) => now.UtcDateTime.AddHours(8).Hour switch
    {
        < 5 => "您好",
        < 12 => "上午好",
        < 18 => "下午好",
        _ => "晚上好",
    };
}
