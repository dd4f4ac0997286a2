using System.Globalization;
using CcdBlazor.Domain.Portraits.Effects;
using CcdBlazor.Domain.Portraits.Scoring;

namespace CcdBlazor.Components.Portraits.Effects;

/// <summary>Filters of the effects in the address, and from each figure to the customers behind it.</summary>
internal static class EffectsAddress
{
    public const string Page = "/portraits/effects";

    public static string Of(EffectFilter filter) => Join(Page, Parts(filter));

    public static string Export(EffectFilter filter) => Join(Page + "/export", Parts(filter));

    public static string List(EffectListFilter filter, int page = 1) => Join(Page + "/customers", Parts(filter).Append(("page", page > 1 ? page.ToString(CultureInfo.InvariantCulture) : null)));

    public static string ListExport(EffectListFilter filter) => Join(Page + "/customers/export", Parts(filter));

    public static EffectFilter Read(Guid? run, int? month, Guid? department) => new(run, run is null ? month : null, department);

    /// <summary>What is no value of its list is left out, as if nobody had written it.</summary>
    public static EffectListFilter Read(EffectFilter of, string? cohort, string? result, string? exclusion, Guid? manager, string? scored, string? rated) =>
        new(of, Parsed<EffectCohort>(cohort), Parsed<EffectResult>(result), Parsed<EffectExclusion>(exclusion), manager, Parsed<ScoreClass>(scored), rated == "yes");

    private static IEnumerable<(string Name, string? Value)> Parts(EffectFilter of) =>
        [("run", of.RunId?.ToString()), ("month", of.Month?.ToString(CultureInfo.InvariantCulture)), ("department", of.DepartmentId?.ToString())];

    private static IEnumerable<(string Name, string? Value)> Parts(EffectListFilter filter) =>
    [
        .. Parts(filter.Of), ("cohort", filter.Cohort?.ToString()), ("result", filter.Result?.ToString()), ("excluded", filter.Exclusion?.ToString()), ("manager", filter.ManagerId?.ToString()),
        ("class", filter.Class?.ToString()), ("rated", filter.Rated ? "yes" : null),
    ];

    private static string Join(string path, IEnumerable<(string Name, string? Value)> parts)
    {
        var query = string.Join('&', parts.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
        return query.Length == 0 ? path : $"{path}?{query}";
    }

    private static T? Parsed<T>(string? text) where T : struct, Enum => Enum.TryParse<T>(text, out var value) && Enum.IsDefined(value) && !int.TryParse(text, out _) ? value : null;
}
