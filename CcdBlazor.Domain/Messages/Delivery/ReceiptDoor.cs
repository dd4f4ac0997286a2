using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>What a provider is answered, once its receipts are committed.</summary>
/// <param name="News">How many receipts told something new.</param>
public sealed record ReceiptAnswer(string Body, string ContentType, int News);

/// <summary>Takes the requests in which providers report what became of messages. Who sends is not signed in: the account's own secret says whether it is genuine.</summary>
public sealed class ReceiptDoor
{
    /// <summary>Largest request; providers send at most some hundred receipts at once.</summary>
    public const int LargestBody = 1024 * 1024;

    /// <summary>Unknown account, kind without receipts, or a signature that is not right: never told apart.</summary>
    public static readonly Refusal NotGenuine = new("messages.receipt_not_genuine", "回执没有通过验证。", RefusalKind.Forbidden);

    private readonly AccountBook accounts;
    private readonly ReceiptBook book;
    private readonly Dictionary<string, IReceiptReader> readers;
    private readonly ILogger<ReceiptDoor> log;

    internal ReceiptDoor(AccountBook accounts, ReceiptBook book, IEnumerable<IMessageProvider> providers, ILogger<ReceiptDoor> log)
    {
        this.accounts = accounts;
        this.book = book;
        this.log = log;
        readers = providers.Where(p => p is IReceiptReader).ToDictionary(p => p.Kind, p => (IReceiptReader)p);
    }

    /// <summary>Verifies and applies a request; answers after the commit, so that a provider asks again when nothing was kept.</summary>
    public async Task<Result<ReceiptAnswer>> TakeAsync(
        int account, IReadOnlyDictionary<string, string> query, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var known = await accounts.CurrentAsync(ct);
        if (!known.TryGetValue(account, out var used) || !readers.TryGetValue(used.Provider.Kind, out var reader) || Read(reader, used.Provider, query, headers, body) is not { } request)
            return NotGenuine;
        var news = await book.ApplyAsync(account, request.Receipts, ct);
        return new ReceiptAnswer(request.Answer, request.AnswerContentType, news);
    }

    /// <summary>Answers a provider that checks the address before it reports there.</summary>
    public async Task<Result<string>> ConfirmAsync(int account, IReadOnlyDictionary<string, string> query, CancellationToken ct) =>
        (await accounts.CurrentAsync(ct)).TryGetValue(account, out var used) && readers.TryGetValue(used.Provider.Kind, out var reader) && reader.Confirm(used.Provider, query) is { } answer
            ? answer
            : NotGenuine;

    private ReceiptRequest? Read(IReceiptReader reader, ProviderAccount account, IReadOnlyDictionary<string, string> query, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body)
    {
        try
        {
            return reader.Read(account, query, headers, body);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or ArgumentException or OverflowException)
        {
            // Whatever a stranger writes must not become an error of ours.
            log.LogInformation("A receipt for account {Account} could not be read ({Error})", account.Number, e.GetType().Name);
            return null;
        }
    }
}
