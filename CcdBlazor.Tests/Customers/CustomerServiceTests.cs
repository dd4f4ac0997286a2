using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Customers;

public sealed class CustomerServiceTests(CustomersWorld world) : IClassFixture<CustomersWorld>
{
    private static readonly StaffActor Admin = CustomersWorld.Administrator();

    [Theory]
    [InlineData("110105194912310021")]
    [InlineData("1101051949123100")]
    [InlineData("91350100M000100Y43")]
    public async Task An_identity_number_that_breaks_its_rule_is_refused_at_its_field(string number)
    {
        var refused = await world.Service.CreateAsync(CustomersWorld.Draft(identity: number), await world.KnownAsync(Admin), default);
        Assert.Equal(nameof(CustomerDraft.IdentityNumber), refused.Refusal?.Field);
        Assert.DoesNotContain(number, refused.Refusal!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_company_is_checked_by_the_rule_of_credit_codes()
    {
        var draft = CustomersWorld.Draft("福州某某商贸有限公司", identity: "91350100M000100Y4Z");
        draft.Kind = CustomerKind.Company;
        Assert.Equal(nameof(CustomerDraft.IdentityNumber), (await world.Service.CreateAsync(draft, await world.KnownAsync(Admin), default)).Refusal?.Field);
        draft.IdentityNumber = "91350100m000100y43";
        draft.Phones = ["0591-88886666"];
        var id = await world.GivenCustomerAsync(Admin, draft);
        var detail = (await world.Queries.DetailAsync(id, Admin, default)).Value;
        Assert.Equal("9135************43", detail.Identity);
        Assert.Equal(id, Assert.Single((await world.Queries.ListAsync(new CustomerFilter("0y43"), new PageRequest(), Admin, default)).Rows).Id);
    }

    [Fact]
    public async Task All_problems_of_a_draft_are_told_at_once()
    {
        var draft = new CustomerDraft { Name = " ", Phones = ["12345"], Facts = [CustomerFacts.Married, CustomerFacts.Single], Loans = [new LoanDraft()] };
        var refusal = (await world.Service.CreateAsync(draft, await world.KnownAsync(Admin), default)).Refusal!;
        Assert.Equal(
            ["Facts", "Loans", "Name", "Phones"],
            refusal.Others.Append(refusal).Select(r => r.Field!).Distinct().Order());
    }

    [Fact]
    public async Task Who_may_not_edit_may_not_create_and_a_customer_behind_a_link_neither()
    {
        Assert.Equal(CommonRefusals.Forbidden, (await world.Service.CreateAsync(CustomersWorld.Draft(), CustomersWorld.Reviewer(), default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Service.CreateAsync(CustomersWorld.Draft(), new LinkActor(Guid.NewGuid(), Guid.NewGuid()), default)).Refusal);
    }

    [Fact]
    public async Task A_second_customer_with_the_same_number_is_refused_with_a_link_only_to_who_sees_the_first()
    {
        var number = CustomersWorld.FreshIdentity();
        var owner = CustomersWorld.Clerk();
        var first = await world.GivenCustomerAsync(owner, CustomersWorld.Draft("首位客户", identity: number));

        var told = (await world.Service.CreateAsync(CustomersWorld.Draft(identity: number.ToLowerInvariant()), owner, default)).Refusal!;
        Assert.Equal($"/customers/{first}", Assert.Single(told.Missing).Link);

        var stranger = await world.KnownAsync(CustomersWorld.Clerk());
        var neutral = (await world.Service.CreateAsync(CustomersWorld.Draft(identity: number), stranger, default)).Refusal!;
        Assert.Equal(CustomerRefusals.IdentityTakenElsewhere, neutral);
        Assert.Empty(neutral.Missing);
    }

    [Fact]
    public async Task Of_many_who_register_the_same_number_at_once_one_succeeds_and_the_rest_are_refused()
    {
        var number = CustomersWorld.FreshIdentity();
        var clerk = await world.KnownAsync(CustomersWorld.Clerk());
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Service.CreateAsync(CustomersWorld.Draft(identity: number), clerk, default)));
        Assert.Single(answers, a => a.Ok);
        Assert.All(answers.Where(a => !a.Ok), a => Assert.Equal(CustomerRefusals.IdentityTakenElsewhere.Code, a.Refusal!.Code));
    }

    [Fact]
    public async Task The_unique_index_has_the_last_word_when_both_looked_before_either_saved()
    {
        // The day's counter makes creations queue, so the race is shown on edits: each locks its own row only.
        var number = CustomersWorld.FreshIdentity();
        var ids = new List<Guid>();
        for (var i = 0; i < 6; i++)
            ids.Add(await world.GivenCustomerAsync(Admin));
        var answers = await Task.WhenAll(ids.Select(async id =>
        {
            var form = (await world.Queries.FormAsync(id, Admin, default)).Value;
            var draft = form.Draft.Copy();
            draft.IdentityNumber = number;
            return await world.Service.EditAsync(id, draft, form, Admin, default);
        }));
        Assert.Single(answers, a => a.Ok);
        Assert.All(answers.Where(a => !a.Ok), a => Assert.Equal(CustomerRefusals.IdentityTakenElsewhere.Code, a.Refusal!.Code));
    }

    [Fact]
    public async Task Numbers_of_a_day_have_no_gap_and_no_double_when_many_register_at_once()
    {
        world.Clock.Advance(TimeSpan.FromDays(40));
        var clerk = await world.KnownAsync(CustomersWorld.Clerk());
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.Service.CreateAsync(CustomersWorld.Draft(), clerk, default)));
        await using var db = await world.DbAsync();
        var ids = answers.Select(a => a.Value).ToArray();
        var numbers = await db.Customers.Where(c => ids.Contains(c.Id)).Select(c => c.Number).ToListAsync();
        var day = CustomerNumbers.DayOf(world.Clock.GetUtcNow());
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"KH-{day:yyyyMMdd}-{i:0000}"), numbers.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_clerk_who_saves_over_a_colleagues_change_is_told_and_nothing_is_lost()
    {
        var id = await world.GivenCustomerAsync(Admin, CustomersWorld.Draft("原名"));
        var mine = (await world.Queries.FormAsync(id, Admin, default)).Value;
        var theirs = mine.Draft.Copy();
        theirs.Remarks = "同事写的备注";
        Assert.True((await world.Service.EditAsync(id, theirs, mine, Admin, default)).Ok);

        var draft = mine.Draft.Copy();
        draft.Name = "新名";
        Assert.Equal(CommonRefusals.ChangedMeanwhile, (await world.Service.EditAsync(id, draft, mine, Admin, default)).Refusal);
        var current = (await world.Queries.FormAsync(id, Admin, default)).Value;
        Assert.Equal(("原名", "同事写的备注"), (current.Draft.Name, current.Draft.Remarks));
        Assert.True((await world.Service.EditAsync(id, draft, current, Admin, default)).Ok);
    }

    [Fact]
    public async Task A_document_that_arrived_meanwhile_is_no_conflict()
    {
        var id = await world.GivenCustomerAsync(Admin);
        var form = (await world.Queries.FormAsync(id, Admin, default)).Value;
        await world.MoveAsync(id, CustomerMove.MarkComplete, new SystemActor("test"));
        var draft = form.Draft.Copy();
        draft.Remarks = "已电话联系";
        Assert.True((await world.Service.EditAsync(id, draft, form, Admin, default)).Ok);
    }

    [Fact]
    public async Task A_blank_identity_field_keeps_the_registered_number()
    {
        var id = await world.GivenCustomerAsync(Admin, CustomersWorld.Draft(identity: CustomersWorld.FreshIdentity()));
        var form = (await world.Queries.FormAsync(id, Admin, default)).Value;
        Assert.Null(form.Draft.IdentityNumber);
        Assert.True((await world.Service.EditAsync(id, form.Draft.Copy(), form, Admin, default)).Ok);
        Assert.Equal(form.Identity, (await world.Queries.DetailAsync(id, Admin, default)).Value.Identity);
    }

    [Fact]
    public async Task Changed_facts_and_loans_are_checked_in_the_same_commit_and_other_edits_are_not()
    {
        var id = await world.GivenCustomerAsync(Admin);
        var asked = world.Papers.Asked;
        var form = (await world.Queries.FormAsync(id, Admin, default)).Value;
        var draft = form.Draft.Copy();
        draft.Remarks = "只改备注";
        await world.Service.EditAsync(id, draft, form, Admin, default);
        Assert.Equal(asked, world.Papers.Asked);

        draft = draft.Copy();
        draft.Loans.Add(new LoanDraft { ProductId = FakeProducts.Personal.Id, Amount = 50_000.50m });
        form = (await world.Queries.FormAsync(id, Admin, default)).Value;
        Assert.True((await world.Service.EditAsync(id, draft, form, Admin, default)).Ok);
        Assert.Equal(asked + 1, world.Papers.Asked);
        Assert.True((await world.Service.SetFactsAsync(id, [CustomerFacts.Married], Admin, default)).Ok);
        Assert.Equal(asked + 2, world.Papers.Asked);
        var detail = (await world.Queries.DetailAsync(id, Admin, default)).Value;
        Assert.Equal((FakeProducts.Personal.RulesVersionId, 50_000.50m), (detail.Loans[0].RulesVersionId, detail.Loans[0].Amount));
        Assert.Equal((40, CustomerState.Collecting), (detail.Percent, detail.State));
    }

    [Fact]
    public async Task A_complete_check_moves_the_file_and_an_incomplete_one_moves_it_back()
    {
        var id = await world.GivenCustomerAsync(Admin);
        world.Papers.Now = FakePapers.CompleteFile;
        await world.Service.SetFactsAsync(id, [CustomerFacts.Married], Admin, default);
        Assert.Equal(CustomerState.Complete, (await world.Queries.DetailAsync(id, Admin, default)).Value.State);
        world.Papers.Now = FakePapers.IncompleteFile;
        await world.Service.SetFactsAsync(id, [CustomerFacts.Single], Admin, default);
        Assert.Equal(CustomerState.Collecting, (await world.Queries.DetailAsync(id, Admin, default)).Value.State);
    }

    [Fact]
    public async Task Facts_and_loans_rest_while_a_file_is_in_review()
    {
        var id = await world.GivenCustomerAsync(Admin);
        await world.GivenStateAsync(id, CustomerState.InReview);
        Assert.Equal("customer.checklist_fixed", (await world.Service.SetFactsAsync(id, [CustomerFacts.Married], Admin, default)).Refusal?.Code);
        var form = (await world.Queries.FormAsync(id, Admin, default)).Value;
        var draft = form.Draft.Copy();
        draft.Loans.Add(new LoanDraft { ProductId = FakeProducts.Personal.Id, Amount = 1 });
        Assert.Equal("customer.checklist_fixed", (await world.Service.EditAsync(id, draft, form, Admin, default)).Refusal?.Code);
        draft = form.Draft.Copy();
        draft.Remarks = "审核期间补记";
        Assert.True((await world.Service.EditAsync(id, draft, form, Admin, default)).Ok);
    }

    [Fact]
    public async Task A_product_that_is_no_longer_offered_is_refused()
    {
        var draft = CustomersWorld.Draft();
        draft.Loans = [new LoanDraft { ProductId = FakeProducts.Old.Id, Amount = 1_000 }];
        Assert.Equal(CustomerRefusals.ProductNotOffered, (await world.Service.CreateAsync(draft, await world.KnownAsync(Admin), default)).Refusal);
    }

    [Fact]
    public async Task Only_who_may_delete_deletes_and_only_with_a_reason()
    {
        var owner = CustomersWorld.Clerk();
        var id = await world.GivenCustomerAsync(owner);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Service.DeleteAsync(id, "重复", owner, default)).Refusal);
        Assert.Equal(CustomerRefusals.ReasonMissing, (await world.Service.DeleteAsync(id, " ", Admin, default)).Refusal);
        Assert.True((await world.Service.DeleteAsync(id, "重复", Admin, default)).Ok);
        Assert.True((await world.Service.RestoreAsync(id, Admin, default)).Ok);
        Assert.True((await world.Queries.DetailAsync(id, owner, default)).Ok);
    }

    [Fact]
    public async Task An_approved_customer_is_not_deleted()
    {
        var id = await world.GivenCustomerAsync(Admin);
        await world.GivenStateAsync(id, CustomerState.Approved);
        Assert.Equal(CustomerRefusals.ApprovedNotDeletable, (await world.Service.DeleteAsync(id, "误录", Admin, default)).Refusal);
        Assert.False((await world.Queries.DetailAsync(id, Admin, default)).Value.MayDelete);
    }

    [Fact]
    public async Task A_number_is_free_after_deletion_and_then_stands_in_the_way_of_restoring()
    {
        var number = CustomersWorld.FreshIdentity();
        var first = await world.GivenCustomerAsync(Admin, CustomersWorld.Draft(identity: number));
        await world.Service.DeleteAsync(first, "重复", Admin, default);
        var second = await world.GivenCustomerAsync(Admin, CustomersWorld.Draft(identity: number));
        var refused = await world.Service.RestoreAsync(first, Admin, default);
        Assert.Equal($"/customers/{second}", Assert.Single(refused.Refusal!.Missing).Link);
    }

    [Fact]
    public async Task A_revealed_number_is_in_the_audit_with_its_reason()
    {
        var number = CustomersWorld.FreshIdentity();
        var clerk = CustomersWorld.Clerk();
        var id = await world.GivenCustomerAsync(clerk, CustomersWorld.Draft(identity: number));
        Assert.Equal(CustomerRefusals.ReasonMissing, (await world.Service.RevealIdentityAsync(id, "", clerk, default)).Refusal);
        Assert.Equal(number, (await world.Service.RevealIdentityAsync(id, "银行核对", clerk, default)).Value);
        await using var db = await world.DbAsync();
        Assert.Equal("银行核对", (await db.AuditEntries.SingleAsync(e => e.SubjectId == id && e.Action == "customer.identity_revealed")).Reason);

        var without = clerk with { Permissions = new HashSet<Permission> { Permission.EditCustomers } };
        Assert.Equal(CommonRefusals.Forbidden, (await world.Service.RevealIdentityAsync(id, "看看", without, default)).Refusal);
    }

    [Fact]
    public async Task Neither_table_nor_audit_hold_the_full_number()
    {
        var number = CustomersWorld.FreshIdentity();
        var id = await world.GivenCustomerAsync(Admin, CustomersWorld.Draft(identity: number));
        await using var db = await world.DbAsync();
        var stored = await db.Database.SqlQuery<string>($"select c::text || coalesce((select string_agg(a::text, '') from audit_entries a where a.subject_id = c.id), '') as \"Value\" from customers c where id = {id}").SingleAsync();
        Assert.DoesNotContain(number, stored, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handed_over_customer_leaves_the_old_owner_and_follows_the_new_ones_department()
    {
        var (old, department) = (CustomersWorld.Clerk(), Guid.CreateVersion7());
        var next = await world.KnownAsync(CustomersWorld.Clerk(department));
        var id = await world.GivenCustomerAsync(old);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Service.ChangeOwnerAsync(id, next.StaffId, old, default)).Refusal);
        Assert.True((await world.Service.ChangeOwnerAsync(id, next.StaffId, Admin, default)).Ok);
        Assert.False((await world.Queries.DetailAsync(id, old, default)).Ok);
        Assert.True((await world.Queries.DetailAsync(id, next, default)).Ok);
        var leader = CustomersWorld.Clerk() with { LedDepartments = new HashSet<Guid> { department } };
        Assert.True((await world.Queries.DetailAsync(id, leader, default)).Ok);

        // The person moves, and the customers with them.
        await using var db = await world.DbAsync();
        await db.StaffMembers.Where(s => s.Id == next.StaffId).ExecuteUpdateAsync(s => s.SetProperty(m => m.DepartmentId, (Guid?)null));
        Assert.False((await world.Queries.DetailAsync(id, leader, default)).Ok);
    }

    [Fact]
    public async Task Nobody_is_handed_a_customer_who_is_unknown_or_disabled()
    {
        var id = await world.GivenCustomerAsync(Admin);
        var gone = await world.KnownAsync(CustomersWorld.Clerk(), disabled: true);
        foreach (var nobody in new[] { gone.StaffId, Guid.CreateVersion7() })
        {
            Assert.Equal(CustomerRefusals.OwnerUnknown, (await world.Service.ChangeOwnerAsync(id, nobody, Admin, default)).Refusal);
            Assert.Equal(CustomerRefusals.OwnerUnknown, (await world.Service.SetCollaboratorsAsync(id, [nobody], Admin, default)).Refusal);
        }
    }

    [Fact]
    public async Task A_collaborator_sees_the_customer_until_taken_off()
    {
        var helper = await world.KnownAsync(CustomersWorld.Clerk());
        var id = await world.GivenCustomerAsync(Admin);
        Assert.False((await world.Queries.DetailAsync(id, helper, default)).Ok);
        Assert.True((await world.Service.SetCollaboratorsAsync(id, [helper.StaffId], Admin, default)).Ok);
        Assert.True((await world.Queries.DetailAsync(id, helper, default)).Ok);
        Assert.True((await world.Service.SetCollaboratorsAsync(id, [], Admin, default)).Ok);
        Assert.False((await world.Queries.DetailAsync(id, helper, default)).Ok);
    }

    [Fact]
    public async Task Several_at_once_leave_out_what_is_not_visible()
    {
        var clerk = CustomersWorld.Clerk();
        var (mine, other) = (await world.GivenCustomerAsync(clerk), await world.GivenCustomerAsync(Admin));
        Assert.Equal(1, (await world.Service.AddTagAsync([mine, other], "回访", clerk, default)).Value);
        Assert.Contains("回访", (await world.Queries.DetailAsync(mine, Admin, default)).Value.Tags);
        Assert.Empty((await world.Queries.DetailAsync(other, Admin, default)).Value.Tags);
        Assert.Equal(CommonRefusals.NotFound, (await world.Service.AddTagAsync([other], "回访", clerk, default)).Refusal);
        Assert.Equal(CustomerRefusals.TooManySelected, (await world.Service.AddTagAsync([.. Enumerable.Range(0, 101).Select(_ => Guid.NewGuid())], "回访", clerk, default)).Refusal);
    }

    [Fact]
    public async Task Duplicates_are_shown_within_the_readers_rights()
    {
        var (number, phone) = (CustomersWorld.FreshIdentity(), MobilePhone.SyntheticAt(77_000_001).Value);
        var first = await world.GivenCustomerAsync(Admin, CustomersWorld.Draft("独孤求败", phone, number));
        var typed = CustomersWorld.Draft("独孤求败", phone, number);
        var seen = Assert.Single(await world.Queries.DuplicatesAsync(typed, null, Admin, default));
        Assert.Equal((first, "证件号码相同、电话相同、名称相同"), (seen.Id, seen.Why));
        Assert.Empty(await world.Queries.DuplicatesAsync(typed, first, Admin, default));

        var hidden = Assert.Single(await world.Queries.DuplicatesAsync(typed, null, CustomersWorld.Clerk(), default));
        Assert.Equal((null, null), (hidden.Id, hidden.Name));
        typed.IdentityNumber = null;
        Assert.Empty(await world.Queries.DuplicatesAsync(typed, null, CustomersWorld.Clerk(), default));
    }

    [Fact]
    public async Task An_export_is_masked_guarded_against_formulas_and_in_the_audit()
    {
        var clerk = CustomersWorld.Clerk();
        var number = CustomersWorld.FreshIdentity();
        var draft = CustomersWorld.Draft("=cmd|'/C calc'!A0, \"甲\"", "19412340000", number);
        draft.Source = "+86来源";
        var id = await world.GivenCustomerAsync(clerk, draft);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Queries.ExportAsync(new CustomerFilter(), null, clerk, default)).Refusal);

        var export = (await world.Queries.ExportAsync(new CustomerFilter(), [id], Admin, default)).Value;
        var text = "";
        await foreach (var piece in export.Pieces)
            text += piece;
        Assert.StartsWith("\uFEFF客户编号", text, StringComparison.Ordinal);
        Assert.Contains("\"'=cmd|'/C calc'!A0, \"\"甲\"\"\"", text, StringComparison.Ordinal);
        Assert.Contains("'+86来源", text, StringComparison.Ordinal);
        Assert.Contains("194****0000", text, StringComparison.Ordinal);
        Assert.DoesNotContain(number, text, StringComparison.Ordinal);
        await using var db = await world.DbAsync();
        Assert.True(await db.AuditEntries.AnyAsync(e => e.Action == "customers.exported" && e.ActorId == Admin.StaffId));
    }

    [Fact]
    public async Task A_change_is_announced_after_the_commit_and_a_refused_one_is_not()
    {
        var id = await world.GivenCustomerAsync(Admin);
        var heard = new List<Change>();
        using var listening = world.Get<ChangeFeed>().Subscribe(CustomerTopics.One(id), heard.Add);
        await world.Service.DeleteAsync(id, "", Admin, default);
        Assert.Empty(heard);
        await world.Service.SetTagsAsync(id, ["新"], Admin, default);
        Assert.Single(heard);
    }
}
