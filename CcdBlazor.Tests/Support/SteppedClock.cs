namespace CcdBlazor.Tests.Support;

/// <summary>Durations by a clock that stands still until it is stepped.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private long now = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref now);

    public void Step(TimeSpan by) => Interlocked.Add(ref now, by.Ticks);
}
