using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Records;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Messages.Records;

/// <summary>
/// Search over messages. What is shown changes in place; new messages are announced and shown when asked for, so that no line moves under the reader's hand.
/// </summary>
public sealed partial class RecordsPage
{
    private const int AtOnce = 30;

    private RecordStretch? found;
    private Refusal? refusal;
    private (Guid Id, string Number)? batch;
    private IReadOnlyList<(string Code, string Name)> templates = [];
    private DateTimeOffset upTo;
    private object? shownFor;
    private bool newer;

    [SupplyParameterFromQuery(Name = "q")]
    private string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "channel")]
    private string? Channel { get; set; }

    [SupplyParameterFromQuery(Name = "state")]
    private string? State { get; set; }

    [SupplyParameterFromQuery(Name = "template")]
    private string? Template { get; set; }

    [SupplyParameterFromQuery(Name = "batch")]
    private Guid? Batch { get; set; }

    [SupplyParameterFromQuery(Name = "customer")]
    private Guid? Customer { get; set; }

    [SupplyParameterFromQuery(Name = "from")]
    private string? FromDay { get; set; }

    [SupplyParameterFromQuery(Name = "until")]
    private string? UntilDay { get; set; }

    [SupplyParameterFromQuery(Name = "after")]
    private Guid? After { get; set; }

    [SupplyParameterFromQuery(Name = "id")]
    private Guid? Id { get; set; }

    [Inject]
    private MessageRecords Records { get; set; } = default!;

    [Inject]
    private BatchQueries Batches { get; set; } = default!;

    [Inject]
    private MessageCatalogue Catalogue { get; set; } = default!;

    [Inject]
    private CustomerQueries Customers { get; set; } = default!;

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private bool Narrowed => new[] { Q, Channel, State, Template, FromDay, UntilDay }.Any(text => !string.IsNullOrEmpty(text)) || Batch is not null || Customer is not null;

    protected override object? LoadKey => (Q, Channel, State, Template, Batch, Customer, FromDay, UntilDay, After);

    protected override TimeSpan Calm => TimeSpan.FromSeconds(1);

    protected override IEnumerable<string> Topics() => [MessageTopics.Monitor];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var by = await Current.GetAsync();
        if (!Equals(shownFor, LoadKey))
        {
            (shownFor, upTo, newer) = (LoadKey, Clock.GetUtcNow().AddSeconds(1), false);
            templates = [.. (await Catalogue.TemplatesAsync(ct)).Select(t => (t.Code, t.Name))];
        }

        var filter = await FilterAsync(by, ct);
        var answer = await Records.SearchAsync(filter with { Until = Earlier(filter.Until, upTo) }, After, AtOnce, by, ct);
        refusal = answer.Refusal;
        found = answer.Ok ? answer.Value : new RecordStretch([], null);
        if (After is null && !newer && (filter.Until is null || filter.Until > upTo) && await Records.SearchAsync(filter with { From = Later(filter.From, upTo) }, null, 1, by, ct) is { Ok: true, Value.Rows.Count: > 0 })
            newer = true;
    }

    private async Task<MessageFilter> FilterAsync(StaffActor by, CancellationToken ct)
    {
        var filter = new MessageFilter(
            People: Customer is { } customer ? [customer] : null, BatchId: Batch, Template: string.IsNullOrEmpty(Template) ? null : Template,
            State: Parsed<MessageState>(State), Channel: Parsed<MessageChannel>(Channel), From: MessageFormat.Day(FromDay), Until: MessageFormat.Day(UntilDay)?.AddDays(1));
        batch = null;
        if (Q?.Trim() is { Length: > 0 } text)
        {
            if (Guid.TryParse(text, out var id))
                filter = await Records.FindAsync(id, by, ct) is { Ok: true } ? filter with { MessageId = id } : filter with { People = [id] };
            else if (text.StartsWith("PL-", StringComparison.OrdinalIgnoreCase))
            {
                var batches = await Batches.ListAsync(new BatchFilter(text.ToUpperInvariant()), new PageRequest(), by, ct);
                filter = filter with { BatchId = batches.Ok && batches.Value.Rows is [var one, ..] ? one.Id : Guid.Empty };
            }
            else
            {
                var customers = await Customers.ListAsync(new CustomerFilter(Search: text), new PageRequest(), by, ct);
                filter = filter with { People = [.. RecordPeople.Of(text), .. customers.Rows.Select(row => row.Id)] };
            }
        }

        if (filter.BatchId is { } wanted && await Batches.FindAsync(wanted, by, ct) is { Ok: true, Value: var detail })
            batch = (wanted, detail.Row.Number);
        return filter;
    }

    private Task ShowNewerAsync()
    {
        shownFor = null;
        return ReloadAsync();
    }

    private static DateTimeOffset Earlier(DateTimeOffset? one, DateTimeOffset other) => one < other ? one.Value : other;

    private static DateTimeOffset Later(DateTimeOffset? one, DateTimeOffset other) => one > other ? one.Value : other;

    private static T? Parsed<T>(string? text) where T : struct, Enum => Enum.TryParse<T>(text, out var value) && Enum.IsDefined(value) ? value : null;

    private void Go((string Name, string? Value) filter) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            [filter.Name] = string.IsNullOrWhiteSpace(filter.Value) ? null : filter.Value.Trim(),
            ["after"] = null,
            ["id"] = null,
        }), replace: true);

    private string At((string Name, string? Value) part) => Navigation.GetUriWithQueryParameter(part.Name, part.Value);
}
