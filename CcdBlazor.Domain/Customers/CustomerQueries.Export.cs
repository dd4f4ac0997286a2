using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Customers;

/// <summary>The list as a file for a spreadsheet.</summary>
public sealed partial class CustomerQueries
{
    /// <summary>What one export may hold; a spreadsheet with more is no longer looked through.</summary>
    public const int MostExported = 100_000;

    private const int ExportedAtOnce = 500;

    /// <summary>
    /// CSV of the filtered list, or of the chosen customers, in pieces: UTF-8 with the byte order mark that Excel asks for. Numbers are
    /// masked as on the page. Refuses without <see cref="Permission.ExportCustomers"/>, and above <see cref="MostExported"/> rows. The
    /// audit row is written before the first piece goes out.
    /// </summary>
    public async Task<Result<CustomerExport>> ExportAsync(CustomerFilter filter, IReadOnlyCollection<Guid>? chosen, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ExportCustomers))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var matches = (await MatchAsync(db, filter, by, ct)).Both(db.Customers.AsNoTracking());
        if (chosen is { Count: > 0 })
        {
            var ids = chosen.ToArray();
            matches = matches.Where(c => ids.Contains(c.Id));
        }

        var wanted = await matches.OrderByDescending(c => c.CreatedAt).Select(c => c.Id).Take(MostExported + 1).ToArrayAsync(ct);
        if (wanted.Length > MostExported)
            return CustomerRefusals.TooManyToExport;
        db.Audit(by, time.GetUtcNow(), "customers.exported", new AuditSubject("customers", null), after: new { Rows = wanted.Length, filter.Search, filter.States, filter.Tag, filter.Source });
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        return new CustomerExport(PiecesAsync(wanted, ct), wanted.Length);
    }

    private async IAsyncEnumerable<string> PiecesAsync(Guid[] ids, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return "\uFEFF客户编号,类型,姓名/名称,电话,证件号码,贷款产品,贷款金额（元）,状态,完整度,负责人,标签,来源,建立时间,更新时间\r\n";
        foreach (var some in ids.Chunk(ExportedAtOnce))
        {
            // A context per piece: a slow reader holds no connection.
            await using var db = await contexts.CreateDbContextAsync(ct);
            var text = new StringBuilder();
            foreach (var row in await RowsAsync(db, some, ct))
                AppendLine(text, row);
            yield return text.ToString();
        }
    }

    private static void AppendLine(StringBuilder text, CustomerRow row)
    {
        string?[] cells =
        [
            row.Number, row.Kind == CustomerKind.Company ? "企业" : "个人", row.Name, row.Phone, row.Identity, string.Join('、', row.Products),
            row.Amount.ToString("0.00", CultureInfo.InvariantCulture), row.State.Label(), $"{row.Percent}%", row.Owner, string.Join('、', row.Tags), row.Source,
            CustomerNumbers.OnScreen(row.CreatedAt), CustomerNumbers.OnScreen(row.UpdatedAt),
        ];
        text.AppendJoin(',', cells.Select(Csv.Cell)).Append("\r\n");
    }
}

/// <summary>A file on its way out.</summary>
public sealed record CustomerExport(IAsyncEnumerable<string> Pieces, int Rows);
