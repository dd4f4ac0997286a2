using CcdBlazor.Messages.RabbitMq;

namespace CcdBlazor.Tests.Messages;

/// <summary>Which deliveries are acknowledged together.</summary>
public sealed class AcknowledgementTests
{
    private readonly AcknowledgementFront front = new();

    [Fact]
    public void What_is_done_in_one_piece_goes_as_one()
    {
        Done(2, 1, 3);
        Assert.Equal(3UL, front.Advance());
        Assert.False(front.Waiting);
        Assert.Equal(0UL, front.Advance());
    }

    [Fact]
    public void What_was_done_out_of_turn_goes_with_those_before_it()
    {
        Done(3, 4);
        Assert.Equal(0UL, front.Advance());
        Assert.True(front.Waiting);
        Assert.Empty(front.Overdue());
        Done(1, 2);
        Assert.Equal(4UL, front.Advance());
        Assert.False(front.Waiting);
    }

    [Fact]
    public void Behind_something_slow_it_goes_by_itself_after_a_while_and_once()
    {
        Done(2, 3);
        for (var i = 0; i < 9; i++)
            front.Round();
        Assert.Empty(front.Overdue());
        Done(5);
        front.Round();
        Assert.Equal([2UL, 3UL], front.Overdue());
        Assert.Empty(front.Overdue());
        Assert.True(front.Waiting);
        // The slow one alone then, and not those that were acknowledged already.
        Done(1);
        Assert.Equal(1UL, front.Advance());
        Assert.Equal([5UL], front.Rest());
    }

    [Fact]
    public void What_was_refused_is_not_acknowledged_and_holds_up_nobody()
    {
        front.Done(1, acknowledge: false);
        Done(2);
        Assert.Equal(2UL, front.Advance());
        front.Done(3, acknowledge: false);
        Assert.Equal(0UL, front.Advance());
        Assert.Empty(front.Rest());
    }

    private void Done(params ulong[] tags)
    {
        foreach (var tag in tags)
            front.Done(tag, acknowledge: true);
    }
}
