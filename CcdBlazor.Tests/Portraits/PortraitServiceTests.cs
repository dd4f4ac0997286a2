using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Products;
using CcdBlazor.Tests.Customers;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Portraits;

public sealed class PortraitServiceTests(PortraitsWorld world) : IClassFixture<PortraitsWorld>
{
    [Fact]
    public async Task What_is_written_stands_on_the_card_with_source_person_and_date()
    {
        var owner = await world.ManagerAsync("李经理");
        var customer = await world.CustomerAsync(owner);
        await world.FillAsync(customer, owner, new TraitInput(Traits.Income, "36.5"), new TraitInput(Traits.Hobbies, Tags: ["钓鱼", "茶艺"]));
        var income = await world.TraitAsync(customer, Traits.Income);
        Assert.Equal((36.5, TraitSource.Form, "李经理", world.Clock.GetUtcNow()), (income.Counts!.Value.Number, income.Counts.Source, income.Counts.ByName, income.Counts.At));
        Assert.Equal(["茶艺", "钓鱼"], (await world.TraitAsync(customer, Traits.Hobbies)).Counts!.Value.Tags!);
        var history = (await world.Queries.HistoryAsync(customer, Traits.Income, owner, default)).Value;
        Assert.Equal("36.5 万元", Assert.Single(history).Words);
    }

    [Fact]
    public async Task The_audit_names_the_traits_and_not_their_values()
    {
        var owner = await world.ManagerAsync("李经理");
        var customer = await world.CustomerAsync(owner);
        await world.FillAsync(customer, owner, new TraitInput(Traits.Assets, "4321"));
        await using var db = await world.DbAsync();
        var row = await db.Set<AuditEntry>().SingleAsync(e => e.CustomerId == customer && e.Action == "portrait.filled");
        Assert.Contains("资产", row.After!, StringComparison.Ordinal);
        Assert.DoesNotContain("4321", row.After!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Age_and_region_come_from_the_identity_number_and_win_over_a_form()
    {
        var owner = await world.ManagerAsync("李经理");
        var identity = CitizenNumber.SyntheticAt(4711);
        var customer = await world.CustomerAsync(owner, d => d.IdentityNumber = identity.Value);
        await world.FillAsync(customer, owner, new TraitInput(Traits.Age, "18"));
        var age = await world.TraitAsync(customer, Traits.Age);
        Assert.Equal((TraitSource.Document, (double)identity.AgeOn(new DateOnly(2026, 11, 20))), (age.Counts!.Source, age.Counts.Value.Number!.Value));
        Assert.Equal(18, Assert.Single(age.Others).Value.Number);
        Assert.Equal(identity.AreaCode[..2], (await world.TraitAsync(customer, Traits.Region)).Counts!.Value.Category);
    }

    [Fact]
    public async Task A_box_of_the_record_loses_against_a_form_and_wins_once_the_file_was_approved()
    {
        var owner = await world.ManagerAsync("李经理");
        var customer = await world.CustomerAsync(owner, d => d.Facts = [CustomerFacts.Married]);
        await world.FillAsync(customer, owner, new TraitInput(Traits.Family, "single"));
        Assert.Equal("single", (await world.TraitAsync(customer, Traits.Family)).Counts!.Value.Category);
        await ApproveAsync(customer);
        Assert.Equal(("married", TraitSource.Document), ((await world.TraitAsync(customer, Traits.Family)).Counts!.Value.Category, (await world.TraitAsync(customer, Traits.Family)).Counts!.Source));
    }

    [Fact]
    public async Task What_a_customer_asks_for_tells_interest_and_value_and_a_form_overrules_it()
    {
        var owner = await world.ManagerAsync("李经理");
        var customer = await world.CustomerAsync(owner, d => d.Loans = [new LoanDraft { ProductId = FakeProducts.Car.Id, Amount = 1_200_000 }]);
        Assert.Equal(("v3", TraitSource.Behaviour), await OfAsync(customer, Traits.ValueClass));
        Assert.Equal(["车贷"], (await world.TraitAsync(customer, Traits.Interest)).Counts!.Value.Tags!);
        await world.FillAsync(customer, owner, new TraitInput(Traits.ValueClass, "v4"));
        Assert.Equal(("v4", TraitSource.Form), await OfAsync(customer, Traits.ValueClass));
        await world.FillAsync(customer, owner, new TraitInput(Traits.ValueClass, ""));
        Assert.Equal(("v3", TraitSource.Behaviour), await OfAsync(customer, Traits.ValueClass));
    }

    [Fact]
    public async Task One_wrong_value_keeps_all_of_the_form_out()
    {
        var owner = await world.ManagerAsync("李经理");
        var customer = await world.CustomerAsync(owner);
        var filled = await world.Portraits.FillAsync(
            customer, new PortraitDraft([new TraitInput(Traits.Income, "20"), new TraitInput(Traits.Age, "900"), new TraitInput(Traits.Risk, "zz")], world.Clock.GetUtcNow()), owner, default);
        Assert.Equal(("portrait.out_of_bounds", Traits.Age), (filled.Refusal?.Code, filled.Refusal?.Field));
        Assert.Equal("portrait.choice_unknown", Assert.Single(filled.Refusal!.Others).Code);
        Assert.Null((await world.TraitAsync(customer, Traits.Income)).Counts);
    }

    [Fact]
    public async Task A_trait_that_a_colleague_filled_after_the_form_was_read_is_not_overwritten()
    {
        var (owner, other) = (await world.ManagerAsync("李经理"), await world.PersonAsync("周经理"));
        var customer = await world.CustomerAsync(owner);
        var read = world.Clock.GetUtcNow();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.FillAsync(customer, other, new TraitInput(Traits.Income, "50"));
        var late = await world.Portraits.FillAsync(customer, new PortraitDraft([new TraitInput(Traits.Income, "20")], read), owner, default);
        Assert.Equal(CommonRefusals.ChangedMeanwhile, late.Refusal);
        Assert.True((await world.Portraits.FillAsync(customer, new PortraitDraft([new TraitInput(Traits.Assets, "20")], read), owner, default)).Ok);
    }

    [Fact]
    public async Task The_customer_fills_his_part_and_sees_only_what_he_wrote_himself()
    {
        var owner = await world.ManagerAsync("李经理");
        var customer = await world.CustomerAsync(owner);
        await world.FillAsync(customer, owner, new TraitInput(Traits.Income, "99"), new TraitInput(Traits.Risk, "r5"));
        var self = new LinkActor(Guid.CreateVersion7(), customer);
        await world.FillAsync(customer, self, new TraitInput(Traits.Hobbies, Tags: ["登山"]));
        var card = (await world.Queries.CardAsync(customer, self, default)).Value;
        Assert.Equal([Traits.Hobbies], card.Traits.Where(t => t.Counts is not null).Select(t => t.Trait.Code));
        Assert.DoesNotContain(card.Traits, t => t.Trait.Code == Traits.Risk);
        var refused = await world.Portraits.FillAsync(customer, new PortraitDraft([new TraitInput(Traits.Risk, "r1")], world.Clock.GetUtcNow()), self, default);
        Assert.Equal("portrait.not_for_customers", refused.Refusal?.Code);
        Assert.Equal(CommonRefusals.NotFound, (await world.Queries.CardAsync(await world.CustomerAsync(owner), self, default)).Refusal);
    }

    [Fact]
    public async Task Who_does_not_see_the_customer_does_not_learn_that_there_is_one()
    {
        var (owner, stranger) = (await world.ManagerAsync("李经理"), await world.ManagerAsync("周经理"));
        var customer = await world.CustomerAsync(owner);
        Assert.Equal(CommonRefusals.NotFound, (await world.Queries.CardAsync(customer, stranger, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await world.Queries.HistoryAsync(customer, null, stranger, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await world.Portraits.FillAsync(customer, new PortraitDraft([new TraitInput(Traits.Age, "1000")], default), stranger, default)).Refusal);
    }

    [Fact]
    public async Task The_job_stores_what_can_be_concluded_and_the_stream_brings_what_counts()
    {
        var owner = await world.ManagerAsync("李经理");
        var customer = await world.CustomerAsync(owner, d =>
        {
            d.Facts = [CustomerFacts.SelfEmployed];
            d.Loans = [new LoanDraft { ProductId = FakeProducts.Personal.Id, Amount = 50_000 }];
        });
        await world.FillAsync(customer, owner, new TraitInput(Traits.Income, "12"), new TraitInput(Traits.Needs, Tags: ["购车"]));
        var derivation = world.Get<PortraitDerivation>();
        Assert.True(await derivation.RunAsync(world.Clock.GetUtcNow(), default) > 0);
        var vector = await InStreamAsync(customer);
        Assert.Equal((12d, "self_employed", "v1"), (vector.Numbers[Traits.Income], vector.Categories[Traits.Occupation], vector.Categories[Traits.ValueClass]));
        Assert.Equal(["购车"], vector.TagsOf(Traits.Needs));
        Assert.Equal(0, await derivation.RunAsync(world.Clock.GetUtcNow(), default));

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await world.Get<CustomerService>().SetFactsAsync(customer, [CustomerFacts.Salaried], owner, default)).Ok);
        Assert.Equal(1, await derivation.RunAsync(world.Clock.GetUtcNow(), default));
        Assert.Equal("employee", (await InStreamAsync(customer)).Categories[Traits.Occupation]);
    }

    [Fact]
    public async Task A_customer_without_a_portrait_is_in_the_stream_with_nothing_and_a_deleted_one_is_not()
    {
        var owner = await world.PersonAsync("李经理");
        var (empty, gone) = (await world.CustomerAsync(owner), await world.CustomerAsync(owner));
        Assert.True((await world.Get<CustomerService>().DeleteAsync(gone, "重复", owner, default)).Ok);
        var all = await AllAsync();
        Assert.Empty(all[empty].Numbers);
        Assert.False(all.ContainsKey(gone));
        Assert.Equal(all.Keys.Order(), all.Keys);
    }

    private async Task<(string?, TraitSource)> OfAsync(Guid customer, string trait)
    {
        var row = await world.TraitAsync(customer, trait);
        return (row.Counts!.Value.Category, row.Counts.Source);
    }

    private async Task<PortraitVector> InStreamAsync(Guid customer) => (await AllAsync())[customer];

    private async Task<Dictionary<Guid, PortraitVector>> AllAsync()
    {
        var all = new Dictionary<Guid, PortraitVector>();
        await foreach (var one in world.Queries.StreamAsync(default))
            all.Add(one.CustomerId, one);
        return all;
    }

    private async Task ApproveAsync(Guid id)
    {
        await using var db = await world.DbAsync();
        var customer = await db.Customers.Include(c => c.Loans).SingleAsync(c => c.Id == id);
        foreach (var move in new[] { CustomerMove.MarkComplete, CustomerMove.SubmitForReview, CustomerMove.Approve })
            Assert.True(customer.Move(move, move == CustomerMove.MarkComplete ? new SystemActor("test") : PortraitsWorld.Lead, null, FakePapers.CompleteFile, world.Clock.GetUtcNow()).Ok);
        await db.SaveChangesAsync();
    }
}
