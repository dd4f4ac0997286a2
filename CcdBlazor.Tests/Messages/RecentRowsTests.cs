using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

public sealed class RecentRowsTests
{
    private readonly SteppedClock clock = new();
    private readonly RecentRows recent;

    public RecentRowsTests() => recent = new RecentRows(clock);

    [Fact]
    public void A_full_house_keeps_the_oldest_which_are_claimed_first()
    {
        var rows = Enumerable.Range(0, RecentRows.Most + 10).Select(_ => Row()).ToList();
        foreach (var row in rows)
            recent.Add(row);

        Assert.Same(rows[0], recent.Take(rows[0].Id));
        Assert.Same(rows[RecentRows.Most - 1], recent.Take(rows[RecentRows.Most - 1].Id));
        Assert.Null(recent.Take(rows[RecentRows.Most].Id));
        Assert.Null(recent.Take(rows[0].Id));
    }

    [Fact]
    public void What_was_claimed_makes_room()
    {
        var rows = Enumerable.Range(0, RecentRows.Most).Select(_ => Row()).ToList();
        foreach (var row in rows)
            recent.Add(row);
        Assert.NotNull(recent.Take(rows[0].Id));
        var next = Row();
        recent.Add(next);

        Assert.Same(next, recent.Take(next.Id));
    }

    [Fact]
    public void What_nobody_claims_is_let_go()
    {
        var forgotten = Row();
        recent.Add(forgotten);
        clock.Step(RecentRows.Kept / 2);
        var waiting = Row();
        recent.Add(waiting);
        clock.Step(RecentRows.Kept / 2 + TimeSpan.FromSeconds(1));
        recent.Add(Row());

        Assert.Null(recent.Take(forgotten.Id));
        Assert.Same(waiting, recent.Take(waiting.Id));
    }

    /// <summary>Ids of claimed rows leave the order too: a door that is busy for days must not grow.</summary>
    [Fact]
    public void A_row_that_is_passed_by_twice_the_bound_is_let_go()
    {
        var passed = Row();
        recent.Add(passed);
        for (var i = 0; i < 2 * RecentRows.Most + 1; i++)
        {
            var row = Row();
            recent.Add(row);
            Assert.NotNull(recent.Take(row.Id));
        }

        Assert.Null(recent.Take(passed.Id));
    }

    private MessageRow Row() => new()
    {
        Id = Guid.NewGuid(), AcceptedAt = clock.GetUtcNow(), TemplateId = Guid.Empty, TemplateVersion = 1, Person = Guid.Empty, Channel = MessageChannel.Sms, Recipient = "13800000000", Variables = "{}",
    };
}
