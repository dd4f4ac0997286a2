using CcdBlazor.Api;
using CcdBlazor.Tests.Security;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Api;

public sealed class ApiDocumentTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Path.GetDirectoryName(MediaWorkerFolder.Path)!, "docs", "api.md"));

    [Fact]
    public void The_document_and_the_page_show_the_same_examples()
    {
        foreach (var chapter in ApiReference.Chapters)
            Assert.Contains(chapter.Example.Trim().ReplaceLineEndings("\n"), Document, StringComparison.Ordinal);
        foreach (var (_, code, _) in ApiReference.Codes)
            Assert.Contains(code, Document, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_route_for_other_systems_is_explained()
    {
        var explained = ApiReference.Chapters.Select(c => $"{c.Method} {c.Path}").ToHashSet();
        foreach (var route in RouteTable.All.Where(r => r.Kind == RouteKind.Key && r.Methods != "*" && r.Pattern.StartsWith("/api/messages", StringComparison.Ordinal)))
            Assert.Contains($"{route.Methods} {route.Pattern.Replace(":guid", "", StringComparison.Ordinal)}", explained.Append("POST /api/messages/batches/{id}/{verb}"));
    }
}
