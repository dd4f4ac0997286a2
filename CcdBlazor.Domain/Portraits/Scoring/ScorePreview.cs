using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits.Scoring;

/// <summary>A pair whose class would change.</summary>
public sealed record ScoreChange(Guid CustomerId, string Customer, string Manager, bool IsOwner, double Before, ScoreClass ClassBefore, double After, ScoreClass ClassAfter);

/// <summary>What other weights would change.</summary>
/// <param name="Customers">Open customers that were looked at, newest change first.</param>
/// <param name="IsSample">There are more open customers than were looked at.</param>
/// <param name="BestChanged">Customers for whom another manager would fit best.</param>
/// <param name="Before">Pairs by class as it is now, in the order of the classes.</param>
public sealed record ScorePreviewResult(
    int Customers, int Managers, bool IsSample, long Pairs, long ScoresChanged, long ClassesChanged, int BestChanged, IReadOnlyList<long> Before, IReadOnlyList<long> After, IReadOnlyList<ScoreChange> Sample);

/// <summary>Reckons scores twice, with the settings of now and with proposed ones, without storing anything.</summary>
public sealed class ScorePreview
{
    private const int MostCustomers = 2_000;
    private const int Shown = 20;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly PortraitQueries portraits;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal ScorePreview(IDbContextFactory<CcdDbContext> contexts, PortraitQueries portraits, SettingsReader settings, TimeProvider clock)
    {
        this.contexts = contexts;
        this.portraits = portraits;
        this.settings = settings;
        this.clock = clock;
    }

    /// <summary>The score settings of now: JSON by key.</summary>
    public IReadOnlyDictionary<string, string> Current()
    {
        var rules = ScoreRules.Of(settings);
        return new Dictionary<string, string>
        {
            [PortraitSettings.Measure.Key] = Setting<ScoreMeasure>.Json(rules.Measure),
            [PortraitSettings.Needs.Key] = Setting<double>.Json(rules.Needs),
            [PortraitSettings.Hobbies.Key] = Setting<double>.Json(rules.Hobbies),
            [PortraitSettings.Interest.Key] = Setting<double>.Json(rules.Interest),
            [PortraitSettings.Region.Key] = Setting<double>.Json(rules.Region),
            [PortraitSettings.Language.Key] = Setting<double>.Json(rules.Language),
            [PortraitSettings.Level.Key] = Setting<double>.Json(rules.Level),
            [PortraitSettings.ClassA.Key] = Setting<double>.Json(rules.ClassA),
            [PortraitSettings.ClassB.Key] = Setting<double>.Json(rules.ClassB),
            [PortraitSettings.ClassC.Key] = Setting<double>.Json(rules.ClassC),
            [PortraitSettings.ClassD.Key] = Setting<double>.Json(rules.ClassD),
            [PortraitSettings.LiftMargin.Key] = Setting<int>.Json(rules.LiftMargin),
        };
    }

    /// <summary>What the proposed values would change for the open customers that the asker sees. Refuses values outside their bounds.</summary>
    /// <param name="proposed">JSON by key of a score setting; what is missing stays as it is.</param>
    public async Task<Result<ScorePreviewResult>> RunAsync(IReadOnlyDictionary<string, string> proposed, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        foreach (var setting in PortraitSettings.Scores)
            if (proposed.TryGetValue(setting.Key, out var json) && setting.Accept(json) is { Ok: false, Refusal: { } wrong })
                return wrong with { Field = setting.Key };
        var now = ScoreRules.Of(settings);
        var then = ScoreRules.Of(SettingsReader.Fixed(PortraitSettings.All, [.. PortraitSettings.Scores.Select(s => (s, proposed.GetValueOrDefault(s.Key) ?? Current()[s.Key]))]));

        await using var db = await contexts.CreateDbContextAsync(ct);
        var managers = await ManagerQueries.RowsAsync(db, clock.GetUtcNow(), ct);
        var open = await db.Customers.AsNoTracking().VisibleTo(by).Where(c => c.DeletedAt == null && c.State != CustomerState.Approved && c.State != CustomerState.Rejected)
            .OrderByDescending(c => c.UpdatedAt).ThenBy(c => c.Id).Select(c => new { c.Id, c.Name, c.OwnerId }).Take(MostCustomers + 1).ToListAsync(ct);
        var sample = open.Count > MostCustomers;
        var customers = open.Take(MostCustomers).ToList();
        var vectors = await portraits.VectorsAsync([.. customers.Select(c => c.Id)], ct);
        var (old, fresh) = (new ScoreBook(managers, now), new ScoreBook(managers, then));
        var (before, after, scores, classes, best) = (new long[5], new long[5], 0L, 0L, 0);
        var changes = new List<ScoreChange>();
        foreach (var c in customers)
        {
            var vector = vectors.GetValueOrDefault(c.Id) ?? PortraitVector.Nobody;
            var (one, two) = (old.Prepare(vector), fresh.Prepare(vector));
            var (bestOld, bestFresh, topOld, topFresh) = (-1, -1, double.NegativeInfinity, double.NegativeInfinity);
            for (var m = 0; m < managers.Count; m++)
            {
                if (old.Score(one, m) is not { } a || fresh.Score(two, m) is not { } b)
                    continue;
                var (classA, classB) = (old.ClassOf(one, m, a), fresh.ClassOf(two, m, b));
                before[(int)classA]++;
                after[(int)classB]++;
                scores += Math.Abs(a - b) > 1e-9 ? 1 : 0;
                if (a > topOld)
                    (bestOld, topOld) = (m, a);
                if (b > topFresh)
                    (bestFresh, topFresh) = (m, b);
                if (classA == classB)
                    continue;
                classes++;
                if (changes.Count < Shown || managers[m].Id == c.OwnerId)
                    changes.Add(new ScoreChange(c.Id, c.Name, managers[m].Name, managers[m].Id == c.OwnerId, Math.Round(a, 2), classA, Math.Round(b, 2), classB));
            }

            best += bestOld == bestFresh ? 0 : 1;
        }

        return new ScorePreviewResult(
            customers.Count, managers.Count, sample, before.Sum(), scores, classes, best, before, after,
            [.. changes.OrderByDescending(c => c.IsOwner).ThenByDescending(c => Math.Abs(c.After - c.Before)).Take(Shown)]);
    }
}
