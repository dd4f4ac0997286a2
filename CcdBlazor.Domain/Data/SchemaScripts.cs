using System.Reflection;

namespace CcdBlazor.Domain.Data;

/// <summary>
/// SQL that the model cannot express: append-only triggers, the scheduler's tables. Every script can run again without harm;
/// the first migration runs all of them, in the order of their names.
/// </summary>
internal static class SchemaScripts
{
    private const string Folder = "CcdBlazor.Domain.Data.Sql.";

    public static IEnumerable<string> All()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return reader.ReadToEnd();
            });
    }
}
