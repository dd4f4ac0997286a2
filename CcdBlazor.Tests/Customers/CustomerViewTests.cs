using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;

namespace CcdBlazor.Tests.Customers;

public sealed class CustomerViewTests(CustomersWorld world) : IClassFixture<CustomersWorld>
{
    private static readonly CustomerFilter Urgent = new("王", [CustomerState.Collecting, CustomerState.Complete], FakeProducts.Car.Id, Tag: "加急", Kind: CustomerKind.Company,
        CreatedFrom: new DateOnly(2026, 3, 1), WaitingDays: 3, Sort: CustomerSort.StateSince, SentBack: true);

    private static readonly CustomerColumn[] Some = [CustomerColumn.Owner, CustomerColumn.State, CustomerColumn.Missing];

    private CustomerViewService Views => world.Get<CustomerViewService>();

    [Fact]
    public async Task A_view_comes_back_with_filter_order_and_columns()
    {
        var me = await GivenClerkAsync();
        var id = (await Views.SaveAsync(" 要紧的 ", Urgent, Some, ViewSharing.Private, me, default)).Value;
        var view = Assert.Single((await Views.AllAsync(me, default)).Views, v => v.IsMine);
        Assert.Equal((id, "要紧的", true, true, ViewSharing.Private), (view.Id, view.Name, view.IsMine, view.MayDelete, view.Sharing));
        Assert.Equal(Urgent.States, view.Filter.States);
        Assert.Equal(Urgent with { States = null }, view.Filter with { States = null });
        Assert.Equal(Some, view.Columns);
    }

    [Fact]
    public async Task A_name_is_needed_fits_the_tab_and_is_used_once()
    {
        var (me, other) = (await GivenClerkAsync(), await GivenClerkAsync());
        Assert.True((await SaveAsync(me, "常用")).Ok);
        Assert.Equal(CustomerViewRefusals.NameMissing, (await SaveAsync(me, "  ")).Refusal);
        Assert.Equal(CustomerViewRefusals.NameTooLong, (await SaveAsync(me, new string('长', 21))).Refusal);
        Assert.Equal(CustomerViewRefusals.NameTaken, (await SaveAsync(me, "常用")).Refusal);
        Assert.True((await SaveAsync(other, "常用")).Ok);
        var second = (await SaveAsync(me, "其他")).Value;
        Assert.Equal(CustomerViewRefusals.NameTaken, (await Views.RenameAsync(second, "常用", me, default)).Refusal);
        Assert.True((await Views.RenameAsync(second, "少用", me, default)).Ok);
    }

    [Fact]
    public async Task More_views_than_a_page_can_show_are_refused()
    {
        var me = await GivenClerkAsync();
        for (var i = 0; i < CustomerViewService.MostViews; i++)
            Assert.True((await SaveAsync(me, $"视图{i}")).Ok);
        Assert.Equal(CustomerViewRefusals.TooMany, (await SaveAsync(me, "再来一个")).Refusal);
    }

    [Theory]
    [InlineData(ViewSharing.Private, false, false)]
    [InlineData(ViewSharing.Department, true, false)]
    [InlineData(ViewSharing.Everybody, true, true)]
    public async Task A_view_is_found_by_those_it_is_shared_with(ViewSharing sharing, bool byColleague, bool byStranger)
    {
        var department = Guid.CreateVersion7();
        var me = await GivenClerkAsync(department, Permission.ShareViews);
        var id = (await Views.SaveAsync("共享的", Urgent, Some, sharing, me, default)).Value;
        Assert.Equal(byColleague, (await Views.AllAsync(await GivenClerkAsync(department), default)).Find(id) is { IsMine: false, Owner: "同事" });
        Assert.Equal(byStranger, (await Views.AllAsync(await GivenClerkAsync(Guid.CreateVersion7()), default)).Find(id) is not null);
        Assert.Equal(byStranger, (await Views.AllAsync(await GivenClerkAsync(), default)).Find(id) is not null);
    }

    [Fact]
    public async Task Sharing_with_everybody_needs_the_right_and_with_a_department_needs_one()
    {
        var me = await GivenClerkAsync();
        Assert.Equal(CustomerViewRefusals.MayNotShareWithEverybody, (await Views.SaveAsync("甲", Urgent, Some, ViewSharing.Everybody, me, default)).Refusal);
        Assert.Equal(CustomerViewRefusals.NoDepartment, (await Views.SaveAsync("甲", Urgent, Some, ViewSharing.Department, me, default)).Refusal);
        var id = (await SaveAsync(me, "甲")).Value;
        Assert.Equal(CustomerViewRefusals.MayNotShareWithEverybody, (await Views.ShareAsync(id, ViewSharing.Everybody, me, default)).Refusal);
    }

    [Fact]
    public async Task A_shared_view_shows_each_reader_only_what_he_may_see_and_mine_is_his_own()
    {
        var department = Guid.CreateVersion7();
        var (me, colleague) = (await GivenClerkAsync(department), await GivenClerkAsync(department));
        var (mine, theirs) = (await world.GivenCustomerAsync(me), await world.GivenCustomerAsync(colleague));
        var all = (await Views.SaveAsync("收集中", new CustomerFilter(States: [CustomerState.Collecting]), Some, ViewSharing.Department, me, default)).Value;
        var own = (await Views.SaveAsync("我的", new CustomerFilter(OwnerId: me.StaffId), Some, ViewSharing.Department, me, default)).Value;
        foreach (var (reader, expected) in new[] { (me, mine), (colleague, theirs) })
            foreach (var id in new[] { all, own })
            {
                var view = (await Views.AllAsync(reader, default)).Find(id)!;
                Assert.Equal([expected], (await world.Queries.ListAsync(view.Filter, new PageRequest(), reader, default)).Rows.Select(r => r.Id));
            }
    }

    [Fact]
    public async Task Only_its_owner_changes_a_view_and_who_cannot_see_it_finds_none()
    {
        var department = Guid.CreateVersion7();
        var (me, colleague, stranger) = (await GivenClerkAsync(department), await GivenClerkAsync(department), await GivenClerkAsync());
        var id = (await Views.SaveAsync("部门的", Urgent, Some, ViewSharing.Department, me, default)).Value;
        foreach (var (by, refusal) in new[] { (colleague, CommonRefusals.Forbidden), (stranger, CommonRefusals.NotFound) })
        {
            Assert.Equal(refusal, (await Views.RenameAsync(id, "改了", by, default)).Refusal);
            Assert.Equal(refusal, (await Views.ReplaceAsync(id, new CustomerFilter(), Some, by, default)).Refusal);
            Assert.Equal(refusal, (await Views.ShareAsync(id, ViewSharing.Private, by, default)).Refusal);
            Assert.Equal(refusal, (await Views.DeleteAsync(id, by, default)).Refusal);
        }

        Assert.Equal(CommonRefusals.NotFound, (await Views.OpenWithAsync(id, stranger, default)).Refusal);
        Assert.True((await Views.ReplaceAsync(id, new CustomerFilter(Tag: "新"), Some, me, default)).Ok);
        Assert.Equal("新", (await Views.AllAsync(colleague, default)).Find(id)!.Filter.Tag);
        Assert.True((await Views.DeleteAsync(id, me, default)).Ok);
    }

    [Fact]
    public async Task Who_may_share_with_everybody_removes_what_somebody_left_there()
    {
        var (me, other) = (await GivenClerkAsync(null, Permission.ShareViews), await GivenClerkAsync(null, Permission.ShareViews));
        var id = (await Views.SaveAsync("全公司的", Urgent, Some, ViewSharing.Everybody, me, default)).Value;
        Assert.Equal(CommonRefusals.Forbidden, (await Views.DeleteAsync(id, await GivenClerkAsync(), default)).Refusal);
        Assert.True((await Views.DeleteAsync(id, other, default)).Ok);
    }

    [Fact]
    public async Task The_list_opens_with_the_default_until_the_view_is_gone()
    {
        var department = Guid.CreateVersion7();
        var (me, colleague) = (await GivenClerkAsync(department), await GivenClerkAsync(department));
        var id = (await Views.SaveAsync("默认的", Urgent, Some, ViewSharing.Department, me, default)).Value;
        foreach (var one in new[] { me, colleague })
        {
            Assert.True((await Views.OpenWithAsync(id, one, default)).Ok);
            Assert.Equal(id, (await Views.AllAsync(one, default)).DefaultId);
        }

        Assert.True((await Views.ShareAsync(id, ViewSharing.Private, me, default)).Ok);
        Assert.Null((await Views.AllAsync(colleague, default)).DefaultId);
        Assert.True((await Views.OpenWithAsync(null, me, default)).Ok);
        Assert.Null((await Views.AllAsync(me, default)).DefaultId);
        Assert.True((await Views.OpenWithAsync(id, me, default)).Ok);
        Assert.True((await Views.DeleteAsync(id, me, default)).Ok);
        Assert.Null((await Views.AllAsync(me, default)).DefaultId);
    }

    [Fact]
    public async Task Columns_are_kept_in_ones_own_view_and_otherwise_for_the_person()
    {
        var department = Guid.CreateVersion7();
        var (me, colleague) = (await GivenClerkAsync(department), await GivenClerkAsync(department));
        var id = (await Views.SaveAsync("列", Urgent, Some, ViewSharing.Department, me, default)).Value;
        Assert.Equal(CustomerColumns.Usual, (await Views.AllAsync(me, default)).Columns);

        Assert.True((await Views.ChooseColumnsAsync(id, [CustomerColumn.Phone], me, default)).Ok);
        Assert.True((await Views.ChooseColumnsAsync(null, [CustomerColumn.Tags, CustomerColumn.State], me, default)).Ok);
        // Not his view: it stays as its owner wants it.
        Assert.Equal(CommonRefusals.Forbidden, (await Views.ChooseColumnsAsync(id, [], colleague, default)).Refusal);
        Assert.True((await Views.ChooseColumnsAsync(null, [], colleague, default)).Ok);
        var (mine, theirs) = (await Views.AllAsync(me, default), await Views.AllAsync(colleague, default));
        Assert.Equal([CustomerColumn.Phone], mine.Find(id)!.Columns);
        Assert.Equal([CustomerColumn.Tags, CustomerColumn.State], mine.Columns);
        Assert.Equal([CustomerColumn.Phone], theirs.Find(id)!.Columns);
        Assert.Empty(theirs.Columns);
        Assert.Equal("王", mine.Find(id)!.Filter.Search);
    }

    private Task<Result<Guid>> SaveAsync(StaffActor by, string name) => Views.SaveAsync(name, Urgent, Some, ViewSharing.Private, by, default);

    private Task<StaffActor> GivenClerkAsync(Guid? department = null, params Permission[] more) =>
        world.KnownAsync(CustomersWorld.Staff(department, [Permission.EditCustomers, .. more]));
}
