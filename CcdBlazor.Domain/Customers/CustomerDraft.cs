using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Products;
using FluentValidation;

namespace CcdBlazor.Domain.Customers;

/// <summary>A loan as a form holds it.</summary>
public sealed record LoanDraft
{
    public Guid? ProductId { get; set; }

    /// <summary>Wanted, in CNY.</summary>
    public decimal? Amount { get; set; }
}

/// <summary>What a clerk enters about a customer. Settable, because a form writes into it.</summary>
public sealed record CustomerDraft
{
    public const int LongestName = 100;
    public const int LongestTag = 20;
    public const int MostTags = 20;
    public const int MostPhones = 5;
    public const int MostLoans = 5;
    public const int LongestRemarks = 2000;

    /// <summary>One hundred billion CNY less a fen: anything above is a slip of the keyboard.</summary>
    public const decimal LargestAmount = 99_999_999_999.99m;

    public CustomerKind Kind { get; set; }

    public string Name { get; set; } = "";

    /// <summary>As typed; the service brings them into one form. Blank lines are dropped.</summary>
    public List<string> Phones { get; set; } = [""];

    /// <summary>
    /// Identity number or credit code as typed. When an existing customer is edited, blank leaves the stored one:
    /// the form never holds the full number.
    /// </summary>
    public string? IdentityNumber { get; set; }

    public string? Source { get; set; }

    public List<string> Tags { get; set; } = [];

    public string? Remarks { get; set; }

    /// <summary>Codes of <see cref="CustomerFacts"/>.</summary>
    public List<string> Facts { get; set; } = [];

    public List<LoanDraft> Loans { get; set; } = [];

    /// <summary>A copy that shares no list, for "did anything change".</summary>
    public CustomerDraft Copy() => this with
    {
        Phones = [.. Phones],
        Tags = [.. Tags],
        Facts = [.. Facts],
        Loans = [.. Loans.Select(l => l with { })],
    };

    /// <summary>True when the other draft says the same.</summary>
    public bool Says(CustomerDraft other) =>
        Kind == other.Kind && Name == other.Name && (IdentityNumber ?? "") == (other.IdentityNumber ?? "") && (Source ?? "") == (other.Source ?? "")
        && (Remarks ?? "") == (other.Remarks ?? "") && Phones.SequenceEqual(other.Phones) && Tags.SequenceEqual(other.Tags)
        && Facts.ToHashSet().SetEquals(other.Facts) && Loans.SequenceEqual(other.Loans);
}

public sealed class CustomerDraftValidator : AbstractValidator<CustomerDraft>
{
    public CustomerDraftValidator(TimeProvider time)
    {
        RuleFor(d => d.Kind).IsInEnum().WithMessage("请选择客户类型。");
        RuleFor(d => d.Name)
            .Must(name => CustomerSearch.KeyOf(name ?? "").Length > 0).WithMessage("请填写客户姓名或企业名称。")
            .MaximumLength(CustomerDraft.LongestName).WithMessage($"名称最多 {CustomerDraft.LongestName} 字。");

        RuleFor(d => d.Phones).Custom((phones, context) =>
        {
            var typed = phones.Where(p => !string.IsNullOrWhiteSpace(p)).ToList();
            if (typed.Count == 0)
                context.AddFailure(nameof(CustomerDraft.Phones), "请至少填写一个联系电话。");
            if (typed.Count > CustomerDraft.MostPhones)
                context.AddFailure(nameof(CustomerDraft.Phones), $"最多登记 {CustomerDraft.MostPhones} 个电话。");
            var seen = new HashSet<string>();
            foreach (var text in typed.Take(CustomerDraft.MostPhones))
            {
                var phone = ContactPhone.Parse(text);
                if (!phone.Ok)
                    context.AddFailure(nameof(CustomerDraft.Phones), phone.Refusal.Text);
                else if (!seen.Add(phone.Value))
                    context.AddFailure(nameof(CustomerDraft.Phones), "同一个电话填写了两次。");
            }
        });

        RuleFor(d => d.IdentityNumber).Custom((number, context) =>
        {
            if (!string.IsNullOrWhiteSpace(number) && IdentityNumber.Parse(context.InstanceToValidate.Kind, number, time.GetUtcNow()) is { Ok: false } no)
                context.AddFailure(nameof(CustomerDraft.IdentityNumber), no.Refusal!.Text);
        });

        RuleFor(d => d.Source).MaximumLength(CustomerDraft.LongestTag).WithMessage($"来源最多 {CustomerDraft.LongestTag} 字。");
        RuleFor(d => d.Remarks).MaximumLength(CustomerDraft.LongestRemarks).WithMessage($"备注最多 {CustomerDraft.LongestRemarks} 字。");
        RuleFor(d => d.Tags)
            .Must(tags => tags.Count <= CustomerDraft.MostTags).WithMessage($"最多 {CustomerDraft.MostTags} 个标签。")
            .Must(tags => tags.TrueForAll(t => t.Trim().Length is > 0 and <= CustomerDraft.LongestTag)).WithMessage($"每个标签为 1 至 {CustomerDraft.LongestTag} 字。");

        RuleFor(d => d.Facts).Custom((facts, context) =>
        {
            if (facts.Exists(code => CustomerFacts.Find(code) is null))
                context.AddFailure(nameof(CustomerDraft.Facts), "客户情况中有系统不认识的选项，请刷新页面后重试。");
            foreach (var clash in facts.Distinct().Select(CustomerFacts.Find).Where(f => f?.Question is not null).GroupBy(f => f!.Question).Where(g => g.Count() > 1))
                context.AddFailure(nameof(CustomerDraft.Facts), $"{clash.Key}只能选择一项。");
        });

        RuleFor(d => d.Loans).Custom((loans, context) =>
        {
            if (loans.Count > CustomerDraft.MostLoans)
                context.AddFailure(nameof(CustomerDraft.Loans), $"最多登记 {CustomerDraft.MostLoans} 个贷款产品。");
            if (loans.Exists(l => l.ProductId is null))
                context.AddFailure(nameof(CustomerDraft.Loans), "请选择贷款产品。");
            if (loans.Exists(l => l.Amount is not (> 0 and <= CustomerDraft.LargestAmount) || decimal.Round(l.Amount.Value, 2) != l.Amount))
                context.AddFailure(nameof(CustomerDraft.Loans), "请填写大于 0 的贷款金额，最多两位小数。");
            if (loans.Where(l => l.ProductId is not null).GroupBy(l => l.ProductId).Any(g => g.Count() > 1))
                context.AddFailure(nameof(CustomerDraft.Loans), CustomerRefusals.LoanTwice.Text);
        });
    }
}

/// <summary>A telephone number of a customer: a mobile, or a landline with its area code.</summary>
internal static class ContactPhone
{
    /// <summary>The one form that is stored.</summary>
    public static Result<string> Parse(string? text)
    {
        var mobile = MobilePhone.Parse(text);
        if (mobile.Ok)
            return mobile.Value.Value;
        var landline = Landline.Parse(text);
        if (landline.Ok)
            return landline.Value.Value;
        // What begins like an area code was meant as a landline.
        return InputText.Fold(text).StartsWith('0') ? landline.Refusal : mobile.Refusal;
    }

    public static string Mask(string stored)
    {
        if (MobilePhone.Parse(stored) is { Ok: true } mobile)
            return mobile.Value.Masked;
        return Landline.Parse(stored) is { Ok: true } landline ? landline.Value.Masked : "****";
    }
}

/// <summary>The number that identifies a customer: of a citizen or of a company, depending on the kind.</summary>
internal static class IdentityNumber
{
    public static Result<string> Parse(CustomerKind kind, string? text, DateTimeOffset now)
    {
        if (kind == CustomerKind.Company)
        {
            var code = UnifiedCreditCode.Parse(text);
            return code.Ok ? code.Value.Value : code.Refusal;
        }

        var number = CitizenNumber.Parse(text, DateOnly.FromDateTime(now.UtcDateTime.AddHours(8)), acceptOldForm: true);
        return number.Ok ? number.Value.Value : number.Refusal;
    }

    /// <summary>Hides the middle of a stored number, whatever rule it was checked by.</summary>
    public static string Mask(CustomerKind kind, string stored) => kind == CustomerKind.Company
        ? $"{stored[..4]}************{stored[^2..]}"
        : $"{stored[..6]}********{stored[^4..]}";
}
