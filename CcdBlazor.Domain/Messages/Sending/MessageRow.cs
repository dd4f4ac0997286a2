using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>A message on its way through this process: what intake writes and delivery reads back. One object from the door to the outcome.</summary>
internal sealed class MessageRow
{
    public required Guid Id { get; init; }
    public required DateTimeOffset AcceptedAt { get; init; }
    public DateTimeOffset? NotBefore { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public required Guid TemplateId { get; init; }
    public required int TemplateVersion { get; init; }
    public required Guid Person { get; init; }
    public Guid? BatchId { get; init; }
    public int? BatchNo { get; init; }
    public Guid? CustomerId { get; init; }
    public Guid? SubjectId { get; init; }
    public Guid? Caller { get; init; }
    public required MessageChannel Channel { get; set; }
    public short Priority { get; init; }
    public bool Urgent { get; init; }
    public required string Recipient { get; set; }

    /// <summary>JSON object of names and values.</summary>
    public required string Variables { get; init; }

    /// <summary>JSON list of <see cref="Fallback"/>.</summary>
    public string? Fallbacks { get; set; }

    /// <summary>Joined by U+001F, as they travel to the server.</summary>
    public string? Tags { get; init; }

    /// <summary>The account it is bound to, or that tried it last.</summary>
    public int? Account { get; set; }

    public short Attempt { get; set; }

    /// <summary>How often it left a claim without an outcome; a recovered claim gives back only what is still in its turn.</summary>
    public short Turn { get; set; }

    /// <summary>Stored as the code of a message whose send was interrupted: ask, or send again under the same id through the same account.</summary>
    public const string InterruptedCode = "interrupted";

    /// <summary>An earlier send was interrupted and nobody knows yet whether it arrived.</summary>
    public bool Interrupted { get; set; }

    /// <summary>A receipt has decided already what became of it, while it waited for another look.</summary>
    public bool Settled { get; init; }

    public int Lane { get; set; }

    public short Class { get; set; }

    /// <summary>Hash of caller and idempotency key.</summary>
    public Guid? Key { get; init; }

    /// <summary>Hash of the request's body.</summary>
    public Guid? Body { get; init; }
}
