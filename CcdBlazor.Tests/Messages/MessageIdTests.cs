using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace CcdBlazor.Tests.Messages;

/// <summary>Ids that sort in the order of a batch, and who is woken by an announcement.</summary>
public sealed class MessageIdTests
{
    [Fact]
    public void Ids_of_one_moment_sort_as_the_database_sorts_them_and_keep_their_time()
    {
        var moment = new DateTimeOffset(2026, 11, 28, 8, 0, 0, 123, TimeSpan.Zero);
        // Across the borders of both parts of the counter.
        int[] places = [0, 1, 2, 16_382, 16_383, 16_384, 16_385, 32_768, 70_000, (1 << 26) - 1];
        var ids = places.Select(p => MessageIds.InOrder(moment, p)).ToList();
        Assert.Equal(ids, ids.Order(UuidOrder.Instance));
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Equal(7, id.Version));
        Assert.All(ids, id => Assert.Equal(0b10, id.Variant >> 2));
        Assert.All(ids, id => Assert.Equal(moment, MessageIds.TimeOf(id)));
        // Between the bounds by which days and searches are cut.
        Assert.All(ids, id => Assert.True(UuidOrder.Instance.Compare(MessageIds.First(moment), id) < 0));
        Assert.All(ids, id => Assert.True(UuidOrder.Instance.Compare(id, MessageIds.First(moment.AddMilliseconds(1))) < 0));
    }

    [Fact]
    public void Two_batches_of_one_millisecond_share_no_id()
    {
        var moment = DateTimeOffset.UtcNow;
        var ids = Enumerable.Range(0, 20_000).SelectMany(i => new[] { MessageIds.InOrder(moment, i), MessageIds.InOrder(moment, i) }).ToHashSet();
        Assert.Equal(40_000, ids.Count);
    }

    [Fact]
    public async Task A_node_is_woken_once_by_its_own_news_and_by_each_of_the_others()
    {
        var feed = new ChangeFeed(NullLogger<ChangeFeed>.Instance);
        LaneSignals mine = new(feed), theirs = new(feed);
        var heard = new System.Collections.Concurrent.ConcurrentQueue<(string Who, int Lane, short Class)>();
        mine.Raised += (lane, c) => heard.Enqueue(("mine", lane, c));
        theirs.Raised += (lane, c) => heard.Enqueue(("theirs", lane, c));
        using var one = feed.Subscribe(LaneSignals.Topic, mine.Hear);
        using var other = feed.Subscribe(LaneSignals.Topic, theirs.Hear);

        mine.Raise(65_536, 2);
        await Eventually.TrueAsync(() => heard.Count == 2);
        Assert.Equal([("mine", 65_536, (short)2), ("theirs", 65_536, (short)2)], heard.Order());

        // A transaction of this process announces without having woken anybody; after a lost connection every lane may have work.
        feed.Publish(new Change(LaneSignals.Topic, LaneSignals.Note(131_072, 1)));
        Assert.Equal(2, heard.Count(h => h is { Lane: 131_072, Class: 1 }));
        feed.DeliverToAll();
        Assert.Equal(2, heard.Count(h => h is { Lane: 0, Class: -1 }));
    }
}
