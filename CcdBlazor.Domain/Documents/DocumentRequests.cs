using System.Globalization;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>
/// Asks customers for papers through the message platform. Request, link, message and audit row are one commit. Everything here needs
/// <see cref="Permission.CollectDocuments"/>, except looking at what was asked, which goes with seeing the customer.
/// </summary>
public sealed class DocumentRequests
{
    /// <summary>The platform sends the same content to the same person once within this time; here it is refused before it is written.</summary>
    public static readonly TimeSpan SameContent = TimeSpan.FromMinutes(5);

    /// <summary>Farthest last day, counted from today: as long as the longest link.</summary>
    public const int LongestDays = 30;

    /// <summary>Stands for the token in a preview.</summary>
    public static readonly string PlaceOfToken = new('x', 43);

    private const int UsualDays = 7;
    private const int Shown = 10;

    /// <summary>What a text is filled with when it has no limit of its own.</summary>
    private const int LongestItems = 200;

    private static readonly SystemActor Reader = new("document-request");
    private static readonly string[] Known = ["name", "customer", "customer_no", "items", "due", "url", "sender", "sender_phone"];

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly FileChange files;
    private readonly ProductQueries products;
    private readonly SettingsReader settings;
    private readonly MessageSender sender;
    private readonly TemplateQueries templates;
    private readonly MessageQueries messages;
    private readonly PublicAddress address;
    private readonly FieldCipher cipher;
    private readonly TimeProvider clock;

    internal DocumentRequests(
        IDbContextFactory<CcdDbContext> contexts, ProductQueries products, SettingsReader settings, MessageSender sender, TemplateQueries templates, MessageQueries messages,
        PublicAddress address, FieldCipher cipher, TimeProvider clock)
    {
        (this.contexts, this.products, this.settings, this.sender, this.templates) = (contexts, products, settings, sender, templates);
        (this.messages, this.address, this.cipher, this.clock) = (messages, address, cipher, clock);
        files = new FileChange(contexts, products);
    }

    private DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime.AddHours(8));

    /// <summary>What can be asked of a customer now. Refusals: forbidden, not found, closed, nothing missing.</summary>
    public async Task<Result<RequestForm>> FormAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var asked = await ReadAsync(db, customerId, by, ct);
        if (!asked.Ok)
            return asked.Refusal;
        var offered = await TemplatesAsync(ct);
        return new RequestForm(
            [.. asked.Value.Open.Select(i => new RequestItem(i.Rule.Code, i.Rule.Title, IsMissing(i), i.Reason))],
            [.. offered.Select(t => new RequestTemplate(t.Code, t.Name, ChannelsOf(t)))],
            [.. asked.Value.Mobiles.Select(p => RecipientMask.Of(MessageChannel.Sms, p))],
            Today, Today.AddDays(UsualDays), Today.AddDays(LongestDays - 1));
    }

    /// <summary>The message as the customer would read it, with its pieces and price. Sends nothing and makes no link.</summary>
    public async Task<Result<ChannelPreview>> PreviewAsync(Guid customerId, RequestDraft draft, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var asked = await ReadAsync(db, customerId, by, ct);
        if (!asked.Ok)
            return asked.Refusal;
        var plan = await PlanAsync(asked.Value, draft, ct);
        if (!plan.Ok)
            return plan.Refusal;
        // As long as a real one, so that the pieces are counted right.
        if (address.Of("/u/" + PlaceOfToken) is not { } url)
            return PublicAddress.NotConfigured;
        var values = await ValuesAsync(db, asked.Value, plan.Value, draft, url, by, ct);
        var shown = TemplatePreview.Of(plan.Value.Template.Content, values, await templates.SmsTermsAsync(ct));
        return shown.Problem ?? (Result<ChannelPreview>)shown.Channels.First(c => c.Channel == draft.Channel);
    }

    /// <summary>
    /// Asks the customer. Refusals: forbidden, not found, closed, nothing missing, an item that is not open, no phone or address, an inactive template, the due
    /// date, the same within five minutes or while it still waits, and what the platform refuses. The same form twice answers with the first request.
    /// </summary>
    public async Task<Result<Guid>> AskAsync(Guid customerId, RequestDraft draft, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.CollectDocuments))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        return await files.MakeAsync<Guid>(customerId, by, async (db, file) =>
        {
            var before = await db.DocumentRequests.AsNoTracking().SingleOrDefaultAsync(r => r.Key == draft.Key, ct);
            if (before is not null)
                return before.CustomerId == customerId ? before.Id : CommonRefusals.NotFound;
            var asked = OpenOf(file.Customer, file.Check());
            if (!asked.Ok)
                return asked.Refusal;
            var plan = await PlanAsync(asked.Value, draft, ct);
            if (!plan.Ok)
                return plan.Refusal;
            var codes = plan.Value.Items.Select(i => i.Rule.Code).ToArray();
            var latest = await db.DocumentRequests.AsNoTracking().Where(r => r.CustomerId == customerId).OrderByDescending(r => r.AskedAt).Take(Shown).ToListAsync(ct);
            if (latest.Find(r => r.Repeats(codes, draft.Template, draft.Channel, plan.Value.Recipient, draft.Due)) is { } same)
            {
                if (now - same.AskedAt < SameContent)
                    return RequestRefusals.SentJustNow(same.AskedAt + SameContent - now);
                // Held back over night, for example: both would arrive in the morning.
                if (await messages.FindAsync(same.MessageId, null, ct) is { State: MessageState.Waiting })
                    return RequestRefusals.StillWaiting;
            }

            var (link, token) = await LinkAsync(db, file.Customer, asked.Value, codes, draft.Due, by, now, ct);
            if (address.Of("/u/" + token) is not { } url)
                return PublicAddress.NotConfigured;
            var id = Guid.CreateVersion7(now);
            var sent = await sender.EnqueueAsync(db, new MessageRequest
            {
                Template = draft.Template,
                Channel = draft.Channel,
                Recipient = plan.Value.Recipient,
                Variables = await ValuesAsync(db, asked.Value, plan.Value, draft, url, by, ct),
                LeaveOutUnused = true,
                Secret = ["url"],
                ExpiresAt = link.ExpiresAt,
                CustomerId = customerId,
                SubjectId = id,
                Tags = [ShippedTemplates.DocumentRequest],
            }, new MessageCaller(by.Id, by), ct);
            if (!sent.Ok)
                return sent.Refusal;
            var request = new DocumentRequest
            {
                Id = id, CustomerId = customerId, Key = draft.Key, ItemCodes = codes, Items = plan.Value.Words, Template = draft.Template, Channel = draft.Channel,
                Recipient = plan.Value.Recipient, DueOn = draft.Due, MessageId = sent.Value.Id, LinkId = link.Id,
                SealedToken = cipher.Encrypt(token, DocumentRequest.TokenContext(link.Id)), AskedById = by.Id, AskedByName = by.DisplayName, AskedAt = now,
            };
            db.Add(request);
            db.Audit(by, now, "file.requested", new AuditSubject("document_request", id, customerId), after: new
            {
                Item = request.Items, Channel = ChannelWords.Of(draft.Channel), To = RecipientMask.Of(draft.Channel, request.Recipient), Due = draft.Due, Message = request.MessageId,
            });
            db.Announce(CustomerTopics.One(customerId));
            db.Announce(MessageTopics.Customer(customerId));
            return id;
        }, ct);
    }

    /// <summary>Sends a request again for what is still missing of it. A last day that has passed becomes a new one.</summary>
    /// <param name="key">Made when the button is shown.</param>
    public async Task<Result<Guid>> AskAgainAsync(Guid requestId, Guid key, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.CollectDocuments))
            return CommonRefusals.Forbidden;
        RequestDraft draft;
        Guid customerId;
        await using (var db = await contexts.CreateDbContextAsync(ct))
        {
            if (await db.DocumentRequests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == requestId, ct) is not { } before)
                return CommonRefusals.NotFound;
            customerId = before.CustomerId;
            var asked = await ReadAsync(db, customerId, by, ct);
            if (!asked.Ok)
                return asked.Refusal;
            var left = asked.Value.Open.Where(i => IsMissing(i) && before.ItemCodes.Contains(i.Rule.Code)).Select(i => i.Rule.Code).ToList();
            if (left.Count == 0)
                return RequestRefusals.NothingMissing;
            var phone = before.Channel == MessageChannel.Sms ? asked.Value.Mobiles.IndexOf(before.Recipient) : 0;
            draft = new RequestDraft(
                key, left, before.Template, before.Channel, phone, before.Channel == MessageChannel.Email ? before.Recipient : null, before.DueOn > Today ? before.DueOn : Today.AddDays(UsualDays));
        }

        return await AskAsync(customerId, draft, by, ct);
    }

    /// <summary>The newest requests of a customer with the state of their messages; none when he is not visible.</summary>
    public async Task<IReadOnlyList<RequestRow>> ListAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (by.IsCustomer || !await db.Customers.VisibleTo(by).AnyAsync(c => c.Id == customerId, ct))
            return [];
        var requests = await db.DocumentRequests.AsNoTracking().Where(r => r.CustomerId == customerId).OrderByDescending(r => r.AskedAt).ThenByDescending(r => r.Id).Take(Shown).ToListAsync(ct);
        var rows = new List<RequestRow>(requests.Count);
        foreach (var r in requests)
        {
            var message = await messages.FindAsync(r.MessageId, null, ct);
            rows.Add(new RequestRow(
                r.Id, r.Items, r.ItemCodes, r.Channel, RecipientMask.Of(r.Channel, r.Recipient), r.DueOn, r.AskedByName, r.AskedAt, r.MessageId, message?.State, ReasonOf(message),
                message?.ReceiptAt ?? message?.FinishedAt));
        }

        return rows;
    }

    /// <summary>The newest requests as the customer himself reads them; none when the file is not his.</summary>
    public async Task<IReadOnlyList<OwnRequestRow>> OwnAsync(Guid customerId, CustomerActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customer = await db.Customers.AsNoTracking().Include(c => c.Loans).OpenTo(by).SingleOrDefaultAsync(c => c.Id == customerId, ct);
        if (customer is null)
            return [];
        var report = (await CustomerPapers.ReadAsync(db, products, ChecklistBasis.Of(customer), ct)).Report;
        var (now, links) = (clock.GetUtcNow(), db.CustomerLinks);
        var found = await db.DocumentRequests.AsNoTracking().Where(r => r.CustomerId == customerId).OrderByDescending(r => r.AskedAt).ThenByDescending(r => r.Id).Take(Shown)
            .Join(links, r => r.LinkId, l => l.Id, (r, l) => new { Request = r, Link = l }).ToListAsync(ct);
        return
        [
            .. found.OrderByDescending(f => f.Request.AskedAt).ThenByDescending(f => f.Request.Id).Select(f =>
            {
                var isOpen = customer.ChecklistIsOpen && f.Request.ItemCodes.Any(code => report.Find(code) is { State: ItemState.Missing or ItemState.Partial or ItemState.Returned });
                return new OwnRequestRow(
                    f.Request.Id, f.Request.Items, f.Request.Channel, RecipientMask.Of(f.Request.Channel, f.Request.Recipient), f.Request.DueOn, f.Request.AskedAt, isOpen,
                    isOpen && f.Link.WhyClosed(now) is null);
            }),
        ];
    }

    /// <summary>
    /// The token of the link that a request sent, for the customer whom it was sent to: he gets to the page for papers without looking for the message. Refusals: not his, link ended.
    /// </summary>
    public async Task<Result<string>> OwnTokenAsync(Guid requestId, CustomerActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (own, links) = (db.Customers.OpenTo(by), db.CustomerLinks);
        var found = await db.DocumentRequests.AsNoTracking().Where(r => r.Id == requestId && own.Any(c => c.Id == r.CustomerId))
            .Join(links, r => r.LinkId, l => l.Id, (r, l) => new { r.SealedToken, Link = l }).SingleOrDefaultAsync(ct);
        if (found is null)
            return CommonRefusals.NotFound;
        return found.Link.WhyClosed(clock.GetUtcNow()) is { } closed ? closed : cipher.Decrypt(found.SealedToken, DocumentRequest.TokenContext(found.Link.Id));
    }

    private static string? ReasonOf(MessageView? message) => message switch
    {
        { State: MessageState.Waiting, Waits: { } why } => RequestWords.Of(why),
        { State: MessageState.Skipped, Code: { } code } => SkipCodes.Words(code),
        { State: MessageState.Failed or MessageState.Unknown } => message.Reason ?? message.Code,
        _ => null,
    };

    private static bool IsMissing(ItemReport item) => item.Needed && item.State is ItemState.Missing or ItemState.Partial or ItemState.Returned;

    private async Task<Result<Askable>> ReadAsync(CcdDbContext db, Guid customerId, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.CollectDocuments))
            return CommonRefusals.Forbidden;
        var customer = await db.Customers.AsNoTracking().Include(c => c.Loans).VisibleTo(by).SingleOrDefaultAsync(c => c.Id == customerId, ct);
        if (customer is null)
            return CommonRefusals.NotFound;
        return OpenOf(customer, (await CustomerPapers.ReadAsync(db, products, ChecklistBasis.Of(customer), ct)).Report);
    }

    private static Result<Askable> OpenOf(Customer customer, CompletenessReport report)
    {
        if (!customer.ChecklistIsOpen)
            return DocumentRefusals.ClosedForUpload;
        var open = report.Items.Where(i => i.State is not (ItemState.NotNeeded or ItemState.Accepted) && i.CanUploadMore).ToList();
        return open.Exists(IsMissing)
            ? new Askable(customer, open, [.. customer.Phones.Where(p => MobilePhone.Parse(p).Ok)])
            : RequestRefusals.NothingMissing;
    }

    /// <summary>Checks a draft against what can be asked.</summary>
    private async Task<Result<Plan>> PlanAsync(Askable asked, RequestDraft draft, CancellationToken ct)
    {
        if (draft.Due <= Today || draft.Due >= Today.AddDays(LongestDays))
            return RequestRefusals.DueOutOfRange;
        var items = draft.Items.Count == 0 ? asked.Open.FindAll(IsMissing) : asked.Open.FindAll(i => draft.Items.Contains(i.Rule.Code));
        if (draft.Items.Count > 0 && items.Count != draft.Items.Distinct().Count())
            return RequestRefusals.ItemNotOpen;
        if ((await TemplatesAsync(ct)).FirstOrDefault(t => t.Code == draft.Template) is not { } template)
            return RequestRefusals.TemplateInactive;
        if (!ChannelsOf(template).Contains(draft.Channel))
            return RequestRefusals.NoChannel;
        string recipient;
        if (draft.Channel == MessageChannel.Sms)
        {
            if (draft.Phone < 0 || draft.Phone >= asked.Mobiles.Count)
                return RequestRefusals.NoPhone;
            recipient = asked.Mobiles[draft.Phone];
        }
        else if (RecipientRules.Normalise(MessageChannel.Email, draft.Email ?? "") is { } mail)
        {
            recipient = mail;
        }
        else
        {
            return RequestRefusals.NoEmail;
        }

        var room = template.Content.Variables.FirstOrDefault(v => v.Name == "items") is { MaxLength: > 0 } limited ? limited.MaxLength : LongestItems;
        return new Plan(items, template, recipient, WordsOf(items, room));
    }

    /// <summary>Papers of which one is enough are joined by "or"; what does not fit is counted.</summary>
    internal static string WordsOf(IReadOnlyList<ItemReport> items, int room)
    {
        var parts = items
            .GroupBy(i => i.Rule.Need == Need.OneOfGroup ? "g:" + i.Rule.GroupCode : "i:" + i.Rule.Code, StringComparer.Ordinal)
            .Select(g => string.Join("或", g.Select(i => i.Rule.Title))).ToList();
        for (var shown = parts.Count; shown > 0; shown--)
        {
            var text = string.Join('、', parts.Take(shown)) + (shown < parts.Count ? string.Create(CultureInfo.InvariantCulture, $"等 {parts.Count} 项") : "");
            if (text.Length <= room)
                return text;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{parts.Count} 项资料");
    }

    private async Task<Dictionary<string, string>> ValuesAsync(CcdDbContext db, Askable asked, Plan plan, RequestDraft draft, string url, Actor by, CancellationToken ct)
    {
        var phone = by.Id is { } me ? await db.StaffMembers.Where(s => s.Id == me).Select(s => s.Phone).SingleOrDefaultAsync(ct) : null;
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["name"] = asked.Customer.Name, ["customer"] = asked.Customer.Name, ["customer_no"] = asked.Customer.Number, ["items"] = plan.Words,
            ["due"] = draft.Due.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), ["url"] = url, ["sender"] = by.DisplayName, ["sender_phone"] = phone ?? "",
        };
        return values;
    }

    /// <summary>The link that the customer has already, when it serves for this; else a new one, which lives at least until the last day is over.</summary>
    private async Task<(CustomerLink Link, string Token)> LinkAsync(
        CcdDbContext db, Customer customer, Askable asked, string[] codes, DateOnly due, Actor by, DateTimeOffset now, CancellationToken ct)
    {
        var dueOver = new DateTimeOffset(due.AddDays(1), TimeOnly.MinValue, TimeSpan.FromHours(8)).ToUniversalTime();
        var links = db.CustomerLinks;
        var sent = await db.DocumentRequests.AsNoTracking().Where(r => r.CustomerId == customer.Id)
            .Join(links.Where(l => l.RevokedAt == null && l.ExpiresAt >= dueOver), r => r.LinkId, l => l.Id, (r, l) => new { r.AskedAt, r.SealedToken, Link = l })
            .OrderByDescending(f => f.AskedAt).ToListAsync(ct);
        if (sent.Find(f => codes.All(f.Link.ItemCodes.Contains)) is { } usable)
            return (usable.Link, cipher.Decrypt(usable.SealedToken, DocumentRequest.TokenContext(usable.Link.Id)));
        var lifetime = settings.Get(DocumentSettings.LinkLifetime);
        var (link, token) = CustomerLink.Create(customer.Id, asked.Open.Select(i => i.Rule.Code), lifetime < dueOver - now ? dueOver - now : lifetime, by, now);
        db.Add(link);
        FileNotes.OfLink(db, "link.created", link, by, now);
        return (link, token);
    }

    /// <summary>The active templates that can be filled with what is known here and that lead the customer to his link; the shipped one first.</summary>
    private async Task<IReadOnlyList<TemplateChoice>> TemplatesAsync(CancellationToken ct) =>
        [.. (await templates.ActiveAsync(Reader, ct))
            .Where(t => t.Category == MessageCategory.Notice && ChannelsOf(t).Count > 0)
            .Where(t => t.Content.Variables.Any(v => v.Name == "url") && t.Content.Variables.Any(v => v.Name == "items"))
            .Where(t => t.Content.Variables.All(v => !v.Required || Known.Contains(v.Name)))
            .OrderBy(t => t.Code != ShippedTemplates.DocumentRequest)];

    /// <summary>What a customer can be reached by: his phone, or a mail address that somebody enters.</summary>
    private static IReadOnlyList<MessageChannel> ChannelsOf(TemplateChoice template) =>
        [.. new[] { MessageChannel.Sms, MessageChannel.Email }.Where(c => template.Content.Variants.Any(v => v.Channel == c))];

    private sealed record Askable(Customer Customer, List<ItemReport> Open, IList<string> Mobiles);

    private sealed record Plan(IReadOnlyList<ItemReport> Items, TemplateChoice Template, string Recipient, string Words);
}
