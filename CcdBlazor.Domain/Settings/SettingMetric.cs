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
