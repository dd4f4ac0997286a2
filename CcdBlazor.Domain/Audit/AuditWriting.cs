using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;

namespace CcdBlazor.Domain.Audit;

/// <summary>What an audit row is about.</summary>
/// <param name="CustomerId">The customer whose timeline shows it, if it belongs to one.</param>
internal readonly record struct AuditSubject(string Type, Guid? Id, Guid? CustomerId = null);

internal static class AuditWriting
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>
    /// Adds the audit row to the context, so that it is written in the same commit as the change.
    /// <paramref name="before"/> and <paramref name="after"/> hold only what changed, with personal numbers already masked.
    /// </summary>
    public static void Audit(this CcdDbContext db, Actor by, DateTimeOffset now, string action, AuditSubject subject, object? before = null, object? after = null, string? reason = null) =>
        db.Add(new AuditEntry
        {
            At = now,
            ActorKind = by.Kind,
            ActorId = by.Id,
            ActorName = by.DisplayName,
            From = by.From,
            Action = action,
            SubjectType = subject.Type,
            SubjectId = subject.Id,
            CustomerId = subject.CustomerId,
            Reason = reason,
            Before = before is null ? null : JsonSerializer.Serialize(before, Json),
            After = after is null ? null : JsonSerializer.Serialize(after, Json),
        });
}
