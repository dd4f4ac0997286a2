using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Satisfaction;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits;

/// <summary>Something that a customer was asked.</summary>
/// <param name="Until">Until then there is time; after it no answer is one, too.</param>
/// <param name="Items">What would answer it.</param>
public sealed record AskedOf(DateTimeOffset At, DateTimeOffset Until, IReadOnlyCollection<string> Items);

/// <summary>Something that a customer handed in or said himself.</summary>
public sealed record AnswerOf(DateTimeOffset At, string Item);

/// <summary>How fast and how often a customer answers: requests for papers by an own upload of one of them, the question after the decision by a rating.</summary>
/// <param name="Hours">Median from the question to the first answer; none: never answered.</param>
/// <param name="Percent">Answered, of those that were answered or whose time is over.</param>
/// <param name="At">When the last of them was answered or ran out.</param>
public sealed record Replies(double? Hours, int Percent, DateTimeOffset At)
{
    /// <summary>What the rating is called among the items.</summary>
    private const string Rating = "satisfaction";

    /// <summary>
    /// None while no question was answered and none has run out. A question that repeats one still unanswered (they share an item) is a reminder of it and no question
    /// of its own; what is still within its time and unanswered says nothing yet. A late answer is an answer.
    /// </summary>
    public static Replies? Of(IEnumerable<AskedOf> asked, IReadOnlyCollection<AnswerOf> answers, DateTimeOffset now)
    {
        var questions = new List<(AskedOf Asked, DateTimeOffset? Answered)>();
        foreach (var one in asked.OrderBy(a => a.At))
        {
            if (questions.Exists(q => (q.Answered is null || q.Answered > one.At) && q.Asked.Items.Any(one.Items.Contains)))
                continue;
            DateTimeOffset? first = answers.Where(a => a.At >= one.At && one.Items.Contains(a.Item)).OrderBy(a => a.At).FirstOrDefault()?.At;
            questions.Add((one, first));
        }

        questions.RemoveAll(q => q.Answered is null && q.Asked.Until > now);
        if (questions.Count == 0)
            return null;
        var hours = questions.Where(q => q.Answered is not null).Select(q => (q.Answered!.Value - q.Asked.At).TotalHours).Order().ToList();
        double? median = hours.Count == 0 ? null : (hours[(hours.Count - 1) / 2] + hours[hours.Count / 2]) / 2;
        return new Replies(median is { } m ? Math.Round(m, 1) : null, 100 * hours.Count / questions.Count, questions.Max(q => q.Answered ?? q.Asked.Until));
    }

    /// <summary>Of some customers, for as many as were asked anything; four queries, whatever their number.</summary>
    internal static async Task<IReadOnlyDictionary<Guid, Replies>> OfAsync(CcdDbContext db, IReadOnlyCollection<Guid> customerIds, DateTimeOffset now, CancellationToken ct)
    {
        var requests = await db.DocumentRequests.AsNoTracking().Where(r => customerIds.Contains(r.CustomerId)).Select(r => new { r.CustomerId, r.AskedAt, r.DueOn, r.ItemCodes }).ToListAsync(ct);
        var ratings = await db.SatisfactionRequests.AsNoTracking().Where(r => customerIds.Contains(r.CustomerId) && r.MessageId != null).Select(r => new { r.CustomerId, r.AskedAt, r.DecisionId }).ToListAsync(ct);
        var asked = requests.Select(r => (r.CustomerId, new AskedOf(r.AskedAt, CustomerNumbers.StartOf(r.DueOn.AddDays(1)), r.ItemCodes)))
            .Concat(ratings.Select(r => (r.CustomerId, new AskedOf(r.AskedAt, r.AskedAt + SatisfactionRating.ChangeableFor, [$"{Rating}:{r.DecisionId}"])))).ToLookup(a => a.CustomerId, a => a.Item2);
        Guid[] some = [.. asked.Select(a => a.Key)];
        if (some.Length == 0)
            return new Dictionary<Guid, Replies>();
        // What a colleague uploads for the customer came to him some other way, and nobody knows when.
        var uploads = await db.Documents.AsNoTracking().Where(d => some.Contains(d.CustomerId) && d.UploaderKind != "staff" && d.UploaderKind != "system")
            .Select(d => new { d.CustomerId, d.UploadedAt, d.ItemCode }).ToListAsync(ct);
        var given = await db.SatisfactionRatings.AsNoTracking().Where(r => some.Contains(r.CustomerId)).Select(r => new { r.CustomerId, r.GivenAt, r.DecisionId }).ToListAsync(ct);
        var answers = uploads.Select(u => (u.CustomerId, new AnswerOf(u.UploadedAt, u.ItemCode)))
            .Concat(given.Select(g => (g.CustomerId, new AnswerOf(g.GivenAt, $"{Rating}:{g.DecisionId}")))).ToLookup(a => a.CustomerId, a => a.Item2);
        return some.Select(id => (id, Found: Of(asked[id], [.. answers[id]], now))).Where(r => r.Found is not null).ToDictionary(r => r.id, r => r.Found!);
    }
}
