using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>How a run stands. The names are stored.</summary>
public enum SegmentRunState
{
    /// <summary>Waits for a server.</summary>
    Queued,
    Running,
    Done,
    /// <summary>Ended with a refusal or a fault; the text says which.</summary>
    Failed,
    /// <summary>Ended by a person; nothing of it is kept.</summary>
    Cancelled,
}

/// <summary>What a run is asked to do.</summary>
/// <param name="K">Segments, or none: chosen between <paramref name="From"/> and <paramref name="To"/> by the curve.</param>
/// <param name="Features">Traits that take part, with their weights.</param>
public sealed record SegmentRunDraft(int? K, int From, int To, int Seed, IReadOnlyList<FeatureColumn> Features)
{
    public const int LeastK = 2;
    public const int MostK = 50;

    /// <summary>Heaviest weight of a trait.</summary>
    public const double MostWeight = 5;

    /// <summary>Everything that a portrait knows, each trait alike.</summary>
    public static SegmentRunDraft Suggested() => new(null, 3, 10, 1, SegmentFeatures.All);
}

/// <summary>A run in the list.</summary>
/// <param name="Percent">Share of the work done, while it runs.</param>
/// <param name="Text">Chinese: what it does now, or how it ended.</param>
/// <param name="Silhouette">Of a finished run, −1 to 1.</param>
public sealed record SegmentRunRow(
    Guid Id, SegmentRunState State, string ByName, DateTimeOffset RequestedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt,
    int Percent, string? Text, int? K, int? Customers, double? Silhouette);

/// <summary>A segment of a finished run.</summary>
/// <param name="Number">Shown to people, kept over re-runs.</param>
/// <param name="Name">Kept over re-runs, as long as the segment goes on.</param>
/// <param name="Distinction">What sets it apart today, with the figures.</param>
/// <param name="Overlap">Customers in common with the same segment of the run before; 0 for a new one.</param>
/// <param name="Silhouette">Sampled; none when the sample holds nobody of it.</param>
public sealed record SegmentShown(
    int Index, int Number, string Name, bool IsNew, int Size, double Share, double? Silhouette, double Overlap, IReadOnlyList<SegmentTrait> Distinction,
    double X, double Y, IReadOnlyList<double> Radar);

/// <summary>Everything that a finished run found and people look at.</summary>
/// <param name="Left">Customers without any of the chosen traits: in no segment.</param>
/// <param name="Explained">Share of the scatter that the map shows, 0 to 1.</param>
public sealed record SegmentOutcome(
    int Customers, int Left, SegmentCurve? Curve, SegmentQuality Quality, SegmentDrift? Drift, IReadOnlyList<SegmentShown> Segments,
    IReadOnlyList<SegmentAxis> Axes, double Explained, int Iterations, double Seconds);

/// <summary>What places a customer who comes later.</summary>
public sealed record SegmentModel(FeatureSpace Space, IReadOnlyList<float> Centroids, SegmentProjection Projection);

/// <summary>A point of the map. Customers whom the reader may not see have no name and no link.</summary>
public sealed record SegmentPoint(int Segment, double X, double Y, Guid? CustomerId, string? Name, string? Number);

/// <summary>A run with everything about it.</summary>
/// <param name="Outcome">Of a finished run.</param>
public sealed record SegmentRunDetail(SegmentRunRow Row, SegmentRunDraft Draft, SegmentOutcome? Outcome, IReadOnlyList<SegmentPoint> Map, bool MayManage);

/// <summary>The segment of one customer.</summary>
/// <param name="Placed">True when the customer came after the run and was placed by the nearest centre.</param>
public sealed record CustomerSegment(Guid RunId, int Number, string Name, bool Placed, DateTimeOffset RunAt);

/// <summary>Refusals of runs.</summary>
public static class SegmentRunRefusals
{
    public static readonly Refusal AlreadyRunning = new("segments.already_running", "已有一次分群正在排队或计算，请等它结束或先取消。", RefusalKind.Conflict);
    public static readonly Refusal NotRunning = new("segments.not_running", "这次分群已经结束，无法取消。", RefusalKind.Conflict);
    public static readonly Refusal NoFeatures = new("segments.no_features", "请至少选择一项画像参与分群。") { Field = "Features" };
    public static readonly Refusal WrongWeight = new("segments.wrong_weight", "画像权重须大于 0、不超过 5。") { Field = "Features" };
    public static readonly Refusal WrongRange = new("segments.wrong_range", "分群数量须在 2 到 50 之间，且下限不大于上限。") { Field = "Segments" };
}

/// <summary>What pages and the worker listen to.</summary>
public static class SegmentTopics
{
    /// <summary>Any run was asked for, went on or ended.</summary>
    public const string All = "segments";
}
