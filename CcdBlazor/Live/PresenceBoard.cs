using System.Collections.Concurrent;
using System.Globalization;
using CcdBlazor.Domain.Changes;

namespace CcdBlazor.Live;

/// <summary>Somebody who has a customer open.</summary>
/// <param name="Uploading">How many files this person is sending now.</param>
public sealed record PersonHere(Guid StaffId, int Uploading);

/// <summary>
/// Who is on which customer page. Each node keeps what its own circuits say and tells the others by the change feed; what another node
/// said is believed for <see cref="BelieveFor"/> and repeated every <see cref="RepeatEvery"/>, so a node that died fades by itself.
/// Nothing is stored: presence is true only now.
/// </summary>
public sealed class PresenceBoard(ChangeFeed feed, TimeProvider clock)
{
    public static readonly TimeSpan RepeatEvery = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan BelieveFor = TimeSpan.FromSeconds(25);

    private readonly string node = Guid.NewGuid().ToString("N")[..8];
    private readonly ConcurrentDictionary<Guid, Room> rooms = new();

    public static string Topic(Guid customerId) => $"presence:{customerId:N}";

    /// <summary>Enter a customer's page; dispose to leave.</summary>
    public Visit Enter(Guid customerId, Guid staffId)
    {
        var visit = new Visit(this, customerId, staffId);
        var room = rooms.GetOrAdd(customerId, id => new Room(this, id));
        lock (room)
            room.Visits.Add(visit);
        Tell(visit, "here");
        // A newcomer asks who else is there; the other nodes repeat themselves.
        feed.Publish(new Change(Topic(customerId), $"{node};;;ask;0"));
        return visit;
    }

    /// <summary>Everybody who is on the page now, each person once.</summary>
    public IReadOnlyList<PersonHere> Here(Guid customerId)
    {
        if (!rooms.TryGetValue(customerId, out var room))
            return [];
        var now = clock.GetUtcNow();
        lock (room)
            return [.. room.Visits.Select(v => (v.StaffId, v.Uploading))
                .Concat(room.Elsewhere.Values.Where(e => e.Until > now).Select(e => (e.StaffId, e.Uploading)))
                .GroupBy(p => p.StaffId)
                .Select(g => new PersonHere(g.Key, g.Sum(p => p.Uploading)))];
    }

    /// <summary>Repeats to the other nodes who is here, and forgets those not heard of. Called by a timer.</summary>
    public void Repeat()
    {
        var now = clock.GetUtcNow();
        foreach (var (customerId, room) in rooms)
        {
            bool faded;
            Visit[] visits;
            lock (room)
            {
                faded = room.Elsewhere.Where(e => e.Value.Until <= now).ToList().ConvertAll(e => room.Elsewhere.Remove(e.Key)).Count > 0;
                visits = [.. room.Visits];
                if (visits.Length == 0 && room.Elsewhere.Count == 0)
                    rooms.TryRemove(customerId, out _);
            }

            foreach (var visit in visits)
                Tell(visit, "here");
            if (visits.Length == 0)
                room.StopListening();
            else if (faded)
                feed.Deliver(new Change(Topic(customerId), "faded"));
        }
    }

    private void Tell(Visit visit, string state) =>
        feed.Publish(new Change(Topic(visit.CustomerId), string.Create(CultureInfo.InvariantCulture, $"{node};{visit.Id:N};{visit.StaffId:N};{state};{visit.Uploading}")));

    private IDisposable Listen(Guid customerId) => feed.Subscribe(Topic(customerId), change => Hear(customerId, change.Note));

    private void Hear(Guid customerId, string? note)
    {
        if (note?.Split(';') is not [var from, var visitId, var staffId, var state, var uploading] || from == node)
            return;
        if (!rooms.TryGetValue(customerId, out var room))
            return;
        if (state == "ask")
        {
            Visit[] visits;
            lock (room)
                visits = [.. room.Visits];
            foreach (var visit in visits)
                Tell(visit, "here");
            return;
        }

        lock (room)
        {
            if (state == "gone")
                room.Elsewhere.Remove(visitId);
            else if (Guid.TryParse(staffId, out var id))
                room.Elsewhere[visitId] = new Elsewhere(id, int.TryParse(uploading, CultureInfo.InvariantCulture, out var n) ? n : 0, clock.GetUtcNow() + BelieveFor);
        }
    }

    private readonly record struct Elsewhere(Guid StaffId, int Uploading, DateTimeOffset Until);

    private sealed class Room
    {
        private readonly IDisposable listening;

        public Room(PresenceBoard board, Guid customerId) =>
            listening = board.Listen(customerId);

        public HashSet<Visit> Visits { get; } = [];

        public Dictionary<string, Elsewhere> Elsewhere { get; } = [];

        public void StopListening() => listening.Dispose();
    }

    /// <summary>One open page of one person.</summary>
    public sealed class Visit(PresenceBoard board, Guid customerId, Guid staffId) : IDisposable
    {
        internal Guid Id { get; } = Guid.NewGuid();

        public Guid CustomerId => customerId;

        internal Guid StaffId => staffId;

        internal int Uploading { get; private set; }

        /// <summary>How many files this page is sending now; shown to the others.</summary>
        public void SetUploading(int files)
        {
            if (Uploading == files)
                return;
            Uploading = Math.Clamp(files, 0, 999);
            board.Tell(this, "here");
        }

        public void Dispose()
        {
            if (!board.rooms.TryGetValue(customerId, out var room))
                return;
            lock (room)
                if (!room.Visits.Remove(this))
                    return;
            board.Tell(this, "gone");
        }
    }
}
