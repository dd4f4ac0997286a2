namespace CcdBlazor.Domain.Customers;

/// <summary>A column of the list. The customer's name and number always come first and are none of these. The names are stored.</summary>
public enum CustomerColumn
{
    State,
    Completeness,
    Products,
    Amount,
    Phone,
    Identity,
    Owner,
    Tags,
    Updated,
    Kind,
    Source,
    Created,
    StateSince,
    Missing,
}

/// <summary>Which columns there are, what they are called, and which are shown until somebody chooses.</summary>
public static class CustomerColumns
{
    public static IReadOnlyList<CustomerColumn> All { get; } = Enum.GetValues<CustomerColumn>();

    public static IReadOnlyList<CustomerColumn> Usual { get; } =
    [
        CustomerColumn.State, CustomerColumn.Completeness, CustomerColumn.Products, CustomerColumn.Amount, CustomerColumn.Phone, CustomerColumn.Identity,
        CustomerColumn.Owner, CustomerColumn.Tags, CustomerColumn.Updated,
    ];

    public static string Label(this CustomerColumn column) => column switch
    {
        CustomerColumn.State => "状态",
        CustomerColumn.Completeness => "完整度",
        CustomerColumn.Products => "贷款产品",
        CustomerColumn.Amount => "金额",
        CustomerColumn.Phone => "电话",
        CustomerColumn.Identity => "证件",
        CustomerColumn.Owner => "负责人",
        CustomerColumn.Tags => "标签",
        CustomerColumn.Updated => "更新",
        CustomerColumn.Kind => "类型",
        CustomerColumn.Source => "来源",
        CustomerColumn.Created => "建立",
        CustomerColumn.StateSince => "进入当前状态",
        CustomerColumn.Missing => "还缺",
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, null),
    };

    internal static string[] Stored(IEnumerable<CustomerColumn> columns) => [.. columns.Where(Enum.IsDefined).Distinct().Select(c => c.ToString())];

    /// <summary>Names of columns that no longer exist are left out; nothing stored means the usual ones.</summary>
    internal static IReadOnlyList<CustomerColumn> Read(string[]? stored) =>
        stored is null ? Usual : [.. stored.Select(s => Enum.TryParse<CustomerColumn>(s, out var column) ? column : (CustomerColumn?)null).OfType<CustomerColumn>().Distinct()];
}
