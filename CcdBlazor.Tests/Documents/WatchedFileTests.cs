using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Staff;

namespace CcdBlazor.Tests.Documents;

/// <summary>One read for all, and yet to each his own: on the real database.</summary>
public sealed class WatchedFileTests(GivenFile given) : IClassFixture<GivenFile>
{
    private SharedFileReads Reads => given.Get<SharedFileReads>();

    [Fact]
    public async Task A_colleague_who_lost_the_customer_does_not_receive_what_came_after()
    {
        var customer = await given.CustomerAsync();
        Assert.True((await given.Customers.SetCollaboratorsAsync(customer, [given.OtherClerk.StaffId], given.Administrator, default)).Ok);
        using var watch = Reads.Watch(customer, _ => { });
        Assert.NotNull(await watch.ReadAsync(given.OtherClerk, default));

        Assert.True((await given.Customers.SetCollaboratorsAsync(customer, [], given.Administrator, default)).Ok);
        Assert.True((await given.Customers.SetTagsAsync(customer, ["之后的事"], given.Administrator, default)).Ok);
        Assert.Contains("之后的事", (await watch.ReadAsync(given.Clerk, default))!.Customer.Tags);
        Assert.Null(await watch.ReadAsync(given.OtherClerk, default));
    }

    [Fact]
    public async Task Rights_that_were_taken_away_count_from_the_next_read_on_though_nothing_about_the_customer_changed()
    {
        var customer = await given.CustomerAsync();
        using var watch = Reads.Watch(customer, _ => { });
        Assert.NotNull(await watch.ReadAsync(given.Administrator, default));
        Assert.Null(await watch.ReadAsync(given.Administrator with { Permissions = new HashSet<Permission>() }, default));
    }

    [Fact]
    public async Task A_deleted_customer_is_gone_for_everybody_who_watches()
    {
        var customer = await given.CustomerAsync();
        using var watch = Reads.Watch(customer, _ => { });
        Assert.NotNull(await watch.ReadAsync(given.Clerk, default));
        Assert.True((await given.Customers.DeleteAsync(customer, "重复登记", given.Administrator, default)).Ok);
        Assert.Null(await watch.ReadAsync(given.Clerk, default));
        Assert.Null(await watch.ReadAsync(given.Administrator, default));
    }

    [Fact]
    public async Task Who_has_just_written_reads_what_he_wrote()
    {
        var customer = await given.CustomerAsync();
        using var watch = Reads.Watch(customer, _ => { });
        for (var n = 1; n <= 3; n++)
        {
            Assert.Equal(n - 1, (await watch.ReadAsync(given.Clerk, default))!.Checklist.Lines.Sum(l => l.Documents.Count));
            await given.HandInAsync(customer, n == 1 ? GivenFile.Front : GivenFile.Pages);
            var file = (await watch.ReadAsync(given.Clerk, default))!;
            Assert.Equal(n, file.Checklist.Lines.Sum(l => l.Documents.Count));
            Assert.Equal(file.Checklist.Report.Percent, file.Customer.Percent);
        }

        await given.Links.CreateAsync(customer, given.Clerk, default);
        Assert.Single((await watch.ReadAsync(given.Clerk, default))!.Links);
    }

    [Fact]
    public async Task What_did_not_change_is_the_same_object_as_before()
    {
        var customer = await given.CustomerAsync();
        await given.HandInAsync(customer, GivenFile.Front);
        using var watch = Reads.Watch(customer, _ => { });
        var before = (await watch.ReadAsync(given.Clerk, default))!;
        Assert.True((await given.Customers.SetTagsAsync(customer, ["回访"], given.Clerk, default)).Ok);
        var after = (await watch.ReadAsync(given.Clerk, default))!;
        Assert.NotSame(before.Customer, after.Customer);
        Assert.NotSame(before.Timeline, after.Timeline);
        Assert.Same(before.Checklist, after.Checklist);
        Assert.Same(before.Links, after.Links);
        Assert.Same(before.NewerRules, after.NewerRules);

        await given.HandInAsync(customer, GivenFile.Pages);
        Assert.NotSame(after.Checklist, (await watch.ReadAsync(given.Clerk, default))!.Checklist);
    }

    [Fact]
    public async Task Readers_with_the_same_rights_share_and_others_are_shown_only_what_is_theirs()
    {
        var customer = await given.InReviewAsync();
        using var watch = Reads.Watch(customer, _ => { });
        var reviewer = (await watch.ReadAsync(given.Reviewer, default))!;
        var second = (await watch.ReadAsync(given.SecondReviewer, default))!;
        var clerk = (await watch.ReadAsync(given.Clerk, default))!;
        Assert.Same(reviewer.Customer, second.Customer);
        Assert.Same(reviewer.Checklist, second.Checklist);
        Assert.All(clerk.Customer.Phones, phone => Assert.DoesNotContain('*', phone));
        Assert.All(reviewer.Customer.Phones, phone => Assert.Contains('*', phone));
        Assert.All(reviewer.Checklist.Lines.SelectMany(l => l.Current), d => Assert.True(d.MayReview));
        Assert.All(clerk.Checklist.Lines.SelectMany(l => l.Current), d => Assert.False(d.MayReview));

        // As the single reads answer.
        Assert.Equal((await given.Get<CustomerQueries>().DetailAsync(customer, given.Reviewer, default)).Value.Phones, reviewer.Customer.Phones);
        Assert.Equal((await given.ChecklistAsync(customer, given.Clerk)).Lines.SelectMany(l => l.Documents), clerk.Checklist.Lines.SelectMany(l => l.Documents));
    }

    [Fact]
    public async Task Who_uploaded_a_paper_is_not_offered_to_review_it_though_he_has_the_same_rights_as_others()
    {
        var (uploader, other) = (given.Clerk, await given.StaffAsync(ShippedRoles.AccountManager));
        var both = uploader.Permissions.Append(Permission.ReviewDocuments).Append(Permission.ViewAllCustomers).ToHashSet();
        var customer = await given.InReviewAsync();
        using var watch = Reads.Watch(customer, _ => { });
        var own = (await watch.ReadAsync(uploader with { Permissions = both }, default))!;
        var others = (await watch.ReadAsync(other with { Permissions = both }, default))!;
        Assert.All(own.Checklist.Lines.SelectMany(l => l.Current), d => Assert.False(d.MayReview));
        Assert.All(others.Checklist.Lines.SelectMany(l => l.Current), d => Assert.True(d.MayReview));
    }

    [Fact]
    public async Task An_unknown_customer_is_like_one_that_is_not_visible()
    {
        using var watch = Reads.Watch(Guid.CreateVersion7(), _ => { });
        Assert.Null(await watch.ReadAsync(given.Administrator, default));
    }
}
