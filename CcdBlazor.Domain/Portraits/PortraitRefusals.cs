using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits;

/// <summary>Refusals about portraits of customers. Their field is the trait's code.</summary>
public static class PortraitRefusals
{
    public static readonly Refusal TraitUnknown = new("portrait.trait_unknown", "画像中没有这一项，请刷新页面后重试。");
    public static readonly Refusal NothingChanged = new("portrait.nothing_changed", "没有需要保存的修改。");

    public static Refusal NumberUnreadable(Trait trait) => new("portrait.number_unreadable", $"“{trait.Title}”请填写数字。") { Field = trait.Code };

    public static Refusal OutOfBounds(Trait trait) =>
        new("portrait.out_of_bounds", $"“{trait.Title}”应在 {trait.Bounds.Least:#,0.##} 至 {trait.Bounds.Most:#,0.##} {trait.Unit}之间，请核对是否多写了一位。") { Field = trait.Code };

    public static Refusal ChoiceUnknown(Trait trait) => new("portrait.choice_unknown", $"“{trait.Title}”请从列出的选项中选择。") { Field = trait.Code };

    public static Refusal TooManyTags(Trait trait, int given) =>
        new("portrait.too_many_tags", $"“{trait.Title}”最多 {Traits.MostTags} 个标签，这里有 {given} 个，没有保存。请只留下最重要的。") { Field = trait.Code };

    public static Refusal TagTooLong(Trait trait) => new("portrait.tag_too_long", $"“{trait.Title}”的每个标签为 1 至 {Traits.LongestTag} 字。") { Field = trait.Code };

    public static Refusal OnlyDerived(Trait trait) => new("portrait.only_derived", $"“{trait.Title}”由系统按客户的行为统计，不能填写。", RefusalKind.Forbidden) { Field = trait.Code };

    public static Refusal NotForCustomers(Trait trait) => new("portrait.not_for_customers", $"“{trait.Title}”由客户经理填写。", RefusalKind.Forbidden) { Field = trait.Code };
}
