using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Limits;

/// <summary>
/// The opt-out, block and white lists. All need <see cref="Permission.ManageChannels"/>. Recipients are kept as hashes with a masked text, so that the
/// lists do not become a directory of phone numbers; a whole number is still found by searching for it.
/// </summary>
public sealed class BlockService
{
    /// <summary>Announced when a list changed.</summary>
    public const string Topic = BlockBook.Topic;

    public const int MostLines = 10_000;
    public const int LongestReason = 300;
    private const int MostBadShown = 200;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal BlockService(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    public async Task<Result<Guid>> AddAsync(BlockDraft draft, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageChannels))
            return CommonRefusals.Forbidden;
        if (Wrong(draft.Kind, draft.Reason) is { } wrong)
            return wrong;
        var now = clock.GetUtcNow();
        MessageBlock entry;
        if (draft is { CustomerId: { } customer, CustomerName.Length: > 0 })
        {
            entry = New(draft.Kind, customer, draft.Channel, $"客户 {draft.CustomerName}", draft.Reason, by, now);
        }
        else
        {
            if (draft.Channel is not { } channel || string.IsNullOrWhiteSpace(draft.Recipient))
                return BlockRefusals.Whom;
            if (!Enum.IsDefined(channel) || RecipientRules.Normalise(channel, draft.Recipient) is not { } recipient)
                return SendRefusals.Recipient(channel) with { Field = "Recipient" };
            entry = New(draft.Kind, RecipientRules.PersonOf(null, channel, recipient), channel, RecipientMask.Of(channel, recipient), draft.Reason, by, now);
        }

        await using var db = await contexts.CreateDbContextAsync(ct);
        db.Add(entry);
        db.Audit(by, now, "message_block.added", new AuditSubject("message_block", entry.Id, draft.CustomerId), after: new { entry.Kind, entry.Channel, entry.Shown }, reason: entry.Reason);
        db.Announce(BlockBook.Topic);
        return await db.TrySaveAsync(ct) is { Ok: false } refused ? refused.Refusal : entry.Id;
    }

    /// <summary>Takes one recipient per line (what follows a comma or tab is ignored). The good lines are added, the bad ones come back.</summary>
    public async Task<Result<BlockImport>> ImportAsync(BlockKind kind, MessageChannel channel, string lines, string reason, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageChannels))
            return CommonRefusals.Forbidden;
        if (Wrong(kind, reason) is { } wrong)
            return wrong;
        if (!Enum.IsDefined(channel))
            return BlockRefusals.Whom;
        var all = lines.Split('\n');
        if (all.Length > MostLines)
            return BlockRefusals.TooManyLines;
        var now = clock.GetUtcNow();
        var bad = new List<BadLine>();
        var fresh = new Dictionary<Guid, MessageBlock>();
        var known = 0;
        for (var i = 0; i < all.Length; i++)
        {
            var text = all[i].Split([',', '，', '\t', ';'], 2)[0].Trim();
            if (text.Length == 0)
                continue;
            if (RecipientRules.Normalise(channel, text) is not { } recipient)
                bad.Add(new BadLine(i + 1, text.Length > 40 ? text[..40] + "…" : text, SendRefusals.Recipient(channel).Text));
            else if (!fresh.TryAdd(RecipientRules.PersonOf(null, channel, recipient), New(kind, RecipientRules.PersonOf(null, channel, recipient), channel, RecipientMask.Of(channel, recipient), reason, by, now)))
                known++;
        }

        if (fresh.Count == 0 && bad.Count == 0)
            return BlockRefusals.NoLines;
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        // Two imports of the same text at once would refuse each other at the index.
        await db.Database.ExecuteSqlAsync($"lock table message_blocks in share row exclusive mode", ct);
        var keys = fresh.Keys.ToArray();
        var there = await db.MessageBlocks.Where(b => b.Kind == kind && b.Channel == channel && keys.Contains(b.Recipient)).Select(b => b.Recipient).ToListAsync(ct);
        foreach (var key in there)
            fresh.Remove(key);
        db.AddRange(fresh.Values);
        if (fresh.Count > 0)
        {
            db.Audit(by, now, "message_block.imported", new AuditSubject("message_block", null), after: new { Kind = kind, Channel = channel, fresh.Count }, reason: reason.Trim());
            db.Announce(BlockBook.Topic);
        }

        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
        return new BlockImport(fresh.Count, known + there.Count, bad.Count, [.. bad.Take(MostBadShown)]);
    }

    /// <summary>Takes an entry out of its list. Removing twice is no mistake.</summary>
    public async Task<Result> RemoveAsync(Guid id, string reason, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageChannels))
            return CommonRefusals.Forbidden;
        if (reason.Trim().Length is < 2 or > LongestReason)
            return BlockRefusals.Reason;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.MessageBlocks.SingleOrDefaultAsync(b => b.Id == id, ct) is not { } entry)
            return Result.Done;
        db.Remove(entry);
        db.Audit(by, clock.GetUtcNow(), "message_block.removed", new AuditSubject("message_block", id), before: new { entry.Kind, entry.Channel, entry.Shown, entry.Reason }, reason: reason.Trim());
        db.Announce(BlockBook.Topic);
        return await db.TrySaveAsync(ct);
    }

    /// <summary>A page of one list, the newest first.</summary>
    public async Task<Result<Page<BlockRow>>> ListAsync(BlockFilter filter, PageRequest page, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageChannels))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var entries = db.MessageBlocks.AsNoTracking().Where(b => b.Kind == filter.Kind);
        if (filter.Channel is { } channel)
            entries = entries.Where(b => b.Channel == channel);
        if (!string.IsNullOrWhiteSpace(filter.Search))
        {
            var text = filter.Search.Trim();
            var like = $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
            Guid[] whole = [.. Enum.GetValues<MessageChannel>().Select(c => RecipientRules.Normalise(c, text) is { Length: > 0 } r ? RecipientRules.PersonOf(null, c, r) : Guid.Empty).Where(k => k != Guid.Empty)];
            entries = entries.Where(b => whole.Contains(b.Recipient) || EF.Functions.ILike(b.Shown, like) || EF.Functions.ILike(b.Reason, like));
        }

        var total = await entries.CountAsync(ct);
        var rows = await entries.OrderByDescending(b => b.At).ThenBy(b => b.Id).Skip(page.Skip).Take(page.Size)
            .Select(b => new BlockRow(b.Id, b.Kind, b.Channel, b.Shown, b.Reason, b.ByName, b.At)).ToListAsync(ct);
        return new Page<BlockRow>(rows, total, false, page);
    }

    private static Refusal? Wrong(BlockKind kind, string reason) =>
        !Enum.IsDefined(kind) ? BlockRefusals.KindUnknown : reason.Trim().Length is < 2 or > LongestReason ? BlockRefusals.Reason : null;

    private static MessageBlock New(BlockKind kind, Guid recipient, MessageChannel? channel, string shown, string reason, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Kind = kind, Recipient = recipient, Channel = channel, Shown = shown, Reason = reason.Trim(), ByName = by.DisplayName, At = now,
    };
}
