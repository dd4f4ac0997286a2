using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Satisfaction;

/// <summary>Asks customers by a message how it was, once per decision. Does nothing unless the settings say so.</summary>
public sealed class SatisfactionAsking
{
    /// <summary>Decisions older than this are not asked about: switching it on does not write to the customers of last year.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromHours(24);

    private const int MostPerRun = 500;

    private static readonly SystemActor Self = new("satisfaction");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly MessageSender sender;
    private readonly SettingsReader settings;
    private readonly PublicAddress address;

    internal SatisfactionAsking(IDbContextFactory<CcdDbContext> contexts, MessageSender sender, SettingsReader settings, PublicAddress address)
    {
        (this.contexts, this.sender, this.settings, this.address) = (contexts, sender, settings, address);
    }

    /// <summary>Job body; may be repeated at any time. Answers how many messages were handed over.</summary>
    public async Task<int> AskAsync(DateTimeOffset now, CancellationToken ct)
    {
        var whom = settings.Get(SatisfactionSettings.Ask);
        if (whom == SatisfactionAsk.Nobody || address.Of("/") is null)
            return 0;
        var from = now - Fresh;
        List<(Guid Decision, Guid Customer)> waiting;
        await using (var db = await contexts.CreateDbContextAsync(ct))
        {
            var (customers, ratings, requests) = (db.Customers, db.SatisfactionRatings, db.SatisfactionRequests);
            var found = await db.FileDecisions.AsNoTracking()
                .Where(d => d.At >= from && (d.Move == CustomerMove.Approve || (d.Move == CustomerMove.Reject && whom == SatisfactionAsk.Decided)))
                // The same moment: what was reopened since, or decided again, is another matter.
                .Where(d => customers.Any(c => c.Id == d.CustomerId && c.DeletedAt == null && c.DecidedAt == d.At))
                .Where(d => !requests.Any(r => r.DecisionId == d.Id) && !ratings.Any(r => r.DecisionId == d.Id))
                .OrderBy(d => d.At).ThenBy(d => d.Id).Take(MostPerRun).Select(d => new { d.Id, d.CustomerId }).ToListAsync(ct);
            waiting = found.ConvertAll(d => (d.Id, d.CustomerId));
        }

        var sent = 0;
        foreach (var (decision, customer) in waiting)
            sent += await AskOneAsync(decision, customer, now, ct) ? 1 : 0;
        return sent;
    }

    /// <summary>A commit of its own each, with the message in it: what one customer's number is worth does not stop the next.</summary>
    private async Task<bool> AskOneAsync(Guid decisionId, Guid customerId, DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await CustomerLocks.LockAsync(db, customerId, Self, ct) is not { DeletedAt: null } customer || !customer.State.IsDecided()
            || (await SatisfactionService.NewestDecisionAsync(db, customerId, ct))?.Id != decisionId || await db.SatisfactionRequests.AnyAsync(r => r.DecisionId == decisionId, ct))
            return false;
        var mobile = customer.Phones.FirstOrDefault(p => MobilePhone.Parse(p).Ok);
        Guid? message = null;
        var why = mobile is null ? "satisfaction.no_phone" : null;
        if (mobile is not null)
        {
            var link = LinkService.AddWithoutItems(db, customerId, settings.Get(DocumentSettings.LinkLifetime), Self, now);
            var accepted = await sender.EnqueueAsync(db, new MessageRequest
            {
                Template = ShippedTemplates.SatisfactionRequest,
                Channel = MessageChannel.Sms,
                Recipient = mobile,
                Variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = customer.Name, ["url"] = address.Of("/u/" + link.Token)! },
                LeaveOutUnused = true,
                Secret = ["url"],
                ExpiresAt = link.ExpiresAt,
                CustomerId = customerId,
                SubjectId = decisionId,
                Tags = [ShippedTemplates.SatisfactionRequest],
            }, new MessageCaller(null, Self), ct);
            if (accepted.Ok)
            {
                message = accepted.Value.Id;
                db.Audit(Self, now, "satisfaction.asked", new AuditSubject("satisfaction", decisionId, customerId), after: new { Message = message });
            }
            else
            {
                why = accepted.Refusal.Code;
                // Without a message nobody knows the link.
                db.ChangeTracker.Clear();
            }
        }

        db.Add(new SatisfactionRequest { DecisionId = decisionId, CustomerId = customerId, AskedAt = now, MessageId = message, Why = why });
        db.Announce(CustomerTopics.One(customerId));
        db.Announce(SatisfactionTopics.One(customerId));
        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
        return message is not null;
    }
}
