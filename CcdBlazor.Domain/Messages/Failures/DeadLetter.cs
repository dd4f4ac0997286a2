using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Failures;

/// <summary>
/// The messages that came to no good end, by cause, and what people do about them: correct and send again, or say what became of them.
/// The row in <c>message_failures</c> is the right to do so: whoever takes it away first acts, so two clicks or two persons never send twice.
/// </summary>
public sealed partial class DeadLetter
{
    /// <summary>Most messages of one call of <see cref="ReplayGroupAsync"/>.</summary>
    public const int MostAtOnce = 10_000;

    /// <summary>Groups are counted so far; beyond it "and more" is enough.</summary>
    public const int MostCounted = 100_000;

    /// <summary>Rows of one transaction.</summary>
    private const int Piece = 1_000;

    public const int LargestStretch = 100;

    /// <summary>Stored as the failure class of a send whose outcome nobody knows.</summary>
    internal const short UnknownClass = 0;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly NpgsqlDataSource source;
    private readonly TemplateBook templates;
    private readonly LaneSignals signals;
    private readonly MessageCounters counters;
    private readonly TimeProvider clock;

    internal DeadLetter(IDbContextFactory<CcdDbContext> contexts, NpgsqlDataSource source, TemplateBook templates, LaneSignals signals, MessageCounters counters, TimeProvider clock)
    {
        this.contexts = contexts;
        this.source = source;
        this.templates = templates;
        this.signals = signals;
        this.counters = counters;
        this.clock = clock;
    }

    /// <summary>All causes, the largest first. Needs <see cref="Permission.ViewMessages"/>.</summary>
    public async Task<Result<IReadOnlyList<FailureGroup>>> GroupsAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewMessages))
            return CommonRefusals.Forbidden;
        await using var command = source.CreateCommand(
            $"""
            select channel, failure, code, count(*)::int, (array_agg(reason order by at desc))[1], min(at), max(at)
            from (select * from message_failures limit {MostCounted}) f group by channel, failure, code order by 4 desc, 7 desc limit 200
            """);
        var groups = new List<FailureGroup>();
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            groups.Add(new FailureGroup(
                new FailureCause((MessageChannel)r.GetInt16(0), ClassOf(r.GetInt16(1)), Text(r, 2)), r.GetInt32(3), Text(r, 4), r.GetFieldValue<DateTimeOffset>(5), r.GetFieldValue<DateTimeOffset>(6)));
        return groups;
    }

    /// <summary>The messages of a cause, or of a batch, the newest message first. Needs <see cref="Permission.ViewMessages"/>.</summary>
    public async Task<Result<FailureStretch>> ListAsync(FailureCause? cause, Guid? batch, Guid? cursor, int take, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewMessages))
            return CommonRefusals.Forbidden;
        take = Math.Clamp(take, 1, LargestStretch);
        await using var command = source.CreateCommand(
            """
            select f.id, f.at, f.channel, f.failure, f.code, f.reason, coalesce(t.name, ''), m.recipient, f.batch_id, b.number, m.attempt
            from message_failures f join messages m on m.id = f.id left join message_templates t on t.id = f.template_id left join message_batches b on b.id = f.batch_id
            where ($1::smallint is null or (f.channel = $1 and f.failure = $2 and f.code is not distinct from $3)) and ($4::uuid is null or f.batch_id = $4)
              and ($5::uuid is null or f.id < $5)
            order by f.id desc limit $6
            """);
        AddCause(command.Parameters, cause);
        command.Parameters.Add(new NpgsqlParameter<Guid?> { TypedValue = batch, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new NpgsqlParameter<Guid?> { TypedValue = cursor, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.AddWithValue(take + 1);
        var rows = new List<FailureRow>();
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
        {
            var channel = (MessageChannel)r.GetInt16(2);
            rows.Add(new FailureRow(
                r.GetGuid(0), r.GetFieldValue<DateTimeOffset>(1), channel, ClassOf(r.GetInt16(3)), Text(r, 4), Text(r, 5), r.GetString(6), RecipientMask.Shown(channel, r.GetString(7)),
                r.IsDBNull(8) ? null : r.GetGuid(8), Text(r, 9), r.GetInt16(10)));
        }

        var more = rows.Count > take;
        if (more)
            rows.RemoveAt(take);
        return new FailureStretch(rows, more ? rows[^1].Id : null);
    }

    /// <summary>What a failed message said, for the form that corrects it. Needs <see cref="Permission.SendMessages"/> and <see cref="Permission.ViewMessages"/>.</summary>
    public async Task<Result<FailureDraft>> DraftAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!MayAct(by))
            return CommonRefusals.Forbidden;
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var find = new NpgsqlCommand(
            "select m.channel, m.recipient, m.variables, m.template_id, m.template_version from message_failures f join messages m on m.id = f.id where f.id = $1", connection);
        find.Parameters.AddWithValue(id);
        await using var r = await find.ExecuteReaderAsync(ct);
        if (!await r.ReadAsync(ct))
            return FailureRefusals.Settled;
        var (channel, recipient, variables, template, version) = ((MessageChannel)r.GetInt16(0), r.GetString(1), r.GetString(2), r.GetGuid(3), r.GetInt32(4));
        var compiled = await templates.VersionAsync(template, version, ct);
        // A code or a link that opens an account is nobody's business but the recipient's.
        if (compiled is { Category: MessageCategory.Verification } || SealedVariables.MayBeIn(variables))
            return FailureRefusals.Secret;
        return new FailureDraft(id, channel, by.May(Permission.RevealIdentity) || recipient.Length == 0 ? recipient : null, JsonSerializer.Deserialize(variables, MessageJson.Default.DictionaryStringString) ?? [], compiled?.Content.Variables ?? []);
    }

    private static bool MayAct(Actor by) => by.May(Permission.SendMessages) && by.May(Permission.ViewMessages);

    private static FailureClass? ClassOf(short stored) => stored == UnknownClass ? null : (FailureClass)stored;

    private static void AddCause(NpgsqlParameterCollection values, FailureCause? cause)
    {
        values.Add(new NpgsqlParameter<short?> { TypedValue = (short?)cause?.Channel, NpgsqlDbType = NpgsqlDbType.Smallint });
        values.Add(new NpgsqlParameter<short?> { TypedValue = cause is null ? null : (short?)cause.Failure ?? UnknownClass, NpgsqlDbType = NpgsqlDbType.Smallint });
        values.Add(new NpgsqlParameter<string?> { TypedValue = cause?.Code, NpgsqlDbType = NpgsqlDbType.Text });
    }

    private static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);
}
