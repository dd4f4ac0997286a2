using System.Globalization;
using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Managers;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Portraits;

/// <summary>One manager in the picture of loads.</summary>
public sealed record LoadMark(Guid Id, string Name, int Before, int Now, int Minimum, int Maximum, decimal AmountBefore, decimal Amount)
{
    public bool Full => Now >= Maximum;

    /// <summary>As it is.</summary>
    public static LoadMark Of(ManagerRow m) => new(m.Id, m.Name, m.Open, m.Open, m.Minimum, m.Maximum, m.OpenAmount, m.OpenAmount);

    /// <summary>Before and after a dry run.</summary>
    public static LoadMark Of(ManagerLoad l) => new(l.ManagerId, l.Name, l.Before, l.After, l.Minimum, l.Maximum, l.AmountBefore, l.AmountAfter);
}

/// <summary>Lollipops of load against capacity, bars of value, and the Lorenz curves of both.</summary>
public sealed partial class LoadPicture
{
    private const double Left = 84, Plot = 190, ValueLeft = 292, ValuePlot = 104, Top = 20, Row = 22;

    /// <summary>From each end, when there are more managers than fit.</summary>
    private const int Most2 = 15;

    private const int MostRows = 200;

    [Parameter, EditorRequired]
    public IReadOnlyList<LoadMark> Marks { get; set; } = [];

    /// <summary>The marks carry a state before and one after.</summary>
    [Parameter]
    public bool Planned { get; set; }

    /// <summary>Of the section; its parts begin with it.</summary>
    [Parameter]
    public string Id { get; set; } = "loads";

    private List<LoadMark> Shown { get; set; } = [];

    private double Most { get; set; } = 1;

    private decimal MostAmount { get; set; } = 1;

    private List<(int People, string Load, string Value)> Quarters { get; set; } = [];

    private double Height => Top + (Row * Shown.Count) + 4;

    private string Spoken => string.Join("；", Shown.Select(Words));

    protected override void OnParametersSet()
    {
        var ordered = Marks.OrderByDescending(m => m.Maximum == 0 ? m.Now : (double)m.Now / m.Maximum).ThenByDescending(m => m.Now).ThenBy(m => m.Name, StringComparer.Ordinal).ToList();
        Shown = ordered.Count <= 2 * Most2 ? ordered : [.. ordered.Take(Most2), .. ordered.TakeLast(Most2)];
        Most = Math.Max(1, Shown.Select(m => Math.Max(Math.Max(m.Now, m.Before), m.Maximum)).DefaultIfEmpty(1).Max());
        MostAmount = Math.Max(1, Shown.Select(m => Math.Max(m.Amount, m.AmountBefore)).DefaultIfEmpty(1).Max());
        var (load, value) = (Fairness.Lorenz(Marks.Select(m => (double)m.Now)), Fairness.Lorenz(Marks.Select(m => (double)m.Amount)));
        Quarters = [.. new[] { 25, 50, 75 }.Select(p => (p, At(load, p / 100.0), At(value, p / 100.0)))];
    }

    private static string Words(LoadMark m) =>
        $"{m.Name}：{(m.Before == m.Now ? $"{m.Now} 位" : $"{m.Before} 位变为 {m.Now} 位")}，下限 {m.Minimum}，上限 {m.Maximum}{(m.Full ? "，已满" : "")}，申请金额 {Format.Money(m.Amount)}";

    private static string Cut(string name) => name.Length > 5 ? name[..4] + "…" : name;

    private static string Short(decimal amount) => amount >= 100_000_000 ? $"{(amount / 100_000_000).ToString("0.#", CultureInfo.InvariantCulture)} 亿"
        : amount >= 10_000 ? $"{(amount / 10_000).ToString("0.#", CultureInfo.InvariantCulture)} 万" : amount.ToString("0", CultureInfo.InvariantCulture);

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>The share at a share of people, between two points of the curve.</summary>
    private static string At(IReadOnlyList<(double People, double Share)> curve, double people)
    {
        var to = curve.First(p => p.People >= people - 1e-9);
        var from = curve.Last(p => p.People <= people + 1e-9);
        var part = to.People.Equals(from.People) ? 0 : (people - from.People) / (to.People - from.People);
        return (100 * (from.Share + (part * (to.Share - from.Share)))).ToString("0", CultureInfo.InvariantCulture);
    }

    private double X(int load) => Left + (Plot * load / Most);

    private double V(decimal amount) => (double)(amount / MostAmount) * ValuePlot;

    private string G(Func<LoadMark, double> of) => AssignmentFormat.Gini(Fairness.Gini(Marks.Select(of)));

    private string Curve(Func<LoadMark, double> of) => string.Join(' ', Fairness.Lorenz(Marks.Select(of)).Select(p => $"{N(30 + (260 * p.People))},{N(270 - (260 * p.Share))}"));
}
