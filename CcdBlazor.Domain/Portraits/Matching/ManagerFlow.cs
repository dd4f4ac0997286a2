using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CcdBlazor.Domain.Portraits.Matching;

/// <summary>
/// The flow behind <see cref="OptimalMatching"/>. Nodes: the managers, "unassigned" as one more, and the sink T that counts loads. An arc
/// from manager j to k costs the cheapest move of one customer of j to k; j → T takes one more place of j, T → j gives one back. Reduced
/// costs never become negative, which is both the condition of Dijkstra and the proof of the optimum.
/// </summary>
internal sealed class ManagerFlow
{
    /// <summary>Columns that a leaving customer may invalidate before the whole row is worked out again.</summary>
    private const int ColumnsAtOnce = 6;

    /// <summary>A price below this is rounding: taken for real it would claim all places of a manager.</summary>
    private const double Nothing = 1e-9;

    private readonly float[] costs;
    private readonly int stride;
    private readonly int[] active;
    private readonly int nodes; // managers and "unassigned"; the sink has this index
    private readonly int[] least;
    private readonly int[] most;
    private readonly int[] flow; // what j hands to the sink, always within its limits
    private readonly int[] excess; // load − flow; for the sink what it got − what exists
    private readonly int[] at; // manager by active customer
    private readonly int[] place; // position in the list of that manager
    private readonly List<int>[] members;
    private readonly double[] moves; // cheapest move from j (row) to k, at least 0 after potentials
    private readonly bool[] stale;
    private readonly double[] potential;
    private readonly double[] distance;
    private readonly double[] open;
    private readonly long[] parent;
    private readonly List<int> settled = [];

    public ManagerFlow(MatchingProblem problem, int[] active, LoadLimits[] limits, double[]? prices)
    {
        (costs, stride, this.active, nodes) = (problem.Costs, problem.Stride, active, limits.Length);
        least = [.. limits.Select(l => l.Minimum)];
        // "Unassigned" never fills up, so that from every manager there is a way to the sink.
        most = [.. limits.Select((l, j) => j == nodes - 1 ? int.MaxValue : Math.Min(l.Maximum, Math.Max(active.Length, l.Minimum)))];
        (flow, excess, at, place) = (new int[nodes], new int[nodes + 1], new int[active.Length], new int[active.Length]);
        members = [.. Enumerable.Range(0, nodes).Select(_ => new List<int>())];
        moves = new double[nodes * stride];
        stale = new bool[nodes];
        Array.Fill(stale, true);
        (potential, distance, open, parent) = (new double[stride], new double[stride], new double[stride], new long[stride]);
        if (prices is not null)
            for (var j = 0; j < nodes; j++)
                potential[j] = Math.Abs(prices[j]) < Nothing || (j == nodes - 1 && prices[j] > 0) ? 0 : -prices[j];
        Start();
    }

    /// <summary>Chains of exchanges so far.</summary>
    public int Augmentations { get; private set; }

    /// <summary>Manager of the i-th active customer; the last index means unassigned.</summary>
    public int ManagerOf(int i) => at[i];

    /// <summary>Price of a place by node.</summary>
    public double[] Prices() => [.. Enumerable.Range(0, nodes).Select(j => potential[nodes] - potential[j])];

    /// <summary>Exchanges until every limit holds; minimums that cannot be reached are let go.</summary>
    public void Run(IProgress<double>? progress, CancellationToken ct)
    {
        long left = 0;
        foreach (var e in excess)
            left += Math.Max(0, e);
        var all = Math.Max(1, left);
        while (left > 0)
        {
            if ((Augmentations & 63) == 0)
            {
                ct.ThrowIfCancellationRequested();
                progress?.Report(1 - (left / (double)all));
            }

            var target = ShortestPath();
            if (target >= 0)
            {
                Exchange(target);
                Augmentations++;
                left--;
                continue;
            }

            if (!LetGoOfMinimums())
                throw new InvalidOperationException("The flow of the matching is not balanced.");
            left = excess.Sum(e => (long)Math.Max(0, e));
        }
    }

    private void Start()
    {
        for (var i = 0; i < active.Length; i++)
        {
            // Of managers that cost the same the emptiest: whole scores tie by the thousand, and every place too many costs a chain.
            var row = Row(i);
            var (best, cost) = (-1, double.PositiveInfinity);
            for (var j = 0; j < nodes; j++)
            {
                var here = row[j] - potential[j];
                if (here < cost || (best >= 0 && here == cost && Room(j) > Room(best)))
                    (best, cost) = (j, here);
            }

            Join(i, best);
        }

        for (var j = 0; j < nodes; j++)
        {
            // A place with a price is taken whole; a place with a negative price only as far as the minimum asks.
            var price = -potential[j];
            flow[j] = j == nodes - 1 ? (price < 0 ? 0 : members[j].Count) : price > 0 ? most[j] : price < 0 ? least[j] : Math.Clamp(members[j].Count, least[j], most[j]);
        }

        Balance();
    }

    private int Room(int j) => j == nodes - 1 ? 0 : most[j] - members[j].Count;

    private void Balance()
    {
        excess[nodes] = -active.Length;
        for (var j = 0; j < nodes; j++)
        {
            excess[j] = members[j].Count - flow[j];
            excess[nodes] += flow[j];
        }
    }

    private bool LetGoOfMinimums()
    {
        var any = false;
        for (var j = 0; j < nodes; j++)
        {
            if (excess[j] >= 0)
                continue;
            // Nobody with a place to give can reach j: fewer is all there is.
            flow[j] = members[j].Count;
            least[j] = Math.Min(least[j], flow[j]);
            any = true;
        }

        Balance();
        return any;
    }

    private int ShortestPath()
    {
        settled.Clear();
        Array.Fill(distance, double.PositiveInfinity);
        Array.Fill(open, double.PositiveInfinity);
        for (var v = 0; v <= nodes; v++)
            if (excess[v] > 0)
                (distance[v], open[v], parent[v]) = (0, 0, -1);
        while (true)
        {
            var u = Nearest();
            if (u < 0)
                return -1;
            open[u] = double.PositiveInfinity;
            if (excess[u] < 0)
            {
                foreach (var v in settled)
                    potential[v] += distance[v] - distance[u];
                return u;
            }

            settled.Add(u);
            if (u == nodes)
                FromSink();
            else
            {
                FromManager(u);
                if (flow[u] < most[u])
                    Reach(nodes, u, distance[u] + Math.Max(0, potential[u] - potential[nodes]));
            }
        }
    }

    private void FromSink()
    {
        for (var j = 0; j < nodes; j++)
            if (flow[j] > least[j])
                Reach(j, nodes, distance[nodes] + Math.Max(0, potential[nodes] - potential[j]));
    }

    private void Reach(int v, int from, double length)
    {
        if (length < distance[v])
            (distance[v], open[v], parent[v]) = (length, length, from);
    }

    private void FromManager(int u)
    {
        if (stale[u])
            WorkOutMoves(u);
        ref var row = ref moves[u * stride];
        ref var pi = ref MemoryMarshal.GetArrayDataReference(potential);
        ref var far = ref MemoryMarshal.GetArrayDataReference(distance);
        ref var next = ref MemoryMarshal.GetArrayDataReference(open);
        ref var back = ref MemoryMarshal.GetArrayDataReference(parent);
        var own = Vector256.Create(potential[u]);
        var here = Vector256.Create(distance[u]);
        var me = Vector256.Create((long)u);
        for (nuint v = 0; v < (nuint)stride; v += 4)
        {
            var reduced = Vector256.LoadUnsafe(ref row, v) + own - Vector256.LoadUnsafe(ref pi, v);
            var length = here + Vector256.Max(reduced, Vector256<double>.Zero);
            var old = Vector256.LoadUnsafe(ref far, v);
            var shorter = Vector256.LessThan(length, old);
            if (shorter == Vector256<double>.Zero)
                continue;
            Vector256.ConditionalSelect(shorter, length, old).StoreUnsafe(ref far, v);
            Vector256.ConditionalSelect(shorter, length, Vector256.LoadUnsafe(ref next, v)).StoreUnsafe(ref next, v);
            Vector256.ConditionalSelect(shorter.AsInt64(), me, Vector256.LoadUnsafe(ref back, v)).StoreUnsafe(ref back, v);
        }
    }

    private int Nearest()
    {
        ref var next = ref MemoryMarshal.GetArrayDataReference(open);
        var least = Vector256.Create(double.PositiveInfinity);
        for (nuint v = 0; v < (nuint)stride; v += 4)
            least = Vector256.Min(least, Vector256.LoadUnsafe(ref next, v));
        var smallest = Math.Min(Math.Min(least[0], least[1]), Math.Min(least[2], least[3]));
        return double.IsPositiveInfinity(smallest) ? -1 : Array.IndexOf(open, smallest);
    }

    private void Exchange(int target)
    {
        excess[target]++;
        var v = target;
        for (var u = (int)parent[v]; u >= 0; v = u, u = (int)parent[v])
        {
            if (v == nodes)
                flow[u]++;
            else if (u == nodes)
                flow[v]--;
            else
            {
                var customer = Cheapest(u, v);
                Leave(customer);
                Join(customer, v);
            }
        }

        excess[v]--;
    }

    /// <summary>The customer of <paramref name="from"/> whose move is the cheapest; the lowest index of equals.</summary>
    private int Cheapest(int from, int to)
    {
        var (best, cost) = (int.MaxValue, double.PositiveInfinity);
        foreach (var i in CollectionsMarshal.AsSpan(members[from]))
        {
            var start = active[i] * stride;
            var move = (double)costs[start + to] - costs[start + from];
            if (move < cost || (move == cost && i < best))
                (best, cost) = (i, move);
        }

        return best;
    }

    private void Join(int i, int manager)
    {
        at[i] = manager;
        place[i] = members[manager].Count;
        members[manager].Add(i);
        if (!stale[manager])
            TakeMoves(ref moves[manager * stride], i, manager);
    }

    private void Leave(int i)
    {
        var manager = at[i];
        var list = members[manager];
        var last = list[^1];
        list[place[i]] = last;
        place[last] = place[i];
        list.RemoveAt(list.Count - 1);
        if (stale[manager])
            return;
        // Only where this customer was the cheapest to move does the row change.
        Span<int> columns = stackalloc int[ColumnsAtOnce];
        var count = 0;
        var row = Row(i);
        double own = row[manager];
        for (var k = 0; k < nodes; k++)
        {
            if (row[k] - own > moves[(manager * stride) + k] || float.IsPositiveInfinity(row[k]) || k == manager)
                continue;
            if (count == ColumnsAtOnce)
            {
                stale[manager] = true;
                return;
            }

            columns[count++] = k;
        }

        foreach (var k in columns[..count])
        {
            var cheapest = double.PositiveInfinity;
            foreach (var other in CollectionsMarshal.AsSpan(list))
            {
                var start = active[other] * stride;
                cheapest = Math.Min(cheapest, (double)costs[start + k] - costs[start + manager]);
            }

            moves[(manager * stride) + k] = cheapest;
        }
    }

    private void WorkOutMoves(int manager)
    {
        moves.AsSpan(manager * stride, stride).Fill(double.PositiveInfinity);
        ref var row = ref moves[manager * stride];
        foreach (var i in CollectionsMarshal.AsSpan(members[manager]))
            TakeMoves(ref row, i, manager);
        stale[manager] = false;
    }

    private void TakeMoves(ref double row, int i, int manager)
    {
        ref var cost = ref costs[active[i] * stride];
        var own = Vector256.Create((double)costs[(active[i] * stride) + manager]);
        for (nuint k = 0; k < (nuint)stride; k += 8)
        {
            var eight = Vector256.LoadUnsafe(ref cost, k);
            Vector256.Min(Vector256.LoadUnsafe(ref row, k), Vector256.WidenLower(eight) - own).StoreUnsafe(ref row, k);
            Vector256.Min(Vector256.LoadUnsafe(ref row, k + 4), Vector256.WidenUpper(eight) - own).StoreUnsafe(ref row, k + 4);
        }
    }

    private ReadOnlySpan<float> Row(int i) => costs.AsSpan(active[i] * stride, stride);
}
