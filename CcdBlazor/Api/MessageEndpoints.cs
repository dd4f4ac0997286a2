using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Api;

/// <summary>What other systems ask about messages, and how they call scheduled ones back.</summary>
internal sealed class MessageEndpoints(MessageQueries messages, ScheduledMessages scheduled, MessageStatistics statistics, MessageCatalogue catalogue, TimeProvider clock)
{
    private const int LargestPatch = 4 * 1024;
    private static readonly TimeSpan ListedByDefault = TimeSpan.FromDays(7);

    public void Map(ApiGate gate, IEndpointRouteBuilder routes)
    {
        gate.Map(routes, "GET", "/api/messages", ApiScopes.MessagesRead, ListAsync);
        gate.Map(routes, "GET", "/api/messages/{id:guid}", ApiScopes.MessagesRead, FindAsync);
        gate.Map(routes, "POST", "/api/messages/{id:guid}/cancel", ApiScopes.MessagesSend, CancelAsync);
        gate.Map(routes, "PATCH", "/api/messages/{id:guid}", ApiScopes.MessagesSend, RescheduleAsync);
        gate.Map(routes, "GET", "/api/messages/traces/{traceId:guid}", ApiScopes.MessagesRead, TraceAsync);
        gate.Map(routes, "GET", "/api/messages/statistics/overview", ApiScopes.MessagesRead, OverviewAsync);
        gate.Map(routes, "GET", "/api/messages/statistics/realtime", ApiScopes.MessagesRead, RealtimeAsync);
        gate.Map(routes, "GET", "/api/messages/templates", ApiScopes.TemplatesRead, TemplatesAsync);
        gate.Map(routes, "GET", "/api/messages/accounts", ApiScopes.AccountsRead, AccountsAsync);
    }

    private async Task FindAsync(HttpContext http, ApiKeyAccess access) => await AnswerMessageAsync(http, IdOf(http, "id"), access);

    private async Task AnswerMessageAsync(HttpContext http, Guid id, ApiKeyAccess access)
    {
        if (await messages.FindAsync(id, access.Id, http.RequestAborted) is { } message)
            await ApiJson.AnswerAsync(http, MessageAnswer.Of(message), ApiJson.Plain.MessageAnswer);
        else
            await ApiAnswers.RefuseAsync(http, CommonRefusals.NotFound);
    }

    private async Task ListAsync(HttpContext http, ApiKeyAccess access)
    {
        var (wrong, filter, take, cursor) = Filter(http.Request.Query, access);
        if (wrong is not null)
        {
            await ApiAnswers.RefuseAsync(http, wrong);
            return;
        }

        var stretch = await messages.ListAsync(filter, cursor, take, access.Id, http.RequestAborted);
        await ApiJson.AnswerAsync(http, new MessageListAnswer([.. stretch.Rows.Select(MessageAnswer.Of)], stretch.Next), ApiJson.Plain.MessageListAnswer);
    }

    private async Task CancelAsync(HttpContext http, ApiKeyAccess access)
    {
        var id = IdOf(http, "id");
        var done = await scheduled.CancelAsync(id, access.Id, access.Actor, http.RequestAborted);
        if (done.Ok)
            await AnswerMessageAsync(http, id, access);
        else
            await ApiAnswers.RefuseAsync(http, done.Refusal);
    }

    private async Task RescheduleAsync(HttpContext http, ApiKeyAccess access)
    {
        if (!SendEndpoint.IsJson(http.Request.ContentType))
        {
            await ApiAnswers.RefuseAsync(http, ApiRefusals.NotJson);
            return;
        }

        if (await ApiBody.ReadAsync(http, LargestPatch) is not { } body)
        {
            await ApiAnswers.RefuseAsync(http, ApiRefusals.TooLarge);
            return;
        }

        var wanted = ReadPatch(body);
        http.Request.BodyReader.AdvanceTo(body.End);
        if (!wanted.Ok)
        {
            await ApiAnswers.RefuseAsync(http, wanted.Refusal, wanted.Refusal == ApiRefusals.Malformed ? StatusCodes.Status400BadRequest : null);
            return;
        }

        var id = IdOf(http, "id");
        var at = wanted.Value.At ?? clock.GetUtcNow() + wanted.Value.After!.Value;
        var done = await scheduled.RescheduleAsync(id, at, wanted.Value.ExpiresAt, access.Id, access.Actor, http.RequestAborted);
        if (done.Ok)
            await AnswerMessageAsync(http, id, access);
        else
            await ApiAnswers.RefuseAsync(http, done.Refusal);
    }

    private async Task TraceAsync(HttpContext http, ApiKeyAccess access)
    {
        var id = IdOf(http, "traceId");
        if (await messages.FindAsync(id, access.Id, http.RequestAborted) is not { } message)
        {
            await ApiAnswers.RefuseAsync(http, CommonRefusals.NotFound);
            return;
        }

        var steps = await messages.TraceAsync(id, http.RequestAborted);
        await ApiJson.AnswerAsync(http, new TraceAnswer(id, ApiWords.Of(message.State), [.. steps.Select(ApiWords.Of)]), ApiJson.Plain.TraceAnswer);
    }

    private async Task OverviewAsync(HttpContext http, ApiKeyAccess access)
    {
        var now = clock.GetUtcNow();
        Refusal? wrong = null;
        var until = Moment(http.Request.Query, "until", ref wrong) ?? now;
        var from = Moment(http.Request.Query, "from", ref wrong) ?? until - ListedByDefault;
        if (wrong is null && (from >= until || until - from > MessageStatistics.Longest))
            wrong = ApiRefusals.Parameter("from", "早于 until 且相隔不超过 92 天的时间");
        if (wrong is not null)
        {
            await ApiAnswers.RefuseAsync(http, wrong);
            return;
        }

        var o = await statistics.OverviewAsync(from, until, http.RequestAborted);
        await ApiJson.AnswerAsync(http, new OverviewAnswer(
            o.From, o.Until, CountsAnswer.Of(o.All), TimesAnswer.Of(o.Times),
            [.. o.Channels.Select(c => new ChannelFiguresAnswer(ChannelCodes.Of(c.Channel), CountsAnswer.Of(c.Counts), TimesAnswer.Of(c.Times)))],
            [.. o.Days.Select(d => new DayFiguresAnswer(d.Day, CountsAnswer.Of(d.Counts)))]), ApiJson.Plain.OverviewAnswer);
    }

    private async Task RealtimeAsync(HttpContext http, ApiKeyAccess access)
    {
        var r = await statistics.RealtimeAsync(http.RequestAborted);
        await ApiJson.AnswerAsync(http, new RealtimeAnswer(
            r.At, [.. r.Minutes.Select(m => new MinuteFiguresAnswer(m.Minute, CountsAnswer.Of(m.Counts)))], TimesAnswer.Of(r.Times),
            [.. r.Queues.Select(q => new QueueAnswer(ChannelCodes.Of(q.Channel), q.Account, ApiWords.OfClass(q.Class), q.Waiting, q.OldestAccepted))],
            [.. r.Later.Select(l => new LaterAnswer(ApiWords.Snake(l.Why.ToString()), l.Waiting))],
            [.. r.Lanes.Select(l => new LaneAnswer(ChannelCodes.Of(l.Channel), l.Workers, l.Busy, l.UnderWay, l.CallTime is { } took ? Math.Round(took.TotalMilliseconds, 1) : null, ApiWords.Snake(l.Bottleneck.ToString())))],
            r.AtTheDoor, r.OutcomesWaiting), ApiJson.Plain.RealtimeAnswer);
    }

    private async Task TemplatesAsync(HttpContext http, ApiKeyAccess access)
    {
        var templates = await catalogue.TemplatesAsync(http.RequestAborted);
        await ApiJson.AnswerAsync(http, new TemplateListAnswer([.. templates.Select(ApiWords.Of)]), ApiJson.Plain.TemplateListAnswer);
    }

    private async Task AccountsAsync(HttpContext http, ApiKeyAccess access)
    {
        var accounts = await catalogue.AccountsAsync(http.RequestAborted);
        await ApiJson.AnswerAsync(http, new AccountListAnswer([.. accounts.Select(a => new AccountAnswer(
            a.Number, a.Name, a.Kind, ChannelCodes.Of(a.Channel), a.Enabled, a.BoundOnly, a.Weight, a.RestsUntil, a.RestReason))]), ApiJson.Plain.AccountListAnswer);
    }

    private (Refusal? Refusal, MessageFilter Filter, int Take, Guid? Cursor) Filter(IQueryCollection query, ApiKeyAccess access)
    {
        Refusal? wrong = null;
        var channel = Channel(query, ref wrong);
        var state = default(MessageState?);
        if (Given(query, "state") is { } word)
            if (ApiWords.TryRead(word, out var read))
                state = read;
            else
                wrong ??= ApiRefusals.Parameter("state", string.Join("、", Enum.GetValues<MessageState>().Select(ApiWords.Of)) + " 之一");
        var cursor = Id(query, "cursor", ref wrong);
        var take = 50;
        if (Given(query, "limit") is { } limit && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out take) || take is < 1 or > MessageQueries.LargestStretch))
            wrong ??= ApiRefusals.Parameter("limit", $" 1 到 {MessageQueries.LargestStretch} 的整数");
        var template = Given(query, "template");
        if (template is { Length: > 60 } || template?.Any(char.IsControl) == true)
            wrong ??= ApiRefusals.Parameter("template", "模板代码");
        // With a batch or a person an index leads there; a search by anything else stays within a week unless it says how far.
        var batch = Id(query, "batch", ref wrong);
        var person = Person(query, channel, ref wrong);
        var from = Moment(query, "from", ref wrong) ?? (batch is null && person is null ? clock.GetUtcNow() - ListedByDefault : null);
        var filter = new MessageFilter(
            person is { } one ? [one] : null, null, batch, template, state, channel, from, Moment(query, "until", ref wrong), Given(query, "mine") == "true" ? access.Id : null);
        return (wrong, filter, take, cursor);
    }

    /// <summary>A customer's id, or a recipient together with its channel.</summary>
    private static Guid? Person(IQueryCollection query, MessageChannel? channel, ref Refusal? wrong)
    {
        if (Given(query, "person") is not { } text)
            return null;
        if (Guid.TryParse(text, out var customer))
            return customer;
        if (channel is { } on && RecipientRules.Normalise(on, text) is { } recipient)
            return RecipientRules.PersonOf(null, on, recipient);
        wrong ??= ApiRefusals.Parameter("person", "客户标识，或与 channel 一起给出的接收人");
        return null;
    }

    private static MessageChannel? Channel(IQueryCollection query, ref Refusal? wrong)
    {
        if (Given(query, "channel") is not { } text)
            return null;
        if (ChannelCodes.TryRead(text, out var channel))
            return channel;
        wrong ??= ApiRefusals.Parameter("channel", string.Join("、", ChannelCodes.All.Select(c => c.Code)) + " 之一");
        return null;
    }

    private static Guid? Id(IQueryCollection query, string name, ref Refusal? wrong)
    {
        if (Given(query, name) is not { } text)
            return null;
        if (Guid.TryParse(text, out var id))
            return id;
        wrong ??= name == "cursor" ? ApiRefusals.Cursor : ApiRefusals.Parameter(name, "标识（UUID）");
        return null;
    }

    private static DateTimeOffset? Moment(IQueryCollection query, string name, ref Refusal? wrong)
    {
        if (Given(query, name) is not { } text)
            return null;
        // An address turns an unescaped "+" of the offset into a space.
        if (DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) && moment.Year is > 2000 and < 2200)
            return moment.ToUniversalTime();
        wrong ??= ApiRefusals.Parameter(name, "时间，如 2026-11-20T14:05:00+08:00");
        return null;
    }

    private static string? Given(IQueryCollection query, string name) => query[name].ToString() is { Length: > 0 and <= 200 } text ? text : null;

    private static Guid IdOf(HttpContext http, string name) => Guid.Parse((string)http.Request.RouteValues[name]!, CultureInfo.InvariantCulture);

    private static Result<(DateTimeOffset? At, TimeSpan? After, DateTimeOffset? ExpiresAt)> ReadPatch(System.Buffers.ReadOnlySequence<byte> body)
    {
        try
        {
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return ApiRefusals.Malformed;
            DateTimeOffset? at = null, expiresAt = null;
            TimeSpan? after = null;
            Refusal? wrong = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("at"u8))
                    wrong ??= SendRequestReader.Moment(ref json, "at", out at);
                else if (json.ValueTextEquals("after"u8))
                    wrong ??= SendRequestReader.Seconds(ref json, out after);
                else if (json.ValueTextEquals("expiresAt"u8))
                    wrong ??= SendRequestReader.Moment(ref json, "expiresAt", out expiresAt);
                else
                    wrong ??= ApiRefusals.FieldUnknown(json.GetString()!);
                if (json.TokenType == JsonTokenType.PropertyName)
                    json.Read();
                json.TrySkip();
            }

            while (json.Read())
            {
            }

            if (wrong is null && at is null && after is null)
                wrong = ApiRefusals.FieldMissing("at");
            if (at is not null && after is not null)
                wrong ??= SendRefusals.AtAndAfter;
            return wrong is null ? (at, after, expiresAt) : wrong;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return ApiRefusals.Malformed;
        }
    }
}
