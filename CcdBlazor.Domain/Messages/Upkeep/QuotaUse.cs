using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Upkeep;

/// <summary>A window of an account's quota, and how much of it is used.</summary>
/// <param name="Seconds">Length; 86,400 is the calendar day in Shanghai.</param>
public sealed record QuotaWindow(int Account, string Name, MessageChannel Channel, int Seconds, int Limit, long Used)
{
    public long Left => Math.Max(0, Limit - Used);
}

/// <summary>How much of the accounts' quota is used. Windows need no resetting: their slices simply fall out of them.</summary>
public sealed class QuotaUse
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly NpgsqlDataSource source;
    private readonly TimeProvider clock;

    internal QuotaUse(IDbContextFactory<CcdDbContext> contexts, NpgsqlDataSource source, TimeProvider clock)
    {
        this.contexts = contexts;
        this.source = source;
        this.clock = clock;
    }

    /// <summary>Every window of every account as it stands now.</summary>
    public async Task<IReadOnlyList<QuotaWindow>> NowAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return await ReadAsync(
            "select account, span, sum(used)::bigint from quota_uses where (span = 86400 and slice = $1) or (span <> 86400 and slice >= $2 - make_interval(secs => span * 1.1)) group by account, span",
            DayStart(now), now, every: true, ct);
    }

    /// <summary>The daily windows as they ended yesterday.</summary>
    public Task<IReadOnlyList<QuotaWindow>> YesterdayAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return ReadAsync("select account, span, sum(used)::bigint from quota_uses where span = 86400 and slice = $1 and $2 is not null group by account, span", DayStart(now).AddDays(-1), now, every: false, ct);
    }

    private async Task<IReadOnlyList<QuotaWindow>> ReadAsync(string sql, DateTimeOffset day, DateTimeOffset now, bool every, CancellationToken ct)
    {
        var used = new Dictionary<(int Account, int Span), long>();
        await using (var command = source.CreateCommand(sql))
        {
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = day.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            await using var r = await command.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
                used[(r.GetInt32(0), r.GetInt32(1))] = r.GetInt64(2);
        }

        await using var db = await contexts.CreateDbContextAsync(ct);
        var accounts = await db.ChannelAccounts.AsNoTracking().Where(a => a.Enabled && a.DeletedAt == null).OrderBy(a => a.Channel).ThenBy(a => a.Number).ToListAsync(ct);
        return [.. accounts.SelectMany(a => a.Limits.Where(l => every || l.Seconds == 86400).OrderBy(l => l.Seconds)
            .Select(l => new QuotaWindow(a.Number, a.Name, a.Channel, l.Seconds, l.Limit, used.GetValueOrDefault((a.Number, l.Seconds)))))];
    }

    private static DateTimeOffset DayStart(DateTimeOffset now) => new(now.ToOffset(TimeSpan.FromHours(8)).Date, TimeSpan.FromHours(8));
}
