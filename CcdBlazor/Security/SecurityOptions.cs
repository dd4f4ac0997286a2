namespace CcdBlazor.Security;

/// <summary>Configuration section <c>Security</c>.</summary>
public sealed class SecurityOptions
{
    /// <summary>Open pages per person, over all browsers, on one node. The framework itself has no such limit.</summary>
    public int PagesPerPerson { get; set; } = 20;

    /// <summary>Attempts per minute from one address with one name.</summary>
    public int SignInsPerMinuteAndName { get; set; } = 10;

    /// <summary>Attempts per minute from one address; a whole office may sit behind one.</summary>
    public int SignInsPerMinuteAndAddress { get; set; } = 120;
}
