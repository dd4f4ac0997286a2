using FluentValidation;

namespace CcdBlazor.Domain.Common;

/// <summary>The shape of an input, checked by its validator, as a refusal.</summary>
public static class DraftChecks
{
    /// <summary>None when the draft is well-formed; otherwise the first problem, with the others riding along.</summary>
    public static Refusal? Check<T>(this IValidator<T> validator, T draft)
    {
        var found = validator.Validate(draft).Errors;
        if (found.Count == 0)
            return null;
        Refusal[] problems = [.. found.Select(e => CommonRefusals.Invalid(e.PropertyName, e.ErrorMessage))];
        return problems[0] with { Others = problems[1..] };
    }
}
