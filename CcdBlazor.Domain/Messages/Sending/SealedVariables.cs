using CcdBlazor.Domain.Files;

namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>
/// Values of a message that nobody but its recipient may read: a link that sets a password, a customer's upload link. They stand encrypted in the record, so
/// that neither a look at the table nor the pages about messages open them. A sealed value opens in its own message only: copied into another one
/// it stays what it is.
/// </summary>
internal sealed class SealedVariables(FieldCipher cipher)
{
    private const string Mark = "sealed:";

    /// <summary>The values with the secret ones sealed.</summary>
    public Dictionary<string, string> Seal(IReadOnlyDictionary<string, string> values, IReadOnlyCollection<string> secret, Guid message)
    {
        var written = new Dictionary<string, string>(values, StringComparer.Ordinal);
        foreach (var name in secret)
            if (written.TryGetValue(name, out var value))
                written[name] = Mark + cipher.Encrypt(value, Context(message, name));
        return written;
    }

    /// <summary>Whether a record may hold something sealed; saves the others the look at each value.</summary>
    public static bool MayBeIn(string variables) => variables.Contains(Mark, StringComparison.Ordinal);

    /// <summary>For showing: what stands in place of a sealed value.</summary>
    public static string Shown(string value) => value.StartsWith(Mark, StringComparison.Ordinal) ? "（保密）" : value;

    /// <summary>Opens in place what was sealed for this message. Anything else that looks like it stays as it is.</summary>
    public void Open(Dictionary<string, string> values, Guid message)
    {
        foreach (var (name, value) in values.ToList())
            if (value.StartsWith(Mark, StringComparison.Ordinal))
                try
                {
                    values[name] = cipher.Decrypt(value[Mark.Length..], Context(message, name));
                }
                catch (Exception e) when (e is FieldTamperedException or MasterKeyMissingException)
                {
                    // Of another message, or a text that only begins like one: no secret of this one.
                }
    }

    private static string Context(Guid message, string name) => $"message.{message:N}.{name}";
}
