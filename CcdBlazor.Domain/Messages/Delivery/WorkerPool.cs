namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>What holds a lane back at the moment. Shown as the pool's bottleneck.</summary>
public enum Bottleneck : short
{
    /// <summary>Nothing: the queue is empty.</summary>
    Nothing = 0,
    /// <summary>All workers wait for the provider.</summary>
    Workers = 1,
    /// <summary>The accounts' quota.</summary>
    Quota = 2,
    /// <summary>The provider pushes back, or the breaker is open.</summary>
    Provider = 3,
    /// <summary>No enabled account.</summary>
    NoAccount = 4,
    /// <summary>Outcomes wait for the database.</summary>
    Database = 5,
    /// <summary>The lane is handed to worker processes, and none listens or the broker is away.</summary>
    Broker = 6,
}

/// <summary>
/// How many calls of a lane may be under way: between a least and a most number of workers, sized by Little's law (calls per second times
/// seconds per call), halved when the provider pushes back and grown again step by step.
/// A tenth is kept for urgent and high priority, so that a slow flood never holds up a code that a person waits for.
/// </summary>
internal sealed class WorkerPool(TimeProvider clock)
{
    private static readonly TimeSpan Adjust = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private readonly Queue<TaskCompletionSource> urgent = new();
    private readonly Queue<TaskCompletionSource> others = new();
    private double seconds = 0.05;
    private bool called;
    private double callsPerSecond;
    private double pushedBack = 1;
    private int started;
    private DateTimeOffset adjustedAt = clock.GetUtcNow();

    /// <summary>How many workers there are now.</summary>
    public int Size { get; private set; } = 10;

    /// <summary>How many of them are in a call.</summary>
    public int Busy { get; private set; }

    /// <summary>Average length of a call; none before the first one, when the pool is sized by a guess.</summary>
    public TimeSpan? CallTime => called ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Workers that a class may still take.</summary>
    public int FreeFor(short priorityClass)
    {
        lock (gate)
            return Math.Max(0, Room(priorityClass) - Busy);
    }

    /// <summary>Takes a worker, waiting for one if need be.</summary>
    public Task EnterAsync(short priorityClass)
    {
        lock (gate)
        {
            if (Busy < Room(priorityClass))
            {
                Busy++;
                started++;
                return Task.CompletedTask;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (priorityClass <= 1 ? urgent : others).Enqueue(turn);
            return turn.Task;
        }
    }

    /// <summary>Gives the worker back, with the length of its call and whether the provider pushed back.</summary>
    public void Leave(TimeSpan took, bool throttled)
    {
        lock (gate)
        {
            Busy--;
            called = true;
            seconds = 0.9 * seconds + 0.1 * Math.Max(0.0001, took.TotalSeconds);
            if (throttled)
                pushedBack = Math.Max(0.1, pushedBack / 2);
            Admit();
        }
    }

    /// <summary>Fits the size to the demand. Called by the lane now and then.</summary>
    /// <param name="backlogCalls">Calls that the queue would still need.</param>
    public void Fit(DeliveryPolicy policy, double backlogCalls)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var passed = (now - adjustedAt).TotalSeconds;
            if (passed < Adjust.TotalSeconds)
                return;
            adjustedAt = now;
            callsPerSecond = 0.5 * callsPerSecond + 0.5 * (started / passed);
            started = 0;
            pushedBack = Math.Min(1, pushedBack * 1.1);
            // What arrives, and what has piled up within half a minute, times what a call takes, and a fifth more.
            var wanted = (callsPerSecond + backlogCalls / 30) * seconds * 1.2 * pushedBack;
            var most = Math.Max(policy.PoolLeast, (int)(policy.PoolMost * pushedBack));
            Size = Math.Clamp((int)Math.Ceiling(wanted), policy.PoolLeast, most);
            Admit();
        }
    }

    /// <summary>True while the provider's push-back is remembered.</summary>
    public bool PushedBack
    {
        get
        {
            lock (gate)
                return pushedBack < 0.95;
        }
    }

    private int Room(short priorityClass) => priorityClass <= 1 ? Size : Size - Math.Max(1, Size / 10);

    private void Admit()
    {
        while (urgent.Count > 0 && Busy < Size)
            Start(urgent.Dequeue());
        while (others.Count > 0 && Busy < Room(3))
            Start(others.Dequeue());
    }

    private void Start(TaskCompletionSource turn)
    {
        Busy++;
        started++;
        turn.SetResult();
    }
}
