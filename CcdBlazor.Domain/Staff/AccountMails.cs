using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>What the program writes to its own people. A mail never holds a password: it holds a link that sets one, once.</summary>
internal sealed class AccountMails(MessageSender sender, AccountBook accounts, PublicAddress address, TimeProvider clock)
{
    public const string SetPasswordPath = "/set-password/";

    /// <summary>Whether a mail has a way out now. Where it has none the administrator hands the password over himself.</summary>
    public async Task<bool> CanMailAsync(CancellationToken ct) =>
        address.Of("/") is not null && (await accounts.CurrentAsync(ct)).Values.Any(a => a.Provider.Channel == MessageChannel.Email && !a.BoundOnly);

    /// <summary>
    /// Writes link and mail into the caller's transaction and ends the links that are out; nothing is saved yet. Refusals: no address of this program is
    /// configured, and everything that the platform refuses (the template is not active …); then nothing was written.
    /// </summary>
    /// <param name="template">Code of a shipped template.</param>
    public async Task<Result> WriteAsync(CcdDbContext db, StaffMember member, string template, Actor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (link, token) = PasswordLink.Create(member.Id, now);
        if (address.Of(SetPasswordPath + token) is not { } url)
            return PublicAddress.NotConfigured;
        var written = await sender.EnqueueAsync(db, new MessageRequest
        {
            Template = template,
            Channel = MessageChannel.Email,
            Recipient = member.Email ?? "",
            Variables = new Dictionary<string, string> { ["name"] = member.Name, ["user_name"] = member.UserName, ["hours"] = $"{PasswordLink.Life.TotalHours:0}", ["url"] = url },
            LeaveOutUnused = true,
            Secret = ["url"],
            Priority = 9,
            ExpiresAt = link.ExpiresAt,
            SubjectId = member.Id,
            Tags = [template],
        }, new MessageCaller(by.Id, by), ct);
        if (!written.Ok)
            return written.Refusal;
        await db.RevokePasswordLinksAsync(member.Id, now, ct);
        db.Add(link);
        db.Audit(by, now, StaffActions.PasswordLinkSent, new AuditSubject("staff", member.Id), after: new { template, message = written.Value.Id, link.ExpiresAt });
        return Result.Done;
    }
}

internal static class OpenPasswordLinks
{
    /// <summary>Ends every link of an account that is still out.</summary>
    public static async Task RevokePasswordLinksAsync(this CcdDbContext db, Guid staffId, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var open in await db.PasswordLinks.Where(l => l.StaffId == staffId && l.UsedAt == null && l.RevokedAt == null).ToListAsync(ct))
            open.Revoke(now);
    }
}
