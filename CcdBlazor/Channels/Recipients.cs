using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

/// <summary>Shapes that every provider of a channel would refuse; caught here so that one bad line does not cost a whole group.</summary>
internal static class Recipients
{
    public static readonly Trouble BadMobile = Trouble.Failed(FailureClass.InvalidRecipient, "手机号码格式不正确", "local-mobile");

    public static bool IsMobile(string recipient)
    {
        if (recipient.Length != 11 || recipient[0] != '1' || recipient[1] is < '3' or > '9')
            return false;
        foreach (var digit in recipient)
            if (!char.IsAsciiDigit(digit))
                return false;
        return true;
    }

    /// <summary>Same template, same values: one call can carry them.</summary>
    public static bool SameContent(RenderedContent a, RenderedContent b) =>
        ReferenceEquals(a, b) || (a.ProviderTemplate == b.ProviderTemplate && a.Form == b.Form && a.Text == b.Text && a.Subject == b.Subject && a.Url == b.Url && SameParameters(a, b));

    private static bool SameParameters(RenderedContent a, RenderedContent b)
    {
        if (a.Parameters.Count != b.Parameters.Count)
            return false;
        for (var i = 0; i < a.Parameters.Count; i++)
            if (a.Parameters[i].Key != b.Parameters[i].Key || a.Parameters[i].Value != b.Parameters[i].Value)
                return false;
        return true;
    }
}
