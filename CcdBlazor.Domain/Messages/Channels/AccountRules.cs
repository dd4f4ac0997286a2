using System.Net;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>Refusals around accounts with providers.</summary>
public static class AccountRefusals
{
    public static readonly Refusal KindUnknown = new("messages.account_kind", "没有这种渠道账号。") { Field = "Kind" };
    public static readonly Refusal NameLength = new("messages.account_name", "请填写账号名称，最多 60 个字。") { Field = "Name" };
    public static readonly Refusal AddressForm = new("messages.account_address", "服务地址应是 https:// 开头的完整网址（邮件为 smtp:// 或 smtps://）；只有本机地址可以用 http://。") { Field = "BaseAddress" };
    public static readonly Refusal WeightRange = new("messages.account_weight", "权重应在 0 到 1000 之间，0 表示备用。") { Field = "Weight" };
    public static readonly Refusal PriceRange = new("messages.account_price", "单价应在 0 到 100 元之间。") { Field = "PriceMilli" };
    public static readonly Refusal SecretsAgain = new("messages.account_secrets_again", "服务地址换了主机，请重新填写密钥：原有密钥不会发往新的地址。") { Field = "BaseAddress" };
    public static readonly Refusal BellStays = new("messages.account_bell", "站内通知由程序自带，只有一个，不能添加或删除，可以停用。", RefusalKind.Conflict);
    public static readonly Refusal NoClient = new("messages.account_no_client", "这个程序还不能使用这种渠道账号。", RefusalKind.Unavailable);
    public static readonly Refusal Unreadable = new("messages.account_unreadable", "密钥读不出来（加密密钥已更换），请重新填写。", RefusalKind.Conflict);
    public static readonly Refusal ProbeTimeout = new("messages.account_probe_timeout", "测试连接超时，请检查服务地址和网络。", RefusalKind.Unavailable);

    public static Refusal FieldMissing(AccountField field) => new("messages.account_field", $"请填写“{field.Title}”。") { Field = field.Name };

    public static Refusal FieldLength(AccountField field) => new("messages.account_field_length", $"“{field.Title}”最多 2000 个字，不能换行。") { Field = field.Name };

    public static Refusal FieldUnknown(string name) => new("messages.account_field_unknown", $"这种账号没有“{name}”这一项。") { Field = name };

    public static Refusal Rule(string field) => new("messages.account_limit", "限额不正确：时间为 1 秒到 31 天，条数为 1 到一亿，同一时间和类别只能写一行，最多 10 行。") { Field = field };
}

/// <summary>What must be right before an account is stored.</summary>
internal static class AccountRules
{
    private const int MostRules = 10;

    public static Refusal? Check(AccountDraft draft, IReadOnlyList<AccountField> fields, IReadOnlySet<string> secretsSet)
    {
        var found = new List<Refusal>();
        if (draft.Name.Trim().Length is 0 or > 60)
            found.Add(AccountRefusals.NameLength);
        if (AddressOf(draft.BaseAddress) is null)
            found.Add(AccountRefusals.AddressForm);
        if (draft.Weight is < 0 or > 1_000)
            found.Add(AccountRefusals.WeightRange);
        if (draft.PriceMilli is < 0 or > 100_000)
            found.Add(AccountRefusals.PriceRange);
        if (!AreSound(draft.Limits))
            found.Add(AccountRefusals.Rule("Limits"));
        if (!AreSound(draft.RecipientLimits))
            found.Add(AccountRefusals.Rule("RecipientLimits"));
        foreach (var field in fields)
        {
            var entered = (field.Secret ? draft.Secrets : draft.Values).GetValueOrDefault(field.Name, "");
            if (field.Required && entered.Trim().Length == 0 && !(field.Secret && secretsSet.Contains(field.Name)))
                found.Add(AccountRefusals.FieldMissing(field));
            else if (entered.Length > 2_000 || entered.Any(char.IsControl))
                found.Add(AccountRefusals.FieldLength(field));
        }

        foreach (var name in draft.Values.Keys.Where(n => !fields.Any(f => !f.Secret && f.Name == n)).Concat(draft.Secrets.Keys.Where(n => !fields.Any(f => f.Secret && f.Name == n))))
            found.Add(AccountRefusals.FieldUnknown(name));
        return found.Count == 0 ? null : found.Count == 1 ? found[0] : found[0] with { Others = found[1..] };
    }

    /// <summary>The address, when secrets may travel to it: encrypted, or inside this machine. SMTP's client insists on TLS by itself.</summary>
    public static Uri? AddressOf(string text) =>
        text.Length <= 300 && Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.UserInfo.Length == 0
        && (uri.Scheme is "https" or "smtp" or "smtps" or "in-app" || (uri.Scheme == "http" && (uri.IsLoopback || (IPAddress.TryParse(uri.Host, out var ip) && IPAddress.IsLoopback(ip)))))
            ? uri : null;

    private static bool AreSound(IReadOnlyList<QuotaRule> rules) =>
        rules.Count <= MostRules
        && rules.All(r => r.Seconds is >= 1 and <= 31 * 86_400 && r.Limit is >= 1 and <= 100_000_000 && r.Category is >= 0 and <= 3 && (r.Source?.Length ?? 0) <= 200)
        && rules.Select(r => (r.Seconds, r.Category, r.PerTemplate)).Distinct().Count() == rules.Count;
}
