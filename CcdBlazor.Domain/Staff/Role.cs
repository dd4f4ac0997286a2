using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Staff;

/// <summary>A named set of permissions.</summary>
internal sealed class Role
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string Name { get; set; }

    /// <summary>Names of <see cref="Permission"/>. Stored as text and read leniently: during a rolling update a node may meet a name it does not know yet.</summary>
    public string[] PermissionNames { get; private set; } = [];

    /// <summary>
    /// What the shipped set has brought already. A later version adds its new permissions once, and a permission that an administrator
    /// took away does not come back at the next start.
    /// </summary>
    public string[] OfferedNames { get; private set; } = [];

    /// <summary>Shipped with the program: keeps its name and cannot be removed.</summary>
    public bool BuiltIn { get; init; }

    public uint Version { get; set; }

    public IReadOnlySet<Permission> Permissions => Parse(PermissionNames);

    public bool IsAdministrator => BuiltIn && Name == ShippedRoles.Administrator;

    public Result Grant(IReadOnlyCollection<Permission> permissions)
    {
        if (IsAdministrator && !permissions.Contains(Permission.ManageStaff))
            return StaffRefusals.AdministratorKeepsManageStaff;
        PermissionNames = [.. permissions.Distinct().Order().Select(p => p.ToString())];
        return Result.Done;
    }

    /// <summary>Adds what the shipped set holds and was never offered before. True when something changed.</summary>
    public bool Offer(IReadOnlyCollection<Permission> shipped)
    {
        string[] fresh = [.. shipped.Select(p => p.ToString()).Except(OfferedNames)];
        if (fresh.Length == 0)
            return false;
        OfferedNames = [.. OfferedNames, .. fresh];
        PermissionNames = [.. PermissionNames.Union(fresh)];
        return true;
    }

    public static IReadOnlySet<Permission> Parse(IEnumerable<string> names)
    {
        var found = new HashSet<Permission>();
        foreach (var name in names)
            if (Enum.TryParse<Permission>(name, out var permission) && Enum.IsDefined(permission))
                found.Add(permission);
        return found;
    }
}

/// <summary>The roles that the program brings, and what they may do until an administrator decides otherwise.</summary>
public static class ShippedRoles
{
    public const string Administrator = "管理员";
    public const string CustomerService = "客服";
    public const string Reviewer = "审核员";
    public const string AccountManager = "客户经理";
    public const string SalesLead = "销售主管";
    public const string Finance = "财务";
    public const string Legal = "法务";
    public const string Execution = "执行";

    /// <summary>What signed-in customers are. No role of staff, and so none of <see cref="All"/>; the name is kept for them.</summary>
    public const string Customer = "客户";

    public static IReadOnlyList<(string Name, IReadOnlyList<Permission> Permissions)> All { get; } =
    [
        (Administrator, Enum.GetValues<Permission>()),
        (CustomerService, [Permission.EditCustomers, Permission.CollectDocuments, Permission.SendMessages, Permission.ManageCustomerAccounts]),
        (Reviewer, [Permission.ViewSubmittedFiles, Permission.ReviewDocuments, Permission.DownloadOriginals]),
        (AccountManager, [Permission.EditCustomers, Permission.CollectDocuments, Permission.SendMessages, Permission.ViewPortraits, Permission.PickFromPool, Permission.ManageCustomerAccounts]),
        (SalesLead,
        [
            Permission.EditCustomers, Permission.CollectDocuments, Permission.ReassignCustomers, Permission.ViewStatistics, Permission.ExportCustomers, Permission.ShareViews,
            Permission.SendMessages, Permission.ViewMessages, Permission.ManageTemplates,
            Permission.ViewPortraits, Permission.ManagePortraits, Permission.AssignManagers, Permission.PickFromPool, Permission.ManagePools, Permission.ManageCustomerAccounts,
        ]),
        (Finance, [Permission.ViewStatistics]),
        (Legal, [Permission.ViewSubmittedFiles, Permission.ManageTemplates, Permission.ApproveTemplates]),
        (Execution, [Permission.ViewSubmittedFiles]),
    ];
}
