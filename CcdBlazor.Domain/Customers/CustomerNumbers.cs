using System.Globalization;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Customers;

internal static class CustomerNumbers
{
    /// <summary>China has one time zone and no summer time; an offset needs no time zone database.</summary>
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    public static DateOnly DayOf(DateTimeOffset now) => DateOnly.FromDateTime(now.ToOffset(Shanghai).DateTime);

    /// <summary>Midnight in Shanghai, as UTC (the store knows only UTC).</summary>
    public static DateTimeOffset StartOf(DateOnly day) => new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), Shanghai).ToUniversalTime();

    /// <summary>As people read it: <c>2026-11-20 14:05</c>.</summary>
    public static string OnScreen(DateTimeOffset at) => at.ToOffset(Shanghai).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>
    /// The next number of the day. The counter's row stays locked until the caller's transaction ends, so two clerks who save at
    /// once get neighbours, and a rolled-back save leaves no gap. Must run inside a transaction.
    /// </summary>
    public static async Task<string> NextAsync(CcdDbContext db, DateTimeOffset now, CancellationToken ct)
    {
        var day = DayOf(now);
        var last = await db.Database.SqlQuery<int>(
            $"""
            insert into customer_number_counters as c (day, last) values ({day}, 1)
            on conflict (day) do update set last = c.last + 1
            returning last as "Value"
            """).ToListAsync(ct);
        return string.Create(CultureInfo.InvariantCulture, $"KH-{day:yyyyMMdd}-{last[0]:0000}");
    }
}
