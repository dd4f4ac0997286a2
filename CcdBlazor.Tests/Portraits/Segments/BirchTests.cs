using CcdBlazor.Bench.Portraits;
using CcdBlazor.Domain.Portraits.Segments;
using Xunit.Abstractions;

namespace CcdBlazor.Tests.Portraits.Segments;

/// <summary>K-Means++ against data sets with known clusters that others measure with too, and against the plain reference on them.</summary>
public sealed class BirchTests(ITestOutputHelper output)
{
    /// <summary>Points near a border belong to two clusters; no method knows better than the centres that the points were made around.</summary>
    private const double Allowance = 0.01;

    [Theory]
    [InlineData(Birch.Pattern.Grid)]
    [InlineData(Birch.Pattern.Sine)]
    public void The_published_clusters_are_found_as_well_as_their_true_centres_would_find_them(Birch.Pattern pattern)
    {
        var (data, truth, centres) = Birch.Make(pattern, 1_000);
        var fit = KMeans.Fit(data, new KMeansSettings(Birch.Clusters, Starts: 2)).Value;

        var (placed, inertia) = Placed(data, centres);
        var (found, possible) = (Blobs.Agreement(fit.Labels, truth), Blobs.Agreement(placed, truth));
        output.WriteLine($"{pattern}: adjusted Rand index {found:0.0000}, with the true centres {possible:0.0000}; inertia {fit.Inertia:0}, of the true centres {inertia:0}");
        Assert.True(found >= possible - Allowance, $"{found} against {possible}");
        Assert.True(possible > 0.94);
        // Means lie where the sum is least: never above that of the true centres, unless a cluster was missed.
        Assert.True(fit.Inertia <= inertia);
    }

    [Theory]
    [InlineData(Birch.Pattern.Grid)]
    [InlineData(Birch.Pattern.Sine)]
    [InlineData(Birch.Pattern.Random)]
    public void No_restart_of_the_plain_reference_ends_lower_or_nearer_to_the_truth(Birch.Pattern pattern)
    {
        var (data, truth, _) = Birch.Make(pattern, 60);
        var fit = KMeans.Fit(data, new KMeansSettings(Birch.Clusters)).Value;
        var plain = Enumerable.Range(0, 10).AsParallel().Select(seed => PlainKMeans.Run(data.Values, data.Rows, 2, Birch.Clusters, seed)).ToArray();

        var best = plain.MinBy(p => p.Inertia);
        var (found, theirs) = (Blobs.Agreement(fit.Labels, truth), Blobs.Agreement(best.Labels, truth));
        output.WriteLine(
            $"{pattern}: inertia {fit.Inertia:0.0}, reference {best.Inertia:0.0} .. {plain.Max(p => p.Inertia):0.0} ({(fit.Inertia / best.Inertia * 100) - 100:+0.00;-0.00} % of its best); adjusted Rand index {found:0.0000}, its best {theirs:0.0000}");
        Assert.True(fit.Inertia <= best.Inertia * 1.001, $"{fit.Inertia} against {best.Inertia}");
        Assert.True(found >= theirs - Allowance, $"{found} against {theirs}");
    }

    private static (int[] Labels, double Inertia) Placed(FeatureMatrix data, float[] centres)
    {
        var (labels, distances) = (new int[data.Rows], new double[data.Rows]);
        Parallel.For(0, data.Rows, i => (labels[i], distances[i]) = SegmentPlacing.Nearest(centres, 2, data.Row(i)));
        return (labels, distances.Sum(d => d * d));
    }
}
