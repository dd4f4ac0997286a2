using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace CcdBlazor.Tests.Documents;

/// <summary>How often a node reads, and for whom. The reads themselves are played here: each ends when the test says so.</summary>
public sealed class SharedFileReadsTests
{
    private static readonly Guid Customer = Guid.CreateVersion7();
    private static readonly StaffActor Somebody = new(Guid.CreateVersion7(), "同事", null, new HashSet<Permission>(), new HashSet<Guid>());

    private readonly ChangeFeed feed = new(NullLogger<ChangeFeed>.Instance);
    private readonly SteppedClock clock = new();
    private readonly List<TaskCompletionSource<FileSnapshot?>> begun = [];
    private readonly SemaphoreSlim beginning = new(0);
    private readonly SharedFileReads reads;

    public SharedFileReadsTests() => reads = new SharedFileReads((_, _) =>
    {
        var read = new TaskCompletionSource<FileSnapshot?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (begun)
            begun.Add(read);
        beginning.Release();
        return read.Task;
    }, feed, clock);

    [Fact]
    public async Task Everybody_who_watches_gets_his_answer_from_one_read()
    {
        var watches = Enumerable.Range(0, 200).Select(_ => Watch()).ToList();
        var asked = watches.ConvertAll(w => w.ReadAsync(Somebody, default));
        await BegunAsync(1);
        begun[0].SetResult(null);
        await Task.WhenAll(asked);
        await watches[7].ReadAsync(Somebody, default);
        Assert.Single(begun);
    }

    [Fact]
    public async Task A_change_during_a_read_asks_for_one_more_and_only_one()
    {
        using var watch = Watch();
        var before = watch.ReadAsync(Somebody, default);
        await BegunAsync(1);
        Change();
        Change();
        var after = Enumerable.Range(0, 5).Select(_ => watch.ReadAsync(Somebody, default)).ToList();
        begun[0].SetResult(null);
        await before;
        await BegunAsync(2);
        Assert.DoesNotContain(after, t => t.IsCompleted);
        begun[1].SetResult(null);
        await Task.WhenAll(after);
        Assert.Equal(2, begun.Count);
    }

    [Fact]
    public async Task Who_is_told_of_a_change_gets_a_read_that_began_after_it()
    {
        Task? answered = null;
        SharedFileReads.FileWatch? told = null;
        // Asks at the very moment of being told.
        using var watch = told = reads.Watch(Customer, _ => answered = told!.ReadAsync(Somebody, default));
        var first = watch.ReadAsync(Somebody, default);
        await BegunAsync(1);
        begun[0].SetResult(null);
        await first;
        Change();
        await BegunAsync(2);
        Assert.False(answered!.IsCompleted);
        begun[1].SetResult(null);
        await answered;
    }

    [Fact]
    public async Task Without_a_change_a_read_answers_for_a_short_while_only()
    {
        using var watch = Watch();
        var first = watch.ReadAsync(Somebody, default);
        await BegunAsync(1);
        begun[0].SetResult(null);
        await first;
        clock.Step(SharedFileReads.KeptFor - TimeSpan.FromMilliseconds(1));
        await watch.ReadAsync(Somebody, default);
        Assert.Single(begun);
        clock.Step(TimeSpan.FromMilliseconds(1));
        var late = watch.ReadAsync(Somebody, default);
        await BegunAsync(2);
        begun[1].SetResult(null);
        await late;
    }

    [Fact]
    public async Task A_read_that_fails_fails_for_all_who_wait_and_the_next_one_begins_anew()
    {
        using var watch = Watch();
        var asked = Enumerable.Range(0, 3).Select(_ => watch.ReadAsync(Somebody, default)).ToList();
        await BegunAsync(1);
        begun[0].SetException(new TimeoutException());
        foreach (var one in asked)
            await Assert.ThrowsAsync<TimeoutException>(() => one);
        var again = watch.ReadAsync(Somebody, default);
        await BegunAsync(2);
        begun[1].SetResult(null);
        Assert.Null(await again);
    }

    [Fact]
    public async Task A_change_during_a_read_that_fails_is_read_all_the_same()
    {
        using var watch = Watch();
        var before = watch.ReadAsync(Somebody, default);
        await BegunAsync(1);
        Change();
        var after = watch.ReadAsync(Somebody, default);
        begun[0].SetException(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => before);
        await BegunAsync(2);
        begun[1].SetResult(null);
        Assert.Null(await after);
    }

    [Fact]
    public async Task When_nobody_watches_nothing_is_kept_and_nothing_is_heard()
    {
        var (one, other) = (Watch(), Watch());
        var asked = one.ReadAsync(Somebody, default);
        await BegunAsync(1);
        begun[0].SetResult(null);
        await asked;
        one.Dispose();
        one.Dispose();
        Assert.Equal(1, reads.Watched);
        other.Dispose();
        Assert.Equal(0, reads.Watched);
        Assert.Equal(0, feed.Subscriptions);

        using var later = Watch();
        var fresh = later.ReadAsync(Somebody, default);
        await BegunAsync(2);
        begun[1].SetResult(null);
        await fresh;
    }

    [Fact]
    public async Task Who_leaves_while_a_read_is_running_does_not_end_it_for_the_others()
    {
        var (one, other) = (Watch(), Watch());
        using var gone = new CancellationTokenSource();
        var asked = one.ReadAsync(Somebody, gone.Token);
        var stays = other.ReadAsync(Somebody, default);
        await BegunAsync(1);
        await gone.CancelAsync();
        one.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        begun[0].SetResult(null);
        Assert.Null(await stays);
        other.Dispose();
    }

    private SharedFileReads.FileWatch Watch() => reads.Watch(Customer, _ => { });

    private void Change() => feed.Publish(new Change(CustomerTopics.One(Customer)));

    private async Task BegunAsync(int reads)
    {
        Assert.True(await beginning.WaitAsync(TimeSpan.FromSeconds(20)), $"Read {reads} did not begin.");
        lock (begun)
            Assert.Equal(reads, begun.Count);
    }
}
