using System.Globalization;
using System.Security.Cryptography;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>Signing in with a number and a code. What it answers is the same for numbers with and without an account.</summary>
public sealed class CustomerSignIn
{
    private const string MobileContext = "customer-sign-in.mobile";

    private static readonly SystemActor SignIn = new("customer-sign-in");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly MessageSender sender;
    private readonly SettingsReader settings;
    private readonly FieldHash hash;
    private readonly TimeProvider clock;

    internal CustomerSignIn(IDbContextFactory<CcdDbContext> contexts, MessageSender sender, SettingsReader settings, FieldHash hash, TimeProvider clock) =>
        (this.contexts, this.sender, this.settings, this.hash, this.clock) = (contexts, sender, settings, hash, clock);

    /// <summary>
    /// Sends a code to a number that has an account; for every other number nothing is sent and the answer is the same. A newer code makes the older ones void. Refusals: no mobile
    /// number, within a minute of the last one, too many for this number or from this address.
    /// </summary>
    /// <param name="from">IP address.</param>
    public async Task<Result> SendCodeAsync(string? mobile, string? from, CancellationToken ct)
    {
        var parsed = MobilePhone.Parse(mobile);
        if (!parsed.Ok)
            return parsed.Refusal with { Field = "Mobile" };
        var (number, asked) = (parsed.Value.Value, hash.Of(parsed.Value.Value, MobileContext));
        var origin = from ?? "";
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        // Requests for one number, and from one address, take turns: else many at once would all count the same rows. Always in this order, so nobody waits in a circle.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended({"sign-in-code:" + asked}, 0))", ct);
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended({"sign-in-from:" + origin}, 0))", ct);
        if (await WhyNotSendAsync(db, asked, origin, now, ct) is { } tooMany)
            return tooMany;
        var account = await db.CustomerAccounts.AsNoTracking().SingleOrDefaultAsync(a => a.Mobile == number && a.ClosedAt == null, ct);
        if (account is not null && !await db.FilesOf(account).AnyAsync(ct))
            account = null;
        var code = RandomNumberGenerator.GetInt32(1_000_000).ToString("000000", CultureInfo.InvariantCulture);
        var id = Guid.CreateVersion7(now);
        db.Add(new SignInCode { Id = id, MobileHash = asked, AccountId = account?.Id, CodeHash = hash.Of(code, SignInCode.ContextOf(id)), From = origin, CreatedAt = now });
        // A template that somebody switched off must not tell who has an account: the answer stays the same, and the record of the template says why nothing arrives.
        if (account is not null)
            await sender.EnqueueAsync(db, Message(number, code, account.Id, now), new MessageCaller(null, SignIn with { From = from }), ct);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    /// <summary>
    /// Begins a session when the code is the newest one of this number, in time, unused and tried fewer than five times. Every try counts. One refusal for everything else.
    /// </summary>
    /// <returns>The session, to be named by a cookie.</returns>
    public async Task<Result<Guid>> SignInAsync(string? mobile, string? code, string? from, CancellationToken ct)
    {
        var entered = InputText.Fold(code);
        if (MobilePhone.Parse(mobile) is not { Ok: true, Value.Value: var number } || entered.Length != CustomerAccountRules.CodeLength || !InputText.AllDigits(entered))
            return CustomerAccountRefusals.CodeRefused;
        var asked = hash.Of(number, MobileContext);
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        // The lock of the number: two browsers with the same code, or many guesses at once, come here one after the other.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended({"sign-in-code:" + asked}, 0))", ct);
        var newest = await db.SignInCodes.Where(c => c.MobileHash == asked).OrderByDescending(c => c.CreatedAt).ThenByDescending(c => c.Id).FirstOrDefaultAsync(ct);
        if (newest is null)
            return CustomerAccountRefusals.CodeRefused;
        var wasExhausted = newest.IsExhausted;
        var right = newest.Try(hash.Of(entered, SignInCode.ContextOf(newest.Id)), now);
        var account = newest.AccountId is { } accountId ? await db.CustomerAccounts.SingleOrDefaultAsync(a => a.Id == accountId && a.ClosedAt == null, ct) : null;
        var files = account is null ? [] : await db.FilesOf(account).Select(c => c.Id).ToListAsync(ct);
        Guid? session = null;
        if (right && account is not null && files.Count > 0)
        {
            session = Guid.NewGuid();
            db.Add(new CustomerSession { Id = session.Value, AccountId = account.Id, BeganAt = now, LastSeenAt = now, From = from });
            account.SignedIn(now);
            Note(db, account, files, "customer_account.signed_in", from, now);
        }
        else if (account is not null && newest.IsExhausted && !wasExhausted)
        {
            Note(db, account, files, "customer_account.code_exhausted", from, now);
        }

        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return session is { } begun ? begun : CustomerAccountRefusals.CodeRefused;
    }

    private static void Note(CcdDbContext db, CustomerAccount account, IReadOnlyList<Guid> files, string action, string? from, DateTimeOffset now)
    {
        var by = new CustomerActor(account.Id, files.ToHashSet()) { From = from };
        foreach (var file in files)
        {
            db.Audit(by, now, action, CustomerAccountService.Subject(account, file));
            CustomerAccountService.Announce(db, file);
        }
    }

    private async Task<Refusal?> WhyNotSendAsync(CcdDbContext db, string asked, string origin, DateTimeOffset now, CancellationToken ct)
    {
        var (day, hour) = (now.AddDays(-1), now.AddHours(-1));
        var latest = await db.SignInCodes.Where(c => c.MobileHash == asked && c.CreatedAt > day).OrderByDescending(c => c.CreatedAt)
            .Select(c => c.CreatedAt).Take(settings.Get(CustomerAccountSettings.CodesPerNumber)).ToListAsync(ct);
        if (latest is [var last, ..] && now - last < CustomerAccountRules.BetweenCodes)
            return CustomerAccountRefusals.CodeJustSent;
        return latest.Count >= settings.Get(CustomerAccountSettings.CodesPerNumber)
            || await db.SignInCodes.CountAsync(c => c.From == origin && c.CreatedAt > hour, ct) >= settings.Get(CustomerAccountSettings.CodesPerAddress)
            ? CustomerAccountRefusals.TooManyCodes
            : null;
    }

    /// <summary>Urgent and before everything else: somebody waits for it, and after five minutes it is worth nothing. Only its recipient reads the code.</summary>
    private static MessageRequest Message(string mobile, string code, Guid accountId, DateTimeOffset now) => new()
    {
        Template = ShippedTemplates.VerificationCode,
        Channel = MessageChannel.Sms,
        Recipient = mobile,
        Variables = new Dictionary<string, string>
        {
            ["code"] = code, ["purpose"] = "登录", ["minutes"] = CustomerAccountRules.CodeLife.TotalMinutes.ToString("0", CultureInfo.InvariantCulture),
        },
        LeaveOutUnused = true,
        Secret = ["code"],
        Priority = 10,
        Urgent = true,
        ExpiresAt = now + CustomerAccountRules.CodeLife,
        SubjectId = accountId,
        Tags = [ShippedTemplates.VerificationCode],
    };
}
