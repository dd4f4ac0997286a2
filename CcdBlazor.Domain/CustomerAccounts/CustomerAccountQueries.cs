using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>Reads about customer accounts: for staff, and what customers see of themselves beyond papers and portrait.</summary>
public sealed class CustomerAccountQueries
{
    /// <summary>Messages on one page.</summary>
    public const int Stretch = 20;

    private static readonly SystemActor Reader = new("customer-account");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly MessageQueries messages;
    private readonly TemplateQueries templates;
    private readonly ProductQueries products;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal CustomerAccountQueries(
        IDbContextFactory<CcdDbContext> contexts, MessageQueries messages, TemplateQueries templates, ProductQueries products, SettingsReader settings, TimeProvider clock)
    {
        (this.contexts, this.messages, this.templates, this.products) = (contexts, messages, templates, products);
        (this.settings, this.clock) = (settings, clock);
    }

    /// <summary>The account of a visible customer. Every colleague who sees the customer sees whether he has one; only who manages accounts is offered numbers.</summary>
    public async Task<Result<CustomerAccountPanelRow>> PanelAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var phones = await db.Customers.VisibleTo(by).Where(c => c.Id == customerId).Select(c => c.Phones).SingleOrDefaultAsync(ct);
        if (phones is null)
            return CommonRefusals.NotFound;
        var may = by.May(Permission.ManageCustomerAccounts);
        IReadOnlyList<string> mobiles = may ? [.. phones.Where(p => MobilePhone.Parse(p).Ok)] : [];
        var (accounts, files) = (db.CustomerAccounts, db.CustomerAccountFiles);
        var account = await accounts.AsNoTracking().SingleOrDefaultAsync(a => files.Any(f => f.CustomerId == customerId && f.AccountId == a.Id), ct);
        if (account is null)
            return new CustomerAccountPanelRow(CustomerAccountState.None, null, null, null, null, null, null, null, false, 0, 0, mobiles, may);
        var now = clock.GetUtcNow();
        var (began, seen) = (now - settings.Get(CustomerAccountSettings.Absolute), now - settings.Get(CustomerAccountSettings.Idle));
        return new CustomerAccountPanelRow(
            account.ClosedAt is null ? CustomerAccountState.Open : CustomerAccountState.Closed,
            RecipientMask.Of(MessageChannel.Sms, account.Mobile), account.Email is { } email ? RecipientMask.Of(MessageChannel.Email, email) : null,
            account.OpenedAt, account.OpenedByName, account.ClosedAt, account.ClosedByName, account.LastSignInAt,
            account.ClosedAt is null && !phones.Contains(account.Mobile),
            await files.CountAsync(f => f.AccountId == account.Id && f.CustomerId != customerId, ct),
            await db.CustomerSessions.CountAsync(s => s.AccountId == account.Id && s.EndedAt == null && s.BeganAt > began && s.LastSeenAt > seen, ct),
            mobiles, may);
    }

    /// <summary>How many customers have an open account.</summary>
    public async Task<int> CountAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.CustomerAccounts.CountAsync(a => a.ClosedAt == null, ct);
    }

    /// <summary>The customer's own files, the newest first.</summary>
    public async Task<IReadOnlyList<OwnFileRow>> FilesAsync(CustomerActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var found = await db.Customers.AsNoTracking().OpenTo(by).OrderByDescending(c => c.Id).Take(CustomerAccountRules.MostFiles)
            .Select(c => new { c.Id, c.Number, c.Name, c.State, c.CompletenessPercent, c.MissingCount, Products = c.Loans.OrderBy(l => l.Position).Select(l => l.ProductId).ToList() }).ToListAsync(ct);
        var names = (await products.ListAsync(onlyActive: false, ct)).ToDictionary(p => p.Id, p => p.Name);
        return [.. found.Select(c => new OwnFileRow(c.Id, c.Number, c.Name, c.State, c.CompletenessPercent, c.MissingCount, [.. c.Products.Select(p => names.GetValueOrDefault(p, ""))]))];
    }

    /// <summary>What was sent to the customer about one of his files, newest first; nothing when it is not his.</summary>
    /// <param name="cursor">Of the stretch before.</param>
    public async Task<OwnMessages> MessagesAsync(Guid customerId, Guid? cursor, CustomerActor by, CancellationToken ct)
    {
        await using (var db = await contexts.CreateDbContextAsync(ct))
            if (!await db.Customers.OpenTo(by).AnyAsync(c => c.Id == customerId, ct))
                return new OwnMessages([], null);
        var found = await messages.ListAsync(new MessageFilter(People: [customerId]), cursor, Stretch, null, ct);
        var titles = (await templates.ActiveAsync(Reader, ct)).ToDictionary(t => t.Code, t => t.Name, StringComparer.Ordinal);
        return new OwnMessages(
        [
            .. found.Rows.Where(m => m.Channel is MessageChannel.Sms or MessageChannel.Email or MessageChannel.OfficialAccount or MessageChannel.Push)
                .Select(m => new OwnMessageRow(
                    m.Id, m.Template is { } code ? titles.GetValueOrDefault(code, "通知") : "通知", ChannelWords.Of(m.Channel), m.Recipient, m.AcceptedAt, RequestWords.Of(m.State), RequestWords.ColourOf(m.State))),
        ], found.Next);
    }
}
