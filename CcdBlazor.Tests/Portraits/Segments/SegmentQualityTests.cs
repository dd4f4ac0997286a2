using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Tests.Portraits.Segments;

public class SegmentQualityTests
{
    [Fact]
    public void The_silhouette_is_what_its_definition_says()
    {
        var (data, _) = Blobs.Make(300, 4, 6, 3);
        var fit = KMeans.Fit(data, new KMeansSettings(4)).Value;
        Assert.Equal(ByDefinition(data, fit.Labels, fit.K), SegmentQuality.Measure(data, fit).Silhouette, 1e-5);
    }

    [Fact]
    public void A_sample_comes_close_to_all_rows()
    {
        var (data, _) = Blobs.Make(6_000, 6, 8, 3);
        var fit = KMeans.Fit(data, new KMeansSettings(6)).Value;
        var all = SegmentQuality.Sampled(data, fit.Labels, fit.K, 1, 6_000).Mean;
        Assert.Equal(all, SegmentQuality.Sampled(data, fit.Labels, fit.K, 1, 1_500).Mean, 0.03);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    public void The_curve_points_at_the_number_of_clusters(int clusters)
    {
        var (data, _) = Blobs.Make(1_500, clusters, 2, 4);
        var curve = SegmentCurve.Draw(data, 2, 12, new KMeansSettings(2)).Value;
        Assert.Equal(11, curve.Points.Count);
        Assert.Equal(clusters, curve.BestSilhouette);
        Assert.Equal(clusters, curve.Recommended);
        Assert.True(curve.Points.Zip(curve.Points.Skip(1)).All(p => p.Second.Inertia <= p.First.Inertia * 1.01));
    }

    [Fact]
    public void The_curve_ends_where_there_are_no_more_different_rows()
    {
        var curve = SegmentCurve.Draw(new FeatureMatrix(6, 1, [0, 0, 5, 5, 9, 9]), 2, 10, new KMeansSettings(2)).Value;
        Assert.Equal([2, 3], curve.Points.Select(p => p.K));
        Assert.Equal(3, curve.Recommended);
        var equal = SegmentCurve.Draw(new FeatureMatrix(6, 1, new float[6]), 2, 10, new KMeansSettings(2)).Value;
        Assert.Equal(1, equal.Recommended);
    }

    [Fact]
    public void The_elbow_is_the_point_furthest_below_the_chord() =>
        Assert.Equal(4, SegmentCurve.ElbowOf([new(2, 100, 0, 0), new(3, 60, 0, 0), new(4, 20, 0, 0), new(5, 15, 0, 0), new(6, 12, 0, 0)]));

    [Fact]
    public void The_map_shows_the_directions_of_largest_scatter()
    {
        var random = new Random(4);
        var values = new float[3_000];
        for (var i = 0; i < 1_000; i++)
        {
            values[i * 3] = 0.1f * random.NextSingle();
            values[(i * 3) + 1] = 50 * random.NextSingle();
            values[(i * 3) + 2] = 5 * random.NextSingle();
        }

        var data = new FeatureMatrix(1_000, 3, values);
        var map = SegmentProjection.Of(data);
        Assert.Equal(1, Math.Abs(map.First[1]), 0.01);
        Assert.Equal(1, Math.Abs(map.Second[2]), 0.01);
        Assert.True(map.Explained > 0.95);
        Assert.Equal((0, 0), SegmentProjection.Of(new FeatureMatrix(5, 2, new float[10])).Place([0f, 0f]));
    }

    private static double ByDefinition(FeatureMatrix data, int[] labels, int k)
    {
        var sum = 0.0;
        for (var i = 0; i < data.Rows; i++)
        {
            var (sums, counts) = (new double[k], new int[k]);
            for (var j = 0; j < data.Rows; j++)
            {
                if (i == j)
                    continue;
                var squared = 0.0;
                for (var d = 0; d < data.Columns; d++)
                    squared += Math.Pow(data.Row(i)[d] - data.Row(j)[d], 2);
                sums[labels[j]] += Math.Sqrt(squared);
                counts[labels[j]]++;
            }

            var inside = sums[labels[i]] / counts[labels[i]];
            var outside = Enumerable.Range(0, k).Where(c => c != labels[i]).Min(c => sums[c] / counts[c]);
            sum += (outside - inside) / Math.Max(inside, outside);
        }

        return sum / data.Rows;
    }
}
