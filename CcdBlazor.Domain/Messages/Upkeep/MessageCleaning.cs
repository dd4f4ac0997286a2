using CcdBlazor.Domain.Messages.Notices;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Upkeep;

/// <summary>Removes what the platform kept for a while only, in small pieces, so that no lock and no transaction lasts.</summary>
public sealed class MessageCleaning(NpgsqlDataSource source, TimeProvider clock)
{
    /// <summary>Figures per minute are kept so long; the days for good.</summary>
    public static readonly TimeSpan MinutesKept = TimeSpan.FromDays(90);

    private const int Piece = 5_000;

    // What is over, by the moment of now ($1). The longest window that anybody counts in is a day; a spare day covers clocks that differ.
    private static readonly (string Title, string Table, string Over)[] Kept =
    [
        ("幂等键", "message_keys", "at < $1 - interval '24 hours'"),
        ("提交标记", "message_flushes", "at < $1 - interval '24 hours'"),
        ("内容指纹", "message_contents", "until < $1"),
        ("接收人限额", "recipient_ledgers", "last_at < $1 - interval '2 days'"),
        ("账号限额", "quota_uses", "slice < $1 - interval '3 days'"),
        ("每日条数", "person_days", "day < ($1 at time zone 'Asia/Shanghai')::date - 1"),
        ("服务商编号", "message_provider_ids", "at < $1 - interval '7 days'"),
        ("待查回执", "awaited_receipts", "sent_at < $1 - interval '3 days'"),
        ("分钟统计", "message_minutes", $"minute < $1 - interval '{(int)MinutesKept.TotalDays} days'"),
        ("响应统计", "message_latencies", $"minute < $1 - interval '{(int)MinutesKept.TotalDays} days'"),
        ("回执转发", "caller_receipts", "at < $1 - interval '7 days'"),
        ("通知", "notices", $"at < $1 - interval '{(int)NoticeBook.KeptFor.TotalDays} days'"),
        // The dead letter of a message whose day was dropped: nobody could send it again.
        ("失败记录", "message_failures", "id < (select message_id_from(coalesce((select min(to_date(right(c.relname, 8), 'YYYYMMDD')) from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'messages'::regclass and c.relname ~ '[0-9]{8}$')::timestamp at time zone 'utc', '-infinity')))"),
    ];

    /// <summary>Removes everything that is over; answers how many of what.</summary>
    public async Task<IReadOnlyList<(string Title, long Removed)>> CleanAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var removed = new List<(string, long)>();
        await using var connection = await source.OpenConnectionAsync(ct);
        foreach (var (title, table, over) in Kept)
        {
            var total = 0L;
            for (var piece = Piece; piece == Piece; total += piece)
            {
                await using var command = new NpgsqlCommand($"delete from {table} where ctid = any(array(select ctid from {table} where {over} limit {Piece}))", connection);
                // A parameter that a statement does not use has no type, and PostgreSQL refuses it.
                if (over.Contains("$1", StringComparison.Ordinal))
                    command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
                piece = await command.ExecuteNonQueryAsync(ct);
            }

            if (total > 0)
                removed.Add((title, total));
        }

        return removed;
    }
}
