using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Upkeep;

/// <summary>Asks the providers that do not report by themselves what became of their messages; less and less often, for three days.</summary>
public sealed class ReceiptPolling
{
    private const int Piece = 500;

    // Whoever takes a row puts its next question ahead in the same statement: two nodes never ask the same, and a crash only delays.
    private const string Take = """
        update awaited_receipts w set asked = (w.asked + 1)::smallint,
          ask_at = $1 + (array[interval '2 minutes', interval '5 minutes', interval '15 minutes', interval '1 hour', interval '3 hours', interval '6 hours'])[least(w.asked + 1, 6)]
        where w.message_id in (select message_id from awaited_receipts where ask_at <= $1 and account = $2 order by ask_at limit $3 for update skip locked)
        returning w.message_id, w.recipient, w.provider_id, w.sent_at
        """;

    private readonly NpgsqlDataSource source;
    private readonly AccountBook accounts;
    private readonly ReceiptBook book;
    private readonly Dictionary<string, IReceiptPoller> pollers;
    private readonly TimeProvider clock;
    private readonly ILogger<ReceiptPolling> log;

    internal ReceiptPolling(NpgsqlDataSource source, AccountBook accounts, ReceiptBook book, IEnumerable<IMessageProvider> providers, TimeProvider clock, ILogger<ReceiptPolling> log)
    {
        this.source = source;
        this.accounts = accounts;
        this.book = book;
        this.clock = clock;
        this.log = log;
        pollers = providers.Where(p => p is IReceiptPoller).ToDictionary(p => p.Kind, p => (IReceiptPoller)p);
    }

    /// <summary>Asks for everything that is due. Answers for how many it asked, and how many receipts told something new.</summary>
    public async Task<(int Asked, int News)> PollAsync(CancellationToken ct)
    {
        var (asked, news) = (0, 0);
        foreach (var account in (await accounts.CurrentAsync(ct)).Values)
            if (pollers.TryGetValue(account.Provider.Kind, out var poller))
                for (var piece = Piece; piece == Piece;)
                {
                    var waiting = await TakeAsync(account.Number, ct);
                    piece = waiting.Count;
                    if (piece == 0)
                        break;
                    asked += piece;
                    news += await AskAsync(account, poller, waiting, ct);
                }

        return (asked, news);
    }

    private async Task<int> AskAsync(AccountInUse account, IReceiptPoller poller, List<SentMessage> waiting, CancellationToken ct)
    {
        try
        {
            return await book.ApplyAsync(account.Number, await poller.PollAsync(account.Provider, waiting, ct), ct);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // Their next question is written down already.
            log.LogWarning("Receipts of account {Account} could not be fetched ({Error})", account.Number, e.GetType().Name);
            return 0;
        }
    }

    private async Task<List<SentMessage>> TakeAsync(int account, CancellationToken ct)
    {
        await using var command = source.CreateCommand(Take);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = account });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Piece });
        var waiting = new List<SentMessage>();
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            waiting.Add(new SentMessage(r.GetGuid(0), r.GetString(1), await r.IsDBNullAsync(2, ct) ? null : r.GetString(2), r.GetFieldValue<DateTimeOffset>(3)));
        return waiting;
    }
}
