using System.Data.Common;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>Takes single messages: checks everything at the door, then writes message and queue entry in one commit.</summary>
public sealed class MessageSender
{
    internal static readonly TimeSpan Farthest = TimeSpan.FromDays(3653);

    private readonly TemplateBook templates;
    private readonly MessageIntake intake;
    private readonly LaneSignals signals;
    private readonly SealedVariables secrets;
    private readonly TimeProvider clock;

    internal MessageSender(TemplateBook templates, MessageIntake intake, LaneSignals signals, SealedVariables secrets, TimeProvider clock)
    {
        this.templates = templates;
        this.intake = intake;
        this.signals = signals;
        this.secrets = secrets;
        this.clock = clock;
    }

    /// <summary>
    /// Accepts one message. The answer comes after the commit. Refuses with everything that is wrong: unknown or inactive template, missing
    /// or unfit variables, recipient, priority, times, tags, a key that was used for another request.
    /// </summary>
    /// <param name="bodyHash">Hash of the caller's request, for telling a repetition from another request under the same key; computed here when none.</param>
    public async ValueTask<Result<AcceptedMessage>> SendAsync(MessageRequest request, MessageCaller by, Guid? bodyHash, CancellationToken ct)
    {
        Result<MessageRow> row;
        try
        {
            row = await RowAsync(request, by, bodyHash, ct);
        }
        catch (Exception e) when (e is DbException or TimeoutException || e.InnerException is DbException)
        {
            // A template had to be read while the database was away: nothing was accepted, and the same request may come again.
            return SendRefusals.Busy;
        }

        return row.Ok ? await intake.AcceptAsync(row.Value) : row.Refusal;
    }

    /// <summary>
    /// Accepts a message inside the caller's own transaction (begun with <see cref="CcdDbContext.BeginAsync"/>): it exists when, and only
    /// when, the caller's change does.
    /// </summary>
    internal async Task<Result<AcceptedMessage>> EnqueueAsync(CcdDbContext db, MessageRequest request, MessageCaller by, CancellationToken ct)
    {
        var row = await RowAsync(request, by, null, ct);
        if (!row.Ok)
            return row.Refusal;
        var transaction = db.Database.CurrentTransaction?.GetDbTransaction() as NpgsqlTransaction
            ?? throw new InvalidOperationException("Enqueueing needs the caller's transaction.");
        var written = await InsertMessages.ExecuteAsync(transaction.Connection!, transaction, [row.Value], row.Value.Key is not null, ct);
        // After the commit, through the feed: this node's lanes hear it too.
        db.Announce(LaneSignals.Topic, LaneSignals.Note(row.Value.Lane, row.Value.Class));
        return new AcceptedMessage(row.Value.Id, Repeated: written is { Count: 0 });
    }

    private async ValueTask<Result<MessageRow>> RowAsync(MessageRequest request, MessageCaller by, Guid? bodyHash, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (await templates.FindAsync(request.Template, ct) is not { } entry)
            return TemplateRefusals.Unknown;
        if (entry.Active is not { } template)
            return TemplateRefusals.NotActive;
        var values = request.LeaveOutUnused
            ? request.Variables.Where(v => template.Content.Variables.Any(d => d.Name == v.Key)).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal)
            : request.Variables;
        if (template.Check(values) is { } wrong)
            return wrong;
        if (RefusalApartFromVariables(request, template, now) is { } refusal)
            return refusal;
        var recipient = RecipientRules.Normalise(request.Channel, request.Recipient, toBot: request.Account is not null);
        if (recipient is null)
            return SendRefusals.Recipient(request.Channel);
        var notBefore = request.At ?? (request.After is { } after ? now + after : null);
        var fallbacks = Fallbacks(request.Fallbacks, template);
        if (!fallbacks.Ok)
            return fallbacks.Refusal;
        var variables = Json(values);
        var id = Guid.CreateVersion7(now);
        return new MessageRow
        {
            Id = id,
            AcceptedAt = now,
            NotBefore = notBefore > now ? notBefore : null,
            ExpiresAt = request.ExpiresAt,
            TemplateId = template.Id,
            TemplateVersion = template.Version,
            Person = RecipientRules.PersonOf(request.CustomerId, request.Channel, recipient.Length == 0 ? $"account {request.Account}" : recipient),
            CustomerId = request.CustomerId,
            SubjectId = request.SubjectId,
            Caller = by.Id,
            Channel = request.Channel,
            Priority = (short)request.Priority,
            Urgent = request.Urgent,
            Recipient = recipient,
            Variables = (request.Secret.Count == 0 ? variables : Json(secrets.Seal(values, request.Secret, id))).Replace("\\u0000", "", StringComparison.Ordinal),
            Fallbacks = fallbacks.Value is { Length: > 0 } list ? list : null,
            Tags = request.Tags.Count == 0 ? null : string.Join('\u001f', request.Tags),
            Account = request.Account,
            Lane = Lane.Of(request.Channel, request.Account),
            Class = PriorityClass.Of(request.Priority),
            Key = request.IdempotencyKey is { } key ? RecipientRules.HashOf($"{by.Id:N}\n{key}") : null,
            Body = request.IdempotencyKey is null ? null : bodyHash ?? RecipientRules.HashOf($"{request.Template}\n{request.Channel}\n{recipient}\n{variables}\n{request.At:O}\n{request.After}"),
        };
    }

    private static string Json(IReadOnlyDictionary<string, string> values) =>
        values.Count == 0 ? "{}" : JsonSerializer.Serialize(values, MessageJson.Default.IReadOnlyDictionaryStringString);

    /// <summary>What is wrong with a request that is the same for every recipient of a batch.</summary>
    internal static Refusal? RefusalApartFromVariables(MessageRequest request, CompiledTemplate template, DateTimeOffset now)
    {
        if (!template.Speaks(request.Channel))
            return TemplateRefusals.ChannelMissing(request.Channel);
        if (request.Priority is < 0 or > 10)
            return SendRefusals.PriorityRange;
        if (request.At is not null && request.After is not null)
            return SendRefusals.AtAndAfter;
        // A minute of grace: clocks of two machines are never the same.
        if (request.At < now.AddMinutes(-1) || request.After < TimeSpan.Zero)
            return SendRefusals.AtPast;
        if (request.At > now + Farthest || request.After > Farthest)
            return SendRefusals.TooFar;
        if (request.ExpiresAt <= (request.At ?? now + (request.After ?? TimeSpan.Zero)))
            return SendRefusals.ExpiryBeforeStart;
        if (request.IdempotencyKey is { Length: 0 or > 255 })
            return SendRefusals.KeyTooLong;
        if (request.Tags.Count > 10 || request.Tags.Any(t => t.Length is 0 or > 40 || t.Any(char.IsControl)))
            return SendRefusals.TooManyTags;
        return null;
    }

    private static Result<string> Fallbacks(IReadOnlyList<Fallback> fallbacks, CompiledTemplate template)
    {
        if (fallbacks.Count == 0)
            return "";
        var list = new List<Fallback>(fallbacks.Count);
        foreach (var fallback in fallbacks.Take(5))
        {
            if (!template.Speaks(fallback.Channel))
                return TemplateRefusals.ChannelMissing(fallback.Channel);
            if (RecipientRules.Normalise(fallback.Channel, fallback.Recipient) is not { } recipient)
                return SendRefusals.Recipient(fallback.Channel);
            list.Add(new Fallback(fallback.Channel, recipient));
        }

        return JsonSerializer.Serialize(list, MessageJson.Default.ListFallback);
    }
}
