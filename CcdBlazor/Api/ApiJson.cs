using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Api;

/// <summary>A message for other systems.</summary>
internal sealed record MessageAnswer(
    Guid Id, Guid TraceId, string State, string Channel, string? Template, int TemplateVersion, string Recipient, int Priority, bool Urgent, DateTimeOffset AcceptedAt,
    DateTimeOffset? NotBefore, DateTimeOffset? ExpiresAt, DateTimeOffset? FinishedAt, DateTimeOffset? ReceiptAt, int Attempts, int? Account, string? Failure, string? Code,
    string? Reason, decimal? Cost, Guid? BatchId, Guid? CustomerId, Guid? SubjectId, IReadOnlyList<string> Tags, WaitAnswer? Waiting)
{
    public static MessageAnswer Of(MessageView m) => new(
        m.Id, m.Id, ApiWords.Of(m.State), ChannelCodes.Of(m.Channel), m.Template, m.TemplateVersion, m.Recipient, m.Priority, m.Urgent, m.AcceptedAt,
        m.NotBefore, m.ExpiresAt, m.FinishedAt, m.ReceiptAt, m.Attempt, m.Account, m.Failure is { } failure ? ApiWords.Snake(failure.ToString()) : null, m.Code,
        m.Reason, m.CostMilli / 1000m, m.BatchId, m.CustomerId, m.SubjectId, m.Tags, m.Waits is { } why ? new WaitAnswer(ApiWords.Snake(why.ToString()), m.WaitsUntil) : null);
}

internal sealed record WaitAnswer(string Reason, DateTimeOffset? Until);

internal sealed record MessageListAnswer(IReadOnlyList<MessageAnswer> Items, Guid? Next);

internal sealed record TraceAnswer(Guid TraceId, string State, IReadOnlyList<StepAnswer> Steps);

internal sealed record StepAnswer(DateTimeOffset At, string Node, string Result, int Attempt, string? Host, string? Code, string? ProviderId, string? Detail);

internal sealed record CountsAnswer(long Sent, long Delivered, long Bounced, long Failed, long Skipped, long Cancelled, long Unknown, double? SuccessRate, decimal Cost)
{
    public static CountsAnswer Of(OutcomeCounts c) => new(
        c.Sent, c.Delivered, c.Bounced, c.Failed, c.Skipped, c.Cancelled, c.Unknown, c.SuccessRate is { } rate ? Math.Round(rate, 4) : null, c.CostMilli / 1000m);
}

internal sealed record TimesAnswer(double? P50, double? P95, double? P99)
{
    public static TimesAnswer Of(ResponseTimes t) => new(Ms(t.P50), Ms(t.P95), Ms(t.P99));

    private static double? Ms(TimeSpan? span) => span is { } s ? Math.Round(s.TotalMilliseconds, 1) : null;
}

internal sealed record OverviewAnswer(
    DateTimeOffset From, DateTimeOffset Until, CountsAnswer Total, TimesAnswer ResponseMs, IReadOnlyList<ChannelFiguresAnswer> Channels, IReadOnlyList<DayFiguresAnswer> Days);

internal sealed record ChannelFiguresAnswer(string Channel, CountsAnswer Counts, TimesAnswer ResponseMs);

internal sealed record DayFiguresAnswer(DateOnly Day, CountsAnswer Counts);

internal sealed record RealtimeAnswer(
    DateTimeOffset At, IReadOnlyList<MinuteFiguresAnswer> Minutes, TimesAnswer ResponseMs, IReadOnlyList<QueueAnswer> Queues, IReadOnlyList<LaterAnswer> Later,
    IReadOnlyList<LaneAnswer> Lanes, int AtTheDoor, int OutcomesWaiting);

internal sealed record MinuteFiguresAnswer(DateTimeOffset Minute, CountsAnswer Counts);

internal sealed record QueueAnswer(string Channel, int? Account, string Class, long Waiting, DateTimeOffset? OldestAcceptedAt);

internal sealed record LaterAnswer(string Reason, long Waiting);

internal sealed record LaneAnswer(string Channel, int Workers, int Busy, int UnderWay, double? CallMs, string Bottleneck);

internal sealed record TemplateListAnswer(IReadOnlyList<TemplateAnswer> Items);

internal sealed record TemplateAnswer(string Code, string Name, string Category, string State, int? Version, IReadOnlyList<VariableAnswer> Variables, IReadOnlyList<string> Channels);

internal sealed record VariableAnswer(string Name, string Title, string Type, bool Required, string Sample);

internal sealed record AccountListAnswer(IReadOnlyList<AccountAnswer> Items);

internal sealed record AccountAnswer(int Number, string Name, string Kind, string Channel, bool Enabled, bool BoundOnly, int Weight, DateTimeOffset? RestsUntil, string? RestReason);

internal sealed record BatchAcceptedAnswer(Guid Id, string Number, int Accepted, IReadOnlyList<BadRowAnswer> Bad);

internal sealed record BadRowAnswer(int Row, string Recipient, string Code, string Text, string? Field)
{
    public static BadRowAnswer Of(BadRow bad) => new(bad.Row, bad.Recipient, bad.Refusal.Code, bad.Refusal.Text, bad.Refusal.Field);
}

internal sealed record RowsRefusedAnswer(string Title, int Status, string Code, IReadOnlyList<BadRowAnswer> Bad);

internal sealed record BatchAnswer(
    Guid Id, string Number, string Name, string? Template, string Channel, string State, int Priority, int Total, int Waiting, int Sent, int Delivered, int Failed, int Skipped,
    int Cancelled, int Unknown, int Bounced, decimal Cost, DateTimeOffset CreatedAt, DateTimeOffset? StartAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    public static BatchAnswer Of(BatchView b) => new(
        b.Id, b.Number, b.Name, b.Template, ChannelCodes.Of(b.Channel), ApiWords.Snake(b.State.ToString()), b.Priority, b.Total, b.Waiting, b.Sent, b.Delivered, b.Failed, b.Skipped,
        b.Cancelled, b.Unknown, b.Bounced, b.CostMilli / 1000m, b.CreatedAt, b.StartAt, b.StartedAt, b.FinishedAt);
}

/// <summary>The stable words of states for other systems.</summary>
internal static class ApiWords
{
    public static string Of(MessageState state) => Snake(state.ToString());

    public static string OfClass(short priorityClass) => priorityClass switch { 0 => "urgent", 1 => "high", 2 => "normal", _ => "low" };

    public static bool TryRead(string? text, out MessageState state)
    {
        foreach (var one in Enum.GetValues<MessageState>())
            if (Of(one) == text)
            {
                state = one;
                return true;
            }

        state = default;
        return false;
    }

    /// <summary><c>QuietHours</c> becomes <c>quiet_hours</c>.</summary>
    public static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    public static StepAnswer Of(TraceView step) =>
        new(step.At, Snake(step.Node.ToString()), Snake(step.Result.ToString()), step.Attempt, step.Host, step.Code, step.ProviderId, step.Detail);

    public static TemplateAnswer Of(TemplateOffer t) => new(
        t.Code, t.Name, Snake(t.Category.ToString()), Snake(t.State.ToString()), t.Version,
        [.. t.Variables.Select(v => new VariableAnswer(v.Name, v.Title, Snake(v.Type.ToString()), v.Required, v.Sample))], [.. t.Channels.Select(ChannelCodes.Of)]);
}

/// <summary>How answers are written: made at build time, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MessageAnswer))]
[JsonSerializable(typeof(MessageListAnswer))]
[JsonSerializable(typeof(TraceAnswer))]
[JsonSerializable(typeof(OverviewAnswer))]
[JsonSerializable(typeof(RealtimeAnswer))]
[JsonSerializable(typeof(TemplateListAnswer))]
[JsonSerializable(typeof(AccountListAnswer))]
[JsonSerializable(typeof(BatchAcceptedAnswer))]
[JsonSerializable(typeof(RowsRefusedAnswer))]
[JsonSerializable(typeof(BatchAnswer))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>With Chinese as it is, not as escapes.</summary>
    public static ApiJson Plain => Writing.Json;

    public static Task AnswerAsync<T>(HttpContext http, T answer, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        ApiAnswers.WriteAsync(http, status, json => JsonSerializer.Serialize(json, answer, type));

    /// <summary>A class of its own, so that it is made after what the generator declares.</summary>
    private static class Writing
    {
        public static readonly ApiJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        });
    }
}
