using System.Globalization;
using CcdBlazor.Domain.Audit;

namespace CcdBlazor.Operations;

/// <summary>The program's verb behind <c>scripts/verify-audit</c>: one line, and 0 when every row fits, 1 when one does not.</summary>
public static class AuditVerifyVerb
{
    public static async Task<int> RunAsync(IServiceProvider services, TextWriter output)
    {
        var report = await services.GetRequiredService<AuditVerifier>().VerifyAsync(null, CancellationToken.None);
        var line = report.Break is { } broken
            ? string.Create(CultureInfo.InvariantCulture, $"BROKEN {broken.Kind} at position {broken.Position}, entry {broken.Seq?.ToString(CultureInfo.InvariantCulture) ?? "-"}, {(broken.Kind == AuditBreakKind.Removed ? "after " : "")}{broken.At:O}: {broken.Text} ({report.Verified} entries before it are intact)")
            : string.Create(CultureInfo.InvariantCulture, $"OK {report.Verified} entries, head {report.Head?.Hash ?? "-"}, {report.Unsealed} not sealed yet, {report.Anchors} heads outside compared, {report.Took.TotalSeconds:F1} s");
        await output.WriteLineAsync(line);
        return report.Intact ? 0 : 1;
    }
}
