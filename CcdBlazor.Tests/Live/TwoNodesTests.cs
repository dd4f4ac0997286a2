using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Live;
using CcdBlazor.Tests.Documents;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Live;

/// <summary>Two sets of services over one database, each with its own relay: what one node does, the other shows.</summary>
public sealed class TwoNodesTests : IAsyncLifetime
{
    private readonly CancellationTokenSource stop = new();
    private string database = "";
    private string folder = "";
    private GivenFile one = default!;
    private GivenFile other = default!;
    private Task relays = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        database = await TestCluster.CreateDatabaseAsync();
        folder = Directory.CreateTempSubdirectory("ccd-two-").FullName;
        (one, other) = (new GivenFile(database, folder), new GivenFile(database, folder));
        await one.InitializeAsync();
        other.Connect();
        relays = Task.WhenAll(one.Get<ChangeRelay>().RunAsync(stop.Token), other.Get<ChangeRelay>().RunAsync(stop.Token));
        await Eventually.TrueAsync(() => one.Get<ChangeRelay>().Listening && other.Get<ChangeRelay>().Listening);
    }

    public async Task DisposeAsync()
    {
        await stop.CancelAsync();
        await relays.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await one.DisposeAsync();
        await other.DisposeAsync();
        await TestCluster.DropDatabaseAsync(database);
        Directory.Delete(folder, recursive: true);
        stop.Dispose();
    }

    [Fact]
    public async Task Who_is_on_a_page_and_who_sends_files_is_seen_on_the_other_node()
    {
        var customer = await one.CustomerAsync();
        using var here = new PresenceBoard(one.Get<ChangeFeed>(), TimeProvider.System);
        using var there = new PresenceBoard(other.Get<ChangeFeed>(), TimeProvider.System);
        using var first = here.Enter(customer, one.Clerk);
        using var second = there.Enter(customer, one.Reviewer);
        await Eventually.TrueAsync(() => here.Here(customer).Count == 2 && there.Here(customer).Count == 2);
        first.SetUploading(2);
        await Eventually.TrueAsync(() => there.Here(customer).Any(p => p.StaffId == one.Clerk.StaffId && p.Uploading == 2));
        first.Dispose();
        await Eventually.TrueAsync(() => there.Here(customer).All(p => p.StaffId != one.Clerk.StaffId));
    }

    [Fact]
    public async Task A_change_on_one_node_is_read_anew_by_who_watches_on_the_other()
    {
        var customer = await one.CustomerAsync();
        var told = 0;
        using var watch = other.Get<SharedFileReads>().Watch(customer, _ => Interlocked.Increment(ref told));
        Assert.NotNull(await watch.ReadAsync(one.Clerk, default));
        Assert.True((await one.Customers.SetTagsAsync(customer, ["另一台"], one.Administrator, default)).Ok);
        await Eventually.TrueAsync(() => Volatile.Read(ref told) > 0);
        await Eventually.TrueAsync(async () => (await watch.ReadAsync(one.Clerk, default))!.Customer.Tags.Contains("另一台"));
    }
}
