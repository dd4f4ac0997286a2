using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>
/// Centroids laid out for the inner loop: feature by feature, eight centroids to a vector. Each lane adds the features of one centroid in
/// their order with fused operations, so the distances are the same bits on every machine, whatever its vector width. The difference form
/// (x − c)² is used, not the shorter dot-product form: it does not cancel when rows lie far from the origin.
/// </summary>
internal sealed class CentroidTile
{
    private const int Lanes = 8;

    private readonly float[] transposed;

    public CentroidTile(int count, int columns)
    {
        (Count, Columns) = (count, columns);
        Width = (count + (2 * Lanes) - 1) / (2 * Lanes) * 2 * Lanes;
        transposed = new float[Width * columns];
    }

    public int Count { get; }

    public int Columns { get; }

    /// <summary>Count rounded up to pairs of vectors.</summary>
    public int Width { get; }

    /// <summary>Takes over centroids (row-major). The padding lies at infinity and is never nearest.</summary>
    public void Load(ReadOnlySpan<float> centroids)
    {
        Array.Fill(transposed, float.PositiveInfinity);
        for (var c = 0; c < Count; c++)
            for (var d = 0; d < Columns; d++)
                transposed[(d * Width) + c] = centroids[(c * Columns) + d];
    }

    /// <summary>Squared distances of four rows to all centroids, into four rows of <see cref="Width"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Distances(ref float a, ref float b, ref float c, ref float d, Span<float> into)
    {
        ref var tile = ref MemoryMarshal.GetArrayDataReference(transposed);
        ref var target = ref MemoryMarshal.GetReference(into[..(4 * Width)]);
        var width = (nuint)Width;
        for (nuint from = 0; from < width; from += 2 * Lanes)
        {
            var (a0, a1, b0, b1) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var (c0, c1, d0, d1) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var at = from;
            for (nuint column = 0; column < (nuint)Columns; column++, at += width)
            {
                var low = Vector256.LoadUnsafe(ref tile, at);
                var high = Vector256.LoadUnsafe(ref tile, at + Lanes);
                var x = Vector256.Create(Unsafe.Add(ref a, column));
                var (dl, dh) = (x - low, x - high);
                a0 = Vector256.FusedMultiplyAdd(dl, dl, a0);
                a1 = Vector256.FusedMultiplyAdd(dh, dh, a1);
                x = Vector256.Create(Unsafe.Add(ref b, column));
                (dl, dh) = (x - low, x - high);
                b0 = Vector256.FusedMultiplyAdd(dl, dl, b0);
                b1 = Vector256.FusedMultiplyAdd(dh, dh, b1);
                x = Vector256.Create(Unsafe.Add(ref c, column));
                (dl, dh) = (x - low, x - high);
                c0 = Vector256.FusedMultiplyAdd(dl, dl, c0);
                c1 = Vector256.FusedMultiplyAdd(dh, dh, c1);
                x = Vector256.Create(Unsafe.Add(ref d, column));
                (dl, dh) = (x - low, x - high);
                d0 = Vector256.FusedMultiplyAdd(dl, dl, d0);
                d1 = Vector256.FusedMultiplyAdd(dh, dh, d1);
            }

            a0.StoreUnsafe(ref target, from);
            a1.StoreUnsafe(ref target, from + Lanes);
            b0.StoreUnsafe(ref target, width + from);
            b1.StoreUnsafe(ref target, width + from + Lanes);
            c0.StoreUnsafe(ref target, (2 * width) + from);
            c1.StoreUnsafe(ref target, (2 * width) + from + Lanes);
            d0.StoreUnsafe(ref target, (3 * width) + from);
            d1.StoreUnsafe(ref target, (3 * width) + from + Lanes);
        }
    }

    /// <summary>The nearest centroid, its squared distance and that of the second nearest; the lower index of equals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (int Nearest, float Squared, float SecondSquared) NearestTwo(ReadOnlySpan<float> distances)
    {
        ref var from = ref MemoryMarshal.GetReference(distances);
        var index = Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7);
        var eight = Vector256.Create(Lanes);
        var best = Vector256.LoadUnsafe(ref from);
        var second = Vector256.Create(float.PositiveInfinity);
        var at = index;
        for (nuint i = Lanes; i < (nuint)distances.Length; i += Lanes)
        {
            index += eight;
            var here = Vector256.LoadUnsafe(ref from, i);
            var nearer = Vector256.LessThan(here, best);
            second = Vector256.Min(second, Vector256.Max(best, here));
            at = Vector256.ConditionalSelect(nearer.AsInt32(), index, at);
            best = Vector256.Min(best, here);
        }

        var smallest = Smallest(best);
        var ties = Vector256.Equals(best, Vector256.Create(smallest));
        var candidates = Vector256.ConditionalSelect(ties.AsInt32(), at, Vector256.Create(int.MaxValue));
        var nearest = Smallest(candidates);
        // The lane of the winner offers its second, every other lane its best.
        var winner = Vector256.Equals(candidates, Vector256.Create(nearest)).AsSingle();
        return (nearest, smallest, Smallest(Vector256.ConditionalSelect(winner, second, best)));
    }

    private static float Smallest(Vector256<float> v)
    {
        var four = Vector128.Min(v.GetLower(), v.GetUpper());
        four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2)));
        return four.ToScalar();
    }

    private static int Smallest(Vector256<int> v)
    {
        var four = Vector128.Min(v.GetLower(), v.GetUpper());
        four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2)));
        return four.ToScalar();
    }

    /// <summary>Squared distance of two rows, in eight lanes whatever the machine, the rest one by one.</summary>
    public static float Squared(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        ref var a = ref MemoryMarshal.GetReference(x);
        ref var b = ref MemoryMarshal.GetReference(y);
        var sum = Vector256<float>.Zero;
        var i = 0;
        for (; i + Lanes <= x.Length; i += Lanes)
        {
            var difference = Vector256.LoadUnsafe(ref a, (nuint)i) - Vector256.LoadUnsafe(ref b, (nuint)i);
            sum = Vector256.FusedMultiplyAdd(difference, difference, sum);
        }

        var half = sum.GetLower() + sum.GetUpper();
        var total = half[0] + half[1] + (half[2] + half[3]);
        for (; i < x.Length; i++)
            total = MathF.FusedMultiplyAdd(x[i] - y[i], x[i] - y[i], total);
        return total;
    }
}
