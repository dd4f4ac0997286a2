using System.Globalization;
using System.Runtime.CompilerServices;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits.Effects;

/// <summary>The figures of the page, and the customers behind one of them, as lines of CSV files with their heads. Too few cases are named as on the page, never as a share.</summary>
public sealed class EffectsExport
{
    private readonly EffectsQueries queries;

    internal EffectsExport(EffectsQueries queries) => this.queries = queries;

    /// <summary>Every table of the page, one after the other.</summary>
    public static IEnumerable<string> Figures(EffectsView view)
    {
        yield return "\uFEFF" + Csv.Line(["分组", "项目", "客户数", "已通过", "已拒绝", "未审结", "通过率", "审结率", "已评价", "平均满意度", "到资料齐全（中位/九成，天）", "到通过（中位/九成，天）", "登记到通过（中位/九成，天）"]);
        foreach (var c in view.Cohorts)
        {
            yield return Csv.Line([.. Sums("总体", c.Cohort.Label(), c.Sums, view.Fewest), Days(c.ToComplete, view.Fewest), Days(c.ToApproved, view.Fewest), Days(c.FromOpening, view.Fewest)]);
            foreach (var (why, cases) in c.Excluded)
                yield return Csv.Line(["总体", $"{c.Cohort.Label()}：未计入（{why.Label()}）", Number(cases)]);
        }

        foreach (var m in view.Managers)
            foreach (var (label, sums) in new[] { ("接收的客户", m.Moved), ("未更换的客户", m.Stayed), ("分配前", m.Before) })
                yield return Csv.Line(Sums("客户经理", $"{m.Name ?? "已删除的账号"} {label}", sums, view.Fewest));
        foreach (var c in view.Classes)
            yield return Csv.Line(Sums("匹配等级", $"{c.Class} 级", c.Sums, view.Fewest));
        foreach (var m in view.Months)
            foreach (var (label, sums) in new[] { (EffectCohort.Moved.Label(), m.Moved), (EffectCohort.Stayed.Label(), m.Stayed), (EffectCohort.Before.Label(), m.Before) })
                yield return Csv.Line(Sums("月份", string.Create(CultureInfo.InvariantCulture, $"{m.Month / 100}-{m.Month % 100:00} {label}{(m.Full ? "" : "（观察期未满）")}"), sums, view.Fewest));
    }

    /// <summary>The customers of a list, page by page; only those that the reader may see.</summary>
    public async IAsyncEnumerable<string> CasesAsync(EffectListFilter filter, Actor by, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return "\uFEFF" + Csv.Line(["方案", "客户编号", "客户", "分组", "客户经理", "匹配等级", "观察开始", "观察天数", "结果", "审结用时（天）", "资料齐全用时（天）", "满意度", "计入"]);
        for (var number = 1; ; number++)
        {
            var page = await queries.CasesAsync(filter, new PageRequest(number, PageRequest.LargestSize), by, ct);
            if (!page.Ok)
                yield break;
            foreach (var r in page.Value.Rows)
                yield return Csv.Line(
                [
                    r.Run, r.Number, r.Name, r.Cohort.Label(), r.Manager, r.Class?.ToString(), r.From.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), Number(r.Days),
                    r.Result.Label(), Number(r.DecidedDay), r.WasComplete ? "开始前已齐全" : Number(r.CompleteDay), Number(r.Stars), r.Exclusion.Label(),
                ]);
            if (number >= page.Value.Pages)
                yield break;
        }
    }

    private static IEnumerable<string?> Sums(string group, string what, EffectSums s, int fewest) =>
    [
        group, what, Number(s.Cases), Number(s.Approved), Number(s.Rejected), Number(s.Open), Percent(s.Converted, fewest), Percent(s.Decided, fewest), Number(s.Rated),
        s.MeanStars(fewest)?.ToString("0.0", CultureInfo.InvariantCulture) ?? (s.Rated == 0 ? "没有评价" : "评价太少"),
    ];

    private static string Percent(EffectShare share, int fewest) => share.Percent(fewest) is { } percent ? percent.ToString("0.0", CultureInfo.InvariantCulture) + "%" : share.Whole == 0 ? "没有客户" : "客户太少";

    private static string Days(EffectDuration time, int fewest) =>
        time.Cases == 0 ? "没有客户" : time.Cases < fewest || time.Thin ? "客户太少" : $"{Within(time.MedianDays)} / {Within(time.P90Days)}";

    private static string Within(int? days) => days is { } some ? Number(some)! : "期内未达到";

    private static string? Number(int? number) => number?.ToString(CultureInfo.InvariantCulture);
}
