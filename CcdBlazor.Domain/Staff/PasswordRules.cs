using CcdBlazor.Domain.Common;
using Microsoft.AspNetCore.Identity;

namespace CcdBlazor.Domain.Staff;

/// <summary>What a password must be like. Pure; the same rules answer at every change.</summary>
public static class PasswordRules
{
    /// <summary>Characters.</summary>
    public const int Shortest = 10;

    /// <summary>Characters; hashing longer input only helps somebody who wants to keep the server busy.</summary>
    public const int Longest = 128;

    /// <summary>
    /// Starts of the passwords that every guessing list begins with and that pass the other rules. Compared after the usual
    /// substitutions (@ for a, 0 for o …) are undone, so that "P@ssw0rd2024" is found too.
    /// </summary>
    private static readonly string[] Common =
    [
        "password", "passwort", "admin123", "administrator", "qwerty", "qwertyuiop", "1qaz2wsx", "1q2w3e4r", "qazwsx", "asdfgh", "zxcvbn", "abc123", "abcd1234",
        "a123456", "aa123456", "woaini", "wojiushiwo", "iloveyou", "welcome", "letmein", "monkey", "dragon", "football", "baseball", "superman", "test1234",
        "changeme", "mima1234", "mima123456", "zhang123", "wang123", "q123456", "123456", "5201314", "147258", "abc12345", "qwe123", "asd123", "zxc123", "root1234", "ccdblazor", "ccd12345",
    ];

    /// <summary>Everything that is wrong with it; empty when it may be used.</summary>
    public static IReadOnlyList<Refusal> Check(string password, string userName)
    {
        var problems = new List<Refusal>();
        if (password.Length < Shortest)
            problems.Add(StaffRefusals.PasswordTooShort);
        if (password.Length > Longest)
            problems.Add(StaffRefusals.PasswordTooLong);
        if (!password.Any(char.IsLetter) || !password.Any(char.IsDigit))
            problems.Add(StaffRefusals.PasswordNeedsLettersAndDigits);
        if (userName.Length > 0 && password.Contains(userName, StringComparison.OrdinalIgnoreCase))
            problems.Add(StaffRefusals.PasswordHoldsUserName);
        if (IsCommon(password))
            problems.Add(StaffRefusals.PasswordTooCommon);
        return problems;
    }

    /// <summary>True when little is left after the best-known words are taken out, or when it repeats a few characters.</summary>
    private static bool IsCommon(string password)
    {
        var lower = password.ToLowerInvariant();
        if (lower.Distinct().Count() < 5)
            return true;
        var plain = lower.Replace('@', 'a').Replace('0', 'o').Replace('$', 's').Replace('!', 'i');
        return Common.Any(word => (lower.Contains(word, StringComparison.Ordinal) || plain.Contains(word, StringComparison.Ordinal)) && password.Length - word.Length < 8);
    }
}

/// <summary>Brings the rules into ASP.NET Core Identity: the code of a problem is the refusal's code.</summary>
internal sealed class PasswordRulesValidator : IPasswordValidator<StaffMember>
{
    public Task<IdentityResult> ValidateAsync(UserManager<StaffMember> manager, StaffMember user, string? password)
    {
        var problems = PasswordRules.Check(password ?? "", user.UserName);
        return Task.FromResult(problems.Count == 0
            ? IdentityResult.Success
            : IdentityResult.Failed([.. problems.Select(p => new IdentityError { Code = p.Code, Description = p.Text })]));
    }
}
