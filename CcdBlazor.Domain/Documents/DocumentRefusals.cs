using System.Globalization;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Documents;

/// <summary>Every refusal about collecting and reviewing documents.</summary>
public static class DocumentRefusals
{
    public static readonly Refusal UnknownItem = new("document.unknown_item", "这位客户的资料清单里没有这一项，清单可能刚刚更新，请刷新后重试。", RefusalKind.NotFound);
    public static readonly Refusal NotNeeded = new("document.not_needed", "按客户目前的情况，这一项不需要提供。", RefusalKind.Conflict);
    public static readonly Refusal ClosedForUpload = new("document.closed_for_upload", "资料正在审核或已经审结，现在不能上传。", RefusalKind.Conflict);
    public static readonly Refusal ReplacedMeanwhile = new("document.replaced_meanwhile", "这份资料刚刚被新的版本替换或撤回，请查看最新版本。", RefusalKind.Conflict);
    public static readonly Refusal UploaderMayNotReview = new("document.uploader_may_not_review", "这份资料是您自己上传的，须由其他同事审核。", RefusalKind.Forbidden);
    public static readonly Refusal ReasonMissing = new("document.reason_missing", "请填写退回原因，客户会看到这句话。") { Field = "Reason" };
    public static readonly Refusal AcceptedStays = new("document.accepted_stays", "这份资料已审核通过，不能替换或撤回。如确需更换，请先由审核员退回。", RefusalKind.Conflict);
    public static readonly Refusal TooLateToWithdraw = new("document.too_late_to_withdraw", "上传超过 30 分钟或已开始审核，不能自行撤回，请联系您的客户经理。", RefusalKind.Conflict);
    public static readonly Refusal NotInReview = new("document.not_in_review", "这位客户的资料目前不在审核中。", RefusalKind.Conflict);
    public static readonly Refusal SameFile = new("document.same_file", "这份文件在该项中已经上传过了，无需重复上传。", RefusalKind.Conflict);

    public static Refusal DecidedMeanwhile(string? who, DocumentState now) => new("document.decided_meanwhile",
        $"{(who is null ? "这份资料刚刚有变化" : $"{who} 刚刚已处理这份资料（{DocumentWords.Of(now)}）")}，请核对后再决定。", RefusalKind.Conflict);

    public static Refusal Full(string item, int most) => new("document.full",
        string.Create(CultureInfo.InvariantCulture, $"“{item}”最多 {most} 份，已经满了。如需更换，请先撤回旧的。"), RefusalKind.Conflict);

    public static Refusal WrongFormat(string item, string formats) => new("document.wrong_format",
        $"“{item}”只接受 {formats}，请换一种格式。", RefusalKind.UnsupportedContent);

    public static Refusal TooLarge(string item, long most) => new("document.too_large",
        string.Create(CultureInfo.InvariantCulture, $"“{item}”单个文件不能超过 {most / 1_048_576.0:0.#} MB。"), RefusalKind.TooLarge);
}

/// <summary>Refusals about the customer's own link. One neutral text where a guess must learn nothing.</summary>
public static class LinkRefusals
{
    public static readonly Refusal Unknown = new("link.unknown", "链接无效，请联系您的客户经理重新发送。", RefusalKind.NotFound);
    public static readonly Refusal Expired = new("link.expired", "链接已过期，请联系您的客户经理重新发送。已上传的资料都已保存。", RefusalKind.Gone);
    public static readonly Refusal Revoked = new("link.revoked", "链接已停用，请联系您的客户经理重新发送。已上传的资料都已保存。", RefusalKind.Gone);
    public static readonly Refusal NothingOpen = new("link.nothing_open", "目前没有需要客户补充的资料，不需要发送链接。", RefusalKind.Conflict);
    public static readonly Refusal OutsideLink = new("link.outside", "这一项不在本链接的收集范围内，请联系您的客户经理。", RefusalKind.Forbidden);
}

/// <summary>Refusals about asking the customer for papers.</summary>
public static class RequestRefusals
{
    public static readonly Refusal NothingMissing = new("document_request.nothing_missing", "目前没有需要客户补充的资料，不用再发送。", RefusalKind.Conflict);
    public static readonly Refusal ItemNotOpen = new("document_request.item_not_open", "所选资料中有的已经不需要补充，请核对后再发送。", RefusalKind.Conflict) { Field = "Items" };
    public static readonly Refusal NoPhone = new("document_request.no_phone", "客户没有登记手机号，收不到短信。请先补登手机号，或改用邮件。", RefusalKind.Conflict) { Field = "Phone" };
    public static readonly Refusal NoEmail = new("document_request.no_email", "请填写正确的邮箱地址。") { Field = "Email" };
    public static readonly Refusal NoChannel = new("document_request.no_channel", "所选模板没有这个渠道的内容，请换一个模板或渠道。", RefusalKind.Conflict) { Field = "Channel" };
    public static readonly Refusal TemplateInactive = new("document_request.template_inactive", "所选模板没有启用，或缺少系统能提供的内容，请换一个模板。", RefusalKind.Conflict) { Field = "Template" };
    public static readonly Refusal DueOutOfRange = new("document_request.due_out_of_range", "截止日期应在今天之后、三十天以内。") { Field = "Due" };

    public static readonly Refusal StillWaiting = new("document_request.still_waiting", "同样的通知还在排队，发出后才能再次发送。", RefusalKind.Conflict);

    public static Refusal SentJustNow(TimeSpan left) => new("document_request.sent_just_now",
        string.Create(CultureInfo.InvariantCulture, $"五分钟内不会向同一位客户重复发送相同的内容。请在 {Math.Max(1, (int)Math.Ceiling(left.TotalMinutes))} 分钟后再试，或修改资料项或截止日期。"),
        RefusalKind.Conflict);
}

/// <summary>The words for states, the same everywhere.</summary>
public static class DocumentWords
{
    public static string Of(DocumentState state) => state switch
    {
        DocumentState.Uploaded => "待审核",
        DocumentState.Accepted => "已通过",
        DocumentState.Returned => "已退回",
        DocumentState.Replaced => "已替换",
        DocumentState.Withdrawn => "已撤回",
    };

    /// <summary>The colour word of the interface: grey waiting, blue in work, amber needs someone, green done, red refused.</summary>
    public static string ColourOf(DocumentState state) => state switch
    {
        DocumentState.Uploaded => "blue",
        DocumentState.Accepted => "green",
        DocumentState.Returned => "red",
        DocumentState.Replaced or DocumentState.Withdrawn => "grey",
    };
}
