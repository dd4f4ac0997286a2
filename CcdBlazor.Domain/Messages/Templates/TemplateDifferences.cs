using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>One thing that differs between two versions.</summary>
/// <param name="What">Chinese: which part.</param>
/// <param name="Before">None when it came.</param>
/// <param name="After">None when it went.</param>
public sealed record TemplateDifference(string What, string? Before, string? After);

/// <summary>What changes from one version to another, part by part.</summary>
public static class TemplateDifferences
{
    public static IReadOnlyList<TemplateDifference> Of(TemplateContent older, TemplateContent newer)
    {
        var found = new List<TemplateDifference>();
        Compare(older.Variables.Select(v => (v.Name, Words(v))), newer.Variables.Select(v => (v.Name, Words(v))), name => $"变量 {name}", found);
        foreach (var channel in older.Variants.Concat(newer.Variants).Select(v => v.Channel).Distinct().Order())
            Compare(Parts(older, channel), Parts(newer, channel), part => $"{ChannelWords.Of(channel)} · {part}", found);
        return found;
    }

    private static void Compare(IEnumerable<(string Key, string Words)> older, IEnumerable<(string Key, string Words)> newer, Func<string, string> what, List<TemplateDifference> found)
    {
        var before = older.ToLookup(p => p.Key, p => p.Words);
        var after = newer.ToLookup(p => p.Key, p => p.Words);
        foreach (var key in before.Select(g => g.Key).Union(after.Select(g => g.Key)))
        {
            var (old, now) = (before[key].FirstOrDefault(), after[key].FirstOrDefault());
            if (old != now)
                found.Add(new TemplateDifference(what(key), old, now));
        }
    }

    private static IEnumerable<(string Part, string Words)> Parts(TemplateContent content, MessageChannel channel)
    {
        if (content.Variants.FirstOrDefault(v => v.Channel == channel) is not { } variant)
            yield break;
        yield return ("形式", TemplateWords.OfForm(channel, variant.Form));
        yield return ("正文", variant.Text);
        if (variant.Subject is { Length: > 0 } subject)
            yield return ("标题", subject);
        if (variant.Html is { Length: > 0 } html)
            yield return ("网页正文", html);
        if (variant.Url is { Length: > 0 } url)
            yield return ("链接", url);
        if (variant.ProviderTemplate is { Length: > 0 } code)
            yield return ("服务商模板", code);
        if (variant.Parameters is { Count: > 0 } parameters)
            yield return ("参数", string.Join('\n', parameters.Select(p => $"{p.Name} = {p.Text}")));
    }

    private static string Words(TemplateVariable v) =>
        $"{v.Title}，{TemplateWords.Of(v.Type)}，{(v.Required ? "必填" : "选填")}{(v.MaxLength > 0 ? $"，最多 {v.MaxLength} 字" : "")}{(v.Sample.Length > 0 ? $"，例如“{v.Sample}”" : "")}";
}
