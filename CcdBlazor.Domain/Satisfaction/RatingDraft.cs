using FluentValidation;

namespace CcdBlazor.Domain.Satisfaction;

/// <summary>What a customer enters.</summary>
/// <param name="Score">Stars, 1 to 5.</param>
public sealed record RatingDraft(int Score, string? Words = null);

/// <summary>Stars from one to five; words of a bounded length without control characters other than line breaks.</summary>
public sealed class RatingDraftValidator : AbstractValidator<RatingDraft>
{
    public RatingDraftValidator()
    {
        RuleFor(d => d.Score).InclusiveBetween(SatisfactionRating.Least, SatisfactionRating.Most).WithMessage("请选择 1 到 5 星。");
        RuleFor(d => d.Words).MaximumLength(SatisfactionRating.LongestWords).WithMessage($"意见最多 {SatisfactionRating.LongestWords} 个字。");
        RuleFor(d => d.Words).Must(w => w is null || !w.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'))).WithMessage("意见中有不能识别的字符。");
    }
}

/// <summary>Words for stars; the same on the customer's page and for colleagues.</summary>
public static class RatingWords
{
    public static string Of(int score) => score switch
    {
        1 => "很不满意",
        2 => "不满意",
        3 => "一般",
        4 => "满意",
        5 => "非常满意",
        _ => throw new ArgumentOutOfRangeException(nameof(score), score, null),
    };
}
