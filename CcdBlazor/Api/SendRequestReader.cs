using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Api;

/// <summary>
/// Reads the body of a single send in one pass over its bytes. Strict: a field that is not known is refused, because a mistyped one that is
/// passed over in silence would send something else than was meant.
/// </summary>
internal static class SendRequestReader
{
    private const int MostVariables = 100;
    private const int MostItems = 20;
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 4 };

    public static Result<MessageRequest> Read(ReadOnlySequence<byte> body, string? idempotencyKey)
    {
        try
        {
            var json = new Utf8JsonReader(body, Reading);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return ApiRefusals.Malformed;
            var result = ReadObject(ref json, idempotencyKey);
            // What follows the object makes the reader throw.
            while (json.Read())
            {
            }

            return result;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return ApiRefusals.Malformed;
        }
    }

    private static Result<MessageRequest> ReadObject(ref Utf8JsonReader json, string? idempotencyKey)
    {
        string? template = null;
        var recipient = "";
        MessageChannel? channel = null;
        Dictionary<string, string>? variables = null;
        List<string>? tags = null;
        List<Fallback>? fallbacks = null;
        var priority = 5;
        DateTimeOffset? at = null;
        DateTimeOffset? expiresAt = null;
        TimeSpan? after = null;
        Guid? customerId = null;
        Guid? subjectId = null;
        int? account = null;
        var urgent = false;
        Refusal? wrong = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("template"u8))
                wrong ??= Text(ref json, "template", out template);
            else if (json.ValueTextEquals("channel"u8))
                wrong ??= Channel(ref json, out channel);
            else if (json.ValueTextEquals("recipient"u8))
                wrong ??= Text(ref json, "recipient", out recipient!);
            else if (json.ValueTextEquals("variables"u8))
                wrong ??= Variables(ref json, out variables);
            else if (json.ValueTextEquals("priority"u8))
                wrong ??= Whole(ref json, "priority", out priority);
            else if (json.ValueTextEquals("at"u8))
                wrong ??= Moment(ref json, "at", out at);
            else if (json.ValueTextEquals("after"u8))
                wrong ??= Seconds(ref json, out after);
            else if (json.ValueTextEquals("expiresAt"u8))
                wrong ??= Moment(ref json, "expiresAt", out expiresAt);
            else if (json.ValueTextEquals("tags"u8))
                wrong ??= Tags(ref json, out tags);
            else if (json.ValueTextEquals("customerId"u8))
                wrong ??= Id(ref json, "customerId", out customerId);
            else if (json.ValueTextEquals("subjectId"u8))
                wrong ??= Id(ref json, "subjectId", out subjectId);
            else if (json.ValueTextEquals("account"u8))
                wrong ??= Account(ref json, out account);
            else if (json.ValueTextEquals("urgent"u8))
                wrong ??= Toggle(ref json, "urgent", out urgent);
            else if (json.ValueTextEquals("fallbacks"u8))
                wrong ??= Fallbacks(ref json, out fallbacks);
            else
                wrong ??= ApiRefusals.FieldUnknown(json.GetString()!);
            // After a refusal only the shape is still read, so that broken JSON is always called that.
            if (wrong is not null)
            {
                if (json.TokenType == JsonTokenType.PropertyName)
                    json.Read();
                json.TrySkip();
            }
        }

        if (wrong is not null)
            return wrong;
        if (template is null)
            return ApiRefusals.FieldMissing("template");
        if (channel is null)
            return ApiRefusals.FieldMissing("channel");
        return new MessageRequest
        {
            Template = template,
            Channel = channel.Value,
            Recipient = recipient,
            Variables = variables ?? NoVariables,
            Priority = priority,
            At = at,
            After = after,
            ExpiresAt = expiresAt,
            IdempotencyKey = idempotencyKey,
            Tags = tags ?? (IReadOnlyList<string>)[],
            CustomerId = customerId,
            SubjectId = subjectId,
            Account = account,
            Urgent = urgent,
            Fallbacks = fallbacks ?? (IReadOnlyList<Fallback>)[],
        };
    }

    private static readonly Dictionary<string, string> NoVariables = [];

    internal static Refusal? Text(ref Utf8JsonReader json, string name, out string? value)
    {
        json.Read();
        value = json.TokenType == JsonTokenType.String ? json.GetString() : null;
        return value is null ? ApiRefusals.FieldType(name, "文字") : null;
    }

    internal static Refusal? Channel(ref Utf8JsonReader json, out MessageChannel? channel)
    {
        json.Read();
        channel = null;
        if (json.TokenType == JsonTokenType.String)
            foreach (var (one, code) in ChannelCodes.All)
                if (json.ValueTextEquals(code))
                    channel = one;
        return channel is null ? ApiRefusals.FieldType("channel", string.Join("、", ChannelCodes.All.Select(c => c.Code)) + " 之一") : null;
    }

    internal static Refusal? Whole(ref Utf8JsonReader json, string name, out int value)
    {
        json.Read();
        value = 0;
        return json.TokenType == JsonTokenType.Number && json.TryGetInt32(out value) ? null : ApiRefusals.FieldType(name, "整数");
    }

    internal static Refusal? Account(ref Utf8JsonReader json, out int? account)
    {
        var wrong = Whole(ref json, "account", out var number);
        account = number;
        // A lane keeps an account's number in 16 bits.
        return wrong ?? (number is > 0 and <= 0xFFFF ? null : ApiRefusals.FieldType("account", "渠道账号的编号"));
    }

    internal static Refusal? Toggle(ref Utf8JsonReader json, string name, out bool value)
    {
        json.Read();
        value = json.TokenType == JsonTokenType.True;
        return json.TokenType is JsonTokenType.True or JsonTokenType.False ? null : ApiRefusals.FieldType(name, " true 或 false");
    }

    /// <summary>With an offset: a time without one would mean something else on every machine.</summary>
    internal static Refusal? Moment(ref Utf8JsonReader json, string name, out DateTimeOffset? moment)
    {
        json.Read();
        moment = null;
        if (json.TokenType == JsonTokenType.Null)
            return null;
        if (json.TokenType == JsonTokenType.String && json.GetString() is { Length: > 10 and <= 40 } text && HasOffset(text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var read))
            moment = read.ToUniversalTime();
        return moment is null ? ApiRefusals.FieldType(name, "带时区的时间，如 2026-11-20T14:05:00+08:00") : null;
    }

    internal static Refusal? Seconds(ref Utf8JsonReader json, out TimeSpan? span)
    {
        json.Read();
        span = null;
        if (json.TokenType == JsonTokenType.Number && json.TryGetDouble(out var seconds) && seconds is >= -1e9 and <= 1e9)
            span = TimeSpan.FromSeconds(seconds);
        return span is null ? ApiRefusals.FieldType("after", "秒数") : null;
    }

    internal static Refusal? Id(ref Utf8JsonReader json, string name, out Guid? id)
    {
        json.Read();
        id = json.TokenType == JsonTokenType.String && json.TryGetGuid(out var read) ? read : null;
        return id is null ? ApiRefusals.FieldType(name, "标识（UUID）") : null;
    }

    internal static Refusal? Variables(ref Utf8JsonReader json, out Dictionary<string, string>? variables)
    {
        variables = null;
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            return ApiRefusals.FieldType("variables", "由名称和值组成的对象");
        variables = new Dictionary<string, string>(4);
        Refusal? wrong = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            var value = json.TokenType switch
            {
                JsonTokenType.String => json.GetString(),
                JsonTokenType.True => "true",
                JsonTokenType.False => "false",
                // As it was written: 10.50 stays 10.50.
                JsonTokenType.Number => System.Text.Encoding.ASCII.GetString(json.HasValueSequence ? json.ValueSequence.ToArray() : json.ValueSpan),
                _ => null,
            };
            if (value is null)
            {
                wrong ??= ApiRefusals.FieldType($"variables.{name}", "文字或数字");
                json.TrySkip();
            }
            else if (variables.Count >= MostVariables || !variables.TryAdd(name, value))
            {
                wrong ??= ApiRefusals.FieldType($"variables.{name}", $"只出现一次的变量，且变量不超过 {MostVariables} 个");
            }
        }

        return wrong;
    }

    internal static Refusal? Tags(ref Utf8JsonReader json, out List<string>? tags)
    {
        tags = null;
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            return ApiRefusals.FieldType("tags", "文字的列表");
        tags = [];
        var good = true;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            good &= json.TokenType == JsonTokenType.String && tags.Count < MostItems;
            if (good)
                tags.Add(json.GetString()!);
            json.TrySkip();
        }

        return good ? null : ApiRefusals.FieldType("tags", "文字的列表");
    }

    private static Refusal? Fallbacks(ref Utf8JsonReader json, out List<Fallback>? fallbacks)
    {
        fallbacks = null;
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            return ApiRefusals.FieldType("fallbacks", "渠道和接收人的列表");
        fallbacks = [];
        Refusal? wrong = null;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            MessageChannel? channel = null;
            string? recipient = null;
            if (json.TokenType == JsonTokenType.StartObject)
                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                {
                    if (json.ValueTextEquals("channel"u8))
                        wrong ??= Channel(ref json, out channel);
                    else if (json.ValueTextEquals("recipient"u8))
                        wrong ??= Text(ref json, "fallbacks.recipient", out recipient);
                    else
                        wrong ??= ApiRefusals.FieldUnknown($"fallbacks.{json.GetString()}");
                    if (json.TokenType == JsonTokenType.PropertyName)
                        json.Read();
                    json.TrySkip();
                }
            else
                json.TrySkip();
            if (channel is { } to && recipient is not null && fallbacks.Count < MostItems)
                fallbacks.Add(new Fallback(to, recipient));
            else
                wrong ??= ApiRefusals.FieldType("fallbacks", "渠道和接收人的列表");
        }

        return wrong;
    }

    private static bool HasOffset(string text) => text[^1] is 'Z' or 'z' || text.AsSpan(10).IndexOfAny('+', '-') >= 0;
}
