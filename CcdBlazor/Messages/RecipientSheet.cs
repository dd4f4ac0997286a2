using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Messages;

/// <summary>A list of recipients as it was handed in: cells, not yet matched with a template.</summary>
/// <param name="Name">File name, or a word for pasted text.</param>
/// <param name="Lines">The first may be a head.</param>
public sealed record RecipientSheet(string Name, IReadOnlyList<IReadOnlyList<string>> Lines)
{
    /// <summary>More lines are not read: one batch takes 10,000, and one more shows that there are too many.</summary>
    public const int MostLines = BatchRefusals.MostRecipients + 2;

    public const int MostColumns = 60;

    private static readonly HashSet<string> RecipientHeads = new(StringComparer.OrdinalIgnoreCase)
    {
        "接收人", "收件人", "手机", "手机号", "手机号码", "电话", "联系电话", "邮箱", "电子邮箱", "邮件", "账号", "员工", "recipient", "phone", "mobile", "email", "openid", "userid", "to",
    };

    /// <summary>
    /// Matches columns with a template. A first line that names a recipient column or a variable is a head; without one the first column is the recipient
    /// and the others are the variables in the template's order.
    /// </summary>
    public MatchedRecipients Match(IReadOnlyList<TemplateVariable> variables)
    {
        if (Lines.Count == 0)
            return new MatchedRecipients([], 0, [], []);
        var head = Lines[0].Select(cell => cell.Trim()).ToList();
        var byName = variables.SelectMany(v => new[] { (Key: v.Name, v.Name), (Key: v.Title, v.Name) }).DistinctBy(v => v.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(v => v.Key, v => v.Name, StringComparer.OrdinalIgnoreCase);
        var headed = head.Any(cell => RecipientHeads.Contains(cell) || byName.ContainsKey(cell));
        var columns = new string?[Math.Max(head.Count, 1 + variables.Count)];
        var unused = new List<string>();
        var recipient = 0;
        if (headed)
        {
            recipient = Math.Max(0, head.FindIndex(RecipientHeads.Contains));
            for (var i = 0; i < head.Count; i++)
                if (i != recipient)
                {
                    columns[i] = byName.GetValueOrDefault(head[i]);
                    if (columns[i] is null && head[i].Length > 0)
                        unused.Add(head[i]);
                }
        }
        else
        {
            for (var i = 0; i < variables.Count; i++)
                columns[i + 1] = variables[i].Name;
        }

        var rows = new List<BatchRecipient>(Lines.Count);
        foreach (var line in Lines.Skip(headed ? 1 : 0))
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < line.Count && i < columns.Length; i++)
                if (columns[i] is { } name && line[i].Length > 0)
                    values[name] = line[i];
            rows.Add(new BatchRecipient(recipient < line.Count ? line[recipient] : "", values));
        }

        return new MatchedRecipients(rows, headed ? 1 : 0, unused, [.. variables.Where(v => v.Required && !columns.Contains(v.Name)).Select(v => v.Title)]);
    }
}

/// <summary>A list that fits a template.</summary>
/// <param name="HeadLines">Lines in front of the first row: 1 with a head, so that row numbers agree with the file.</param>
/// <param name="Unused">Columns that the template does not know.</param>
/// <param name="Absent">Required variables without a column.</param>
public sealed record MatchedRecipients(IReadOnlyList<BatchRecipient> Rows, int HeadLines, IReadOnlyList<string> Unused, IReadOnlyList<string> Absent);
