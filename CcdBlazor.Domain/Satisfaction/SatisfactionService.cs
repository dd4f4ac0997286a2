using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Settings;
using FluentValidation;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Satisfaction;

/// <summary>Takes the answers of customers, and makes the links by which they come.</summary>
public sealed class SatisfactionService
{
    private static readonly SystemActor Self = new("satisfaction");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly IValidator<RatingDraft> validator;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal SatisfactionService(IDbContextFactory<CcdDbContext> contexts, IValidator<RatingDraft> validator, SettingsReader settings, TimeProvider clock)
    {
        (this.contexts, this.validator, this.settings, this.clock) = (contexts, validator, settings, clock);
    }

    /// <summary>
    /// A customer rates how his decided file was looked after, or changes what he said. Refused: anybody but the customer, stars outside one to five, a file that is
    /// not decided, the first answer later than 30 days after the decision, a change later than seven days after the answer. The same again changes nothing.
    /// </summary>
    public async Task<Result> RateAsync(Guid customerId, RatingDraft draft, Actor by, CancellationToken ct)
    {
        if (!by.IsCustomer)
            return SatisfactionRefusals.OnlyCustomers;
        if (validator.Check(draft) is { } wrong)
            return wrong;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        // The lock keeps a reopening out, and makes two answers take turns. It is taken in the program's name: a signed-in customer sees no customers where staff look.
        if (!await db.Customers.OpenTo(by).AnyAsync(c => c.Id == customerId, ct) || await CustomerLocks.LockAsync(db, customerId, Self, ct) is not { DeletedAt: null } customer)
            return CommonRefusals.NotFound;
        if (!customer.State.IsDecided() || await NewestDecisionAsync(db, customerId, ct) is not { } decision)
            return SatisfactionRefusals.NotDecided;
        var rating = await db.SatisfactionRatings.SingleOrDefaultAsync(r => r.DecisionId == decision.Id, ct);
        if (rating is null)
        {
            if (now - decision.At > SatisfactionRating.AskedFor)
                return SatisfactionRefusals.TooLate;
            rating = SatisfactionRating.Give(decision.Id, customerId, draft, by, now);
            db.Add(rating);
            db.Audit(by, now, "satisfaction.given", Subject(rating), after: new { rating.Score, Words = rating.Words?.Length });
        }
        else
        {
            if (rating.Says(draft))
                return Result.Done;
            var before = new { rating.Score, Words = rating.Words?.Length };
            var changed = rating.Change(draft, by, now);
            if (!changed.Ok)
                return changed;
            db.Audit(by, now, "satisfaction.changed", Subject(rating), before, new { rating.Score, Words = rating.Words?.Length });
        }

        // The portrait's replies follow from it; the job that stores them looks at customers that changed.
        customer.Touch(now);
        db.Announce(CustomerTopics.One(customerId));
        db.Announce(SatisfactionTopics.One(customerId));
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    /// <summary>A link by which the customer of a decided file comes to the question, for a colleague to pass on. Refused: not visible, forbidden, not decided, too late.</summary>
    public async Task<Result<FreshLink>> LinkAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.CollectDocuments))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await CustomerLocks.LockAsync(db, customerId, by, ct) is not { } customer)
            return CommonRefusals.NotFound;
        if (!customer.State.IsDecided() || await NewestDecisionAsync(db, customerId, ct) is not { } decision)
            return SatisfactionRefusals.NotDecided;
        if (now - decision.At > SatisfactionRating.AskedFor)
            return SatisfactionRefusals.TooLate;
        var link = LinkService.AddWithoutItems(db, customerId, settings.Get(DocumentSettings.LinkLifetime), by, now);
        db.Announce(CustomerTopics.One(customerId));
        db.Announce(SatisfactionTopics.One(customerId));
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return link;
    }

    /// <summary>The approval or refusal that came last; whether it still holds says the customer's state.</summary>
    internal static Task<FileDecision?> NewestDecisionAsync(CcdDbContext db, Guid customerId, CancellationToken ct) =>
        db.FileDecisions.AsNoTracking().Where(d => d.CustomerId == customerId && (d.Move == CustomerMove.Approve || d.Move == CustomerMove.Reject))
            .OrderByDescending(d => d.At).ThenByDescending(d => d.Id).FirstOrDefaultAsync(ct);

    private static AuditSubject Subject(SatisfactionRating rating) => new("satisfaction", rating.DecisionId, rating.CustomerId);
}
