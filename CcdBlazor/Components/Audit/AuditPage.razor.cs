using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Audit;

/// <summary>The audit for administrators. Filters and place live in the URL; the fields of the form are a draft of the next URL.</summary>
public partial class AuditPage
{
    private const int PageSize = 50;
    private static readonly TimeSpan ShanghaiOffset = TimeSpan.FromHours(8);

    private Domain.Audit.AuditPage page = new([], null);
    private Refusal? refusal;
    private string? actor;
    private string? action;
    private string? subjectType;
    private string? text;
    private DateOnly? from;
    private DateOnly? until;

    [Inject]
    private AuditQueries Audit { get; set; } = default!;

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [SupplyParameterFromQuery(Name = "actor")]
    private string? Actor { get; set; }

    [SupplyParameterFromQuery(Name = "action")]
    private string? Action { get; set; }

    [SupplyParameterFromQuery(Name = "type")]
    private string? SubjectType { get; set; }

    [SupplyParameterFromQuery(Name = "subject")]
    private Guid? Subject { get; set; }

    [SupplyParameterFromQuery(Name = "customer")]
    private Guid? Customer { get; set; }

    [SupplyParameterFromQuery(Name = "text")]
    private string? Text { get; set; }

    [SupplyParameterFromQuery(Name = "from")]
    private DateOnly? From { get; set; }

    [SupplyParameterFromQuery(Name = "until")]
    private DateOnly? Until { get; set; }

    [SupplyParameterFromQuery(Name = "before")]
    private long? Before { get; set; }

    protected override object LoadKey => (Actor, Action, SubjectType, Subject, Customer, Text, From, (Until, Before));

    /// <summary>Nothing: rows are only ever added above, and must not push away what somebody is reading.</summary>
    protected override IEnumerable<string> Topics() => [];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        (actor, action, subjectType, text, from, until) = (Actor, Action ?? "", SubjectType ?? "", Text, From, Until);
        var filter = new AuditFilter
        {
            ActorName = Actor,
            Action = Action,
            SubjectType = SubjectType,
            SubjectId = Subject,
            CustomerId = Customer,
            Text = Text,
            From = StartOf(From),
            Until = StartOf(Until?.AddDays(1)),
        };
        var answer = await Audit.PageAsync(filter, await Current.GetAsync(), Before, PageSize, ct);
        page = answer.Ok ? answer.Value : new([], null);
        refusal = answer.Refusal;
    }

    private void Apply(long? before) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters("/admin/audit", new Dictionary<string, object?>
    {
        ["actor"] = Given(actor),
        ["action"] = Given(action),
        ["type"] = Given(subjectType),
        ["subject"] = Subject,
        ["customer"] = Customer,
        ["text"] = Given(text),
        ["from"] = from,
        ["until"] = until,
        ["before"] = before,
    }));

    private static string? Given(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    /// <summary>Midnight in Shanghai, which has had no summer time since 1991.</summary>
    private static DateTimeOffset? StartOf(DateOnly? day) => day is { } date ? new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), ShanghaiOffset) : null;
}
