using System.Globalization;

namespace CcdBlazor.Bench;

/// <summary>What the command line asks for. Sizes default to those of the goals; small ones are for trying a bench out.</summary>
/// <param name="Folder">Everything that the benches keep: databases by size, files, keys. Reused by the next run.</param>
internal sealed record BenchSettings(IReadOnlyList<string> Names, string Root, string Folder, int Customers, int Runs, int Circuits, int Watchers, int Minutes, int Messages, bool Statements, string CommandLine)
{
    public const int DocumentsPerCustomer = 5;

    /// <summary>The data folder of a program whose database has this size.</summary>
    public string DataFolder => Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"customers-{Customers}"));

    /// <summary>None when the arguments cannot be understood.</summary>
    public static BenchSettings? Read(string[] args)
    {
        var names = new List<string>();
        var values = new Dictionary<string, string>();
        var statements = false;
        for (var i = 0; i < args.Length; i++)
            if (args[i] == "--statements")
                statements = true;
            else if (!args[i].StartsWith("--", StringComparison.Ordinal))
                names.Add(args[i]);
            else if (args[i] is "--customers" or "--runs" or "--circuits" or "--watchers" or "--minutes" or "--messages" or "--data" && i + 1 < args.Length)
                values[args[i]] = args[++i];
            else
                return null;

        var root = RepositoryRoot();
        var numbers = new[] { ("--customers", 1_000_000), ("--runs", 200), ("--circuits", 1_000), ("--watchers", 200), ("--minutes", 10), ("--messages", 40_000) }
            .Select(n => !values.TryGetValue(n.Item1, out var text) ? n.Item2 : int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : 0).ToArray();
        if (numbers.Contains(0))
            return null;
        var folder = values.GetValueOrDefault("--data") ?? Environment.GetEnvironmentVariable("CCD_BENCH_DATA") ?? Path.Combine(root, "artifacts", "bench");
        return new BenchSettings(
            names.Count == 0 ? ["all"] : names, root, Path.GetFullPath(folder), numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], statements,
            string.Join(' ', args.Where(a => a != values.GetValueOrDefault("--data") && a != "--data")));
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "CcdBlazor.sln")))
                return folder.FullName;
        return Environment.CurrentDirectory;
    }
}
