using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Tests.Audit;

public sealed class AuditQueriesTests : IAsyncLifetime
{
    private AuditDatabase database = null!;

    public async Task InitializeAsync() => database = await AuditDatabase.CreateAsync();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task Pages_follow_each_other_from_the_newest_without_gap_or_repeat()
    {
        await database.WriteAsync(25);

        var seen = new List<long>();
        for (long? before = null; ;)
        {
            var page = (await database.Queries.PageAsync(new AuditFilter(), AuditDatabase.Administrator, before, 10, default)).Value;
            seen.AddRange(page.Rows.Select(row => row.Seq));
            if (page.Next is null)
                break;
            before = page.Next;
        }

        Assert.Equal(Enumerable.Range(1, 25).Reverse().Select(n => (long)n), seen);
    }

    [Fact]
    public async Task Filters_narrow_by_customer_action_actor_reason_and_time()
    {
        var customer = Guid.CreateVersion7();
        await database.WriteAsync(3);
        await database.WriteAsync(2, "document.returned", customer, "反面_模糊");
        await database.WriteAsync(1, "document.accepted", customer, by: new SystemActor("test"));

        Assert.Equal(3, await CountAsync(new AuditFilter { CustomerId = customer }));
        Assert.Equal(3, await CountAsync(new AuditFilter { Action = "document." }));
        Assert.Equal(2, await CountAsync(new AuditFilter { Action = "document.returned" }));
        Assert.Equal(2, await CountAsync(new AuditFilter { Text = "面_模" }));
        Assert.Equal(0, await CountAsync(new AuditFilter { Text = "面__" }));
        Assert.Equal(1, await CountAsync(new AuditFilter { ActorName = "系统" }));
        Assert.Equal(2, await CountAsync(new AuditFilter { From = AuditDatabase.Now.AddMinutes(1), Until = AuditDatabase.Now.AddMinutes(2) }));
        Assert.Equal(0, await CountAsync(new AuditFilter { SubjectId = Guid.NewGuid() }));
    }

    [Fact]
    public async Task An_entry_shows_whether_it_is_sealed()
    {
        await database.WriteAsync(2);
        await database.SealAllAsync();
        await database.WriteAsync(1);

        var page = (await database.Queries.PageAsync(new AuditFilter(), AuditDatabase.Administrator, null, 10, default)).Value;

        Assert.Equal([false, true, true], page.Rows.Select(row => row.Sealed));
    }

    [Fact]
    public async Task The_timeline_shows_one_customer_only()
    {
        var customer = Guid.CreateVersion7();
        await database.WriteAsync(2, customerId: customer);
        await database.WriteAsync(2, customerId: Guid.CreateVersion7());

        await using var db = await database.OpenAsync();
        var page = await AuditQueries.TimelineAsync(db, customer, null, 50, default);

        Assert.Equal([2L, 1L], page.Rows.Select(row => row.Seq));
    }

    [Fact]
    public async Task Reading_the_audit_without_the_permission_is_refused()
    {
        var clerk = AuditDatabase.Administrator with { Permissions = new HashSet<Permission>() };
        var answer = await database.Queries.PageAsync(new AuditFilter(), clerk, null, 10, default);
        Assert.Equal(CommonRefusals.Forbidden, answer.Refusal);
    }

    [Theory]
    [InlineData("customer.something_new")]
    [InlineData("unheard.of")]
    [InlineData("nonsense")]
    public void An_unknown_action_reads_as_chinese_and_never_as_its_code(string action) =>
        Assert.DoesNotContain(AuditWords.Of(action), char.IsAscii);

    [Fact]
    public void Every_known_action_reads_as_chinese() =>
        Assert.All(AuditWords.Actions, entry => Assert.DoesNotContain(entry.Words, char.IsAscii));

    private async Task<int> CountAsync(AuditFilter filter) =>
        (await database.Queries.PageAsync(filter, AuditDatabase.Administrator, null, 100, default)).Value.Rows.Count;
}
