using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Limits;

/// <summary>An entry as somebody makes it: either a recipient on a channel, or a customer (on one channel or on all).</summary>
/// <param name="Reason">2 to 300 characters: what the law or a colleague gave.</param>
/// <param name="CustomerName">For the list; the caller has made sure that the customer is visible.</param>
public sealed record BlockDraft(BlockKind Kind, string Reason, MessageChannel? Channel = null, string? Recipient = null, Guid? CustomerId = null, string? CustomerName = null);

/// <summary>What the lists are narrowed to.</summary>
/// <param name="Search">A whole recipient, or a part of what is shown or of the reason.</param>
public sealed record BlockFilter(BlockKind Kind, string? Search = null, MessageChannel? Channel = null);

/// <summary>An entry of a list.</summary>
/// <param name="Shown">Masked recipient or customer.</param>
public sealed record BlockRow(Guid Id, BlockKind Kind, MessageChannel? Channel, string Shown, string Reason, string ByName, DateTimeOffset At);

/// <summary>A line of an import that was not taken, with its number from 1.</summary>
public readonly record struct BadLine(int Number, string Text, string Why);

/// <summary>What came of an import.</summary>
/// <param name="Known">Were in the list already, or stood twice in the text.</param>
/// <param name="BadLines">How many lines were not taken.</param>
/// <param name="Bad">The first 200 of them.</param>
public sealed record BlockImport(int Added, int Known, int BadLines, IReadOnlyList<BadLine> Bad);

/// <summary>Refusals around the opt-out, block and white lists.</summary>
public static class BlockRefusals
{
    public static readonly Refusal Known = new("messages.block_known", "名单中已有这一条。", RefusalKind.Conflict) { Field = "Recipient" };
    public static readonly Refusal Reason = new("messages.block_reason", "请写明原因，2 到 300 个字。") { Field = "Reason" };
    public static readonly Refusal Whom = new("messages.block_whom", "请填写接收人和渠道，或选择一位客户。") { Field = "Recipient" };
    public static readonly Refusal KindUnknown = new("messages.block_kind", "没有这种名单。") { Field = "Kind" };
    public static readonly Refusal TooManyLines = new("messages.block_lines", $"一次最多导入 {BlockService.MostLines} 行。", RefusalKind.TooLarge) { Field = "Lines" };
    public static readonly Refusal NoLines = new("messages.block_no_lines", "没有可以导入的内容。") { Field = "Lines" };
}

/// <summary>What people call the lists.</summary>
public static class BlockWords
{
    public static string Of(BlockKind kind) => kind switch
    {
        BlockKind.OptOut => "退订名单",
        BlockKind.Blocked => "屏蔽名单",
        BlockKind.WhiteList => "测试白名单",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>What being in the list means.</summary>
    public static string Meaning(BlockKind kind) => kind switch
    {
        BlockKind.OptOut => "对方要求不再接收营销消息；通知和验证码不受影响。",
        BlockKind.Blocked => "任何消息都不会发给名单中的人。",
        BlockKind.WhiteList => "开启测试模式后，只有名单中的人会收到消息。",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
