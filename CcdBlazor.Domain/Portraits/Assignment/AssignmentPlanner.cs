using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Matching;
using CcdBlazor.Domain.Portraits.Scoring;

namespace CcdBlazor.Domain.Portraits.Assignment;

/// <summary>
/// Shares out open customers over managers: as good in sum as the rules allow (<see cref="OptimalMatching"/>), with present relations worth
/// <see cref="ScoreRules.Sticky"/> points. Deterministic: customers and managers are taken in the order of their ids. Pure.
/// </summary>
public static class AssignmentPlanner
{
    /// <summary>Reasons that a row keeps.</summary>
    private const int MostReasons = 6;

    /// <summary>Refused when no manager takes part. No customers give an empty plan.</summary>
    public static Result<AssignmentPlan> Plan(AssignmentInput input, IProgress<double>? progress, CancellationToken ct)
    {
        var everybody = input.Managers.ToDictionary(m => m.Id);
        ManagerRow[] managers = [.. input.Managers.Where(m => m.TakesPart).OrderBy(m => m.Id)];
        if (managers.Length == 0)
            return MatchingRefusals.NoManagers;
        var all = input.Customers.OrderBy(c => c.Id).ToList();
        OpenCustomer[] customers = [.. all.Where(c => !StaysWithOwner(c, everybody, input.Rules))];
        var book = new ScoreBook(managers, input.Rules);
        var index = managers.Select((m, i) => (m.Id, i)).ToDictionary(m => m.Id, m => m.i);
        var subjects = customers.Select(c => book.Prepare(c.Portrait)).ToArray();
        var forbidden = input.Conflicts.Where(p => index.ContainsKey(p.Manager)).ToLookup(p => p.Customer, p => index[p.Manager]);

        var problem = MatchingProblem.FromRows(customers.Length, LimitsOf(managers, input.ElsewhereLoad), (c, row) =>
        {
            for (var m = 0; m < row.Length; m++)
                row[m] = book.Score(subjects[c], m) is { } score ? (float)-score : MatchingProblem.Forbidden;
            if (index.TryGetValue(customers[c].OwnerId, out var owner))
                row[owner] -= (float)input.Rules.Sticky;
            foreach (var m in forbidden[customers[c].Id])
                row[m] = MatchingProblem.Forbidden;
        });
        if (!problem.Ok)
            return problem.Refusal;
        var best = OptimalMatching.Solve(problem.Value, progress, ct);
        var greedy = GreedyMatching.Solve(problem.Value);
        ct.ThrowIfCancellationRequested();

        var why = best.Unassigned.ToDictionary(u => u.Customer, u => u.Reason);
        var pairs = new PlannedPair[customers.Length];
        for (var c = 0; c < customers.Length; c++)
        {
            double? today = index.TryGetValue(customers[c].OwnerId, out var owner) ? book.Score(subjects[c], owner) : null;
            if (best.ManagerOf[c] is >= 0 and var m)
            {
                var explained = book.Explain(customers[c].Portrait, m);
                var kept = managers[m].Id == customers[c].OwnerId;
                pairs[c] = new PlannedPair(
                    customers[c].Id, customers[c].OwnerId, managers[m].Id, kept ? PlanKind.Kept : PlanKind.Moved, explained.Score, explained.Class, today, ReasonsOf(explained, kept, today));
            }
            else
            {
                pairs[c] = new PlannedPair(customers[c].Id, customers[c].OwnerId, null, PlanKind.Unassigned, 0, null, today, [WordsOf(why[c], forbidden[customers[c].Id].Any())]);
            }
        }

        var now = customers.Select(c => index.GetValueOrDefault(c.OwnerId, -1)).ToArray();
        return new AssignmentPlan(
            pairs, Figures(best.ManagerOf), Figures(greedy.ManagerOf), Figures(now), all.Count - customers.Length, best.Gap,
            [.. best.Shortfalls.Select(s => $"{managers[s.Manager].Name}还差 {s.Missing} 位才到下限：没有更多符合条件的客户。")],
            managers.Select((m, i) => (m.Id, Load: best.Loads[i] + input.ElsewhereLoad.GetValueOrDefault(m.Id))).ToDictionary(l => l.Id, l => l.Load));

        PlanFigures Figures(IReadOnlyList<int> managerOf)
        {
            var (score, assigned, moved) = (0d, 0, 0);
            var loads = managers.Select(m => (double)input.ElsewhereLoad.GetValueOrDefault(m.Id)).ToArray();
            var amounts = new double[managers.Length];
            for (var c = 0; c < customers.Length; c++)
            {
                if (managerOf[c] is not (>= 0 and var m))
                    continue;
                assigned++;
                moved += managers[m].Id == customers[c].OwnerId ? 0 : 1;
                score += book.Score(subjects[c], m) ?? 0;
                loads[m]++;
                amounts[m] += (double)customers[c].Amount;
            }

            return new PlanFigures(Math.Round(score, 2), assigned, customers.Length - assigned, moved, Fairness.Gini(loads), Fairness.Gini(amounts));
        }
    }

    /// <summary>Who looks after a customer and takes no part keeps it: always when left out on purpose, while absent unless the settings say otherwise.</summary>
    private static bool StaysWithOwner(OpenCustomer customer, Dictionary<Guid, ManagerRow> managers, ScoreRules rules) =>
        managers.GetValueOrDefault(customer.OwnerId) is { TakesPart: false } owner && (owner.NoAutomatic || !rules.MoveFromAbsent);

    /// <summary>Customers elsewhere fill places that the run cannot give.</summary>
    private static LoadLimits[] LimitsOf(ManagerRow[] managers, IReadOnlyDictionary<Guid, int> elsewhere) =>
    [
        .. managers.Select(m =>
        {
            var there = elsewhere.GetValueOrDefault(m.Id);
            var most = Math.Max(0, m.Maximum - there);
            return new LoadLimits(Math.Clamp(m.Minimum - there, 0, most), most);
        }),
    ];

    private static string[] ReasonsOf(PairScore explained, bool kept, double? today)
    {
        var reasons = explained.Factors.OrderByDescending(f => Math.Abs(f.Points)).Select(f => $"{f.Text}（{f.Points:+0.##;-0.##}）").ToList();
        if (explained.Lifted)
            reasons.Add("需求明显更合，等级上调一级");
        if (reasons.Count == 0)
            reasons.Add("没有相符的项目，按名额分配");
        if (kept)
            reasons.Add("保持现有关系");
        else if (today is { } before && before > explained.Score)
            reasons.Add("把名额让给更合适的客户");
        return [.. reasons.Take(MostReasons)];
    }

    private static string WordsOf(UnassignedReason reason, bool conflicted) => reason switch
    {
        UnassignedReason.NoPermittedManager => conflicted ? "没有符合条件的客户经理（语言、地区要求或回避）" : "没有符合条件的客户经理（语言或地区要求）",
        UnassignedReason.Capacity => "符合条件的客户经理名额都已满，已让给匹配度更高的客户",
        UnassignedReason.CheaperUnassigned => "没有合适的客户经理",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
