using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>What a run from one start ended with.</summary>
internal sealed record LloydOutcome(float[] Centroids, int[] Labels, double Inertia, int Iterations, bool Converged);

/// <summary>
/// Lloyd's iteration with Hamerly's bounds: a row is looked at again only when its centroid moved so far that another could have become nearer. The result is
/// that of the plain iteration. Bit-reproducible with any number of threads: rows are cut into chunks by their number alone, and the sums
/// of the chunks are added in the order of the chunks.
/// </summary>
internal sealed class Lloyd
{
    private const int Block = 1024;

    /// <summary>Bounds are widened by more than the rounding of a distance in float, so that rounding never hides a nearer centroid.</summary>
    private const float Slack = 2e-6f;

    private readonly FeatureMatrix data;
    private readonly float[] weights;
    private readonly int k;
    private readonly int columns;
    private readonly int chunks;
    private readonly int chunkRows;
    private readonly ParallelOptions parallel;
    private readonly float[] centroids;
    private readonly CentroidTile tile;
    private readonly int[] labels;
    private readonly float[] upper;
    private readonly float[] lower;
    private readonly double[][] changes; // per chunk: by centroid the sums of its columns, its weight, its rows
    private readonly double[] sums;
    private readonly int[] moved; // rows that changed their centroid, by chunk
    private readonly double[] partial;
    private readonly float[] move;
    private readonly float[] half;
    private int furthest;
    private float furthestMove;
    private float secondMove;

    private Lloyd(FeatureMatrix data, float[] weights, float[] start, int threads, CancellationToken ct)
    {
        (this.data, this.weights, columns) = (data, weights, data.Columns);
        k = start.Length / columns;
        centroids = [.. start];
        tile = new CentroidTile(k, columns);
        var fit = Math.Max(1, 4_000_000 / (k * (columns + 2))); // sums of all chunks stay in some 32 MB
        chunks = Math.Clamp(data.Rows / (2 * Block), 1, Math.Min(64, fit));
        chunkRows = (data.Rows + chunks - 1) / chunks;
        parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = ct };
        labels = new int[data.Rows];
        upper = GC.AllocateUninitializedArray<float>(data.Rows);
        lower = GC.AllocateUninitializedArray<float>(data.Rows);
        changes = [.. Enumerable.Range(0, chunks).Select(_ => new double[k * (columns + 2)])];
        (sums, moved, partial) = (new double[k * (columns + 2)], new int[chunks], new double[chunks]);
        (move, half) = (new float[k], new float[k]);
    }

    /// <summary>Runs to rest.</summary>
    /// <param name="weights">By row, or empty for 1 each.</param>
    /// <param name="smallestMove">Ends when the squared moves of all centroids together are no more than this.</param>
    public static LloydOutcome Run(
        FeatureMatrix data, float[] weights, float[] start, double smallestMove, int mostIterations, int threads, Action<int>? progress, CancellationToken ct) =>
        new Lloyd(data, weights, start, threads, ct).Run(smallestMove, mostIterations, progress, ct);

    private LloydOutcome Run(double smallestMove, int mostIterations, Action<int>? progress, CancellationToken ct)
    {
        var (iteration, converged) = (0, false);
        while (iteration < mostIterations && !converged)
        {
            ct.ThrowIfCancellationRequested();
            tile.Load(centroids);
            var first = iteration == 0;
            if (!first)
                HalfDistances();
            Each(chunk => moved[chunk] = first ? FirstLook(chunk) : LookAgain(chunk));
            iteration++;
            converged = (!first && moved.Sum() == 0) || MoveCentroids() <= smallestMove;
            progress?.Invoke(iteration);
        }

        tile.Load(centroids);
        Each(chunk => partial[chunk] = Settle(chunk));
        return new LloydOutcome(centroids, labels, partial.Sum(), iteration, converged);
    }

    private void Each(Action<int> work)
    {
        if (parallel.MaxDegreeOfParallelism == 1 || chunks == 1)
            for (var chunk = 0; chunk < chunks; chunk++)
                work(chunk);
        else
            Parallel.For(0, chunks, parallel, work);
    }

    private (int From, int To) Rows(int chunk) => (Math.Min(chunk * chunkRows, data.Rows), Math.Min((chunk + 1) * chunkRows, data.Rows));

    private ref float RowAt(int row) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(data.Values), (nint)row * columns);

    private int FirstLook(int chunk)
    {
        var (from, to) = Rows(chunk);
        Array.Clear(changes[chunk]);
        Span<float> distances = stackalloc float[4 * tile.Width];
        for (var i = from; i < to; i += 4)
        {
            var last = to - 1;
            tile.Distances(ref RowAt(i), ref RowAt(Math.Min(i + 1, last)), ref RowAt(Math.Min(i + 2, last)), ref RowAt(Math.Min(i + 3, last)), distances);
            for (var r = 0; r < 4 && i + r < to; r++)
            {
                Remember(i + r, CentroidTile.NearestTwo(distances.Slice(r * tile.Width, tile.Width)));
                Count(changes[chunk], i + r, labels[i + r], 1);
            }
        }

        return to - from;
    }

    private int LookAgain(int chunk)
    {
        var (from, to) = Rows(chunk);
        var change = changes[chunk];
        Array.Clear(change);
        var count = 0;
        Span<int> doubtful = stackalloc int[Block];
        Span<float> distances = stackalloc float[4 * tile.Width];
        for (var start = from; start < to; start += Block)
        {
            var found = Doubtful(start, Math.Min(start + Block, to), doubtful);
            for (var i = 0; i < found; i += 4)
            {
                var last = found - 1;
                tile.Distances(
                    ref RowAt(doubtful[i]), ref RowAt(doubtful[Math.Min(i + 1, last)]), ref RowAt(doubtful[Math.Min(i + 2, last)]),
                    ref RowAt(doubtful[Math.Min(i + 3, last)]), distances);
                for (var r = 0; r < 4 && i + r < found; r++)
                {
                    var row = doubtful[i + r];
                    var before = labels[row];
                    Remember(row, CentroidTile.NearestTwo(distances.Slice(r * tile.Width, tile.Width)));
                    if (labels[row] == before)
                        continue;
                    count++;
                    Count(change, row, before, -1);
                    Count(change, row, labels[row], 1);
                }
            }
        }

        return count;
    }

    /// <summary>The rows for which the bounds cannot rule out another centroid.</summary>
    private int Doubtful(int from, int to, Span<int> into)
    {
        var found = 0;
        for (var i = from; i < to; i++)
        {
            var own = labels[i];
            var high = (upper[i] + move[own]) * (1 + 2e-7f);
            var low = lower[i] - (own == furthest ? secondMove : furthestMove);
            low -= MathF.Abs(low) * 2e-7f;
            lower[i] = low;
            var safe = MathF.Max(low, half[own]);
            if (high > safe)
            {
                high = MathF.Sqrt(CentroidTile.Squared(data.Row(i), centroids.AsSpan(own * columns, columns))) * (1 + Slack);
                if (high > safe)
                    into[found++] = i;
            }

            upper[i] = high;
        }

        return found;
    }

    private void Remember(int row, (int Nearest, float Squared, float SecondSquared) found)
    {
        labels[row] = found.Nearest;
        upper[row] = MathF.Sqrt(found.Squared) * (1 + Slack);
        lower[row] = MathF.Sqrt(found.SecondSquared) * (1 - Slack);
    }

    private void Count(double[] change, int row, int centroid, double sign)
    {
        var weight = weights.Length == 0 ? sign : sign * weights[row];
        var target = change.AsSpan(centroid * (columns + 2), columns + 2);
        var x = data.Row(row);
        for (var d = 0; d < x.Length; d++)
            target[d] += weight * x[d];
        target[columns] += weight;
        target[columns + 1] += weight == 0 ? 0 : sign;
    }

    /// <summary>New means; answers the sum of the squared moves.</summary>
    private double MoveCentroids()
    {
        foreach (var change in changes)
            for (var i = 0; i < sums.Length; i++)
                sums[i] += change[i];
        var total = 0.0;
        HashSet<int>? taken = null;
        for (var c = 0; c < k; c++)
        {
            var sum = sums.AsSpan(c * (columns + 2), columns + 2);
            var centroid = centroids.AsSpan(c * columns, columns);
            var lost = sum[columns + 1] < 0.5 || sum[columns] <= 0 ? FurthestRow(taken ??= []) : -1;
            if (lost < 0 && sum[columns + 1] < 0.5)
            {
                move[c] = 0;
                continue;
            }

            var squared = 0.0;
            for (var d = 0; d < columns; d++)
            {
                var mean = lost >= 0 ? data.Row(lost)[d] : (float)(sum[d] / sum[columns]);
                var difference = (double)mean - centroid[d];
                squared += difference * difference;
                centroid[d] = mean;
            }

            total += squared;
            move[c] = (float)Math.Sqrt(squared) * (1 + 2e-7f);
        }

        (furthest, furthestMove, secondMove) = (0, 0, 0);
        for (var c = 0; c < k; c++)
            if (move[c] > furthestMove)
                (furthest, furthestMove, secondMove) = (c, move[c], furthestMove);
            else
                secondMove = MathF.Max(secondMove, move[c]);
        return total;
    }

    /// <summary>For a centroid that lost all its rows: the row that lies worst now.</summary>
    private int FurthestRow(HashSet<int> taken)
    {
        var (worst, distance) = (-1, 0f);
        for (var i = 0; i < data.Rows; i++)
        {
            if (weights.Length > 0 && weights[i] == 0)
                continue;
            var here = CentroidTile.Squared(data.Row(i), centroids.AsSpan(labels[i] * columns, columns));
            if (here > distance && !taken.Contains(i))
                (worst, distance) = (i, here);
        }

        if (worst >= 0)
            taken.Add(worst);
        return worst;
    }

    private void HalfDistances()
    {
        for (var c = 0; c < k; c++)
        {
            var least = float.PositiveInfinity;
            for (var other = 0; other < k; other++)
                if (other != c)
                    least = MathF.Min(least, CentroidTile.Squared(centroids.AsSpan(c * columns, columns), centroids.AsSpan(other * columns, columns)));
            half[c] = MathF.Sqrt(least) * (0.5f - Slack);
        }
    }

    private double Settle(int chunk)
    {
        var (from, to) = Rows(chunk);
        var inertia = 0.0;
        Span<float> distances = stackalloc float[4 * tile.Width];
        for (var i = from; i < to; i += 4)
        {
            var last = to - 1;
            tile.Distances(ref RowAt(i), ref RowAt(Math.Min(i + 1, last)), ref RowAt(Math.Min(i + 2, last)), ref RowAt(Math.Min(i + 3, last)), distances);
            for (var r = 0; r < 4 && i + r < to; r++)
            {
                var (nearest, squared, _) = CentroidTile.NearestTwo(distances.Slice(r * tile.Width, tile.Width));
                labels[i + r] = nearest;
                inertia += weights.Length == 0 ? squared : (double)weights[i + r] * squared;
            }
        }

        return inertia;
    }
}
