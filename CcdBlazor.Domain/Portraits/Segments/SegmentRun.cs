using System.Text.Json;
using System.Text.Json.Serialization;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>A clustering of all portraits: what was asked for, by whom, how far it is, what it found.</summary>
internal sealed class SegmentRun
{
    /// <summary>A run whose server has not been heard of for this long is taken up by another one, from its beginning.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(2);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private SegmentRun()
    {
    }

    public Guid Id { get; private init; }

    public SegmentRunState State { get; private set; }

    /// <summary>Waits or runs; a unique index allows one such run.</summary>
    public bool Open { get; private set; }

    public string Draft { get; private init; } = "";

    public Guid? ById { get; private init; }

    public string ByName { get; private init; } = "";

    public DateTimeOffset RequestedAt { get; private init; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? HeardOfAt { get; private set; }

    public DateTimeOffset? FinishedAt { get; private set; }

    public int Percent { get; private set; }

    public string? Text { get; private set; }

    public int? K { get; private set; }

    public int? Customers { get; private set; }

    public double? Silhouette { get; private set; }

    /// <summary>JSON of a <see cref="SegmentOutcome"/>.</summary>
    public string? Outcome { get; private set; }

    /// <summary>JSON of a <see cref="SegmentModel"/>.</summary>
    public string? Model { get; private set; }

    /// <summary>The highest segment number given so far, in all runs.</summary>
    public int HighestNumber { get; private set; }

    public uint Version { get; private set; }

    public static Result<SegmentRun> Request(SegmentRunDraft draft, Actor by, DateTimeOffset now)
    {
        if (draft.Features.Count == 0)
            return SegmentRunRefusals.NoFeatures;
        if (draft.Features.Any(f => !(f.Weight > 0) || f.Weight > SegmentRunDraft.MostWeight))
            return SegmentRunRefusals.WrongWeight;
        // Keys and kinds come back from a page: only what the catalogue knows is taken.
        if (draft.Features.Any(f => !SegmentFeatures.All.Any(a => a.Key == f.Key && a.Kind == f.Kind)) || draft.Features.DistinctBy(f => f.Key).Count() != draft.Features.Count)
            return SegmentRunRefusals.NoFeatures;
        var (least, most) = (SegmentRunDraft.LeastK, SegmentRunDraft.MostK);
        if (draft.K is { } k ? k < least || k > most : draft.From < least || draft.To > most || draft.From > draft.To)
            return SegmentRunRefusals.WrongRange;
        return new SegmentRun
        {
            Id = Guid.CreateVersion7(now), State = SegmentRunState.Queued, Open = true, Draft = Write(draft), ById = by.Id, ByName = by.DisplayName, RequestedAt = now,
            Text = "排队等待计算",
        };
    }

    public SegmentRunDraft ReadDraft() => Read<SegmentRunDraft>(Draft);

    public Result Cancel(DateTimeOffset now)
    {
        if (!Open)
            return SegmentRunRefusals.NotRunning;
        Close(SegmentRunState.Cancelled, "已取消，没有保存结果", now);
        return Result.Done;
    }

    public void Begin(DateTimeOffset now)
    {
        State = SegmentRunState.Running;
        (StartedAt, HeardOfAt, Percent, Text) = (now, now, 0, "正在读取画像");
    }

    public void Finish(SegmentOutcome outcome, SegmentModel model, int highestNumber, DateTimeOffset now)
    {
        Close(SegmentRunState.Done, null, now);
        (Percent, K, Customers, Silhouette) = (100, outcome.Segments.Count, outcome.Customers, outcome.Quality.Silhouette);
        (Outcome, Model, HighestNumber) = (Write(outcome), Write(model), highestNumber);
    }

    public void Fail(string text, DateTimeOffset now) => Close(SegmentRunState.Failed, text, now);

    internal static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Json)!;

    private static string Write<T>(T value) => JsonSerializer.Serialize(value, Json);

    private void Close(SegmentRunState state, string? text, DateTimeOffset now)
    {
        (State, Open, Text, FinishedAt) = (state, false, text, now);
    }
}

/// <summary>A customer in a segment of a run; written in bulk.</summary>
internal sealed class SegmentMember
{
    public required Guid RunId { get; init; }

    public required Guid CustomerId { get; init; }

    /// <summary>Index of the segment in the run.</summary>
    public required short Segment { get; init; }

    public required float X { get; init; }

    public required float Y { get; init; }

    /// <summary>Shown on the map; a few of each run are.</summary>
    public required bool OnMap { get; init; }
}
