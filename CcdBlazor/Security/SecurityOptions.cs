namespace CcdBlazor.Security;

/// <summary>Configuration section <c>Security</c>.</summary>
public sealed class SecurityOptions
{
    /// <summary>Open pages per person, over all browsers, on one node. The framework itself has no such limit.</summary>
    public int PagesPerPerson { get; set; } = 20;

    /// <summary>
    /// Requests per minute from one address to what needs no account (the pages of customers' links). Many customers may come through one address of a
    /// mobile network; one page asks for its state a few times a minute.
    /// </summary>
    public int PublicRequestsPerMinute { get; set; } = 600;

    /// <summary>Requests per minute from one address that report receipts. A provider reports all of a large batch from a few addresses.</summary>
    public int ReceiptsPerMinute { get; set; } = 30_000;

    /// <summary>Attempts per minute from one address with one name.</summary>
    public int SignInsPerMinuteAndName { get; set; } = 10;

    /// <summary>Attempts per minute from one address; a whole office may sit behind one.</summary>
    public int SignInsPerMinuteAndAddress { get; set; } = 120;
}
