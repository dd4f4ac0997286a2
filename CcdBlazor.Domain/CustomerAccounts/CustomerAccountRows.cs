using CcdBlazor.Domain.Customers;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>With what an account is opened.</summary>
/// <param name="Mobile">One of the customer's registered mobile numbers.</param>
/// <param name="Email">Where the customer is told as well; none to tell him by text message alone.</param>
/// <param name="SamePerson">The number has an account already, and it is the same person's.</param>
public sealed record CustomerAccountDraft(string Mobile, string? Email = null, bool SamePerson = false);

/// <summary>Whether a customer has an account.</summary>
public enum CustomerAccountState
{
    /// <summary>未开通</summary>
    None,
    /// <summary>已开通</summary>
    Open,
    /// <summary>停用</summary>
    Closed,
}

/// <summary>A customer's account as staff see it.</summary>
/// <param name="Mobile">Masked.</param>
/// <param name="Mobiles">Those that an account can be opened with, for who may open one.</param>
/// <param name="NumberGone">The number of the open account is no longer registered with this file: nobody sees the file through it.</param>
/// <param name="OtherFiles">Further files of the account.</param>
/// <param name="Sessions">Browsers that are signed in now.</param>
public sealed record CustomerAccountPanelRow(
    CustomerAccountState State, string? Mobile, string? Email, DateTimeOffset? OpenedAt, string? OpenedByName, DateTimeOffset? ClosedAt, string? ClosedByName, DateTimeOffset? LastSignInAt,
    bool NumberGone, int OtherFiles, int Sessions, IReadOnlyList<string> Mobiles, bool MayManage);

/// <summary>A file in the customer's own list.</summary>
/// <param name="Name">As registered; he knows it.</param>
/// <param name="Percent">Share of what is needed that is there.</param>
/// <param name="Missing">Things still missing.</param>
public sealed record OwnFileRow(Guid Id, string Number, string Name, CustomerState State, int Percent, int Missing, IReadOnlyList<string> Products);

/// <summary>A message to the customer, as he reads it again: what it was about and what became of it, never its words (they hold codes and links).</summary>
/// <param name="Recipient">Masked: a phone is looked at by others.</param>
public sealed record OwnMessageRow(Guid Id, string Title, string Channel, string Recipient, DateTimeOffset At, string State, string Colour);

/// <summary>One stretch of the messages, newest first.</summary>
/// <param name="Next">Cursor of the next stretch; none at the end.</param>
public sealed record OwnMessages(IReadOnlyList<OwnMessageRow> Rows, Guid? Next);

/// <summary>Words for the states.</summary>
public static class CustomerAccountWords
{
    public static string Label(this CustomerAccountState state) => state switch
    {
        CustomerAccountState.None => "未开通",
        CustomerAccountState.Open => "已开通",
        CustomerAccountState.Closed => "停用",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static string Colour(this CustomerAccountState state) => state switch
    {
        CustomerAccountState.Open => "green",
        _ => "grey",
    };
}

/// <summary>What pages listen to.</summary>
public static class CustomerAccountTopics
{
    /// <summary>The account of one customer: opened, closed, signed in, signed out.</summary>
    public static string One(Guid customerId) => $"customer-account:{customerId:N}";
}
