using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.FollowUps;

/// <summary>Every "no" about follow-ups.</summary>
public static class FollowUpRefusals
{
    public static readonly Refusal WhatMissing = new("follow_up.what_missing", "请写明跟进内容。") { Field = nameof(FollowUpDraft.What) };

    public static readonly Refusal WhatTooLong =
        new("follow_up.what_too_long", $"跟进内容最多 {FollowUpDraft.LongestText} 个字。") { Field = nameof(FollowUpDraft.What) };

    public static readonly Refusal ResultTooLong =
        new("follow_up.result_too_long", $"跟进结果最多 {FollowUpDraft.LongestText} 个字。") { Field = nameof(FollowUpDraft.Result) };

    public static readonly Refusal NextTooLong =
        new("follow_up.next_too_long", $"下一步最多 {FollowUpDraft.LongestNext} 个字。") { Field = nameof(FollowUpDraft.NextWhat) };

    public static readonly Refusal NextWithoutDay =
        new("follow_up.next_without_day", "写了下一步，请同时选择下次跟进日期。") { Field = nameof(FollowUpDraft.NextOn) };

    public static readonly Refusal NextInThePast = new("follow_up.next_in_the_past", "下次跟进日期不能早于今天。") { Field = nameof(FollowUpDraft.NextOn) };

    public static readonly Refusal NextTooFar = new("follow_up.next_too_far", "下次跟进日期请选在一年以内。") { Field = nameof(FollowUpDraft.NextOn) };

    public static readonly Refusal KindUnknown = new("follow_up.kind_unknown", "请选择跟进方式。") { Field = nameof(FollowUpDraft.Kind) };

    public static readonly Refusal NotYours = new("follow_up.not_yours", "只能修改或删除自己写的跟进。", RefusalKind.Forbidden);

    public static readonly Refusal TooOld = new("follow_up.too_old", "跟进记录超过 24 小时后不能再修改或删除。", RefusalKind.Conflict);

    public static readonly Refusal TooManyFiles = new("follow_up.too_many_files", $"一条跟进最多附 {FollowUp.MostFiles} 个文件。", RefusalKind.Conflict);

    public static readonly Refusal TooManyToExport = new("follow_up.too_many_to_export", "符合条件的记录超过 10,000 条，请缩小范围后再导出。", RefusalKind.TooLarge);
}
