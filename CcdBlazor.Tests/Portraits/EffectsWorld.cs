using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Effects;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Satisfaction;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Portraits;

/// <summary>
/// A house in which assignments were carried out and files decided. Decisions are written as rows, the way the review writes them: what effects read is those rows, and papers would add nothing.
/// </summary>
internal sealed class EffectsWorld(PortraitsWorld world)
{
    private static readonly string[] Needs = ["购房", "装修", "低利率", "大额"];

    public StaffActor Lead { get; private set; } = default!;

    /// <summary>Fits whoever <see cref="BuyersAsync"/> makes.</summary>
    public StaffActor House { get; private set; } = default!;

    /// <summary>Owns them at first, and fits nobody.</summary>
    public StaffActor Car { get; private set; } = default!;

    public AssignmentService Assignments => world.Get<AssignmentService>();

    public EffectsQueries Queries => world.Get<EffectsQueries>();

    public async Task FurnishAsync(int fewest = 1)
    {
        Lead = await world.PersonAsync("吴主管");
        House = await world.ManagerAsync("房产经理", new ManagerDraft { Capabilities = [.. Needs], Maximum = 500 });
        Car = await world.ManagerAsync("车贷经理", new ManagerDraft { Capabilities = ["购车"], Maximum = 500 });
        await world.Get<SettingsReader>().LoadAsync(default);
        Assert.True((await world.Get<SettingsService>().ChangeAsync(EffectSettings.Fewest, fewest, 0, "测试", new SystemActor("test"), default)).Ok);
        await world.Get<SettingsReader>().LoadAsync(default);
    }

    /// <summary>Customers of <see cref="Car"/> whom a run moves to <see cref="House"/>.</summary>
    public async Task<List<Guid>> BuyersAsync(int count)
    {
        var made = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            made.Add(await world.CustomerAsync(Car));
            await world.FillAsync(made[^1], Car, new TraitInput(Traits.Needs, Tags: Needs));
        }

        return made;
    }

    /// <summary>Customers of <see cref="Car"/> whom a run leaves with him.</summary>
    public async Task<List<Guid>> DriversAsync(int count)
    {
        var made = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            made.Add(await world.CustomerAsync(Car));
            await world.FillAsync(made[^1], Car, new TraitInput(Traits.Needs, Tags: ["购车"]));
        }

        return made;
    }

    public async Task<Guid> DryRunAsync()
    {
        var started = await Assignments.StartAsync(false, Lead, default);
        Assert.True(started.Ok, started.Refusal?.Text);
        Assert.True(await world.Get<AssignmentWork>().StepAsync(default));
        return started.Value;
    }

    public async Task<Guid> RunAsync(IReadOnlyCollection<Guid>? only = null)
    {
        var run = await DryRunAsync();
        var applied = await Assignments.ApplyAsync(run, only, null, Lead, default);
        Assert.True(applied.Ok, applied.Refusal?.Text);
        return run;
    }

    public void Pass(double days) => world.Clock.Advance(TimeSpan.FromDays(days));

    public async Task<Guid> DecideAsync(Guid customer, CustomerMove move, int? stars = null)
    {
        var now = world.Clock.GetUtcNow();
        var (from, to) = move switch
        {
            CustomerMove.Approve => (CustomerState.InReview, CustomerState.Approved),
            CustomerMove.Reject => (CustomerState.InReview, CustomerState.Rejected),
            _ => (CustomerState.Approved, CustomerState.Collecting),
        };
        var decision = FileDecision.Of(customer, move, from, to, null, Lead, now);
        await using var db = await world.DbAsync();
        db.Add(decision);
        if (stars is { } given)
            db.Add(SatisfactionRating.Give(decision.Id, customer, new RatingDraft(given), new LinkActor(Guid.NewGuid(), customer), now));
        await db.SaveChangesAsync();
        await db.Database.ExecuteSqlAsync(
            $"""
            update customers set state = {(short)to}, state_since = {now}, decided_at = case when {to.IsDecided()} then {now} end, first_complete_at = coalesce(first_complete_at, {now}) where id = {customer}
            """);
        return decision.Id;
    }

    public async Task CompleteAsync(Guid customer)
    {
        var now = world.Clock.GetUtcNow();
        await using var db = await world.DbAsync();
        await db.Database.ExecuteSqlAsync($"update customers set first_complete_at = coalesce(first_complete_at, {now}) where id = {customer}");
    }

    public async Task HandToAsync(Guid customer, StaffActor to) =>
        Assert.True((await Assignments.AssignByHandAsync(customer, to.StaffId, "转交", true, Lead, default)).Ok);

    public async Task<EffectsView> CountAsync(EffectFilter? filter = null, Actor? by = null)
    {
        await world.Get<EffectsFold>().RunAsync(world.Clock.GetUtcNow(), default);
        return await ViewAsync(filter, by);
    }

    public async Task<EffectsView> ViewAsync(EffectFilter? filter = null, Actor? by = null)
    {
        var view = await Queries.ViewAsync(filter ?? new EffectFilter(), by ?? Lead, default);
        Assert.True(view.Ok, view.Refusal?.Text);
        return view.Value;
    }

    /// <summary>Customers under a department, which is made.</summary>
    public async Task<Guid> DepartmentAsync(string name, params Guid[] customers)
    {
        var id = (await world.Get<DepartmentService>().CreateAsync(new DepartmentDraft { Name = name }, new SystemActor("test"), default)).Value;
        await using var db = await world.DbAsync();
        await db.Database.ExecuteSqlAsync($"update customers set department_id = {id} where id = any({customers})");
        return id;
    }
}
