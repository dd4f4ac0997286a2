using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Tests.Portraits.Segments;

/// <summary>
/// The base data sets DS1 to DS3 of Zhang, Ramakrishnan and Livny, "BIRCH: A new data clustering algorithm and its applications" (1997), made anew from the parameters that
/// the paper prints in its table 3: 100 normal clusters in the plane of radius √2 (DS3: 0 to 4), 1,000 points each (DS3: 0 to 2,000), without noise, in random order. The
/// radius of a cluster is √(σx² + σy²), so the deviation in each direction is the radius / √2.
/// </summary>
public static class Birch
{
    public const int Clusters = 100;

    public enum Pattern
    {
        /// <summary>DS1: centres on a 10 × 10 grid, neighbours 4 radii (k_g = 4) apart.</summary>
        Grid,

        /// <summary>DS2: centres along a sine curve, four cycles (n_c = 4): cluster i at x = 2πi, y = K/n_c · sin(2πi / (K/n_c)).</summary>
        Sine,

        /// <summary>DS3: centres anywhere in a square of edge K, sizes and radii mixed.</summary>
        Random,
    }

    /// <param name="perCluster">1,000 is the published size; fewer make the same picture with fewer points.</param>
    public static (FeatureMatrix Data, int[] Truth, float[] Centres) Make(Pattern pattern, int perCluster, int seed = 1997)
    {
        var random = new Random(seed);
        var radius = Math.Sqrt(2);
        var centres = new float[2 * Clusters];
        var points = new List<(double X, double Y, int Cluster)>();
        for (var i = 0; i < Clusters; i++)
        {
            var (x, y) = pattern switch
            {
                Pattern.Grid => (i % 10 * 4 * radius, i / 10 * 4 * radius),
                Pattern.Sine => (2 * Math.PI * i, Clusters / 4.0 * Math.Sin(2 * Math.PI * i / (Clusters / 4.0))),
                Pattern.Random => (random.NextDouble() * Clusters, random.NextDouble() * Clusters),
                _ => throw new ArgumentOutOfRangeException(nameof(pattern)),
            };
            (centres[2 * i], centres[(2 * i) + 1]) = ((float)x, (float)y);
            var count = pattern == Pattern.Random ? random.Next(0, (2 * perCluster) + 1) : perCluster;
            var deviation = (pattern == Pattern.Random ? random.NextDouble() * 4 : radius) / Math.Sqrt(2);
            for (var n = 0; n < count; n++)
                points.Add((x + (deviation * Blobs.Normal(random)), y + (deviation * Blobs.Normal(random)), i));
        }

        var shuffled = points.ToArray();
        random.Shuffle(shuffled);
        return (new FeatureMatrix(shuffled.Length, 2, [.. shuffled.SelectMany(p => new[] { (float)p.X, (float)p.Y })]), [.. shuffled.Select(p => p.Cluster)], centres);
    }
}
