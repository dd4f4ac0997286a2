using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;

namespace CcdBlazor.Security;

/// <summary>
/// Every open circuit and connection of this node, by person. When an account, its roles or its departments change, here or on another
/// node, it asks the database who may go on and cuts the rest.
/// </summary>
internal sealed class OpenSessions : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private readonly ChangeFeed feed;
    private readonly StaffDirectory directory;
    private readonly ILogger<OpenSessions> log;
    private readonly IDisposable roles;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, HashSet<OpenSession>> byPerson = [];
    private readonly HashSet<Guid> pending = [];
    private bool checking;

    public OpenSessions(ChangeFeed feed, StaffDirectory directory, ILogger<OpenSessions> log)
    {
        (this.feed, this.directory, this.log) = (feed, directory, log);
        roles = feed.Subscribe(StaffTopics.Roles, _ => CheckEverybody());
    }

    /// <summary>The topic that ends one browser's session on all nodes.</summary>
    public static string Topic(string sessionId) => $"session:{sessionId}";

    /// <summary>
    /// Watches a circuit or connection until it is disposed; <paramref name="cut"/> is called at most once, on any thread, when the session may
    /// not go on. Answers none when it may not even begin.
    /// </summary>
    public async Task<OpenSession?> WatchAsync(SessionClaims claims, Action cut)
    {
        var session = new OpenSession(this, claims, cut);
        lock (gate)
        {
            if (!byPerson.TryGetValue(claims.StaffId, out var list))
                byPerson[claims.StaffId] = list = [];
            list.Add(session);
        }

        session.Listen(feed);
        // Listening first, asking then: a change in between is either heard or read.
        if (await directory.FindActorAsync(claims.StaffId, claims.SecurityStamp, null, stopping.Token) is { } actor)
        {
            session.Began(actor.Permissions);
            return session;
        }

        session.Dispose();
        return null;
    }

    /// <summary>How many pages this person has open and connected.</summary>
    public int PagesOf(Guid staffId)
    {
        lock (gate)
            return byPerson.TryGetValue(staffId, out var list) ? list.Count(s => s.IsOpenPage) : 0;
    }

    public void Dispose()
    {
        roles.Dispose();
        stopping.Cancel();
        stopping.Dispose();
    }

    internal void Check(Guid staffId)
    {
        lock (gate)
            pending.Add(staffId);
        StartChecking();
    }

    internal void Forget(OpenSession session)
    {
        lock (gate)
            if (byPerson.TryGetValue(session.Claims.StaffId, out var list) && list.Remove(session) && list.Count == 0)
                byPerson.Remove(session.Claims.StaffId);
    }

    private void CheckEverybody()
    {
        lock (gate)
            pending.UnionWith(byPerson.Keys);
        StartChecking();
    }

    private void StartChecking()
    {
        lock (gate)
        {
            if (checking || pending.Count == 0)
                return;
            checking = true;
        }

        _ = Task.Run(CheckPendingAsync);
    }

    /// <summary>One question to the database for all people that are pending, however many announcements came.</summary>
    private async Task CheckPendingAsync()
    {
        while (true)
        {
            Guid[] people;
            lock (gate)
            {
                people = [.. pending.Where(byPerson.ContainsKey)];
                pending.Clear();
                checking = people.Length > 0;
                if (!checking)
                    return;
            }

            try
            {
                var now = await directory.SessionsNowAsync(people, stopping.Token);
                foreach (var person in people)
                    Judge(person, now.GetValueOrDefault(person));
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // While the database does not answer nobody can act either; the check must not be forgotten.
                log.LogWarning(e, "Open sessions could not be checked; trying again");
                lock (gate)
                    pending.UnionWith(people);
                await Task.Delay(RetryAfter, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Judge(Guid staffId, StaffSession? now)
    {
        OpenSession[] sessions;
        lock (gate)
            sessions = byPerson.TryGetValue(staffId, out var list) ? [.. list] : [];
        foreach (var session in sessions)
            session.Judge(now);
    }
}

/// <summary>An open circuit or connection.</summary>
internal sealed class OpenSession(OpenSessions all, SessionClaims claims, Action cut) : IDisposable
{
    private readonly List<IDisposable> subscriptions = [];
    private IReadOnlySet<Permission>? held;
    private int wasCut;

    public SessionClaims Claims => claims;

    /// <summary>Set by the owner: a page that somebody looks at (not a bare connection, and not waiting for its browser to return).</summary>
    public bool IsOpenPage { get; set; }

    public void Listen(ChangeFeed feed)
    {
        subscriptions.Add(feed.Subscribe(StaffTopics.Of(claims.StaffId), _ => all.Check(claims.StaffId)));
        subscriptions.Add(feed.Subscribe(OpenSessions.Topic(claims.SessionId), change =>
        {
            // After a lost relay everybody is asked to look again; only a real sign-out ends the session.
            if (change.Note == "out")
                Cut();
        }));
    }

    public void Began(IReadOnlySet<Permission> permissions) => held ??= permissions;

    /// <summary>Goes on only with the same stamp and everything that was allowed before; what was added is picked up by itself.</summary>
    public void Judge(StaffSession? now)
    {
        if (now is null || now.SecurityStamp != claims.SecurityStamp || (held is not null && !held.IsSubsetOf(now.Actor.Permissions)))
            Cut();
        else
            held = now.Actor.Permissions;
    }

    public void Dispose()
    {
        foreach (var subscription in subscriptions)
            subscription.Dispose();
        all.Forget(this);
    }

    private void Cut()
    {
        if (Interlocked.Exchange(ref wasCut, 1) == 0)
            cut();
    }
}
