namespace CcdBlazor.Simulator;

/// <summary>One text message that a provider took: what its queries answer with.</summary>
public sealed record SmsEntry(
    string Account, string Mobile, string Template, string Text, string Context, string Serial, DateTimeOffset SentAt, DateTimeOffset KnownAt, bool Delivered, string Code);

/// <summary>Text messages by number, as the providers keep them for their queries.</summary>
public sealed class SmsBook(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Kind, string Mobile), List<SmsEntry>> byNumber = [];
    private readonly List<SmsEntry> unpulled = [];

    public void Add(string kind, SmsEntry entry)
    {
        lock (gate)
        {
            if (!byNumber.TryGetValue((kind, entry.Mobile), out var list))
                byNumber[(kind, entry.Mobile)] = list = [];
            list.Add(entry);
            if (kind == Kinds.TencentSms)
                unpulled.Add(entry);
        }
    }

    public IReadOnlyList<SmsEntry> Of(string kind, string account, string mobile)
    {
        lock (gate)
            return byNumber.TryGetValue((kind, mobile), out var list) ? [.. list.Where(e => e.Account == account)] : [];
    }

    /// <summary>Receipts that wait to be pulled; each is handed out once.</summary>
    public IReadOnlyList<SmsEntry> Pull(string account, int limit)
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            var due = unpulled.Where(e => e.Account == account && e.KnownAt <= now).Take(limit).ToList();
            foreach (var entry in due)
                unpulled.Remove(entry);
            return due;
        }
    }

    public void Reset()
    {
        lock (gate)
        {
            byNumber.Clear();
            unpulled.Clear();
        }
    }
}
