namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>
/// A real client of one kind of provider. It knows the wire (addresses, signatures, limits per call) and nothing of queues, quotas or retries.
/// It never retries by itself, except once after an expired access token. It logs ids and codes, never recipients, texts or secrets.
/// </summary>
public interface IMessageProvider
{
    /// <summary>Stable word of the kind, as stored with the account: <c>aliyun-sms</c>, <c>smtp</c>, <c>feishu-bot</c> …</summary>
    string Kind { get; }

    MessageChannel Channel { get; }

    /// <summary>Most messages per call of <see cref="SendAsync"/>; 1 where the provider takes one at a time.</summary>
    int LargestGroup { get; }

    /// <summary>What is safe after an interrupted send.</summary>
    ResendRule Resend { get; }

    /// <summary>
    /// The same for one message, where the forms of a kind differ: an Official Account recognises our id in template messages only.
    /// </summary>
    ResendRule ResendFor(RenderedContent content) => Resend;

    /// <summary>How long <see cref="ResendRule.RecognisesOurId"/> holds after the first attempt; after it an interrupted send is as with <see cref="ResendRule.CannotTell"/>.</summary>
    TimeSpan RecognisesFor => TimeSpan.FromHours(24);

    /// <summary>Receipts of this kind return our id, so the provider's need not be remembered for finding the message.</summary>
    bool ReceiptsReturnOurId => false;

    /// <summary>What an account of this kind needs, for the form in which it is entered.</summary>
    IReadOnlyList<AccountField> Fields => [];

    /// <summary>The provider's real address, offered in the form.</summary>
    string DefaultAddress => "";

    /// <summary>
    /// Sends the group (all through one account, at most <see cref="LargestGroup"/>) and answers one outcome per message, in the same order.
    /// A message of which it is not known whether it arrived (time-out or cut after the request was written) is <see cref="SendResult.Unknown"/>.
    /// Throws only for bugs and cancellation.
    /// </summary>
    Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct);

    /// <summary>
    /// What became of messages whose answer was lost; only where <see cref="Resend"/> is <see cref="ResendRule.CanBeAsked"/>.
    /// Same order; <see cref="SendResult.Unknown"/> again where the provider does not answer.
    /// </summary>
    Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct);

    /// <summary>A call without effect on any person (a token, a balance, an EHLO): is the account usable? Answers a Chinese reason when not.</summary>
    Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct);
}

/// <summary>Implemented beside <see cref="IMessageProvider"/> by kinds whose receipts come in by an HTTP request of the provider.</summary>
public interface IReceiptReader
{
    /// <summary>
    /// Verifies the request (signature or secret of the account, in constant time) and reads its receipts. None when it is not genuine.
    /// </summary>
    ReceiptRequest? Read(ProviderAccount account, IReadOnlyDictionary<string, string> query, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body);

    /// <summary>For providers that check the address by a GET when it is entered: what has to be answered, or none when the request is not genuine.</summary>
    string? Confirm(ProviderAccount account, IReadOnlyDictionary<string, string> query) => null;
}

/// <summary>Implemented beside <see cref="IMessageProvider"/> by kinds that are asked for receipts.</summary>
public interface IReceiptPoller
{
    /// <summary>Receipts that wait at the provider for these messages (sent through the account, no receipt yet).</summary>
    Task<IReadOnlyList<DeliveryReceipt>> PollAsync(ProviderAccount account, IReadOnlyList<SentMessage> waiting, CancellationToken ct);
}

/// <summary>An account with a provider, its secrets decrypted for use in memory only.</summary>
/// <param name="Number">Small stable number of the account; part of the lane of messages that are bound to it (bots).</param>
/// <param name="Kind"><see cref="IMessageProvider.Kind"/>.</param>
/// <param name="BaseAddress">Root of the provider's API; the only thing that differs for the simulator. For SMTP <c>smtp://host:port</c> (STARTTLS) or <c>smtps://host:port</c> (implicit TLS).</param>
/// <param name="Values">Public values by name (<c>SignName</c>, <c>SdkAppId</c>, <c>AgentId</c>, <c>From</c> …), see the kind's <see cref="AccountField"/> list.</param>
/// <param name="Secrets">Secret values by name.</param>
public sealed record ProviderAccount(
    Guid Id, int Number, string Kind, MessageChannel Channel, string Name, Uri BaseAddress,
    IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Secrets)
{
    /// <summary>A value or secret by name; empty when not set.</summary>
    public string this[string name] => Values.TryGetValue(name, out var value) || Secrets.TryGetValue(name, out value) ? value : "";

    /// <summary>Never the secrets, wherever it is printed.</summary>
    public override string ToString() => $"{Kind} {Id}";
}

/// <summary>One field that an account of a kind needs, for the form.</summary>
/// <param name="Name">Stable name in <see cref="ProviderAccount.Values"/> or <see cref="ProviderAccount.Secrets"/>.</param>
/// <param name="Title">Chinese label.</param>
/// <param name="Help">Where to find it, in Chinese.</param>
public sealed record AccountField(string Name, string Title, bool Secret, bool Required, string? Help = null);

/// <summary>A message, rendered for its channel, about to be sent.</summary>
/// <param name="Id">Our id; given to the provider wherever it takes one, so that it is recognised (at most 32 characters as <c>N</c> format).</param>
/// <param name="Recipient">Mobile number (11 digits), e-mail address, device id, openid, WeCom userid, Feishu id or chat, staff id (in-app); empty for bots.</param>
/// <param name="SentAround">When the first attempt may have left; for asking afterwards.</param>
public sealed record OutgoingMessage(Guid Id, string Recipient, RenderedContent Content, DateTimeOffset? SentAround = null);

/// <summary>A template's text with its variables filled in and escaped for the channel.</summary>
/// <param name="Form">Which of the channel's message forms: <c>text</c>, <c>markdown</c>, <c>textcard</c>, <c>html</c>, <c>template</c>, <c>subscribe</c> …</param>
/// <param name="Subject">Subject or title.</param>
/// <param name="Text">The text that the person reads (also what is shown in traces).</param>
/// <param name="Html">HTML body for mail.</param>
/// <param name="Url">Where a tap leads.</param>
/// <param name="ProviderTemplate">The provider's own template id or code, where it renders by itself (SMS, Official Account).</param>
/// <param name="Parameters">Values for the provider's template in its order, by the name that it uses.</param>
public sealed record RenderedContent(
    string Form, string? Subject, string Text, string? Html, string? Url, string? ProviderTemplate, IReadOnlyList<KeyValuePair<string, string>> Parameters);

/// <summary>What came of one message.</summary>
/// <param name="Code">The provider's own code, as it came (at most 64 characters).</param>
/// <param name="Reason">Chinese, short, without personal data.</param>
/// <param name="RetryAt">When the provider says the limit resets.</param>
/// <param name="CostMilli">Price in 1/1000 yuan, where the answer tells pieces or fee.</param>
/// <param name="RecipientOnly">With <see cref="FailureClass.Throttled"/>: the limit is this recipient's own, the account may go on with others.</param>
public readonly record struct SendOutcome(
    Guid MessageId, SendResult Result, FailureClass? Failure = null, string? ProviderId = null, string? Code = null, string? Reason = null,
    DateTimeOffset? RetryAt = null, int? CostMilli = null, bool RecipientOnly = false);

/// <summary>A message that was accepted and has no receipt yet.</summary>
public readonly record struct SentMessage(Guid MessageId, string Recipient, string? ProviderId, DateTimeOffset SentAt);

/// <summary>The provider's later word on a message.</summary>
/// <param name="MessageId">Our id, where the provider returns it.</param>
/// <param name="ProviderId">The provider's id, for finding the message otherwise.</param>
/// <param name="At">When it happened, by the provider's clock.</param>
public readonly record struct DeliveryReceipt(
    Guid? MessageId, string? ProviderId, bool Delivered, FailureClass? Failure, string? Code, string? Reason, DateTimeOffset At);

/// <summary>A genuine receipt request and the exact answer that the provider expects.</summary>
public sealed record ReceiptRequest(IReadOnlyList<DeliveryReceipt> Receipts, string Answer, string AnswerContentType);

/// <summary>Whether an account is usable, and if not why (Chinese).</summary>
public readonly record struct ProbeResult(bool Usable, string? Reason = null, FailureClass? Failure = null);
