using System.Collections.Concurrent;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// The claims that this process knows it holds, until their last outcome is committed. A claim in the table under this node's name that is
/// not here was taken by a statement whose answer was lost: it is given back like a dead node's.
/// </summary>
internal sealed class ActiveClaims
{
    private readonly ConcurrentDictionary<Guid, int> open = new();
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> ends = new();

    public Guid[] Ids => [.. open.Keys];

    /// <summary>Before the claim is made.</summary>
    public void Begin(Guid claim) => open[claim] = int.MaxValue;

    /// <summary>Before a claim is taken over; false when this process has it in hand already.</summary>
    public bool TryBegin(Guid claim) => open.TryAdd(claim, int.MaxValue);

    public void Holds(Guid claim, int messages) => open[claim] = messages;

    /// <summary>So many of its messages have a committed outcome.</summary>
    public void Done(Guid claim, int messages)
    {
        if (open.AddOrUpdate(claim, 0, (_, left) => left - messages) <= 0)
            Forget(claim);
    }

    public void Forget(Guid claim)
    {
        open.TryRemove(claim, out _);
        if (ends.TryRemove(claim, out var end))
            end.TrySetResult();
    }

    /// <summary>Ends when this process has nothing more to do with the claim.</summary>
    public Task EndedAsync(Guid claim)
    {
        var end = ends.GetOrAdd(claim, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!open.ContainsKey(claim) && ends.TryRemove(claim, out _))
            end.TrySetResult();
        return end.Task;
    }
}
