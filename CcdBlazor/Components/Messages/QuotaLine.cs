using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Components.Messages;

/// <summary>A quota rule while it is edited.</summary>
public sealed class QuotaLine
{
    public int Seconds { get; set; } = 60;
    public int Limit { get; set; } = 1;
    public int Category { get; set; }
    public string Source { get; set; } = "";
    public bool PerTemplate { get; set; }

    public QuotaRule Rule => new(Seconds, Limit, Category, string.IsNullOrWhiteSpace(Source) ? null : Source.Trim(), PerTemplate);

    public static List<QuotaLine> Of(IReadOnlyList<QuotaRule> rules) =>
        [.. rules.Select(r => new QuotaLine { Seconds = r.Seconds, Limit = r.Limit, Category = r.Category, Source = r.Source ?? "", PerTemplate = r.PerTemplate })];
}
