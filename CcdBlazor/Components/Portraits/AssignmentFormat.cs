using System.Globalization;

namespace CcdBlazor.Components.Portraits;

/// <summary>How figures of assignments look.</summary>
internal static class AssignmentFormat
{
    public static string Number(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    public static string Gini(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>With its sign, for differences.</summary>
    public static string Difference(double value) => value.ToString("+#,0.##;-#,0.##;0", CultureInfo.InvariantCulture);
}
