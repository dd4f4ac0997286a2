using CcdBlazor.Domain.Customers;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Statistics;

/// <summary>The kinds of figures, as the triggers write them (Data/Sql/40_statistics.sql). Stored: never renumber.</summary>
internal static class FigureKinds
{
    public const short Uploads = 20;
    public const short Submitted = 22;
    public const short Returned = 23;
    public const short Approved = 24;
    public const short Rejected = 25;

    /// <summary>Customers in a state now; the day is <see cref="DateOnly.MinValue"/> (-infinity).</summary>
    public static short InState(CustomerState state) => (short)state;

    /// <summary>Customers in a state now, by the day they were registered.</summary>
    public static short RegisteredAndInState(CustomerState state) => (short)(10 + (short)state);
}

/// <summary>A folded count. Written by <see cref="StatisticsFolding"/> only.</summary>
internal sealed class Figure
{
    public required DateOnly Day { get; init; }

    public required short Kind { get; init; }

    public required Guid OwnerId { get; init; }

    /// <summary>The nil id when the owner has none.</summary>
    public required Guid DepartmentId { get; init; }

    public required long N { get; init; }
}

/// <summary>A change of a count, not folded yet. Written by triggers, never updated.</summary>
internal sealed class FigureDelta
{
    public long Id { get; init; }

    public required short Kind { get; init; }

    public required DateOnly Day { get; init; }

    public required Guid OwnerId { get; init; }

    public required Guid DepartmentId { get; init; }

    public required long N { get; init; }
}

internal sealed class FigureMapping : IEntityTypeConfiguration<Figure>
{
    public void Configure(EntityTypeBuilder<Figure> figure)
    {
        figure.ToTable("figures");
        // The day first: a dashboard reads the last 30 days and "-infinity", which are two ranges.
        figure.HasKey(f => new { f.Day, f.Kind, f.OwnerId, f.DepartmentId });
        // One person's own figures are some hundred rows among tens of thousands of the same days.
        figure.HasIndex(f => new { f.OwnerId, f.Day });
    }
}

internal sealed class FigureDeltaMapping : IEntityTypeConfiguration<FigureDelta>
{
    public void Configure(EntityTypeBuilder<FigureDelta> delta) => delta.ToTable("figure_deltas");
}
