using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Notices;

/// <summary>A line behind the bell.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Link">A path of this program.</param>
public sealed record NoticeRow(Guid Id, string Title, string Text, string? Link, DateTimeOffset At, DateTimeOffset? ReadAt);

/// <summary>Some notices, newest first.</summary>
/// <param name="More">There are older ones.</param>
public sealed record NoticePage(IReadOnlyList<NoticeRow> Rows, bool More);

/// <summary>What a member of staff was told inside the program. Everybody reads and ticks off only his own.</summary>
public sealed class NoticeBook(NpgsqlDataSource source, ChangeFeed feed, TimeProvider clock)
{
    /// <summary>Counting on the bell stops here.</summary>
    public const int MostCounted = 100;

    /// <summary>Older ones are removed.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(180);

    private const int PageSize = 20;

    /// <summary>How many are unread, at most <see cref="MostCounted"/>.</summary>
    public async Task<int> UnreadAsync(StaffActor by, CancellationToken ct)
    {
        await using var command = source.CreateCommand("select count(*)::int from (select from notices where staff_id = $1 and read_at is null limit $2) n");
        command.Parameters.AddWithValue(by.StaffId);
        command.Parameters.AddWithValue(MostCounted);
        return (int)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>The newest ones, or those before the last one that is shown already.</summary>
    /// <param name="size">How many; 20 when not given.</param>
    public async Task<NoticePage> PageAsync(NoticeRow? before, StaffActor by, CancellationToken ct, int size = PageSize)
    {
        await using var command = source.CreateCommand("""
            select id, title, text, link, at, read_at from notices
            where staff_id = $1 and (at, id) < ($2, $3) order by at desc, id desc limit $4
            """);
        command.Parameters.AddWithValue(by.StaffId);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = (before?.At ?? DateTimeOffset.MaxValue).UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.AddWithValue(before?.Id ?? Guid.AllBitsSet);
        command.Parameters.AddWithValue(size + 1);
        var rows = new List<NoticeRow>(size + 1);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            rows.Add(new NoticeRow(
                r.GetGuid(0), r.GetString(1), r.GetString(2), await r.IsDBNullAsync(3, ct) ? null : r.GetString(3), r.GetFieldValue<DateTimeOffset>(4),
                await r.IsDBNullAsync(5, ct) ? null : r.GetFieldValue<DateTimeOffset>(5)));
        var more = rows.Count > size;
        return new NoticePage(more ? rows[..size] : rows, more);
    }

    /// <summary>Ticks one off; somebody else's is left alone.</summary>
    public Task ReadAsync(Guid notice, StaffActor by, CancellationToken ct) => TickAsync(notice, by, ct);

    /// <summary>Ticks all off that are there now.</summary>
    public Task ReadAllAsync(StaffActor by, CancellationToken ct) => TickAsync(null, by, ct);

    private async Task TickAsync(Guid? notice, StaffActor by, CancellationToken ct)
    {
        await using var command = source.CreateCommand("update notices set read_at = $3 where staff_id = $1 and read_at is null and ($2::uuid is null or id = $2)");
        command.Parameters.AddWithValue(by.StaffId);
        command.Parameters.Add(new NpgsqlParameter { Value = notice ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        if (await command.ExecuteNonQueryAsync(ct) > 0)
            feed.Publish(new Change(MessageTopics.Bell(by.StaffId)));
    }
}
