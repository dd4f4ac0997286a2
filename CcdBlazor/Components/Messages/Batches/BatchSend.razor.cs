using CcdBlazor.Components.Messages.Records;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Messages;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace CcdBlazor.Components.Messages.Batches;

/// <summary>The form of a batch. Any change takes the dry run away: what is started is what was looked at.</summary>
public sealed partial class BatchSend
{
    private static readonly Refusal NotChosen = new("messages.choose_first", "请先选择模板和渠道。") { Field = "template" };

    private sealed record Sent(Guid? Id, string? Text);

    private readonly SendChoice choice = new() { Priority = 3 };
    private string name = "";
    private string pasted = "";
    private int canary;
    private bool acceptGood;
    private bool asking;
    private bool busy;
    private bool uploading;
    private string? problem;
    private RecipientSheet? sheet;
    private MatchedRecipients? matched;
    private BatchOutlook? look;
    private Refusal? refusal;
    // Two clicks are one batch.
    private readonly Guid key = Guid.NewGuid();

    [Parameter, EditorRequired]
    public IReadOnlyList<TemplateOffer> Templates { get; set; } = [];

    [Parameter, EditorRequired]
    public IReadOnlyList<AccountOffer> Accounts { get; set; } = [];

    [Inject]
    private BatchForecast Forecast { get; set; } = default!;

    [Inject]
    private BatchService Batches { get; set; } = default!;

    [Inject]
    private RecipientLists Lists { get; set; } = default!;

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    private TemplateOffer? Offer => choice.TemplateOf(Templates);

    private MessageChannel? Channel => choice.ChannelOf(Offer);

    private bool Ready => look is { Good: > 0 } seen && (seen.Bad.Count == 0 || acceptGood);

    private void Changed() => (look, matched, refusal, acceptGood) = (null, null, null, false);

    private async Task UploadAsync()
    {
        uploading = true;
        problem = null;
        try
        {
            var sent = await Script.InvokeAsync<Sent>("ccd.sendRecipients", TimeSpan.FromMinutes(2), "batch-file");
            problem = sent.Text;
            if (sent.Id is { } id)
            {
                sheet = Lists.Take(id, (await Current.GetAsync()).StaffId);
                problem = sheet is null ? "名单已经失效，请重新上传。" : null;
                pasted = "";
                Changed();
            }
        }
        catch (OperationCanceledException)
        {
            problem = "上传超时，请检查网络后重试。";
        }

        uploading = false;
    }

    private async Task CheckAsync()
    {
        Changed();
        if (Draft(start: false) is not { } draft || Offer is not { } offer)
        {
            refusal = NotChosen;
            return;
        }

        busy = true;
        matched = (sheet ?? RecipientReader.Pasted(pasted)).Match(offer.Variables);
        var answer = await Forecast.OfAsync(draft, matched.Rows, await Current.GetAsync(), default);
        busy = false;
        refusal = answer.Refusal;
        look = answer.Ok ? answer.Value : null;
    }

    private async Task CreateAsync(bool start)
    {
        if (busy || matched is null || Draft(start) is not { } draft)
            return;
        busy = true;
        var by = await Current.GetAsync();
        var answer = by.May(Permission.SendMessages)
            ? await Batches.CreateAsync(draft with { AcceptGood = acceptGood, IdempotencyKey = $"page {key:N}" }, matched.Rows, new MessageCaller(by.StaffId, by), null, default)
            : CommonRefusals.Forbidden;
        (busy, asking) = (false, false);
        refusal = answer.Refusal;
        if (!answer.Ok)
            return;
        if (answer.Value.Id is { } id)
        {
            await Script.InvokeVoidAsync("ccd.forgetDraft", "message-batch");
            Navigation.NavigateTo($"/messages/batches/{id}");
        }
    }

    private BatchDraft? Draft(bool start) => Channel is not { } channel ? null : new BatchDraft
    {
        Name = name,
        Template = choice.Template,
        Channel = channel,
        Account = choice.Account,
        Priority = choice.Priority,
        Urgent = choice.Urgent,
        Start = start,
        At = MessageFormat.Typed(choice.At),
        ExpiresAt = MessageFormat.Typed(choice.ExpiresAt),
        CanaryPercent = canary,
    };
}
