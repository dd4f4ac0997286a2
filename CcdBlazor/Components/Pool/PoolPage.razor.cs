using System.Globalization;
using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Pool;

/// <summary>What lies in the public pools that the reader may look into, masked as the pool says, to be picked up.</summary>
public sealed partial class PoolPage : LiveComponent
{
    private readonly HashSet<Guid> chosen = [];
    private IReadOnlyList<PoolStanding>? pools;
    private IReadOnlyList<ProductChoice> products = [];
    private IReadOnlyDictionary<Guid, string> poolNames = new Dictionary<Guid, string>();
    private List<string> notes = [];
    private PoolStanding? pool;
    private PoolFilter filter = new();
    private Page<PoolRow>? shown;
    private StaffActor? actor;
    private Refusal? refusal;
    private DateTimeOffset now;
    private Guid? opened;
    private string target = "";
    private string reason = "";
    private Guid? owner;
    private bool moving;
    private bool assigning;
    private bool busy;

    [SupplyParameterFromQuery(Name = "pool")]
    private Guid? PoolId { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    private string? Search { get; set; }

    [SupplyParameterFromQuery]
    private string? Kind { get; set; }

    [SupplyParameterFromQuery]
    private Guid? Product { get; set; }

    [SupplyParameterFromQuery]
    private string? Level { get; set; }

    [SupplyParameterFromQuery]
    private int? Page { get; set; }

    [SupplyParameterFromQuery]
    private int? Size { get; set; }

    [Inject]
    private PoolQueries Queries { get; set; } = default!;

    [Inject]
    private PoolService Service { get; set; } = default!;

    [Inject]
    private CustomerQueries CustomerReads { get; set; } = default!;

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    protected override object LoadKey => (PoolId, filter, Page, Size);

    protected override TimeSpan Calm => TimeSpan.FromSeconds(1);

    private string Standing => pool is null ? ""
        : !pool.MayPick ? $"共 {CountOf(pool)} 位"
        : $"共 {CountOf(pool)} 位，{(pool.MayStillPick is { } left ? $"今天还可领取 {left} 位" : "领取数量不限")}{(pool.ViewsLeft is { } views ? $"，还可查看 {views} 位详情" : "")}";

    protected override IEnumerable<string> Topics() => [PoolTopics.All];

    protected override Task OnParametersSetAsync()
    {
        filter = new PoolFilter(
            Search, Enum.TryParse<CustomerKind>(Kind, out var kind) && Enum.IsDefined(kind) ? kind : null, Product,
            Enum.TryParse<CustomerLevel>(Level, out var level) && Enum.IsDefined(level) ? level : null);
        return base.OnParametersSetAsync();
    }

    protected override async Task LoadAsync(CancellationToken ct)
    {
        actor = await Current.GetAsync();
        now = Clock.GetUtcNow();
        if (products.Count == 0)
            products = await CustomerReads.ProductsAsync(ct);
        pools = await Queries.PoolsAsync(actor, ct);
        poolNames = pools.ToDictionary(p => p.Id, p => p.Name);
        pool = PoolId is { } asked ? pools.FirstOrDefault(p => p.Id == asked) : pools.FirstOrDefault(p => p.Customers > 0) ?? pools.FirstOrDefault();
        if (pool is null)
            return;
        var page = await Queries.ListAsync(pool.Id, filter, new PageRequest(Page ?? 1, Size ?? PageRequest.SmallestSize), actor, ct);
        if (!page.Ok)
            return;
        shown = page.Value;
        chosen.IntersectWith(shown.Rows.Select(r => r.Id));
    }

    private static string At(Guid pool, PoolFilter filter, int page = 1, int size = PageRequest.SmallestSize)
    {
        var parts = new List<string> { $"pool={pool}" };
        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }

        Add("q", filter.Search);
        Add("kind", filter.Kind?.ToString());
        Add("product", filter.ProductId?.ToString());
        Add("level", filter.Level?.ToString());
        Add("page", page > 1 ? page.ToString(CultureInfo.InvariantCulture) : null);
        Add("size", size != PageRequest.SmallestSize ? size.ToString(CultureInfo.InvariantCulture) : null);
        return $"/pool?{string.Join('&', parts)}";
    }

    private void Go(PoolFilter wanted) => Navigation.NavigateTo(At(pool!.Id, wanted), replace: true);

    private static string CountOf(PoolStanding pool) => $"{Format.Count(pool.Customers)}{(pool.More ? " 以上" : "")}";

    private void Ask(bool move) => (moving, assigning, refusal) = (move, !move, null);

    private void Choose(Guid id)
    {
        if (!chosen.Remove(id))
            chosen.Add(id);
    }

    private async Task PickAsync(IReadOnlyList<Guid> ids)
    {
        if (busy)
            return;
        busy = true;
        try
        {
            var names = shown!.Rows.ToDictionary(r => r.Id, r => r.Name);
            var picked = await Service.PickAsync(ids, actor!, Gone);
            refusal = picked.Refusal;
            notes = [];
            if (picked.Ok)
            {
                chosen.Clear();
                notes = [.. picked.Value.Refused.Select(r => $"{names.GetValueOrDefault(r.Id)}：{r.Refusal.Text}")];
                // One customer: straight to its file, which is open now.
                if (ids is [var only])
                {
                    Navigation.NavigateTo($"/customers/{only}");
                    return;
                }

                notes.Insert(0, $"已领取 {picked.Value.Picked.Count} 位客户，可在客户列表中查看。");
            }

            await ReloadAsync();
        }
        finally
        {
            busy = false;
        }
    }

    private async Task MoveAsync()
    {
        if (busy)
            return;
        busy = true;
        try
        {
            if (moving)
                refusal = Guid.TryParse(target, out var to) ? (await Service.MoveAsync([.. chosen], to, reason, actor!, Gone)).Refusal : CommonRefusals.Invalid("Pool", "请选择目标公海。");
            else
                refusal = owner is { } who ? (await Service.AssignAsync([.. chosen], who, actor!, Gone)).Refusal : CommonRefusals.Invalid("Owner", "请选择负责人。");
            // What was refused stays open, with what was typed.
            if (refusal is not null)
                return;
            notes = [moving ? $"已把 {chosen.Count} 位客户转入“{poolNames.GetValueOrDefault(Guid.Parse(target))}”。" : $"已为 {chosen.Count} 位客户指定负责人。"];
            (moving, assigning, reason, target, owner) = (false, false, "", "", null);
            chosen.Clear();
            await ReloadAsync();
        }
        finally
        {
            busy = false;
        }
    }

    private async Task CloseDetailAsync(bool picked)
    {
        var id = opened;
        opened = null;
        if (picked)
            await PickAsync([id!.Value]);
        else
            await ReloadAsync();
    }
}
