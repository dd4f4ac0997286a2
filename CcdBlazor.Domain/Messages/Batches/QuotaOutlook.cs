using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>How long a number of messages will take: by what the accounts may still send, and by how fast the channel has been.</summary>
/// <param name="EndsAt">None when no account can send at all.</param>
/// <param name="LimitedBy">Chinese.</param>
/// <param name="Free">So many may go at once.</param>
internal readonly record struct Outlook(DateTimeOffset? EndsAt, string LimitedBy, int Free = 0);

/// <summary>Looks ahead with the quota ledger and the figures of the last hours. Estimates only; nothing is taken.</summary>
internal sealed class QuotaOutlook(NpgsqlDataSource source, AccountBook accounts)
{
    private const int Day = 86_400;

    /// <summary>Assumed for a channel without any figures.</summary>
    private const double UsualPerSecond = 50;

    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    private sealed record Rule(string Account, int Seconds, int Limit, int Free);

    /// <param name="measured">Messages per second that were seen just now; 0 to take the channel's own figures.</param>
    public async Task<Outlook> OfAsync(MessageChannel channel, int? account, int messages, double measured, DateTimeOffset from, CancellationToken ct)
    {
        var usable = (await accounts.CurrentAsync(ct)).Values.Where(a => a.Provider.Channel == channel && (account is { } bound ? a.Number == bound : !a.BoundOnly)).ToList();
        if (usable.Count == 0)
            return new Outlook(null, "没有可用账号");
        if (messages == 0)
            return new Outlook(from, "无需发送", int.MaxValue);
        var resting = usable.Min(a => a.FreeAt);
        var begin = resting > from ? resting : from;
        var perAccount = new List<List<Rule>>();
        foreach (var one in usable)
            perAccount.Add([.. await RulesAsync(one, begin, ct)]);
        var perSecond = measured > 0 ? measured : await UsualAsync(channel, begin, ct);
        var bySpeed = begin + TimeSpan.FromSeconds(messages / (perSecond > 0 ? perSecond : UsualPerSecond));
        // An account without rules sends as much as it can.
        if (perAccount.Any(rules => rules.Count == 0))
            return new Outlook(bySpeed, SpeedWords(measured, perSecond), int.MaxValue);
        var free = perAccount.Sum(rules => rules.Min(rule => rule.Free));
        var byQuota = begin + TimeSpan.FromSeconds(SecondsFor(messages, perAccount, begin));
        if (byQuota <= bySpeed)
            return new Outlook(bySpeed, SpeedWords(measured, perSecond), free);
        var tightest = perAccount.SelectMany(rules => rules).Where(r => r.Free < messages).OrderBy(r => (double)r.Limit / r.Seconds).FirstOrDefault();
        return new Outlook(byQuota, tightest is null ? "账号额度" : $"账号“{tightest.Account}”的额度（{Words(tightest)}）", free);
    }

    /// <summary>The first moment by which the accounts together may have sent so many: the capacity only grows with time, so halving finds it.</summary>
    private static double SecondsFor(int messages, List<List<Rule>> perAccount, DateTimeOffset now)
    {
        var (low, high) = (0.0, 60.0);
        while (Capacity(high) < messages && high < 3650.0 * Day)
            high *= 2;
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            if (Capacity(middle) >= messages)
                high = middle;
            else
                low = middle;
        }

        return high;

        long Capacity(double seconds) => perAccount.Sum(rules => rules.Min(rule => rule.Free + rule.Limit * Windows(rule, seconds)));

        long Windows(Rule rule, double seconds) => rule.Seconds == Day
            ? ((now.ToOffset(Shanghai).AddSeconds(Math.Min(seconds, 3650.0 * Day))).Date - now.ToOffset(Shanghai).Date).Days
            : (long)(seconds / rule.Seconds);
    }

    private async Task<IEnumerable<Rule>> RulesAsync(AccountInUse account, DateTimeOffset now, CancellationToken ct)
    {
        var rules = account.Limits.Where(l => l.Category == 0).ToList();
        if (rules.Count == 0)
            return [];
        await using var command = source.CreateCommand(
            """
            select s.span, coalesce(sum(q.used), 0)::int from unnest($2::int[]) s(span) left join quota_uses q on q.account = $1 and q.span = s.span
              and q.slice >= case when s.span = 86400 then date_trunc('day', $3 at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai' else $3 - make_interval(secs => s.span) end
            group by s.span
            """);
        command.Parameters.AddWithValue(account.Number);
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. rules.Select(r => r.Seconds).Distinct()] });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var used = new Dictionary<int, int>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            used[reader.GetInt32(0)] = reader.GetInt32(1);
        return rules.Select(r => new Rule(account.Provider.Name, r.Seconds, r.Limit, Math.Max(0, r.Limit - used.GetValueOrDefault(r.Seconds))));
    }

    /// <summary>The busiest minute of the channel within a day.</summary>
    private async Task<double> UsualAsync(MessageChannel channel, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            $"""
            select coalesce(max(n), 0)::float8 / 60 from (
              select sum(n) n from message_minutes where channel = $1 and minute > $2 and result in ({(short)MessageState.Sent}, {(short)MessageState.Delivered}) group by minute) m
            """);
        command.Parameters.AddWithValue((short)channel);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime.AddDays(-1), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var busiest = await command.ExecuteScalarAsync(ct) is double found ? found : 0;
        // A quiet day says little about what the channel can do.
        return Math.Max(busiest, UsualPerSecond);
    }

    private static string SpeedWords(double measured, double perSecond) =>
        measured > 0 ? $"当前速度（每秒 {measured:0.#} 条）" : $"发送速度（按每秒 {perSecond:0} 条估计）";

    private static string Words(Rule rule) => rule.Seconds switch
    {
        1 => $"每秒 {rule.Limit} 条",
        60 => $"每分钟 {rule.Limit} 条",
        3600 => $"每小时 {rule.Limit} 条",
        Day => $"每天 {rule.Limit} 条",
        _ => $"每 {rule.Seconds} 秒 {rule.Limit} 条",
    };
}
