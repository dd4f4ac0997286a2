using System.Globalization;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// What a text for a customer may be filled with: the names under which templates find a customer's values. A template variable of another name has to be
/// given by whoever sends.
/// </summary>
public static class CustomerVariables
{
    /// <summary>Every name with what it stands for. Names are stable: templates use them.</summary>
    public static IReadOnlyList<(string Name, string Title)> All { get; } =
    [
        ("name", "客户姓名或公司名称"), ("customer", "客户姓名或公司名称"), ("customer_no", "客户编号"), ("phone", "第一个电话"), ("product", "第一个贷款产品"),
        ("amount", "申请金额合计"), ("owner", "负责人"), ("status", "当前状态"), ("missing", "还缺几项资料"),
    ];

    /// <summary>The values of a customer that its reader may see; what is not registered is left out.</summary>
    public static IReadOnlyDictionary<string, string> Of(CustomerDetail customer)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["name"] = customer.Name, ["customer"] = customer.Name, ["customer_no"] = customer.Number, ["status"] = customer.State.Label(),
            ["missing"] = customer.Missing.ToString(CultureInfo.InvariantCulture),
        };
        if (customer.Phones is [var phone, ..])
            values["phone"] = phone;
        if (customer.Loans is [var loan, ..])
        {
            values["product"] = loan.Product;
            values["amount"] = customer.Loans.Sum(l => l.Amount).ToString("N2", CultureInfo.InvariantCulture);
        }

        if (customer.Owner is { } owner)
            values["owner"] = owner;
        return values;
    }
}
