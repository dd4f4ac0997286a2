using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace CcdBlazor.Tests.Support;

/// <summary>bUnit asks for AngleSharp.Diffing 1.x; the version that exists here is handed over by name (see the project file).</summary>
internal static class BunitCompat
{
    [ModuleInitializer]
    internal static void HandOverDiffing() =>
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            name.Name == "AngleSharp.Diffing"
                ? context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "compat", "AngleSharp.Diffing.dll"))
                : null;
}
