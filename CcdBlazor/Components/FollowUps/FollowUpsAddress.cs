using System.Globalization;
using CcdBlazor.Domain.FollowUps;

namespace CcdBlazor.Components.FollowUps;

/// <summary>The address of the due list, there and back.</summary>
public static class FollowUpsAddress
{
    public static DueFilter FilterOf(string? when, string? whose, string? kind, DateOnly? on) => new(
        when switch { "overdue" => DueWhen.Overdue, "today" => DueWhen.Today, "week" => DueWhen.ThisWeek, _ => DueWhen.All },
        whose != "all",
        Enum.TryParse<FollowUpKind>(kind, ignoreCase: true, out var found) && Enum.IsDefined(found) ? found : null,
        on);

    /// <summary>What follows the question mark.</summary>
    public static string QueryOf(DueFilter filter, int page = 1, int size = 20, string? month = null)
    {
        var parts = new List<string>();
        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }

        Add("when", filter.When switch { DueWhen.Overdue => "overdue", DueWhen.Today => "today", DueWhen.ThisWeek => "week", DueWhen.All => null, _ => null });
        Add("whose", filter.Mine ? null : "all");
        Add("kind", filter.Kind?.ToString());
        Add("on", filter.On?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Add("month", month);
        Add("page", page > 1 ? page.ToString(CultureInfo.InvariantCulture) : null);
        Add("size", size != 20 ? size.ToString(CultureInfo.InvariantCulture) : null);
        return string.Join('&', parts);
    }
}
