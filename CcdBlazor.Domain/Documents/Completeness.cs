using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Domain.Documents;

/// <summary>
/// The completeness of a customer's file: a pure function of rules, facts and documents.
/// <list type="bullet">
/// <item>Good documents are those uploaded or accepted. Returned, replaced and withdrawn ones never count.</item>
/// <item>A line is satisfied by as many good documents as its rule's smallest number. A returned document holds its line at
/// <see cref="ItemState.Returned"/> only as long as the good ones are not enough; otherwise the line is satisfied and its reason still
/// mentions the return: the reviewer who needs exactly that paper returns the others too, or the whole file.</item>
/// <item>A group counts as one, with its furthest member. A member that is required by itself (after a merge of products) stands for
/// its group.</item>
/// </list>
/// </summary>
public static class Completeness
{
    /// <summary>One needed line in parts: divisible by every count up to 16, so that halves and thirds add up exactly.</summary>
    private const int Whole = 720_720;

    private static readonly Missing NoProduct = new("还没有选择贷款产品");

    /// <summary>
    /// The same for a customer, who may not have chosen a product yet: an empty checklist is then no complete one. With <paramref name="returnNote"/>,
    /// what a reviewer sent the whole file back for is one more needed line.
    /// </summary>
    public static CompletenessReport OfCustomer(
        ChecklistRules rules, IReadOnlySet<string> facts, IReadOnlyList<DocumentFact> documents, bool hasProduct, string? returnNote)
    {
        var report = Of(rules, facts, documents, returnNote);
        return hasProduct ? report : report with { Percent = 0, Complete = false, AllAccepted = false, Missing = [NoProduct], NotAccepted = [NoProduct] };
    }

    public static CompletenessReport Of(ChecklistRules rules, IReadOnlySet<string> facts, IReadOnlyList<DocumentFact> documents, string? returnNote = null)
    {
        var lines = new Line[rules.Items.Count];
        var unplaced = Count(rules, documents, lines);
        Span<Group> groups = rules.GroupCount == 0 ? [] : new Group[rules.GroupCount];
        for (var i = 0; i < lines.Length; i++)
            Apply(rules, facts, i, ref lines[i], groups);

        var report = new Tally();
        var items = new ItemReport[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            ref var line = ref lines[i];
            var group = rules.GroupOf(i);
            if (line.Alone)
                report.Add(line.Credit, line.AcceptedCredit, line.Credit == Whole ? null : Want(rules.Items[i], line), rules.Items[i].Title);
            else if (line.InGroup && !groups[group].Told && !groups[group].StoodFor)
            {
                // The group is told once, at the place of its first member.
                groups[group].Told = true;
                var open = groups[group].Credit < Whole;
                report.Add(
                    groups[group].Credit,
                    groups[group].AcceptedCredit,
                    open ? WantOneOf(rules, lines, group) : null,
                    rules.Items[i].GroupName ?? rules.Items[i].Title);
            }

            if (line.Applies)
                report.Waiting += line.Good - line.Accepted;
            var needed = line.Alone || (line.InGroup && !groups[group].StoodFor);
            items[i] = Describe(rules, lines, i, needed, groups);
        }

        if (returnNote is not null)
            report.Add(0, 0, $"审核员退回：{returnNote}", "");
        return new(
            report.Needed == 0 ? 100 : (int)(report.Credit * 100 / ((long)report.Needed * Whole)),
            report.Missing is null,
            report.NotAccepted is null,
            items,
            report.Missing ?? (IReadOnlyList<Missing>)[],
            report.NotAccepted ?? (IReadOnlyList<Missing>)[],
            report.Waiting,
            unplaced) { ReturnOpen = returnNote is not null };
    }

    private static IReadOnlyList<Guid> Count(ChecklistRules rules, IReadOnlyList<DocumentFact> documents, Line[] lines)
    {
        List<Guid>? unplaced = null;
        for (var i = 0; i < documents.Count; i++)
        {
            var document = documents[i];
            if (document.State is DocumentState.Replaced or DocumentState.Withdrawn)
                continue;
            var place = rules.PlaceOf(document.ItemCode);
            if (place < 0)
            {
                if (document.State != DocumentState.Returned)
                    (unplaced ??= []).Add(document.Id);
                continue;
            }

            ref var line = ref lines[place];
            if (document.State == DocumentState.Returned)
                line.Returned++;
            else
                line.Good++;
            if (document.State == DocumentState.Accepted)
                line.Accepted++;
        }

        unplaced?.Sort();
        return unplaced ?? (IReadOnlyList<Guid>)[];
    }

    /// <summary>What the rule asks of this customer, and how far the line and its group are.</summary>
    private static void Apply(ChecklistRules rules, IReadOnlySet<string> facts, int place, ref Line line, Span<Group> groups)
    {
        var rule = rules.Items[place];
        line.Min = Math.Max(1, rule.MinFiles);
        line.Credit = Share(line.Good, line.Min);
        line.AcceptedCredit = Share(line.Accepted, line.Min);
        line.Applies = rule.AppliesTo(facts);
        if (!line.Applies)
            return;

        line.Alone = rule.Need is Need.Required or Need.Conditional;
        line.InGroup = rule.Need == Need.OneOfGroup && rules.GroupOf(place) >= 0;
        if (rules.GroupOf(place) < 0 || rule.Need == Need.Optional)
            return;

        ref var group = ref groups[rules.GroupOf(place)];
        group.StoodFor |= line.Alone;
        group.Members++;
        group.Credit = Math.Max(group.Credit, line.Credit);
        group.AcceptedCredit = Math.Max(group.AcceptedCredit, line.AcceptedCredit);
    }

    private static ItemReport Describe(ChecklistRules rules, Line[] lines, int place, bool needed, Span<Group> groups)
    {
        var rule = rules.Items[place];
        var line = lines[place];
        var stoodFor = line.InGroup && groups[rules.GroupOf(place)].StoodFor;
        var groupDone = stoodFor || (line.InGroup && groups[rules.GroupOf(place)].Credit == Whole);
        var asked = needed && !groupDone;

        var state = !line.Applies ? ItemState.NotNeeded
            : line.AcceptedCredit == Whole ? ItemState.Accepted
            : line.Credit == Whole ? ItemState.Uploaded
            : line.Returned > 0 ? ItemState.Returned
            : line.Good > 0 ? ItemState.Partial
            : asked ? ItemState.Missing
            : ItemState.Optional;

        var reason = state switch
        {
            ItemState.NotNeeded => $"不需要：仅在{rule.Condition!.InWords()}时提供",
            ItemState.Accepted or ItemState.Uploaded => line.Returned > 0 ? $"另有 {line.Returned} 份被退回，份数已足够，可重新上传" : null,
            ItemState.Optional when stoodFor => "已由其他必交资料代替，可不交",
            ItemState.Optional => groupDone ? $"{rule.GroupName ?? "同组资料"}已有其他一项，可不交" : null,
            ItemState.Missing when line.InGroup && groups[rules.GroupOf(place)].Members > 1 => WantOneOf(rules, lines, rules.GroupOf(place)),
            ItemState.Missing or ItemState.Partial or ItemState.Returned => asked ? Want(rule, line) : Offer(rule, line),
            _ => throw new InvalidOperationException($"Unknown state {state}."),
        };

        return new(rule, state, needed, line.Good, line.Accepted, line.Returned, line.Applies && line.Good < rule.MaxFiles, reason);
    }

    /// <summary>Rounded down, so that only enough is whole.</summary>
    private static int Share(int files, int min) => (int)((long)Math.Min(files, min) * Whole / min);

    /// <summary>What one line still wants.</summary>
    private static string Want(ChecklistRule rule, in Line line)
    {
        var lacking = line.Min - line.Good;
        if (line.Returned > 0)
            return line.Min == 1 ? $"{rule.Title}被退回：需要重新上传" : $"{rule.Title}被退回：需要重新上传 {lacking} 份（至少 {line.Min} 份，已有 {line.Good} 份）";
        return line.Min == 1 ? $"缺少{rule.Title}" : $"还差 {lacking} 份{rule.Title}（至少 {line.Min} 份，已有 {line.Good} 份）";
    }

    /// <summary>The same for a line that nobody has to complete.</summary>
    private static string Offer(ChecklistRule rule, in Line line) => line.Returned > 0
        ? $"{rule.Title}被退回，这一项不是必交，可重新上传"
        : $"已有 {line.Good} 份，至少 {line.Min} 份才完整，这一项不是必交";

    private static string WantOneOf(ChecklistRules rules, Line[] lines, int group)
    {
        List<string> members = [];
        var only = -1;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].InGroup || rules.GroupOf(i) != group)
                continue;
            only = i;
            var line = lines[i];
            members.Add(
                line.Returned > 0 ? $"{rules.Items[i].Title}（被退回，需要重新上传）"
                : line.Min > 1 ? $"{rules.Items[i].Title}（至少 {line.Min} 份，已有 {line.Good} 份）"
                : rules.Items[i].Title);
        }

        // Facts may have left one choice only; "any of" one paper would read oddly.
        return members.Count == 1 ? Want(rules.Items[only], lines[only]) : $"以下任选一项：{string.Join("、", members)}";
    }

    private struct Line
    {
        public int Good, Accepted, Returned, Min, Credit, AcceptedCredit;
        public bool Applies, Alone, InGroup;
    }

    private struct Group
    {
        public int Members, Credit, AcceptedCredit;
        public bool StoodFor, Told;
    }

    private struct Tally
    {
        public int Needed, Waiting;
        public long Credit;
        public List<Missing>? Missing, NotAccepted;

        public void Add(int credit, int acceptedCredit, string? missing, string title)
        {
            Needed++;
            Credit += credit;
            if (missing is not null)
            {
                var what = new Missing(missing);
                (Missing ??= []).Add(what);
                (NotAccepted ??= []).Add(what);
            }
            else if (acceptedCredit < Whole)
                (NotAccepted ??= []).Add(new Missing($"{title}还没有审核通过"));
        }
    }
}
