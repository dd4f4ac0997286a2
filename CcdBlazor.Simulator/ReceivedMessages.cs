using System.Runtime.InteropServices;
using System.Text;

namespace CcdBlazor.Simulator;

/// <summary>A message as it is shown.</summary>
public sealed record SeenMessage(long Seq, string Kind, string Account, string? Id, string Recipient, string Title, string Text, string Url, DateTimeOffset At);

/// <summary>
/// Everything that reached a person, compactly: 48 bytes a message and its words as UTF-8 in large blocks, so that a million fit in a few hundred megabytes.
/// Beyond <see cref="Capacity"/> messages are still counted, but their words are not kept.
/// </summary>
public sealed class ReceivedMessages(TimeProvider clock)
{
    public const int Capacity = 1_048_576;
    private const int BlockSize = 4 * 1024 * 1024;
    private const int LongestField = 32_000;

    private readonly Lock gate = new();
    private readonly List<Row> rows = [];
    private readonly List<byte[]> blocks = [];
    private readonly List<string> accounts = [];
    private readonly KindCounts[] counts = [.. Kinds.All.Select(k => new KindCounts(k))];
    private int used = BlockSize;

    /// <summary>Adds one message; empty id where the provider's protocol carries none of ours.</summary>
    public void Add(string kind, string account, Guid id, string recipient, string title, string text, string url = "")
    {
        var (to, head, body, link) = (Bytes(recipient), Bytes(title), Bytes(text), Bytes(url));
        lock (gate)
            AddLocked(KindIndex(kind), AccountIndex(account), id, to, head, body, link, clock.GetUtcNow().UtcTicks);
    }

    /// <summary>Adds many under one lock; used by the path that has to be fast.</summary>
    internal void AddGroup(string kind, string account, ReadOnlySpan<PushItem> items, ReadOnlySpan<byte> source, Span<PushResult> results)
    {
        lock (gate)
        {
            var (k, a, now) = (KindIndex(kind), AccountIndex(account), clock.GetUtcNow().UtcTicks);
            for (var i = 0; i < items.Length; i++)
            {
                if (results[i] != PushResult.Take)
                    continue;
                ref readonly var item = ref items[i];
                // Our protocol promises to notice an id that was seen before.
                if (counts[k].Ids.Contains(item.Id))
                {
                    counts[k].Repeats++;
                    results[i] = PushResult.Duplicate;
                    continue;
                }

                AddLocked(k, a, item.Id, source[item.To], source[item.Title], source[item.Text], source[item.Url], now);
            }
        }
    }

    public void CountRepeat(string kind)
    {
        lock (gate)
            counts[KindIndex(kind)].Repeats++;
    }

    public void CountRefused(string kind, int number = 1)
    {
        lock (gate)
            counts[KindIndex(kind)].Refused += number;
    }

    public void CountDropped(string kind)
    {
        lock (gate)
            counts[KindIndex(kind)].Dropped++;
    }

    public void CountToken(string kind)
    {
        lock (gate)
            counts[KindIndex(kind)].Tokens++;
    }

    public IReadOnlyDictionary<string, CountsOfKind> Counts()
    {
        lock (gate)
            return counts.ToDictionary(c => c.Kind, c => new CountsOfKind(
                c.Shown + c.Repeats, c.Shown, c.Ids.Count, c.DuplicateIds, c.Recipients.Count, c.Shown - c.Recipients.Count, c.Repeats, c.Refused, c.Dropped, c.Tokens));
    }

    /// <summary>Messages after a sequence number, oldest first; or the latest, newest first.</summary>
    public IReadOnlyList<SeenMessage> Find(string? kind, string? recipient, string? id, long after, int limit, bool latest)
    {
        var wanted = Guid.TryParse(id, out var guid) ? guid : default(Guid?);
        var to = recipient is null ? null : Encoding.UTF8.GetBytes(recipient);
        var found = new List<SeenMessage>();
        lock (gate)
        {
            var all = CollectionsMarshal.AsSpan(rows);
            var kindIndex = kind is null ? -1 : KindIndex(kind);
            for (var n = 0; n < all.Length && found.Count < limit; n++)
            {
                var place = latest ? all.Length - 1 - n : n;
                ref readonly var row = ref all[place];
                if (place + 1 <= after || (kindIndex >= 0 && row.Kind != kindIndex) || (wanted is not null && row.Id != wanted))
                    continue;
                if (to is not null && !Words(row, 0).SequenceEqual(to))
                    continue;
                found.Add(new SeenMessage(
                    place + 1, Kinds.All[row.Kind], accounts[row.Account], row.Id == Guid.Empty ? null : row.Id.ToString("N"),
                    Text(row, 0), Text(row, 1), Text(row, 2), Text(row, 3), new DateTimeOffset(row.At, TimeSpan.Zero)));
            }
        }

        return found;
    }

    public void Reset()
    {
        lock (gate)
        {
            rows.Clear();
            blocks.Clear();
            used = BlockSize;
            foreach (var c in counts)
                c.Clear();
        }
    }

    private void AddLocked(
        byte kind, short account, Guid id, ReadOnlySpan<byte> to, ReadOnlySpan<byte> title, ReadOnlySpan<byte> text, ReadOnlySpan<byte> url, long at)
    {
        var c = counts[kind];
        c.Shown++;
        if (id != Guid.Empty && !c.Ids.Add(id))
            c.DuplicateIds++;
        c.Recipients.Add(Hash(to));
        if (rows.Count >= Capacity)
            return;
        to = Cut(to);
        title = Cut(title);
        text = Cut(text);
        url = Cut(url);
        var size = to.Length + title.Length + text.Length + url.Length;
        if (used + size > BlockSize)
        {
            blocks.Add(new byte[BlockSize]);
            used = 0;
        }

        var space = blocks[^1].AsSpan(used);
        to.CopyTo(space);
        title.CopyTo(space[to.Length..]);
        text.CopyTo(space[(to.Length + title.Length)..]);
        url.CopyTo(space[(to.Length + title.Length + text.Length)..]);
        rows.Add(new Row
        {
            Id = id, At = at, Block = blocks.Count - 1, Start = used, Kind = kind, Account = account,
            To = (ushort)to.Length, Title = (ushort)title.Length, Text = (ushort)text.Length, Url = (ushort)url.Length,
        });
        used += size;
    }

    private ReadOnlySpan<byte> Words(in Row row, int field)
    {
        var start = row.Start + (field > 0 ? row.To : 0) + (field > 1 ? row.Title : 0) + (field > 2 ? row.Text : 0);
        var length = field switch { 0 => row.To, 1 => row.Title, 2 => row.Text, _ => row.Url };
        return blocks[row.Block].AsSpan(start, length);
    }

    private string Text(in Row row, int field) => Encoding.UTF8.GetString(Words(row, field));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> field) => field.Length <= LongestField ? field : field[..LongestField];

    private static byte KindIndex(string kind) => (byte)Math.Max(0, Array.IndexOf(Kinds.All, kind));

    private short AccountIndex(string account)
    {
        var index = accounts.IndexOf(account);
        if (index >= 0)
            return (short)index;
        accounts.Add(account);
        return (short)(accounts.Count - 1);
    }

    /// <summary>FNV-1a with a final mix. Two of a million recipients share one with a probability of 3 in 100 million.</summary>
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in bytes)
            hash = (hash ^ b) * 1099511628211UL;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        return hash ^ (hash >> 33);
    }

    private struct Row
    {
        public Guid Id;
        public long At;
        public int Block;
        public int Start;
        public ushort To;
        public ushort Title;
        public ushort Text;
        public ushort Url;
        public short Account;
        public byte Kind;
    }

    private sealed class KindCounts(string kind)
    {
        public string Kind => kind;
        public HashSet<Guid> Ids { get; } = [];
        public HashSet<ulong> Recipients { get; } = [];
        public long Shown { get; set; }
        public long DuplicateIds { get; set; }
        public long Repeats { get; set; }
        public long Refused { get; set; }
        public long Dropped { get; set; }
        public long Tokens { get; set; }

        public void Clear()
        {
            Ids.Clear();
            Recipients.Clear();
            Shown = DuplicateIds = Repeats = Refused = Dropped = Tokens = 0;
        }
    }
}

/// <param name="Received">Taken, repeats included.</param>
/// <param name="Shown">What persons saw.</param>
/// <param name="DuplicateIds">Of the shown: with one of our ids that was shown before.</param>
/// <param name="DuplicateRecipients">Of the shown: to a recipient that was shown one before.</param>
/// <param name="Repeats">Noticed by the provider as sent before, and not shown again.</param>
/// <param name="Refused">Answered with an error.</param>
/// <param name="Dropped">Answered with success and not shown.</param>
/// <param name="Tokens">Access tokens asked for.</param>
public sealed record CountsOfKind(
    long Received, long Shown, long DistinctIds, long DuplicateIds, long DistinctRecipients, long DuplicateRecipients, long Repeats, long Refused, long Dropped, long Tokens);
