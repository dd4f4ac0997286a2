using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>So many for one reason.</summary>
/// <param name="Reason">Chinese.</param>
public sealed record ForecastShare(string Reason, int Count);

/// <summary>What would become of a batch if it started now, or at its moment.</summary>
/// <param name="Good">Rows that can be sent at all.</param>
/// <param name="Bad">Rows that would be refused, with their numbers.</param>
/// <param name="Now">Would go at once.</param>
/// <param name="Waits">Would go later, by reason.</param>
/// <param name="Dropped">Would not be sent, by reason.</param>
/// <param name="EndsAt">When the last one would have gone; none when no account can send.</param>
/// <param name="LimitedBy">Chinese: what decides the end.</param>
/// <param name="CostMilli">In 1/1000 yuan; none when no price is known.</param>
/// <param name="Segments">Billed pieces of text messages; 0 for other channels.</param>
/// <param name="Sample">The first message as it would be sent.</param>
public sealed record BatchOutlook(
    int Good, IReadOnlyList<BadRow> Bad, int Now, IReadOnlyList<ForecastShare> Waits, IReadOnlyList<ForecastShare> Dropped, DateTimeOffset? EndsAt, string LimitedBy,
    long? CostMilli, int Segments, string? Sample)
{
    public int WaitCount => Waits.Sum(w => w.Count);

    public int DropCount => Dropped.Sum(d => d.Count);
}

/// <summary>The dry run of a batch: every rule is asked, nothing is written and nothing is used up.</summary>
public sealed class BatchForecast
{
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    private readonly NpgsqlDataSource source;
    private readonly TemplateBook templates;
    private readonly BlockBook blocks;
    private readonly AccountBook accounts;
    private readonly DeliveryPolicySource policies;
    private readonly QuotaOutlook outlook;
    private readonly TimeProvider clock;

    internal BatchForecast(NpgsqlDataSource source, TemplateBook templates, BlockBook blocks, AccountBook accounts, DeliveryPolicySource policies, QuotaOutlook outlook, TimeProvider clock)
    {
        this.source = source;
        this.templates = templates;
        this.blocks = blocks;
        this.accounts = accounts;
        this.policies = policies;
        this.outlook = outlook;
        this.clock = clock;
    }

    /// <summary>Refuses what <see cref="BatchService.CreateAsync"/> would refuse as a whole; bad rows are listed. Needs <see cref="Permission.SendMessages"/>.</summary>
    public async Task<Result<BatchOutlook>> OfAsync(BatchDraft draft, IReadOnlyList<BatchRecipient> recipients, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.SendMessages))
            return CommonRefusals.Forbidden;
        var checkedRows = await BatchService.CheckAsync(templates, draft, recipients, clock.GetUtcNow(), ct);
        if (!checkedRows.Ok)
            return checkedRows.Refusal;
        var (template, good, bad) = checkedRows.Value;
        var start = draft.At is { } at && at > clock.GetUtcNow() ? at : clock.GetUtcNow();
        var policy = policies.Current;
        var lists = await blocks.CurrentAsync(ct);
        var waits = new Dictionary<string, int>();
        var dropped = new Dictionary<string, int>();
        DateTimeOffset latest = start;
        var open = new List<MessageRow>(good.Count);
        var later = 0;
        foreach (var (given, recipient) in good)
        {
            var row = RowOf(draft, template, given, recipient, start);
            var answer = PersonGate.ByLists(row, template.Category, lists, policy, start);
            if (answer.SkipCode is { } code)
                Count(dropped, SkipCodes.Words(code));
            else if (answer.WaitUntil is { } until)
            {
                Count(waits, Records.RecordWords.Of(answer.Why));
                later++;
                latest = until > latest ? until : latest;
                open.Add(row);
            }
            else
                open.Add(row);
        }

        if (template.Category != MessageCategory.Verification && open.Count > 0)
        {
            var before = open.Count;
            open = await WithoutRepeatedAsync(open, dropped, policy, start, ct);
            open = await UnderCapAsync(open, dropped, policy, start, ct);
            // Who waits and is dropped later counts as dropped.
            later = Math.Max(0, later - (before - open.Count));
            if (waits.Count > 0)
                waits = later == 0 ? [] : new Dictionary<string, int> { [waits.Keys.First()] = later };
        }

        var look = await outlook.OfAsync(draft.Channel, draft.Account, open.Count, 0, start, ct);
        var now = open.Count - later;
        if (look.Free < now)
        {
            waits["账号额度"] = now - look.Free;
            now = look.Free;
        }

        var (cost, segments) = await CostAsync(draft, template, open, ct);
        var sample = open.Count == 0 ? null : TextOf(template, draft.Channel, open[0]);
        var ends = look.EndsAt is { } end ? (end > latest ? end : latest) : (DateTimeOffset?)null;
        return new BatchOutlook(
            good.Count, bad, now, Shares(waits), Shares(dropped), open.Count == 0 ? null : ends, latest > look.EndsAt ? "免打扰时段" : look.LimitedBy, cost, segments, sample);
    }

    private static MessageRow RowOf(BatchDraft draft, CompiledTemplate template, BatchRecipient given, string recipient, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        AcceptedAt = now,
        ExpiresAt = draft.ExpiresAt,
        TemplateId = template.Id,
        TemplateVersion = template.Version,
        Person = RecipientRules.PersonOf(given.CustomerId, draft.Channel, recipient),
        CustomerId = given.CustomerId,
        Channel = draft.Channel,
        Priority = (short)draft.Priority,
        Urgent = draft.Urgent,
        Recipient = recipient,
        Variables = given.Variables.Count == 0 ? "{}" : JsonSerializer.Serialize(given.Variables, MessageJson.Default.IReadOnlyDictionaryStringString),
    };

    private async Task<List<MessageRow>> WithoutRepeatedAsync(List<MessageRow> rows, Dictionary<string, int> dropped, DeliveryPolicy policy, DateTimeOffset start, CancellationToken ct)
    {
        if (policy.SameContentWindow <= TimeSpan.Zero)
            return rows;
        var byContent = rows.Select(row => (Row: row, Content: PersonGate.ContentOf(row))).ToList();
        await using var command = source.CreateCommand("select content from message_contents where content = any($1) and until > $2");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. byContent.Select(c => c.Content)] });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = start.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var known = new HashSet<Guid>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                known.Add(reader.GetGuid(0));
        var left = new List<MessageRow>(rows.Count);
        foreach (var (row, content) in byContent)
            if (known.Contains(content))
                Count(dropped, SkipCodes.Words(SkipCodes.SameContent));
            else
                left.Add(row);
        return left;
    }

    private async Task<List<MessageRow>> UnderCapAsync(List<MessageRow> rows, Dictionary<string, int> dropped, DeliveryPolicy policy, DateTimeOffset start, CancellationToken ct)
    {
        if (policy.DailyCap <= 0 || rows.Count == 0 || rows[0].Urgent || !PersonGate.ReachesCustomers(rows[0].Channel))
            return rows;
        await using var command = source.CreateCommand("select person, sent from person_days where day = $1 and person = any($2)");
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = DateOnly.FromDateTime(start.ToOffset(Shanghai).DateTime) });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. rows.Select(r => r.Person).Distinct()] });
        var sent = new Dictionary<Guid, int>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                sent[reader.GetGuid(0)] = reader.GetInt32(1);
        var left = new List<MessageRow>(rows.Count);
        foreach (var row in rows)
        {
            var so = sent.GetValueOrDefault(row.Person);
            if (so >= policy.DailyCap)
            {
                Count(dropped, SkipCodes.Words(SkipCodes.DailyCap));
                continue;
            }

            sent[row.Person] = so + 1;
            left.Add(row);
        }

        return left;
    }

    private async Task<(long? Cost, int Segments)> CostAsync(BatchDraft draft, CompiledTemplate template, List<MessageRow> rows, CancellationToken ct)
    {
        var account = (await accounts.CurrentAsync(ct)).Values.Where(a => a.Provider.Channel == draft.Channel && (draft.Account is { } bound ? a.Number == bound : !a.BoundOnly))
            .OrderByDescending(a => a.Weight).ThenBy(a => a.Number).FirstOrDefault();
        var price = account?.PriceMilli is > 0 and var known ? known : (int?)null;
        if (draft.Channel != MessageChannel.Sms)
            return (price is null ? null : (long)price * rows.Count, 0);
        var signature = account?.Provider.Values.GetValueOrDefault("SignName");
        var segments = rows.Sum(row => SmsSegments.Of(TextOf(template, draft.Channel, row), signature).Segments);
        return (price is null ? null : (long)price * segments, segments);
    }

    private static string TextOf(CompiledTemplate template, MessageChannel channel, MessageRow row) =>
        template.Render(channel, JsonSerializer.Deserialize(row.Variables, MessageJson.Default.DictionaryStringString) ?? []).Text;

    private static void Count(Dictionary<string, int> counts, string reason) => counts[reason] = counts.GetValueOrDefault(reason) + 1;

    private static IReadOnlyList<ForecastShare> Shares(Dictionary<string, int> counts) => [.. counts.OrderByDescending(c => c.Value).Select(c => new ForecastShare(c.Key, c.Value))];
}
