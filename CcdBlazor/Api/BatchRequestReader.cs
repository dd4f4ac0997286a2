using System.Buffers;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Api;

/// <summary>Reads the body of a batch in one pass; as strict as <see cref="SendRequestReader"/>.</summary>
internal static class BatchRequestReader
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 6 };
    private static readonly Dictionary<string, string> NoVariables = [];

    public static Result<(BatchDraft Draft, List<BatchRecipient> Recipients)> Read(ReadOnlySequence<byte> body, string? idempotencyKey, DateTimeOffset now)
    {
        try
        {
            var json = new Utf8JsonReader(body, Reading);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return ApiRefusals.Malformed;
            var result = ReadObject(ref json, idempotencyKey, now);
            while (json.Read())
            {
                // What follows the object makes the reader throw.
            }

            return result;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return ApiRefusals.Malformed;
        }
    }

    private static Result<(BatchDraft Draft, List<BatchRecipient> Recipients)> ReadObject(ref Utf8JsonReader json, string? idempotencyKey, DateTimeOffset now)
    {
        string? name = null, template = null;
        MessageChannel? channel = null;
        List<BatchRecipient>? recipients = null;
        List<string>? tags = null;
        DateTimeOffset? at = null, expiresAt = null;
        TimeSpan? after = null;
        int? account = null;
        var (priority, canary) = (3, 0);
        var (start, urgent, acceptGood) = (true, false, false);
        Refusal? wrong = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("name"u8))
                wrong ??= SendRequestReader.Text(ref json, "name", out name);
            else if (json.ValueTextEquals("template"u8))
                wrong ??= SendRequestReader.Text(ref json, "template", out template);
            else if (json.ValueTextEquals("channel"u8))
                wrong ??= SendRequestReader.Channel(ref json, out channel);
            else if (json.ValueTextEquals("recipients"u8))
                wrong ??= Recipients(ref json, out recipients);
            else if (json.ValueTextEquals("priority"u8))
                wrong ??= SendRequestReader.Whole(ref json, "priority", out priority);
            else if (json.ValueTextEquals("canaryPercent"u8))
                wrong ??= SendRequestReader.Whole(ref json, "canaryPercent", out canary);
            else if (json.ValueTextEquals("start"u8))
                wrong ??= SendRequestReader.Toggle(ref json, "start", out start);
            else if (json.ValueTextEquals("acceptGood"u8))
                wrong ??= SendRequestReader.Toggle(ref json, "acceptGood", out acceptGood);
            else if (json.ValueTextEquals("urgent"u8))
                wrong ??= SendRequestReader.Toggle(ref json, "urgent", out urgent);
            else if (json.ValueTextEquals("at"u8))
                wrong ??= SendRequestReader.Moment(ref json, "at", out at);
            else if (json.ValueTextEquals("after"u8))
                wrong ??= SendRequestReader.Seconds(ref json, out after);
            else if (json.ValueTextEquals("expiresAt"u8))
                wrong ??= SendRequestReader.Moment(ref json, "expiresAt", out expiresAt);
            else if (json.ValueTextEquals("tags"u8))
                wrong ??= SendRequestReader.Tags(ref json, out tags);
            else if (json.ValueTextEquals("account"u8))
                wrong ??= SendRequestReader.Account(ref json, out account);
            else
                wrong ??= ApiRefusals.FieldUnknown(json.GetString()!);
            if (wrong is not null)
            {
                if (json.TokenType == JsonTokenType.PropertyName)
                    json.Read();
                json.TrySkip();
            }
        }

        if (wrong is not null)
            return wrong;
        if (name is null || template is null || channel is null || recipients is null)
            return ApiRefusals.FieldMissing(name is null ? "name" : template is null ? "template" : channel is null ? "channel" : "recipients");
        if (at is not null && after is not null)
            return Domain.Messages.Sending.SendRefusals.AtAndAfter;
        var draft = new BatchDraft
        {
            Name = name, Template = template, Channel = channel.Value, Account = account, Priority = priority, Urgent = urgent, Start = start, At = at ?? now + after,
            ExpiresAt = expiresAt, CanaryPercent = canary, Tags = tags ?? (IReadOnlyList<string>)[], AcceptGood = acceptGood, IdempotencyKey = idempotencyKey,
        };
        return (draft, recipients);
    }

    private static Refusal? Recipients(ref Utf8JsonReader json, out List<BatchRecipient>? recipients)
    {
        recipients = null;
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            return ApiRefusals.FieldType("recipients", "接收人的列表");
        recipients = [];
        Refusal? wrong = null;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                wrong ??= ApiRefusals.FieldType("recipients", "由 recipient 和 variables 组成的对象的列表");
                json.TrySkip();
                continue;
            }

            var one = Recipient(ref json, out var refused);
            wrong ??= refused is null ? null : refused with { Text = $"第 {recipients.Count + 1} 行：{refused.Text}" };
            // One more than allowed is enough to say that they are too many.
            if (recipients.Count <= BatchRefusals.MostRecipients)
                recipients.Add(one);
        }

        return wrong;
    }

    private static BatchRecipient Recipient(ref Utf8JsonReader json, out Refusal? wrong)
    {
        var recipient = "";
        Dictionary<string, string>? variables = null;
        Guid? customer = null;
        wrong = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("recipient"u8))
                wrong ??= SendRequestReader.Text(ref json, "recipients.recipient", out recipient!);
            else if (json.ValueTextEquals("variables"u8))
                wrong ??= SendRequestReader.Variables(ref json, out variables);
            else if (json.ValueTextEquals("customerId"u8))
                wrong ??= SendRequestReader.Id(ref json, "recipients.customerId", out customer);
            else
                wrong ??= ApiRefusals.FieldUnknown($"recipients.{json.GetString()}");
            if (wrong is not null)
            {
                if (json.TokenType == JsonTokenType.PropertyName)
                    json.Read();
                json.TrySkip();
            }
        }

        return new BatchRecipient(recipient ?? "", variables ?? NoVariables, customer);
    }
}
