using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>Why something about customer accounts is turned down.</summary>
public static class CustomerAccountRefusals
{
    public static readonly Refusal NoMobile = new("customer_account.no_mobile", "所选号码不在这位客户登记的手机号中，请先在客户资料里登记。", RefusalKind.Conflict) { Field = nameof(CustomerAccountDraft.Mobile) };
    public static readonly Refusal Email = new("customer_account.email", "邮箱地址不正确。") { Field = nameof(CustomerAccountDraft.Email) };
    public static readonly Refusal AlreadyOpen = new("customer_account.already_open", "这位客户的账号已经开通。", RefusalKind.Conflict);
    public static readonly Refusal NotOpen = new("customer_account.not_open", "这位客户没有开通中的账号。", RefusalKind.Conflict);
    public static readonly Refusal InvitedJustNow = new("customer_account.invited_just_now", "五分钟内已经通知过客户，请稍后再发。", RefusalKind.TooMany);

    /// <summary>Says nothing about whose it is: who asks may not see that file.</summary>
    public static readonly Refusal NumberTaken = new(
        "customer_account.number_taken", "这个手机号已用于另一位客户的账号，不能再开通。请核对号码，或换一个号码。", RefusalKind.Conflict) { Field = nameof(CustomerAccountDraft.Mobile) };

    public static readonly Refusal AnotherPerson = new(
        "customer_account.another_person", "这个手机号已用于另一位客户的账号，两份资料的证件号码不同，不是同一人，不能共用账号。", RefusalKind.Conflict) { Field = nameof(CustomerAccountDraft.Mobile) };

    public static readonly Refusal TooManyFiles = new(
        "customer_account.too_many_files", $"一个账号最多关联 {CustomerAccountRules.MostFiles} 份资料。", RefusalKind.Conflict) { Field = nameof(CustomerAccountDraft.Mobile) };

    /// <summary>One text for a wrong, used, expired and replaced code, and for numbers without an account.</summary>
    public static readonly Refusal CodeRefused = new(
        "customer_account.code_refused", "验证码不正确或已失效。请核对后重新输入；连续输错 5 次后须重新获取。", RefusalKind.Forbidden) { Field = "Code" };

    public static readonly Refusal CodeJustSent = new("customer_account.code_just_sent", "验证码刚刚发送过，请一分钟后再获取。", RefusalKind.TooMany);
    public static readonly Refusal TooManyCodes = new("customer_account.too_many_codes", "获取验证码的次数过多，请稍后再试，或联系您的客户经理。", RefusalKind.TooMany);

    /// <summary>The number opens an account already; whoever opens another file with it has to say that it is the same person.</summary>
    public static Refusal SamePerson(IEnumerable<string> names) => new(
        "customer_account.same_person", $"这个手机号已有客户账号（{string.Join("、", names)}）。如确认是同一人，请勾选“是同一人”后再开通，客户登录后能看到全部这些资料。", RefusalKind.Conflict)
    {
        Field = nameof(CustomerAccountDraft.SamePerson),
    };
}
