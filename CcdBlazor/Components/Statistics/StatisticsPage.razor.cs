using CcdBlazor.Components.Customers;
using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Statistics;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Statistics;

/// <summary>The dashboard. Live; the scope is in the address; each figure opens the list behind it.</summary>
public sealed partial class StatisticsPage : LiveComponent
{
    private IReadOnlyList<StatisticsScope> scopes = [];
    private StatisticsScope? chosen;
    private StatisticsLinks? links;
    private StaffActor? actor;
    private Dashboard? shown;
    private Refusal? refusal;

    [SupplyParameterFromQuery]
    private string? Scope { get; set; }

    [Inject]
    private StatisticsQueries Statistics { get; set; } = default!;

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    protected override object? LoadKey => Scope;

    /// <summary>Everything that anybody does changes a figure; nobody reads numbers that change ten times a second.</summary>
    protected override TimeSpan Calm => TimeSpan.FromSeconds(2);

    protected override IEnumerable<string> Topics() => [CustomerTopics.Dashboard];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var wanted = Scope;
        actor = await Current.GetAsync();
        scopes = await Statistics.ScopesAsync(actor, ct);
        var scope = wanted is null ? scopes[0] : scopes.FirstOrDefault(s => s.Word == wanted);
        if (scope is null)
        {
            (chosen, shown, refusal) = (null, null, StatisticsRefusals.ScopeNotYours);
            return;
        }

        var read = await Statistics.DashboardAsync(scope, actor, ct);
        if (wanted != Scope)
            return; // Another scope was chosen meanwhile.
        (chosen, refusal) = (scope, read.Refusal);
        shown = read.Ok ? read.Value : null;
        links = new StatisticsLinks(scope, actor.StaffId);
    }

    private string? Open(CustomerListAddress list) => shown is { ListsOpen: true } ? list.ToString() : null;

    private string? Open(FileEventFilter list) => shown is { ListsOpen: true } ? StatisticsLinks.AddressOf(list) : null;

    private static IEnumerable<(CustomerState State, long Count)> ByState(StateCounts counts) =>
        CustomerStateWords.All.Select(state => (state, state switch
        {
            CustomerState.Collecting => counts.Collecting,
            CustomerState.Complete => counts.Complete,
            CustomerState.InReview => counts.InReview,
            CustomerState.Approved => counts.Approved,
            CustomerState.Rejected => counts.Rejected,
        }));

    private (string Label, long Count, string? Href)[] Steps(Dashboard d, StatisticsLinks to) =>
    [
        ("新建", d.Funnel.Registered, Open(to.Customers(from: d.FirstDay, to: d.Today))),
        ("资料齐全", d.Funnel.Complete, Open(to.Customers(StatisticsLinks.Filled, from: d.FirstDay, to: d.Today))),
        ("已提交审核", d.Funnel.Submitted, Open(to.Customers(StatisticsLinks.Submitted, from: d.FirstDay, to: d.Today))),
        ("已通过", d.Funnel.Approved, Open(to.Customers([CustomerState.Approved], from: d.FirstDay, to: d.Today))),
    ];

    private static string WaitingNote(Dashboard d) => d.Waiting.Count == 0 ? "没有积压" : $"最久 {Since(d.Waiting.OldestSince, d.At)}";

    private static string Since(DateTimeOffset? since, DateTimeOffset now) => since is { } at ? Format.Span(now - at) : "—";

    /// <summary>Rounded, but 0 % only for none and 100 % only for all.</summary>
    private static string Share(long part, long whole) =>
        whole == 0 ? "" : part == 0 ? "0%" : part == whole ? "100%" : $"{Math.Clamp((int)Math.Round(part * 100.0 / whole), 1, 99)}%";
}
