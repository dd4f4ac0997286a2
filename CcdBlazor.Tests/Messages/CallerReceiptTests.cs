using CcdBlazor.Domain.Messages.Delivery;

namespace CcdBlazor.Tests.Messages;

/// <summary>Receipts of other systems on their way out: in their order, forgotten when all is confirmed, and not before.</summary>
public sealed class CallerReceiptTests : IAsyncLifetime
{
    private const int Several = 2_500;

    private readonly MessagesWorld world = new();
    private readonly List<long> handed = [];

    private CallerReceipts Receipts => world.First.Get<CallerReceipts>();

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        await world.RunAsync($"insert into caller_receipts (message_id, caller, at, state, channel) select gen_random_uuid(), gen_random_uuid(), now(), 3, 4 from generate_series(1, {Several})");
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Several_groups_are_handed_over_in_order_one_after_the_other_and_forgotten_after_the_confirm()
    {
        var (atOnce, most) = (0, 0);
        var confirmed = false;
        var passed = await Receipts.PassOnAsync(
            async some =>
            {
                most = Math.Max(most, Interlocked.Increment(ref atOnce));
                // The next group is read in the meantime.
                await world.CountAsync("select count(*) from caller_receipts");
                Take(some);
                Interlocked.Decrement(ref atOnce);
            },
            async () =>
            {
                confirmed = true;
                Assert.Equal(Several, handed.Count);
                Assert.Equal(Several, await LeftAsync());
            },
            default);
        Assert.Equal((Several, 1, true), (passed, most, confirmed));
        Assert.Equal(handed.Order(), handed);
        Assert.Equal(Several, handed.Distinct().Count());
        Assert.Equal(0, await LeftAsync());
        Assert.Equal(0, await Receipts.PassOnAsync(Taken, () => throw new InvalidOperationException("Nothing was handed over."), default));
    }

    [Fact]
    public async Task When_a_group_is_not_taken_all_stay_and_come_again_under_their_numbers()
    {
        var groups = 0;
        await Assert.ThrowsAsync<IOException>(() => Receipts.PassOnAsync(some => ++groups == 2 ? throw new IOException("away") : Taken(some), () => Task.CompletedTask, default));
        await StayAsync();
    }

    [Fact]
    public async Task What_is_not_confirmed_stays_and_comes_again_under_its_number()
    {
        await Assert.ThrowsAsync<IOException>(() => Receipts.PassOnAsync(Taken, () => Task.FromException(new IOException("away")), default));
        await StayAsync();
    }

    private async Task StayAsync()
    {
        Assert.Equal(Several, await LeftAsync());
        var before = handed.ToList();
        handed.Clear();
        Assert.Equal(Several, await Receipts.PassOnAsync(Taken, () => Task.CompletedTask, default));
        Assert.Equal(before, handed.Take(before.Count));
        Assert.Equal(0, await LeftAsync());
    }

    private Task<long> LeftAsync() => world.CountAsync("select count(*) from caller_receipts");

    private Task Taken(IReadOnlyList<CallerReceipt> some)
    {
        Take(some);
        return Task.CompletedTask;
    }

    private void Take(IReadOnlyList<CallerReceipt> some) => handed.AddRange(some.Select(r => r.Number));
}
