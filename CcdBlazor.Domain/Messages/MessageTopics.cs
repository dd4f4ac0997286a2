namespace CcdBlazor.Domain.Messages;

/// <summary>What the message platform announces.</summary>
public static class MessageTopics
{
    /// <summary>Any figure of the monitor page.</summary>
    public const string Monitor = "messages";

    public const string Batches = "message-batches";

    public const string Accounts = "message-accounts";

    public const string Templates = "message-templates";

    public static string Batch(Guid batch) => $"message-batch:{batch:N}";

    public static string Customer(Guid customer) => $"customer-messages:{customer:N}";

    /// <summary>The bell of a member of staff.</summary>
    public static string Bell(Guid staff) => $"bell:{staff:N}";
}
