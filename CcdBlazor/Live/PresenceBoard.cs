using System.Globalization;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Live;

/// <summary>Somebody who has a customer open.</summary>
/// <param name="Name">Known when the page is open on this node.</param>
/// <param name="Uploading">How many files this person is sending now.</param>
public sealed record PersonHere(Guid StaffId, string? Name, int Uploading);

/// <summary>
/// Who is on which customer page. Each node keeps what its own circuits say and tells the others by the change feed; what another node
/// said is believed for <see cref="BelieveFor"/> and repeated every <see cref="RepeatEvery"/>, so a node that died fades by itself.
/// Nothing is stored: presence is true only now. Pages are told only when a person comes, goes, or begins or ends to send files.
/// </summary>
public sealed class PresenceBoard : IDisposable
{
    public static readonly TimeSpan RepeatEvery = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan BelieveFor = TimeSpan.FromSeconds(25);

    /// <summary>What nodes say to each other; pages listen to <see cref="Topic"/>.</summary>
    private const string BetweenNodes = "presence";

    /// <summary>People in one message: about 80 bytes each, and a NOTIFY carries less than 8,000.</summary>
    private const int PeoplePerMessage = 60;

    private const int Gone = -1;

    private readonly string node = Guid.NewGuid().ToString("N")[..8];
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Room> rooms = [];
    private readonly ChangeFeed feed;
    private readonly TimeProvider clock;
    private readonly IDisposable listening;
    private long messages;

    public PresenceBoard(ChangeFeed feed, TimeProvider clock)
    {
        (this.feed, this.clock) = (feed, clock);
        listening = feed.Subscribe(BetweenNodes, change => Hear(change.Note));
    }

    /// <summary>Announced on this node when <see cref="Here"/> answers something else than before.</summary>
    public static string Topic(Guid customerId) => $"presence:{customerId:N}";

    /// <summary>Enter a customer's page; dispose to leave.</summary>
    public Visit Enter(Guid customerId, StaffActor who)
    {
        Update(customerId, who.StaffId, who.Name, pages: 1, uploading: 0);
        return new Visit(this, customerId, who);
    }

    /// <summary>Everybody who is on the page now, each person once.</summary>
    public IReadOnlyList<PersonHere> Here(Guid customerId)
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            if (!rooms.TryGetValue(customerId, out var room))
                return [];
            return [.. room.Colleagues.Select(c => new PersonHere(c.Key, c.Value.Name, c.Value.Uploading))
                .Concat(room.Elsewhere.Where(e => e.Value.Uploading != Gone && e.Value.Until > now).Select(e => new PersonHere(e.Key.StaffId, null, e.Value.Uploading)))
                .GroupBy(p => p.StaffId)
                .Select(g => new PersonHere(g.Key, g.First().Name, g.Sum(p => p.Uploading)))];
        }
    }

    /// <summary>Repeats to the other nodes who is here, and forgets those not heard of. Called by a timer.</summary>
    public void Repeat()
    {
        var now = clock.GetUtcNow();
        var faded = new List<Guid>();
        List<string> all = [];
        long number;
        lock (gate)
        {
            number = ++messages;
            foreach (var (customerId, room) in rooms)
            {
                var silent = room.Elsewhere.Where(e => e.Value.Until <= now).ToList();
                foreach (var (who, _) in silent)
                    room.Elsewhere.Remove(who);
                if (silent.Exists(s => s.Value.Uploading != Gone))
                    faded.Add(customerId);
                all.AddRange(room.Colleagues.Select(c => Words(customerId, c.Key, c.Value.Uploading)));
            }
        }

        Say(number, all);
        foreach (var customerId in faded)
            feed.Deliver(new Change(Topic(customerId), "faded"));
    }

    public void Dispose() => listening.Dispose();

    private static string Words(Guid customerId, Guid staffId, int uploading) => string.Create(CultureInfo.InvariantCulture, $"{customerId:N},{staffId:N},{uploading}");

    /// <param name="number">Taken together with the words: two messages that follow each other quickly may change places on their way.</param>
    private void Say(long number, IEnumerable<string> people)
    {
        foreach (var part in people.Chunk(PeoplePerMessage))
            feed.Publish(new Change(BetweenNodes, string.Create(CultureInfo.InvariantCulture, $"{node};{number};here;{string.Join('|', part)}")));
    }

    private void Update(Guid customerId, Guid staffId, string name, int pages, int uploading)
    {
        string words;
        bool first;
        long number;
        lock (gate)
        {
            first = !rooms.TryGetValue(customerId, out var room);
            room ??= rooms[customerId] = new Room();
            if (!room.Colleagues.TryGetValue(staffId, out var colleague))
                room.Colleagues[staffId] = colleague = new Colleague(name);
            var (had, sent) = (colleague.Pages, colleague.Uploading);
            colleague.Pages += pages;
            colleague.Uploading += uploading;
            if (colleague.Pages == 0)
                room.Colleagues.Remove(staffId);
            if (room.Colleagues.Count == 0)
                rooms.Remove(customerId);
            // A second page of the same person is no news.
            if (had > 0 == colleague.Pages > 0 && sent == colleague.Uploading)
                return;
            (words, number) = (Words(customerId, staffId, colleague.Pages > 0 ? colleague.Uploading : Gone), ++messages);
        }

        // The first one asks who else is there; the other nodes repeat themselves.
        if (first)
            feed.Publish(new Change(BetweenNodes, string.Create(CultureInfo.InvariantCulture, $"{node};{number};ask;{customerId:N}")));
        Say(number, [words]);
        feed.Deliver(new Change(Topic(customerId), "here"));
    }

    private void Hear(string? note)
    {
        if (note?.Split(';') is not [var from, var number, var what, var about] || from == node || !long.TryParse(number, CultureInfo.InvariantCulture, out var sent))
            return;
        if (what == "ask")
        {
            if (Guid.TryParse(about, out var asked))
                Answer(asked);
            return;
        }

        var news = new HashSet<Guid>();
        foreach (var person in about.Split('|'))
            if (person.Split(',') is [var customer, var staff, var files] && Guid.TryParse(customer, out var customerId) && Guid.TryParse(staff, out var staffId)
                && int.TryParse(files, CultureInfo.InvariantCulture, out var uploading) && Believe(customerId, (from, staffId), uploading, sent))
                news.Add(customerId);
        foreach (var customerId in news)
            feed.Deliver(new Change(Topic(customerId), "here"));
    }

    private void Answer(Guid customerId)
    {
        string[] words;
        long number;
        lock (gate)
        {
            number = ++messages;
            words = rooms.TryGetValue(customerId, out var room) ? [.. room.Colleagues.Select(c => Words(customerId, c.Key, c.Value.Uploading))] : [];
        }

        Say(number, words);
    }

    /// <summary>True when this is news.</summary>
    private bool Believe(Guid customerId, (string Node, Guid StaffId) who, int uploading, long sent)
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            if (!rooms.TryGetValue(customerId, out var room))
                return false;
            var known = room.Elsewhere.TryGetValue(who, out var before);
            if (known && before.Sent > sent)
                return false;
            // Who has gone is remembered for a while, so that an older message that comes late does not bring him back.
            room.Elsewhere[who] = new Elsewhere(uploading, sent, now + BelieveFor);
            return (known && before.Until > now ? before.Uploading : Gone) != uploading;
        }
    }

    private readonly record struct Elsewhere(int Uploading, long Sent, DateTimeOffset Until);

    private sealed class Colleague(string name)
    {
        public string Name => name;

        public int Pages { get; set; }

        public int Uploading { get; set; }
    }

    private sealed class Room
    {
        /// <summary>On this node; a room is kept as long as there is one.</summary>
        public Dictionary<Guid, Colleague> Colleagues { get; } = [];

        public Dictionary<(string Node, Guid StaffId), Elsewhere> Elsewhere { get; } = [];
    }

    /// <summary>One open page of one person.</summary>
    public sealed class Visit(PresenceBoard board, Guid customerId, StaffActor who) : IDisposable
    {
        private readonly Lock gate = new();
        private int uploading;
        private bool left;

        public Guid CustomerId => customerId;

        /// <summary>How many files this page is sending now; shown to the others.</summary>
        public void SetUploading(int files)
        {
            lock (gate)
            {
                files = Math.Clamp(files, 0, 999);
                if (left || uploading == files)
                    return;
                board.Update(customerId, who.StaffId, who.Name, 0, files - uploading);
                uploading = files;
            }
        }

        public void Dispose()
        {
            lock (gate)
            {
                if (left)
                    return;
                left = true;
                board.Update(customerId, who.StaffId, who.Name, -1, -uploading);
            }
        }
    }
}
