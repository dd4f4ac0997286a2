using FluentValidation;

namespace CcdBlazor.Domain.Portraits.Managers;

/// <summary>A manager's profile as a form holds it.</summary>
public sealed record ManagerDraft
{
    public const int LongestAbsenceReason = 100;

    /// <summary>No manager looks after more: what is larger is a slip of the keyboard.</summary>
    public const int LargestMaximum = 1000;

    public List<string> Capabilities { get; set; } = [];

    public List<string> Hobbies { get; set; } = [];

    public List<string> Languages { get; set; } = [];

    public List<string> Regions { get; set; } = [];

    public ManagerLevel Level { get; set; } = ManagerLevel.Middle;

    public int Minimum { get; set; }

    public int Maximum { get; set; } = ManagerProfile.DefaultMaximum;

    public bool NoAutomatic { get; set; }

    public DateOnly? AbsentFrom { get; set; }

    public DateOnly? AbsentTo { get; set; }

    public string? AbsenceReason { get; set; }
}

public sealed class ManagerDraftValidator : AbstractValidator<ManagerDraft>
{
    public ManagerDraftValidator()
    {
        RuleFor(d => d.Capabilities).Must(FitTags).WithMessage($"专长最多 {Traits.MostTags} 个，每个 1 至 {Traits.LongestTag} 字。");
        RuleFor(d => d.Hobbies).Must(FitTags).WithMessage($"爱好最多 {Traits.MostTags} 个，每个 1 至 {Traits.LongestTag} 字。");
        RuleFor(d => d.Languages).Must(all => all.TrueForAll(code => Traits.LanguageChoices.Any(c => c.Code == code))).WithMessage("语言请从列出的选项中选择。");
        RuleFor(d => d.Regions).Must(all => all.TrueForAll(code => Portraits.Regions.All.Any(c => c.Code == code))).WithMessage("地区请从列出的选项中选择。");
        RuleFor(d => d.Level).IsInEnum().WithMessage("请选择级别。");
        RuleFor(d => d.Maximum).InclusiveBetween(0, ManagerDraft.LargestMaximum).WithMessage($"上限为 0 至 {ManagerDraft.LargestMaximum} 位。");
        RuleFor(d => d.Minimum).GreaterThanOrEqualTo(0).WithMessage("下限不能小于 0。")
            .LessThanOrEqualTo(d => d.Maximum).WithMessage("下限不能大于上限。");
        RuleFor(d => d.AbsentTo).Must((d, to) => to is null || (d.AbsentFrom is { } from && to >= from)).WithMessage("结束日期不能早于开始日期。");
        RuleFor(d => d.AbsenceReason).MaximumLength(ManagerDraft.LongestAbsenceReason).WithMessage($"原因最多 {ManagerDraft.LongestAbsenceReason} 字。");
    }

    private static bool FitTags(List<string> tags)
    {
        // What is far too long is not even tidied.
        if (tags.Count > Traits.MostTags * 20)
            return false;
        var tidy = TraitValue.TidyTags(tags).ToList();
        return tidy.Count <= Traits.MostTags && tidy.TrueForAll(t => t.Length <= Traits.LongestTag && !t.Any(char.IsControl));
    }
}
