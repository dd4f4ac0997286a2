using System.Globalization;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Monitor;

/// <summary>
/// Looks after the platform: keeps the list of what is wrong, and tells people in one digest, at most every ten minutes, over all nodes. What
/// began and ended between two digests is told to nobody; what was told and is over now is told to be over.
/// </summary>
public sealed class AlarmWatch
{
    /// <summary>How often a node looks.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>People hear at most this often.</summary>
    public static readonly TimeSpan DigestEvery = TimeSpan.FromMinutes(10);

    private const int LongestDetails = 480;

    private static readonly MessageCaller Program = new(null, new SystemActor("alarms"));

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly MonitorBoard board;
    private readonly MessageSender sender;
    private readonly SettingsReader settings;
    private readonly ChangeFeed feed;
    private readonly TimeProvider clock;
    private readonly ILogger<AlarmWatch> log;

    internal AlarmWatch(
        IDbContextFactory<CcdDbContext> contexts, MonitorBoard board, MessageSender sender, SettingsReader settings, ChangeFeed feed, TimeProvider clock, ILogger<AlarmWatch> log)
    {
        this.contexts = contexts;
        this.board = board;
        this.sender = sender;
        this.settings = settings;
        this.feed = feed;
        this.clock = clock;
        this.log = log;
    }

    private sealed record Kept(string Key, string Words, DateTimeOffset Since, bool Told, bool Over);

    /// <summary>Looks once. Nodes take turns: while one looks, the others leave it at that.</summary>
    /// <param name="monitor">The address of the monitor page, for the mail.</param>
    public async Task StepAsync(Uri monitor, CancellationToken ct)
    {
        var view = await board.ReadAsync().WaitAsync(ct);
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var transaction = (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction();
        if (await ScalarAsync<bool>(transaction, "select pg_try_advisory_xact_lock(7316004)", ct))
        {
            var failures = await ScalarAsync<long>(transaction, "select coalesce(sum(n), 0)::bigint from message_minutes where minute >= $1 and result in (5, 105)", ct, now.AddMinutes(-10).UtcDateTime);
            var active = AlarmRules.Of(view, channel => settings.Get(MessageSettings.AlarmAge[channel]), failures, settings.Get(MessageSettings.AlarmFailures));
            if (await KeepAsync(transaction, active, view.Alarms, now, ct))
                db.Announce(MessageTopics.Monitor);
            await DigestAsync(db, transaction, monitor, now, ct);
            await work.CommitAsync(ct);
        }

        // Ages and gauges move while nothing is sent: the pages of this node hear of it, without a timer of their own.
        if (view.Alarms.Count > 0 || view.Lanes.Any(l => l.Waiting > 0 || l.UnderWay > 0))
            feed.Deliver(new Change(MessageTopics.Monitor));
    }

    /// <summary>Brings the list up to date. True when an alarm came or went.</summary>
    private static async Task<bool> KeepAsync(
        NpgsqlTransaction transaction, IReadOnlyList<(string Key, string Words)> active, IReadOnlyList<ActiveAlarm> before, DateTimeOffset now, CancellationToken ct)
    {
        if (active.Count == 0 && before.Count == 0)
            return false;
        await using var command = new NpgsqlCommand("""
            with over as (update message_alarms set cleared_at = $3 where cleared_at is null and key <> all($1))
            insert into message_alarms as a (key, words, since) select u.key, u.words, $3 from unnest($1::text[], $2::text[]) u(key, words)
            on conflict (key) do update set words = excluded.words, since = case when a.cleared_at is null then a.since else excluded.since end, cleared_at = null
            """, transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. active.Select(a => a.Key)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. active.Select(a => a.Words)] });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(ct);
        return !active.Select(a => a.Key).ToHashSet().SetEquals(before.Select(a => a.Key));
    }

    private async Task DigestAsync(CcdDbContext db, NpgsqlTransaction transaction, Uri monitor, DateTimeOffset now, CancellationToken ct)
    {
        var kept = await KeptAsync(transaction, ct);
        if (kept.All(a => a.Told == !a.Over))
            return;
        if (await ScalarAsync<bool>(transaction, "select exists (select from message_alarm_digests where at > $1)", ct, (now - DigestEvery).UtcDateTime))
            return;
        // Came and went unheard: nobody needs to know.
        var (fresh, over) = (kept.FindAll(a => !a.Told && !a.Over), kept.FindAll(a => a.Told && a.Over));
        if (fresh.Count + over.Count > 0)
            await TellAsync(db, transaction, fresh, kept.FindAll(a => a.Told && !a.Over), over, monitor, now, ct);
        await ScalarAsync<object>(transaction, """
            with gone as (delete from message_alarms where cleared_at is not null)
            , told as (update message_alarms set told_at = $1 where cleared_at is null and told_at is null)
            insert into message_alarm_digests (at) select $1 where $2 on conflict (one) do update set at = excluded.at
            """, ct, now.UtcDateTime, fresh.Count + over.Count > 0);
    }

    private async Task TellAsync(
        CcdDbContext db, NpgsqlTransaction transaction, List<Kept> fresh, List<Kept> still, List<Kept> over, Uri monitor, DateTimeOffset now, CancellationToken ct)
    {
        var summary = string.Join("，", new[] { fresh.Count > 0 ? $"{fresh.Count} 项新报警" : null, over.Count > 0 ? $"{over.Count} 项已恢复" : null, still.Count > 0 ? $"{still.Count} 项仍在报警" : null }.OfType<string>());
        var details = string.Join("；", fresh.Select(a => a.Words).Concat(over.Select(a => $"已恢复：{a.Words}")).Concat(still.Select(a => $"仍在：{a.Words}")));
        var values = new Dictionary<string, string>
        {
            ["time"] = now.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["summary"] = summary,
            ["details"] = details.Length > LongestDetails ? details[..LongestDetails] + "…" : details,
            ["url"] = monitor.ToString(),
        };
        var people = await ReadersAsync(transaction, ct);
        var addresses = MessageSettings.AddressesOf(settings.Get(MessageSettings.AlarmAddresses));
        foreach (var (channel, recipient) in people.Select(p => (MessageChannel.InApp, p.ToString())).Concat(addresses.Select(a => (MessageChannel.Email, a))))
        {
            var accepted = await sender.EnqueueAsync(db, new MessageRequest
            {
                Template = ShippedTemplates.MessageAlarm, Channel = channel, Recipient = recipient, Variables = values, Priority = 8, Urgent = true,
            }, Program, ct);
            if (!accepted.Ok)
            {
                // The alarm stays on the monitor all the same.
                log.LogWarning("The digest of alarms was refused: {Code}", accepted.Refusal.Code);
                return;
            }
        }
    }

    private static async Task<List<Kept>> KeptAsync(NpgsqlTransaction transaction, CancellationToken ct)
    {
        var kept = new List<Kept>();
        await using var command = new NpgsqlCommand("select key, words, since, told_at is not null, cleared_at is not null from message_alarms order by since, key", transaction.Connection, transaction);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            kept.Add(new Kept(r.GetString(0), r.GetString(1), r.GetFieldValue<DateTimeOffset>(2), r.GetBoolean(3), r.GetBoolean(4)));
        return kept;
    }

    /// <summary>Everybody who may look at the monitor or mend the accounts.</summary>
    private static async Task<List<Guid>> ReadersAsync(NpgsqlTransaction transaction, CancellationToken ct)
    {
        var people = new List<Guid>();
        await using var command = new NpgsqlCommand("""
            select distinct s.id from staff s join staff_roles sr on sr.staff_id = s.id join roles r on r.id = sr.role_id
            where not s.disabled and r.permissions && $1
            """, transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [nameof(Permission.ViewMessages), nameof(Permission.ManageChannels)] });
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            people.Add(r.GetGuid(0));
        return people;
    }

    private static async Task<T?> ScalarAsync<T>(NpgsqlTransaction transaction, string sql, CancellationToken ct, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return await command.ExecuteScalarAsync(ct) is T found ? found : default;
    }
}
