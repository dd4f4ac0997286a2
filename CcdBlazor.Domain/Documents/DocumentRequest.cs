using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Documents;

/// <summary>That a customer was asked for papers: for which, by whom, over which way and until when. Never changed; what became of the message is the platform's.</summary>
internal sealed class DocumentRequest
{
    public required Guid Id { get; init; }

    public required Guid CustomerId { get; init; }

    /// <summary>Of the form that it was sent with: the same form sent twice is one request.</summary>
    public required Guid Key { get; init; }

    public required string[] ItemCodes { get; init; }

    /// <summary>The items as the message named them.</summary>
    public required string Items { get; init; }

    /// <summary>The template's code.</summary>
    public required string Template { get; init; }

    public required MessageChannel Channel { get; init; }

    /// <summary>In the channel's form.</summary>
    public required string Recipient { get; init; }

    /// <summary>The last day, in Shanghai.</summary>
    public required DateOnly DueOn { get; init; }

    public required Guid MessageId { get; init; }

    public required Guid LinkId { get; init; }

    /// <summary>The link's token, encrypted: a later request sends the same link while it is valid.</summary>
    public required string SealedToken { get; init; }

    public Guid? AskedById { get; init; }

    public required string AskedByName { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>Says the same to the same person.</summary>
    public bool Repeats(IReadOnlyCollection<string> items, string template, MessageChannel channel, string recipient, DateOnly due) =>
        Template == template && Channel == channel && Recipient == recipient && DueOn == due && ItemCodes.ToHashSet().SetEquals(items);

    /// <summary>What binds the encrypted token to its link.</summary>
    public static string TokenContext(Guid linkId) => $"document-request.{linkId:N}";
}
