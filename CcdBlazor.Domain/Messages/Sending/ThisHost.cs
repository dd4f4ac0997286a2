namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>The name of this node in traces: machine and process, short.</summary>
internal static class ThisHost
{
    public static readonly string Name = $"{(Environment.MachineName.Length > 20 ? Environment.MachineName[..20] : Environment.MachineName)}:{Environment.ProcessId}";
}
