using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Live;
using CcdBlazor.Tests.Customers;
using Microsoft.Extensions.Logging.Abstractions;

namespace CcdBlazor.Tests.Live;

/// <summary>Two nodes whose messages reach each other at once, or when the test hands them over.</summary>
public sealed class PresenceBoardTests
{
    private static readonly Guid Customer = Guid.CreateVersion7();
    private readonly TestClock clock = new();
    private readonly ChangeFeed hereFeed = new(NullLogger<ChangeFeed>.Instance);
    private readonly ChangeFeed thereFeed = new(NullLogger<ChangeFeed>.Instance);
    private readonly PresenceBoard here;
    private readonly PresenceBoard there;
    private readonly List<Change> held = [];
    private bool holding;
    private bool cut;

    public PresenceBoardTests()
    {
        hereFeed.PublishedHere += change => Carry(thereFeed, change);
        thereFeed.PublishedHere += change => Carry(hereFeed, change);
        (here, there) = (new PresenceBoard(hereFeed, clock), new PresenceBoard(thereFeed, clock));
    }

    [Fact]
    public void A_person_with_two_pages_is_here_once_and_until_the_last_page_is_closed()
    {
        var who = Person();
        using var watching = here.Enter(Customer, Person());
        var (one, two) = (here.Enter(Customer, who), here.Enter(Customer, who));
        Assert.Equal(2, here.Here(Customer).Count);
        one.Dispose();
        one.Dispose();
        Assert.Equal(2, here.Here(Customer).Count);
        two.Dispose();
        Assert.DoesNotContain(here.Here(Customer), p => p.StaffId == who.StaffId);
    }

    [Fact]
    public void Colleagues_on_another_node_are_here_too_whoever_came_first()
    {
        var (first, second) = (Person(), Person());
        using var a = here.Enter(Customer, first);
        using var b = there.Enter(Customer, second);
        var both = new[] { first.StaffId, second.StaffId }.Order();
        Assert.Equal(both, here.Here(Customer).Select(p => p.StaffId).Order());
        Assert.Equal(both, there.Here(Customer).Select(p => p.StaffId).Order());
        b.Dispose();
        Assert.Equal([first.StaffId], here.Here(Customer).Select(p => p.StaffId));
    }

    [Fact]
    public void Another_customers_page_is_another_room()
    {
        using var a = here.Enter(Customer, Person());
        using var b = there.Enter(Guid.CreateVersion7(), Person());
        Assert.Single(here.Here(Customer));
        Assert.Empty(here.Here(Guid.CreateVersion7()));
    }

    [Fact]
    public void Who_sends_files_is_shown_sending_on_both_nodes_and_no_longer_once_he_left()
    {
        var who = Person();
        using var watching = there.Enter(Customer, Person());
        using var other = here.Enter(Customer, who);
        var visit = here.Enter(Customer, who);
        visit.SetUploading(3);
        Assert.Equal(3, Sending(here));
        Assert.Equal(3, Sending(there));
        visit.Dispose();
        visit.SetUploading(5);
        Assert.Equal(0, Sending(here));
        Assert.Equal(0, Sending(there));

        int Sending(PresenceBoard board) => board.Here(Customer).Single(p => p.StaffId == who.StaffId).Uploading;
    }

    [Fact]
    public void A_node_that_died_fades_and_its_pages_colleagues_are_told()
    {
        using var watching = here.Enter(Customer, Person());
        using var lost = there.Enter(Customer, Person());
        cut = true;
        clock.Advance(PresenceBoard.BelieveFor - TimeSpan.FromSeconds(1));
        here.Repeat();
        Assert.Equal(2, here.Here(Customer).Count);
        var told = Told(hereFeed);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(here.Here(Customer));
        here.Repeat();
        Assert.Equal(1, told());
    }

    [Fact]
    public void Who_is_repeated_in_time_stays()
    {
        using var watching = here.Enter(Customer, Person());
        using var other = there.Enter(Customer, Person());
        for (var n = 0; n < 5; n++)
        {
            clock.Advance(PresenceBoard.RepeatEvery);
            there.Repeat();
            here.Repeat();
        }

        Assert.Equal(2, here.Here(Customer).Count);
    }

    [Fact]
    public void An_older_message_that_comes_late_does_not_bring_back_who_has_gone()
    {
        using var watching = here.Enter(Customer, Person());
        holding = true;
        there.Enter(Customer, Person()).Dispose();
        holding = false;
        held.Reverse();
        foreach (var change in held)
            hereFeed.Deliver(change);
        Assert.Single(here.Here(Customer));
    }

    [Fact]
    public void Pages_are_told_of_news_only()
    {
        var who = Person();
        using var watching = here.Enter(Customer, Person());
        using var elsewhere = there.Enter(Customer, Person());
        var told = Told(hereFeed);
        using var one = here.Enter(Customer, who);
        Assert.Equal(1, told());
        // A second page of the same person, and repetitions, are none.
        using var two = here.Enter(Customer, who);
        here.Repeat();
        there.Repeat();
        Assert.Equal(1, told());
        two.SetUploading(1);
        Assert.Equal(2, told());
    }

    [Fact]
    public void Many_pages_are_repeated_in_messages_that_a_notification_can_carry()
    {
        var visits = Enumerable.Range(0, 200).Select(_ => here.Enter(Guid.CreateVersion7(), Person())).ToList();
        var sent = new List<Change>();
        hereFeed.PublishedHere += sent.Add;
        here.Repeat();
        Assert.InRange(sent.Count, 2, 10);
        Assert.All(sent, change => Assert.InRange(change.Topic.Length + change.Note!.Length, 1, 7_000));
        visits.ForEach(v => v.Dispose());
    }

    private static StaffActor Person() => new(Guid.CreateVersion7(), "同事", null, new HashSet<Permission>(), new HashSet<Guid>());

    private static Func<int> Told(ChangeFeed feed)
    {
        var told = 0;
        feed.Subscribe(PresenceBoard.Topic(Customer), _ => told++);
        return () => told;
    }

    private void Carry(ChangeFeed to, Change change)
    {
        if (cut)
            return;
        if (holding)
            held.Add(change);
        else
            to.Deliver(change);
    }
}
