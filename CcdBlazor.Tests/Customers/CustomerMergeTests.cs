using CcdBlazor.Components.Customers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Tests.Customers;

public sealed class CustomerMergeTests
{
    [Fact]
    public void What_only_the_colleague_changed_is_taken_over_without_a_question()
    {
        var start = CustomersWorld.Draft("原名");
        var (mine, theirs) = (start.Copy(), start.Copy());
        mine.Remarks = "我的备注";
        theirs.Name = "新名";
        theirs.Facts.Add(CustomerFacts.Married);
        var merge = Merge(start, mine, theirs);
        Assert.Empty(merge.Clashes);
        Assert.Equal(("新名", "我的备注"), (merge.Merged.Name, merge.Merged.Remarks));
        Assert.Equal([CustomerFacts.Married], merge.Merged.Facts);
        Assert.Equal(["姓名/名称", "客户情况"], merge.TakenOver);
    }

    [Fact]
    public void What_both_changed_keeps_the_own_value_and_is_shown_beside_the_other()
    {
        var start = CustomersWorld.Draft("原名");
        var (mine, theirs) = (start.Copy(), start.Copy());
        mine.Name = "我的名";
        theirs.Name = "同事的名";
        var merge = Merge(start, mine, theirs);
        Assert.Equal(new FieldClash("姓名/名称", "我的名", "同事的名"), Assert.Single(merge.Clashes));
        Assert.Equal("我的名", merge.Merged.Name);
    }

    [Fact]
    public void The_same_change_by_both_is_no_clash()
    {
        var start = CustomersWorld.Draft("原名");
        var (mine, theirs) = (start.Copy(), start.Copy());
        (mine.Tags, theirs.Tags) = (["甲"], ["甲"]);
        var merge = Merge(start, mine, theirs);
        Assert.Empty(merge.Clashes);
        Assert.Empty(merge.TakenOver);
    }

    [Theory]
    [InlineData("/customers")]
    [InlineData("/customers?q=%E5%BC%A0%20002x&state=inreview&sort=name&page=3&size=50")]
    [InlineData("/customers?state=collecting,complete&kind=company&from=2026-11-01&to=2026-11-20&waiting=3&size=100")]
    [InlineData("/customers?product=00000000-0000-7000-8000-000000000001&owner=00000000-0000-7000-8000-000000000002&tag=VIP&source=%E7%BD%91%E7%BB%9C")]
    public void An_address_says_what_it_was_read_from(string address)
    {
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri("http://x" + address).Query);
        string? Of(string name) => query.TryGetValue(name, out var value) ? value.ToString() : null;
        var read = CustomerListAddress.Read(
            Of("q"), Of("state"), Id(Of("product")), Id(Of("owner")), Id(Of("department")), Of("tag"), Of("source"), Of("kind"), Day(Of("from")), Day(Of("to")),
            Number(Of("waiting")), Of("sort"), Number(Of("page")), Number(Of("size")));
        Assert.Equal(address.Replace(",", "%2C", StringComparison.Ordinal), read.ToString());
    }

    [Fact]
    public void A_nonsense_address_is_the_plain_list() =>
        Assert.Equal(
            "/customers",
            CustomerListAddress.Read(" ", "99,x", null, null, null, "", null, "7", null, null, -3, "drop", -1, 7).ToString());

    private static CustomerMerge Merge(CustomerDraft start, CustomerDraft mine, CustomerDraft theirs) =>
        CustomerMerge.Of(start, mine, new CustomerForm(Guid.NewGuid(), "KH-20261120-0001", 2, theirs, null, true));

    private static Guid? Id(string? text) => text is null ? null : Guid.Parse(text);

    private static DateOnly? Day(string? text) => text is null ? null : DateOnly.ParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static int? Number(string? text) => text is null ? null : int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
