using System.Text.RegularExpressions;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Architecture;

/// <summary>Which way things point. The five that read sources were each seen red once, by a line that breaks them.</summary>
public partial class ArchitectureTests
{
    private static readonly string Root = Path.GetDirectoryName(MediaWorkerFolder.Path)!;

    [Fact]
    public void Domain_references_no_web_framework() =>
        Assert.DoesNotContain(typeof(Result).Assembly.GetReferencedAssemblies(), a => a.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

    [Fact]
    public void Context_and_entities_cannot_be_named_by_the_web_project()
    {
        Assert.False(typeof(CcdDbContext).IsPublic);
        using var db = new DesignTimeFactory().CreateDbContext([]);
        Assert.Empty(db.Model.GetEntityTypes().Where(e => e.ClrType.IsPublic).Select(e => e.ClrType.Name));
    }

    [Fact]
    public void Components_reach_no_database_and_no_network() =>
        Assert.Empty(Offenders("CcdBlazor/Components", PastTheServices()));

    [Fact]
    public void Domain_knows_neither_requests_nor_configuration() =>
        Assert.Empty(Offenders("CcdBlazor.Domain", WebTypes()));

    [Fact]
    public void Entities_and_rules_know_no_context()
    {
        using var db = new DesignTimeFactory().CreateDbContext([]);
        var entities = db.Model.GetEntityTypes().Select(e => e.ClrType.Name).ToHashSet();
        var files = Sources("CcdBlazor.Domain").Where(f => entities.Contains(Path.GetFileNameWithoutExtension(f)) || f.EndsWith("Workflow.cs", StringComparison.Ordinal));
        Assert.Empty(files.Where(f => File.ReadAllText(f).Contains(nameof(CcdDbContext), StringComparison.Ordinal)).Select(Short));
    }

    [Fact]
    public void The_clock_is_an_argument() =>
        Assert.Empty(Offenders("CcdBlazor.Domain", WallClock()).Concat(Offenders("CcdBlazor", WallClock())));

    /// <summary>Connections go back into the pool without a reset (<c>DataModule</c>): what a session holds, the next user of it would have.</summary>
    [Fact]
    public void Nothing_is_left_behind_in_a_session_of_the_database() =>
        Assert.Empty(((string[])["CcdBlazor.Domain", "CcdBlazor"]).SelectMany(folder => Offenders(folder, SessionState())));

    [Fact]
    public void No_two_features_know_each_other_both_ways()
    {
        var arrows = new HashSet<(string From, string To)>();
        foreach (var file in Sources("CcdBlazor.Domain"))
        {
            var from = Path.GetRelativePath(Path.Combine(Root, "CcdBlazor.Domain"), file).Split(Path.DirectorySeparatorChar)[0];
            foreach (Match use in DomainUse().Matches(File.ReadAllText(file)))
                if (use.Groups["feature"].Value != from)
                    arrows.Add((from, use.Groups["feature"].Value));
        }

        Assert.Empty(arrows.Where(a => arrows.Contains((a.To, a.From)) && string.CompareOrdinal(a.From, a.To) < 0).Select(a => $"{a.From} <-> {a.To}"));
    }

    private static IEnumerable<string> Offenders(string folder, Regex forbidden) =>
        Sources(folder).SelectMany(file => File.ReadLines(file).Where(line => forbidden.IsMatch(line) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)).Select(line => $"{Short(file)}: {line.Trim()}"));

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal))
            .Where(f => !Generated().IsMatch(Path.GetRelativePath(Root, f)));

    private static string Short(string file) => Path.GetRelativePath(Root, file);

    [GeneratedRegex(@"\b(CcdDbContext|IDbContextFactory|Npgsql\w*|HttpClient|IHttpClientFactory)\b")]
    private static partial Regex PastTheServices();

    [GeneratedRegex(@"\b(HttpContext|IConfiguration|IHostEnvironment|WebApplication)\b")]
    private static partial Regex WebTypes();

    [GeneratedRegex(@"pg_(try_)?advisory_lock|set_config\([^)]*,\s*false\)|""(set|SET) (?!local\b|constraints\b)\w+ ?(=|to\b|TO\b)|create temp(orary)? table (?!.*(on commit drop|\($))|declare \w+ cursor with hold")]
    private static partial Regex SessionState();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?(Now|Today)\b")]
    private static partial Regex WallClock();

    [GeneratedRegex(@"^using CcdBlazor\.Domain\.(?<feature>\w+)", RegexOptions.Multiline)]
    private static partial Regex DomainUse();

    [GeneratedRegex(@"(^|[\\/])(bin|obj|Migrations|node_modules|wwwroot)[\\/]")]
    private static partial Regex Generated();
}
