using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Satisfaction;

/// <summary>Reads of ratings.</summary>
public sealed class SatisfactionQueries
{
    private const int Shown = 20;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal SatisfactionQueries(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    /// <summary>The question for a customer about his own file; none while it is not decided, or when the time for a first answer is over.</summary>
    public async Task<RatingQuestion?> QuestionAsync(Guid customerId, Actor customer, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!customer.IsCustomer || !await db.Customers.OpenTo(customer).AnyAsync(c => c.Id == customerId && c.DecidedAt != null, ct))
            return null;
        if (await SatisfactionService.NewestDecisionAsync(db, customerId, ct) is not { } decision)
            return null;
        var rating = await db.SatisfactionRatings.AsNoTracking().SingleOrDefaultAsync(r => r.DecisionId == decision.Id, ct);
        var now = clock.GetUtcNow();
        var until = rating is null ? decision.At + SatisfactionRating.AskedFor : rating.GivenAt + SatisfactionRating.ChangeableFor;
        return rating is null && now > until
            ? null
            : new RatingQuestion(decision.Id, decision.At, decision.Move == CustomerMove.Approve, rating?.Score, rating?.Words, now <= until, until);
    }

    /// <summary>What a visible customer said about how he was looked after.</summary>
    public async Task<Result<CustomerRatings>> OfCustomerAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customer = await db.Customers.VisibleTo(by).Where(c => c.Id == customerId).Select(c => new { c.DecidedAt }).SingleOrDefaultAsync(ct);
        if (customer is null || by.IsCustomer)
            return CommonRefusals.NotFound;
        var (ratings, decisions) = (db.SatisfactionRatings, db.FileDecisions);
        var rows = await (from r in ratings
                          where r.CustomerId == customerId
                          join d in decisions on r.DecisionId equals d.Id
                          orderby d.At descending
                          select new RatingRow(d.Id, d.At, d.Move == CustomerMove.Approve, r.Score, r.Words, r.GivenAt, r.ChangedAt, r.ByName)).Take(Shown).ToListAsync(ct);
        var newest = customer.DecidedAt is null ? null : await SatisfactionService.NewestDecisionAsync(db, customerId, ct);
        var asked = newest is null
            ? null : await db.SatisfactionRequests.Where(r => r.DecisionId == newest.Id && r.MessageId != null).Select(r => (DateTimeOffset?)r.AskedAt).SingleOrDefaultAsync(ct);
        var rated = newest is not null && rows.Exists(r => r.DecisionId == newest.Id);
        return new CustomerRatings(
            rows, newest?.At, asked, rated, newest is not null && !rated && by.May(Permission.CollectDocuments) && clock.GetUtcNow() <= newest.At + SatisfactionRating.AskedFor);
    }
}
