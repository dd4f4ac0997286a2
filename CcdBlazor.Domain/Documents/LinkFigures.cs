using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.Documents;

/// <summary>The figure beside <see cref="DocumentSettings.LinkLifetime"/>: when links run out too early, new ones are made more often.</summary>
internal static class LinkFigures
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(5);

    public static async Task<IReadOnlyList<SettingMetricPoint>> CreatedAsync(IServiceProvider services, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync(ct);
        var created = await db.CustomerLinks.AsNoTracking().Where(link => link.CreatedAt >= from && link.CreatedAt < to).Select(link => link.CreatedAt).ToListAsync(ct);
        var counts = created.CountBy(at => (at - from).Ticks / Step.Ticks).ToDictionary();
        return [.. Enumerable.Range(0, (int)Math.Max(0, (to - from).Ticks / Step.Ticks)).Select(i => new SettingMetricPoint(from + i * Step, counts.GetValueOrDefault(i)))];
    }
}
