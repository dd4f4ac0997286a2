using CcdBlazor.Bench.Portraits;
using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Tests.Portraits.Segments;

public class KMeansTests
{
    [Theory]
    [InlineData(1.0, 0.999)]
    [InlineData(3.0, 0.99)]
    [InlineData(4.5, 0.90)]
    public void Known_clusters_are_found(double deviation, double agreement)
    {
        var (data, truth) = Blobs.Make(5_000, 15, deviation);
        var fit = KMeans.Fit(data, new KMeansSettings(15)).Value;
        Assert.True(Blobs.Agreement(fit.Labels, truth) >= agreement);
        Assert.Equal(5_000, fit.Labels.Length);
    }

    [Theory]
    [InlineData(3_000, 2, 15, 6.0)]
    [InlineData(4_000, 7, 20, 12.0)]
    [InlineData(2_500, 16, 9, 30.0)]
    public void No_worse_than_the_best_of_ten_plain_runs(int rows, int columns, int k, double deviation)
    {
        var (data, _) = Blobs.Make(rows, 12, deviation, columns);
        var best = Enumerable.Range(0, 10).Min(seed => PlainKMeans.Run(data.Values, rows, columns, k, seed).Inertia);
        var fit = KMeans.Fit(data, new KMeansSettings(k, Starts: 16)).Value;
        Assert.True(fit.Inertia <= best * 1.001, $"{fit.Inertia} against {best}");
        Assert.Equal(fit.Inertia, InertiaOf(data, fit), 1e-4 * best);
    }

    [Fact]
    public void One_start_finds_every_cluster_because_centroids_are_exchanged()
    {
        var (data, truth) = Blobs.Make(4_000, 60, 2, 4);
        for (var seed = 1; seed <= 12; seed++)
        {
            var agreement = Blobs.Agreement(KMeans.Fit(data, new KMeansSettings(60, seed, Starts: 1)).Value.Labels, truth);
            Assert.True(agreement > 0.999, $"seed {seed}: {agreement}");
        }
    }

    [Fact]
    public void The_bounds_change_nothing_against_looking_at_every_row()
    {
        var (data, _) = Blobs.Make(3_000, 12, 15, 5);
        var random = new SegmentRandom(9);
        var seeds = KMeansSeeding.Seed(data, [], 12, ref random);
        // Run to complete rest; then one plain step must change nothing.
        var outcome = Lloyd.Run(data, [], seeds, 0, 1_000, 1, null, default);
        Assert.True(outcome.Converged);
        for (var i = 0; i < data.Rows; i++)
        {
            var own = SegmentPlacing.Nearest(outcome.Centroids, data.Columns, data.Row(i)).Segment;
            Assert.Equal(own, outcome.Labels[i]);
        }

        for (var c = 0; c < 12; c++)
            for (var d = 0; d < data.Columns; d++)
                Assert.Equal(Enumerable.Range(0, data.Rows).Where(i => outcome.Labels[i] == c).Average(i => (double)data.Row(i)[d]), outcome.Centroids[(c * data.Columns) + d], 1e-3);
    }

    [Theory]
    [InlineData(3_000)]
    [InlineData(60_000)]
    public void The_same_seed_gives_the_same_bits_with_any_number_of_threads(int rows)
    {
        var (data, _) = Blobs.Make(rows, 12, 12, 6);
        var one = KMeans.Fit(data, new KMeansSettings(10, Seed: 5, Threads: 1)).Value;
        foreach (var threads in new[] { 2, 3, 7 })
        {
            var other = KMeans.Fit(data, new KMeansSettings(10, Seed: 5, Threads: threads)).Value;
            Assert.Equal(one.Centroids, other.Centroids);
            Assert.Equal(one.Labels, other.Labels);
            Assert.Equal(one.Inertia, other.Inertia);
        }
    }

    [Fact]
    public void Weights_count_as_so_many_rows()
    {
        var (data, _) = Blobs.Make(400, 5, 4);
        var weights = Enumerable.Range(0, 400).Select(i => (float)(1 + (i % 3))).ToArray();
        var repeated = data.Select(Enumerable.Range(0, 400).SelectMany(i => Enumerable.Repeat(i, 1 + (i % 3))).ToArray());
        var weighted = KMeans.Fit(data, new KMeansSettings(5, Starts: 20), weights).Value;
        var plain = KMeans.Fit(repeated, new KMeansSettings(5, Starts: 20)).Value;
        Assert.Equal(plain.Inertia, weighted.Inertia, plain.Inertia * 1e-3);
    }

    [Fact]
    public void Rows_of_weight_zero_move_nothing_and_are_placed()
    {
        var fit = KMeans.Fit(new FeatureMatrix(5, 1, [0, 1, 10, 11, 500]), new KMeansSettings(2), [1, 1, 1, 1, 0]).Value;
        Assert.Equal([0.5f, 10.5f], fit.Centroids.Order());
        Assert.Equal(fit.Labels[2], fit.Labels[4]);
    }

    [Fact]
    public void More_segments_than_rows_give_one_for_each_different_row()
    {
        var fit = KMeans.Fit(new FeatureMatrix(4, 2, [0, 0, 0, 0, 5, 5, 9, 9]), new KMeansSettings(10)).Value;
        Assert.Equal((3, 10), (fit.K, fit.RequestedK));
        Assert.Equal(0, fit.Inertia);
        Assert.Equal(2, fit.Labels.Count(l => l == 0));
    }

    [Fact]
    public void Customers_who_are_all_equal_form_one_segment()
    {
        var data = new FeatureMatrix(50_000, 3, [.. Enumerable.Repeat(2f, 150_000)]);
        var fit = KMeans.Fit(data, new KMeansSettings(6)).Value;
        Assert.Equal(1, fit.K);
        Assert.Equal(0, fit.Inertia);
        Assert.All(fit.Labels, l => Assert.Equal(0, l));
        var quality = SegmentQuality.Measure(data, fit);
        Assert.Equal((0.0, 0.0, 1.0), (quality.Silhouette, quality.Simplified, quality.Explained));
    }

    [Fact]
    public void Rare_rows_that_a_sample_misses_still_get_their_segment()
    {
        var values = Enumerable.Repeat(1f, 60_000).ToArray();
        values[17_001] = 90;
        var fit = KMeans.Fit(new FeatureMatrix(60_000, 1, values), new KMeansSettings(2)).Value;
        Assert.Equal(2, fit.K);
        Assert.Equal(1, fit.Labels[17_001]);
    }

    [Fact]
    public void Rows_far_from_the_origin_are_told_apart()
    {
        var (near, truth) = Blobs.Make(900, 3, 1);
        var far = new FeatureMatrix(900, 2, [.. near.Values.Select(v => v + 100_000)]);
        Assert.Equal(1, Blobs.Agreement(KMeans.Fit(far, new KMeansSettings(3)).Value.Labels, truth), 1e-9);
    }

    [Fact]
    public void What_cannot_be_clustered_is_refused()
    {
        Assert.Equal(SegmentRefusals.NoRows, KMeans.Fit(new FeatureMatrix(0, 2, []), new KMeansSettings(2)).Refusal);
        Assert.Equal(SegmentRefusals.NotANumber, KMeans.Fit(new FeatureMatrix(2, 1, [1, float.NaN]), new KMeansSettings(2)).Refusal);
        Assert.Equal(SegmentRefusals.NotANumber, KMeans.Fit(new FeatureMatrix(2, 1, [1, float.PositiveInfinity]), new KMeansSettings(2)).Refusal);
        Assert.Equal(SegmentRefusals.WrongCount, KMeans.Fit(new FeatureMatrix(2, 1, [1, 2]), new KMeansSettings(0)).Refusal);
        Assert.Equal(SegmentRefusals.WrongWeights, KMeans.Fit(new FeatureMatrix(2, 1, [1, 2]), new KMeansSettings(2), [0, 0]).Refusal);
        Assert.Equal(SegmentRefusals.WrongWeights, KMeans.Fit(new FeatureMatrix(2, 1, [1, 2]), new KMeansSettings(2), [1, float.NaN]).Refusal);
    }

    [Fact]
    public void A_new_row_is_placed_where_its_twin_is()
    {
        var (data, _) = Blobs.Make(2_000, 8, 3, 4);
        var fit = KMeans.Fit(data, new KMeansSettings(8)).Value;
        for (var i = 0; i < 200; i++)
            Assert.Equal(fit.Labels[i], fit.Place(data.Row(i)).Segment);
    }

    [Fact]
    public void Segments_come_heaviest_first()
    {
        var (data, _) = Blobs.Make(2_000, 8, 8, 3);
        var sizes = SegmentQuality.Measure(data, KMeans.Fit(data, new KMeansSettings(6)).Value).Sizes;
        Assert.Equal(sizes.OrderDescending(), sizes);
        Assert.Equal(2_000, sizes.Sum());
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        var (data, _) = Blobs.Make(2_000, 8, 8, 3);
        Assert.ThrowsAny<OperationCanceledException>(() => KMeans.Fit(data, new KMeansSettings(6), null, null, new CancellationToken(true)));
    }

    private static double InertiaOf(FeatureMatrix data, KMeansFit fit)
    {
        var sum = 0.0;
        for (var i = 0; i < data.Rows; i++)
            sum += Math.Pow(fit.Place(data.Row(i)).Distance, 2);
        return sum;
    }
}
