using CcdBlazor.Domain.Common;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Domain.Settings;

/// <summary>
/// A figure that shows what a setting does. The page asks for it from one hour before to one hour after each change. Registered by the feature
/// that declares the setting: <c>services.AddSettingMetric(new(MessageSettings.SmsRate, "短信发送", "条/分钟", (services, from, to, ct) => …))</c>.
/// </summary>
/// <param name="Setting">The setting beside whose changes it is drawn. A setting may have several figures.</param>
/// <param name="Name">Chinese name of the figure.</param>
/// <param name="Unit">Chinese unit.</param>
/// <param name="Read">Answers the points of a span of time in order; none when nothing was measured.</param>
public sealed record SettingMetric(
    Setting Setting, string Name, string Unit,
    Func<IServiceProvider, DateTimeOffset, DateTimeOffset, CancellationToken, Task<IReadOnlyList<SettingMetricPoint>>> Read);

/// <summary>One measured value.</summary>
public readonly record struct SettingMetricPoint(DateTimeOffset At, double Value);

/// <summary>A figure around one change.</summary>
/// <param name="Failed">True when its feature could not answer; then there are no points.</param>
public sealed record SettingSeries(string Name, string Unit, DateTimeOffset From, DateTimeOffset ChangedAt, DateTimeOffset To, IReadOnlyList<SettingMetricPoint> Points, bool Failed)
{
    /// <summary>Mean before the change; none without points.</summary>
    public double? Before => Points.Where(point => point.At < ChangedAt).Select(point => (double?)point.Value).Average();

    /// <summary>Mean after the change; none without points.</summary>
    public double? After => Points.Where(point => point.At >= ChangedAt).Select(point => (double?)point.Value).Average();
}

/// <summary>Reads the figures that features registered for a setting.</summary>
public sealed class SettingMetrics(IServiceProvider services, IEnumerable<SettingMetric> metrics, TimeProvider clock, ILogger<SettingMetrics> log)
{
    /// <summary>How much is shown on each side of a change.</summary>
    public static readonly TimeSpan Around = TimeSpan.FromHours(1);

    /// <summary>True when somebody registered a figure for the setting.</summary>
    public bool Has(Setting setting) => metrics.Any(metric => metric.Setting == setting);

    /// <summary>Every figure of the setting around one change, up to now at most. A figure that fails does not keep the others from being shown.</summary>
    public async Task<IReadOnlyList<SettingSeries>> AroundAsync(Setting setting, DateTimeOffset changedAt, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageSettings))
            return [];
        var from = changedAt - Around;
        var to = changedAt + Around < clock.GetUtcNow() ? changedAt + Around : clock.GetUtcNow();
        var found = new List<SettingSeries>();
        foreach (var metric in metrics.Where(metric => metric.Setting == setting))
        {
            var empty = new SettingSeries(metric.Name, metric.Unit, from, changedAt, changedAt + Around, [], Failed: false);
            try
            {
                found.Add(empty with { Points = await metric.Read(services, from, to, ct) });
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogError(e, "The figure beside the setting {Key} could not be read", setting.Key);
                found.Add(empty with { Failed = true });
            }
        }

        return found;
    }
}
