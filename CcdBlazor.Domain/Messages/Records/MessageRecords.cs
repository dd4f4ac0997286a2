using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Records;

/// <summary>Finds messages and tells their way, for people. Needs <see cref="Permission.ViewMessages"/>; without it a sender finds what he handed in himself.</summary>
public sealed class MessageRecords
{
    /// <summary>Steps are kept for so long (issue 3, line 7).</summary>
    public static readonly TimeSpan TraceKept = TimeSpan.FromDays(7);

    private readonly MessageSearch search;
    private readonly TemplateBook templates;
    private readonly TimeProvider clock;

    internal MessageRecords(MessageSearch search, TemplateBook templates, TimeProvider clock)
    {
        this.search = search;
        this.templates = templates;
        this.clock = clock;
    }

    /// <summary>
    /// Messages newest first, by cursor: stable while new ones come in, and no stretch costs more than the first. Refuses a search that takes
    /// too long (<see cref="RecordRefusals.TooWide"/>).
    /// </summary>
    public async Task<Result<RecordStretch>> SearchAsync(MessageFilter filter, Guid? cursor, int take, Actor by, CancellationToken ct)
    {
        if (!MayLook(by))
            return CommonRefusals.Forbidden;
        try
        {
            var (rows, next) = await search.ListAsync(filter with { Caller = OnlyOf(by) ?? filter.Caller }, cursor, take, ct);
            return new RecordStretch(rows.ConvertAll(Row), next);
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException)
        {
            return RecordRefusals.TooWide;
        }
    }

    /// <summary>One message with its steps, oldest first.</summary>
    public async Task<Result<RecordDetail>> FindAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!MayLook(by))
            return CommonRefusals.Forbidden;
        if (await search.FindAsync(id, OnlyOf(by), ct) is not { } m)
            return CommonRefusals.NotFound;
        var row = Row(m);
        // A code is for the one who gets it.
        var text = m.Category == MessageCategory.Verification ? null : await RenderAsync((m.TemplateId, m.TemplateVersion), m.Channel, m.Variables, ct);
        return new RecordDetail(
            row, by.May(Permission.RevealIdentity) && m.Recipient.Length > 0 ? m.Recipient : row.Recipient, m.Category, text, m.TemplateVersion, m.Priority, m.Urgent, m.NotBefore, m.ExpiresAt,
            m.ReceiptAt, m.AccountName, m.CostMilli ?? 0, m.Tags, row is { State: MessageState.Waiting, Waits: WaitReason.Scheduled, BatchId: null }, Steps(await search.StepsAsync(id, ct)),
            m.AcceptedAt > clock.GetUtcNow() - TraceKept);
    }

    private static bool MayLook(Actor by) => by.May(Permission.ViewMessages) || by.May(Permission.SendMessages);

    /// <summary>Whose messages alone he may see; none when he may see all.</summary>
    private static Guid? OnlyOf(Actor by) => by.May(Permission.ViewMessages) ? null : by.Id ?? Guid.Empty;

    private async Task<string?> RenderAsync((Guid Template, int Version) version, MessageChannel channel, string variables, CancellationToken ct)
    {
        if (await templates.VersionAsync(version.Template, version.Version, ct) is not { } template || !template.Speaks(channel))
            return null;
        var values = (JsonSerializer.Deserialize(variables, MessageJson.Default.DictionaryStringString) ?? []).ToDictionary(v => v.Key, v => SealedVariables.Shown(v.Value));
        var content = template.Render(channel, values);
        return content.Subject is { Length: > 0 } subject ? $"{subject}\n{content.Text}" : content.Text;
    }

    private static List<RecordStep> Steps(List<TraceView> traces)
    {
        var steps = new List<RecordStep>(traces.Count);
        DateTimeOffset? before = null;
        foreach (var t in traces)
        {
            // A "begun" mark holds the account's number, which says nothing to a reader.
            var code = t is { Node: TraceNode.Process, Result: TraceResult.Done } ? null : t.Code;
            var (what, why, good) = RecordWords.Step(t.Node, t.Result, code, t.Detail);
            steps.Add(new RecordStep(t.At, what, why is { Length: > 0 } ? why : null, t.Attempt, t.Host, t.ProviderId, t.At - before, good));
            before = t.At;
        }

        return steps;
    }

    private static RecordRow Row(FoundMessage m) => new(
        m.Id, m.AcceptedAt, m.Channel, m.State, m.TemplateName, RecipientMask.Shown(m.Channel, m.Recipient), m.BatchId, m.BatchNumber, m.CustomerId, m.Attempt, m.FinishedAt, m.Waits, m.WaitsUntil,
        m.Failure, m.Code, m.Reason);
}

/// <summary>Refusals around looking for messages.</summary>
public static class RecordRefusals
{
    public static readonly Refusal TooWide = new("messages.search_too_wide", "符合条件的消息太多，请缩小时间范围或增加条件。", RefusalKind.Conflict);
}
