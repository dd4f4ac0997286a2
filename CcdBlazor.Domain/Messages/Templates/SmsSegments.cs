namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>Length of a text message and how many pieces the carriers bill for it.</summary>
/// <param name="Characters">With the signature and its brackets.</param>
/// <param name="Segments">Billed pieces.</param>
public readonly record struct SmsLength(int Characters, int Segments)
{
    /// <summary>Price of one message in 1/1000 yuan.</summary>
    public int CostMilli(int pricePerSegmentMilli) => Segments * pricePerSegmentMilli;
}

/// <summary>
/// Counts as the carriers of the mainland do: every character is one, Latin letters too, up to 70 in a single piece; a longer message is cut into pieces of
/// 67, because each then carries a head. The signature in its 【】 counts. An emoji takes two, as in UTF-16.
/// </summary>
public static class SmsSegments
{
    /// <summary>Characters of a message that needs no cutting.</summary>
    public const int Single = 70;

    /// <summary>Characters of each piece of a longer one.</summary>
    public const int Piece = 67;

    /// <param name="signature">Without brackets; counted unless the text brings it itself. None when the account has none.</param>
    public static SmsLength Of(string text, string? signature)
    {
        if (text.Length == 0)
            return default;
        var length = text.Length + (string.IsNullOrEmpty(signature) || text.Contains($"【{signature}】", StringComparison.Ordinal) ? 0 : signature.Length + 2);
        return new SmsLength(length, length <= Single ? 1 : (length + Piece - 1) / Piece);
    }
}
