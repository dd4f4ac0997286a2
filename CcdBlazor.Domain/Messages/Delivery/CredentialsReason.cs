namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>How an account's rest reads when its keys, signature or balance were refused; a probe that succeeds ends that rest, and the alarm knows it.</summary>
internal static class CredentialsReason
{
    public const string Prefix = "账号被拒：";

    public static string Of(string? reason) => Prefix + reason;
}
