namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>
/// SplitMix64 (public domain, S. Vigna). Ours, so that a seed gives the same segments with every version of the runtime.
/// </summary>
internal struct SegmentRandom(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        state += 0x9E3779B97F4A7C15UL;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>In [0, 1).</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>In [0, below).</summary>
    public int Next(int below) => (int)Math.BigMul(Next(), (ulong)below, out _);

    /// <summary>Rows in ascending order, each as likely as any other; all when as many are wanted as exist (Knuth, selection sampling).</summary>
    public int[] Sample(int from, int wanted)
    {
        var chosen = new int[Math.Min(from, wanted)];
        var have = 0;
        for (var i = 0; i < from && have < chosen.Length; i++)
            if ((from - i) * NextDouble() < chosen.Length - have)
                chosen[have++] = i;
        return chosen;
    }
}
