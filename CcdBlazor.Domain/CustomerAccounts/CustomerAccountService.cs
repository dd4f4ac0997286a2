using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>What staff do with customer accounts. Needs <see cref="Permission.ManageCustomerAccounts"/> and that the customer is visible.</summary>
public sealed class CustomerAccountService
{
    /// <summary>Where customers sign in, a path of this program.</summary>
    public const string SignInPath = "/my/sign-in";

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly MessageSender sender;
    private readonly PublicAddress address;
    private readonly TimeProvider clock;

    internal CustomerAccountService(IDbContextFactory<CcdDbContext> contexts, MessageSender sender, PublicAddress address, TimeProvider clock) =>
        (this.contexts, this.sender, this.address, this.clock) = (contexts, sender, address, clock);

    /// <summary>
    /// Opens an account for a customer, or adds his file to the open account of the same person, and tells him where to sign in; all in one commit. Refusals: forbidden, not found, open
    /// already, a number that is not his, a number with the account of somebody else (seen to be another person, or not visible), the same person not confirmed, no address of
    /// this program configured, and what the message platform refuses.
    /// </summary>
    public async Task<Result> OpenAsync(Guid customerId, CustomerAccountDraft draft, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageCustomerAccounts))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await CustomerLocks.LockAsync(db, customerId, by, ct) is not { } customer)
            return CommonRefusals.NotFound;
        if (MobilePhone.Parse(draft.Mobile) is not { Ok: true, Value.Value: var mobile } || !customer.Phones.Contains(mobile))
            return CustomerAccountRefusals.NoMobile;
        var email = string.IsNullOrWhiteSpace(draft.Email) ? null : RecipientRules.Normalise(MessageChannel.Email, draft.Email);
        if (email is null && !string.IsNullOrWhiteSpace(draft.Email))
            return CustomerAccountRefusals.Email;
        // Two colleagues who open accounts with one number take turns, whichever files they come from.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended({"customer-account:" + mobile}, 0))", ct);
        var file = await db.CustomerAccountFiles.SingleOrDefaultAsync(f => f.CustomerId == customerId, ct);
        if (file is not null && await OpenAccountAsync(db, file.AccountId, ct) is { } before && before.Mobile == mobile)
            return CustomerAccountRefusals.AlreadyOpen;
        var account = await db.CustomerAccounts.SingleOrDefaultAsync(a => a.Mobile == mobile && a.ClosedAt == null, ct);
        if (account is not null && !await db.FilesOf(account).AnyAsync(ct))
        {
            // Nobody's file names this number any more, so nobody signs in with it: it must not stand in the way of who has the number now.
            await CloseAsync(db, account, by, now, ct);
            await db.SaveChangesAsync(ct);
            account = null;
        }

        if (account is not null && await WhyNotJoinAsync(db, account, customer, draft.SamePerson, by, ct) is { } other)
            return other;
        if (account is null)
            db.Add(account = CustomerAccount.Open(mobile, email, by, now));
        if (file is null)
        {
            db.Add(new CustomerAccountFile { CustomerId = customerId, AccountId = account.Id });
        }
        else
        {
            var former = file.AccountId;
            file.AccountId = account.Id;
            if (!await db.CustomerAccountFiles.AnyAsync(f => f.AccountId == former && f.CustomerId != customerId, ct) && await OpenAccountAsync(db, former, ct) is { } left)
                await CloseAsync(db, left, by, now, ct);
        }

        var told = await TellAsync(db, account, customer, email, by, ct);
        if (!told.Ok)
            return told.Refusal;
        db.Audit(by, now, "customer_account.opened", Subject(account, customerId), after: new { Mobile = Masked(mobile), Message = told.Value });
        Announce(db, customerId);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    /// <summary>Sends the customer once more where to sign in. Refusals: forbidden, not found, not open, within five minutes, and what the message platform refuses.</summary>
    public Task<Result> InviteAsync(Guid customerId, Actor by, CancellationToken ct) => ChangeAsync(customerId, by, async (db, account, customer, now) =>
    {
        var invited = account.Invite(now);
        if (!invited.Ok)
            return invited;
        var told = await TellAsync(db, account, customer, account.Email, by, ct);
        if (!told.Ok)
            return told.Refusal;
        db.Audit(by, now, "customer_account.invited", Subject(account, customerId), after: new { Mobile = Masked(account.Mobile), Message = told.Value });
        return Result.Done;
    }, ct);

    /// <summary>Closes the account, for all of its files, and ends every session of it; codes that are out are void.</summary>
    public Task<Result> CloseAsync(Guid customerId, Actor by, CancellationToken ct) => ChangeAsync(customerId, by, (db, account, _, now) => CloseAsync(db, account, by, now, ct), ct);

    /// <summary>Signs the customer out of all browsers; the account stays open.</summary>
    public Task<Result> EndSessionsAsync(Guid customerId, Actor by, CancellationToken ct) => ChangeAsync(customerId, by, async (db, account, _, now) =>
    {
        if (account.ClosedAt is not null)
            return CustomerAccountRefusals.NotOpen;
        await EndAllAsync(db, account.Id, now, ct);
        db.Audit(by, now, "customer_account.sessions_ended", Subject(account, customerId));
        return Result.Done;
    }, ct);

    internal static Task EndAllAsync(CcdDbContext db, Guid accountId, DateTimeOffset now, CancellationToken ct) =>
        db.CustomerSessions.Where(s => s.AccountId == accountId && s.EndedAt == null).ExecuteUpdateAsync(s => s.SetProperty(x => x.EndedAt, now), ct);

    internal static Task<List<Guid>> FilesAsync(CcdDbContext db, Guid accountId, CancellationToken ct) =>
        db.CustomerAccountFiles.Where(f => f.AccountId == accountId).Select(f => f.CustomerId).ToListAsync(ct);

    internal static AuditSubject Subject(CustomerAccount account, Guid customerId) => new("customer_account", account.Id, customerId);

    internal static void Announce(CcdDbContext db, Guid customerId)
    {
        db.Announce(CustomerAccountTopics.One(customerId));
        // The timeline on the customer's page.
        db.Announce(CustomerTopics.One(customerId));
    }

    private static async Task<Result> CloseAsync(CcdDbContext db, CustomerAccount account, Actor by, DateTimeOffset now, CancellationToken ct)
    {
        var closed = account.Close(by, now);
        if (!closed.Ok)
            return closed;
        await EndAllAsync(db, account.Id, now, ct);
        foreach (var id in await FilesAsync(db, account.Id, ct))
        {
            db.Audit(by, now, "customer_account.closed", Subject(account, id), after: new { Mobile = Masked(account.Mobile) });
            Announce(db, id);
        }

        return Result.Done;
    }

    private static Task<CustomerAccount?> OpenAccountAsync(CcdDbContext db, Guid id, CancellationToken ct) =>
        db.CustomerAccounts.SingleOrDefaultAsync(a => a.Id == id && a.ClosedAt == null, ct);

    /// <summary>
    /// Whoever may sign in with this number already would see the new file. That must be wanted, must be the same person as far as identity numbers say, and must be decided by somebody
    /// who sees what is put together.
    /// </summary>
    private static async Task<Refusal?> WhyNotJoinAsync(CcdDbContext db, CustomerAccount account, Customer customer, bool confirmed, Actor by, CancellationToken ct)
    {
        var seen = db.FilesOf(account);
        var others = await seen.AsNoTracking().VisibleTo(by).OrderBy(c => c.Id).ToListAsync(ct);
        if (others.Count < await seen.CountAsync(ct))
            return CustomerAccountRefusals.NumberTaken;
        if (others.Exists(o => o.Kind == customer.Kind && o.IdentityHash is { } theirs && customer.IdentityHash is { } own && !theirs.AsSpan().SequenceEqual(own)))
            return CustomerAccountRefusals.AnotherPerson;
        if (others.Count >= CustomerAccountRules.MostFiles)
            return CustomerAccountRefusals.TooManyFiles;
        return confirmed ? null : CustomerAccountRefusals.SamePerson(others.Select(o => o.Name));
    }

    private async Task<Result> ChangeAsync(Guid customerId, Actor by, Func<CcdDbContext, CustomerAccount, Customer, DateTimeOffset, Task<Result>> change, CancellationToken ct)
    {
        if (!by.May(Permission.ManageCustomerAccounts))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await CustomerLocks.LockAsync(db, customerId, by, ct) is not { } customer)
            return CommonRefusals.NotFound;
        var (accounts, files) = (db.CustomerAccounts, db.CustomerAccountFiles);
        if (await accounts.SingleOrDefaultAsync(a => files.Any(f => f.CustomerId == customerId && f.AccountId == a.Id), ct) is not { } account)
            return CustomerAccountRefusals.NotOpen;
        var changed = await change(db, account, customer, clock.GetUtcNow());
        if (!changed.Ok)
            return changed;
        Announce(db, customerId);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    /// <summary>By text message, and by mail where an address is known. Answers the id of the text message.</summary>
    private async Task<Result<Guid>> TellAsync(CcdDbContext db, CustomerAccount account, Customer customer, string? email, Actor by, CancellationToken ct)
    {
        if (address.Of(SignInPath) is not { } url)
            return PublicAddress.NotConfigured;
        var request = new MessageRequest
        {
            Template = ShippedTemplates.CustomerAccountOpened,
            Channel = MessageChannel.Sms,
            Recipient = account.Mobile,
            Variables = new Dictionary<string, string> { ["name"] = customer.Name, ["customer"] = customer.Name, ["mobile"] = Masked(account.Mobile), ["url"] = url },
            LeaveOutUnused = true,
            CustomerId = customer.Id,
            SubjectId = account.Id,
            Tags = [ShippedTemplates.CustomerAccountOpened],
        };
        var caller = new MessageCaller(by.Id, by);
        var sent = await sender.EnqueueAsync(db, request, caller, ct);
        if (!sent.Ok)
            return sent.Refusal;
        if (email is not null && await sender.EnqueueAsync(db, request with { Channel = MessageChannel.Email, Recipient = email }, caller, ct) is { Ok: false } mail)
            return mail.Refusal;
        db.Announce(MessageTopics.Customer(customer.Id));
        return sent.Value.Id;
    }

    private static string Masked(string mobile) => RecipientMask.Of(MessageChannel.Sms, mobile);
}
