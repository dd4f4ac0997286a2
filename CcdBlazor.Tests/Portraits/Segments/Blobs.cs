using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Tests.Portraits.Segments;

/// <summary>
/// Normal clusters around known centres in the plane, made as the published S-sets are (15 clusters, growing overlap); the numbers are ours,
/// so nothing is copied.
/// </summary>
internal static class Blobs
{
    public static (FeatureMatrix Data, int[] Truth) Make(int rows, int clusters, double deviation, int columns = 2, int seed = 3)
    {
        var random = new Random(seed);
        var centres = new List<double[]>();
        while (centres.Count < clusters)
        {
            // Centres keep a distance, as in the S-sets: what is one cluster is then beyond dispute.
            var centre = Enumerable.Range(0, columns).Select(_ => random.NextDouble() * 100).ToArray();
            if (centres.TrueForAll(c => c.Zip(centre).Sum(p => (p.First - p.Second) * (p.First - p.Second)) > 18 * 18))
                centres.Add(centre);
        }

        var (values, truth) = (new float[rows * columns], new int[rows]);
        for (var i = 0; i < rows; i++)
        {
            truth[i] = i % clusters;
            for (var d = 0; d < columns; d++)
                values[(i * columns) + d] = (float)(centres[truth[i]][d] + (deviation * Normal(random)));
        }

        return (new FeatureMatrix(rows, columns, values), truth);
    }

    /// <summary>Share of pairs on which two clusterings agree, corrected for chance (adjusted Rand index): 1 the same, 0 chance.</summary>
    public static double Agreement(IReadOnlyList<int> one, IReadOnlyList<int> other)
    {
        var cells = one.Zip(other).GroupBy(p => p).Sum(g => Pairs(g.Count()));
        var (rows, columns) = (one.GroupBy(l => l).Sum(g => Pairs(g.Count())), other.GroupBy(l => l).Sum(g => Pairs(g.Count())));
        var chance = rows * columns / Pairs(one.Count);
        return (cells - chance) / (((rows + columns) / 2) - chance);

        static double Pairs(double n) => n * (n - 1) / 2;
    }

    internal static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
