using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.Messages.Upkeep;

/// <summary>What became of the report of a day.</summary>
/// <param name="Addresses">How many the setting names.</param>
/// <param name="Accepted">How many mails were taken by the platform.</param>
/// <param name="Refusal">Why the others were not.</param>
public sealed record ReportOutcome(int Addresses, int Accepted, Refusal? Refusal);

/// <summary>Yesterday's figures by mail, sent through the platform like anything else that the program says.</summary>
public sealed class DailyReport(MessageStatistics statistics, MessageSender sender, SettingsReader settings, DayFigures days)
{
    private static readonly MessageCaller Program = new(null, new SystemActor("daily-report"));

    /// <summary>Sends the report of a day to everybody in the setting. Run again it sends nothing a second time.</summary>
    /// <param name="monitor">The address of the monitor page.</param>
    public async Task<ReportOutcome> SendAsync(DateOnly day, Uri monitor, CancellationToken ct)
    {
        var addresses = MessageSettings.AddressesOf(settings.Get(MessageSettings.ReportAddresses));
        if (addresses.Count == 0)
            return new ReportOutcome(0, 0, null);
        var from = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.FromHours(8));
        var overview = await statistics.OverviewAsync(from, from.AddDays(1), ct);
        var values = Values(day, overview, monitor);
        var (accepted, refusal) = (0, (Refusal?)null);
        foreach (var address in addresses)
        {
            var sent = await sender.SendAsync(new MessageRequest
            {
                Template = ShippedTemplates.DailyReport, Channel = MessageChannel.Email, Recipient = address, Variables = values, IdempotencyKey = $"daily-report {day:yyyy-MM-dd} {address}",
                // Read at the desk in the morning; quiet hours are for customers.
                Urgent = true,
            }, Program, null, ct);
            if (sent.Ok)
                accepted++;
            else
                refusal = sent.Refusal;
        }

        return new ReportOutcome(addresses.Count, accepted, refusal);
    }

    /// <summary>Yesterday in Shanghai.</summary>
    public DateOnly Yesterday => days.Today.AddDays(-1);

    private static Dictionary<string, string> Values(DateOnly day, MessageOverview overview, Uri monitor) => new()
    {
        ["date"] = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ["sent"] = Number(overview.All.Sent),
        ["rate"] = Rate(overview.All),
        ["failed"] = Number(overview.All.Failed),
        ["p95"] = overview.Times.P95 is { } p95 ? string.Create(CultureInfo.InvariantCulture, $"{p95.TotalSeconds:0.##} 秒") : "无",
        ["details"] = overview.Channels.Count == 0 ? "当天没有消息" : string.Join("；", overview.Channels.Select(c => $"{ChannelWords.Of(c.Channel)} {Number(c.Counts.Sent)}（{Rate(c.Counts)}）")),
        ["url"] = monitor.ToString(),
    };

    private static string Number(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    private static string Rate(OutcomeCounts counts) => counts.SuccessRate is { } rate ? rate.ToString("0.0%", CultureInfo.InvariantCulture) : "—";
}
