using System.Text.Json;
using System.Text.Json.Serialization;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Customers;

/// <summary>Who finds a saved view among theirs. It only ever shows what the reader may see.</summary>
public enum ViewSharing
{
    /// <summary>Its owner.</summary>
    Private,

    /// <summary>Everybody in the department that the owner was in when it was shared.</summary>
    Department,

    /// <summary>Everybody; needs <see cref="Permission.ShareViews"/>.</summary>
    Everybody,
}

/// <summary>A list that somebody wants to come back to: filter, order and columns under a name.</summary>
internal sealed class CustomerView
{
    public const int LongestName = 20;

    /// <summary>Empty values are left out, so that a filter that a later version adds is simply not set in older views.</summary>
    private static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        IgnoreReadOnlyProperties = true,
        Converters = { new JsonStringEnumConverter() },
    };

    private CustomerView()
    {
    }

    public Guid Id { get; private init; }

    public Guid OwnerId { get; private init; }

    public string Name { get; private set; } = "";

    /// <summary>The filter as JSON, without "mine".</summary>
    public string Filter { get; private set; } = "{}";

    /// <summary>Only customers whose owner is the one who looks: a shared view shows to each their own.</summary>
    public bool Mine { get; private set; }

    public string[] Columns { get; private set; } = [];

    public ViewSharing Sharing { get; private set; }

    /// <summary>The department that it is shared with.</summary>
    public Guid? DepartmentId { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public static CustomerView Save(StaffActor owner, string name, CustomerFilter filter, IEnumerable<CustomerColumn> columns, DateTimeOffset now)
    {
        var view = new CustomerView { Id = Guid.CreateVersion7(now), OwnerId = owner.StaffId, Name = name, CreatedAt = now };
        view.Show(filter, columns, now);
        return view;
    }

    public void Rename(string name, DateTimeOffset now) => (Name, UpdatedAt) = (name, now);

    public void Show(CustomerFilter filter, IEnumerable<CustomerColumn> columns, DateTimeOffset now)
    {
        Mine = filter.OwnerId == OwnerId;
        Filter = JsonSerializer.Serialize(Mine ? filter with { OwnerId = null } : filter, Json);
        Columns = CustomerColumns.Stored(columns);
        UpdatedAt = now;
    }

    public Result Share(ViewSharing sharing, StaffActor by, DateTimeOffset now)
    {
        if (sharing == ViewSharing.Everybody && !by.May(Permission.ShareViews))
            return CustomerViewRefusals.MayNotShareWithEverybody;
        if (sharing == ViewSharing.Department && by.DepartmentId is null)
            return CustomerViewRefusals.NoDepartment;
        Sharing = sharing;
        DepartmentId = sharing == ViewSharing.Department ? by.DepartmentId : null;
        UpdatedAt = now;
        return Result.Done;
    }

    /// <summary>What it asks for when <paramref name="reader"/> looks.</summary>
    public CustomerFilter FilterFor(StaffActor reader)
    {
        CustomerFilter? stored;
        try
        {
            stored = JsonSerializer.Deserialize<CustomerFilter>(Filter, Json);
        }
        catch (JsonException)
        {
            // Written by another version: the view keeps its name and columns, and shows everything.
            stored = null;
        }

        stored ??= new CustomerFilter();
        return Mine ? stored with { OwnerId = reader.StaffId } : stored;
    }
}

/// <summary>How somebody wants the list: which view it opens with, and the columns while no view of their own is open.</summary>
internal sealed class CustomerListSettings
{
    public required Guid StaffId { get; init; }

    public Guid? DefaultViewId { get; set; }

    /// <summary>None: the usual ones.</summary>
    public string[]? Columns { get; set; }
}
