namespace CcdBlazor.Domain.Customers;

/// <summary>One field that two people changed to different values.</summary>
/// <param name="Mine">What the reader typed: text, or the list of loans.</param>
/// <param name="Theirs">What is stored now.</param>
public sealed record FieldClash(string Label, object? Mine, object? Theirs);

/// <summary>
/// What a clerk typed, put onto what a colleague saved meanwhile. A field that only one of the two changed is no question; a field that
/// both changed keeps the clerk's value in <paramref name="Merged"/> and is shown beside the stored one.
/// </summary>
/// <param name="TakenOver">Labels of the fields that only the colleague changed.</param>
public sealed record CustomerMerge(CustomerDraft Merged, IReadOnlyList<FieldClash> Clashes, IReadOnlyList<string> TakenOver)
{
    /// <param name="start">What the clerk's form started from.</param>
    /// <param name="mine">What the clerk has typed since.</param>
    /// <param name="now">What is stored now.</param>
    public static CustomerMerge Of(CustomerDraft start, CustomerDraft mine, CustomerForm now)
    {
        var theirs = now.Draft;
        var merged = mine.Copy();
        var clashes = new List<FieldClash>();
        var taken = new List<string>();

        void Field<T>(string label, Func<CustomerDraft, T> read, Action<CustomerDraft, T> write, Func<T, T, bool> same, Func<T, object?>? show = null)
        {
            var (before, typed, stored) = (read(start), read(mine), read(theirs));
            if (same(before, stored) || same(typed, stored))
                return;
            if (same(before, typed))
            {
                write(merged, stored);
                taken.Add(label);
            }
            else
            {
                clashes.Add(new FieldClash(label, show is null ? typed : show(typed), show is null ? stored : show(stored)));
            }
        }

        void Text(string label, Func<CustomerDraft, string?> read, Action<CustomerDraft, string?> write) =>
            Field(label, read, write, (a, b) => (a ?? "").Trim() == (b ?? "").Trim());

        void List(string label, Func<CustomerDraft, List<string>> read, Action<CustomerDraft, List<string>> write, Func<string, string>? word = null) =>
            Field(label, read, (d, v) => write(d, [.. v]), (a, b) => Filled(a).SetEquals(Filled(b)), v => string.Join("、", v.Where(x => x.Length > 0).Select(word ?? (x => x))));

        Field("客户类型", d => d.Kind, (d, v) => d.Kind = v, (a, b) => a == b, v => v == CustomerKind.Company ? "企业" : "个人");
        Text("姓名/名称", d => d.Name, (d, v) => d.Name = v ?? "");
        List("联系电话", d => d.Phones, (d, v) => d.Phones = v);
        Text("来源", d => d.Source, (d, v) => d.Source = v);
        List("标签", d => d.Tags, (d, v) => d.Tags = v);
        Text("备注", d => d.Remarks, (d, v) => d.Remarks = v);
        List("客户情况", d => d.Facts, (d, v) => d.Facts = v, Products.CustomerFacts.LabelOf);
        Field("贷款产品", d => d.Loans, (d, v) => d.Loans = [.. v.Select(l => l with { })], (a, b) => a.SequenceEqual(b), v => v);
        return new CustomerMerge(merged, clashes, taken);
    }

    private static HashSet<string> Filled(IEnumerable<string> values) => values.Where(v => !string.IsNullOrWhiteSpace(v)).ToHashSet(StringComparer.Ordinal);
}
