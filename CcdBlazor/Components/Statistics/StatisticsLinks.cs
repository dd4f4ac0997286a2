using System.Globalization;
using CcdBlazor.Components.Customers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Statistics;

namespace CcdBlazor.Components.Statistics;

/// <summary>From each figure to the list behind it, which is as long as the figure says.</summary>
public sealed class StatisticsLinks(StatisticsScope scope, Guid me)
{
    private static readonly (string Word, FileEventKind Kind)[] Words =
    [
        ("uploads", FileEventKind.Uploads), ("customer-uploads", FileEventKind.CustomerUploads), ("submitted", FileEventKind.Submitted),
        ("returned", FileEventKind.Returned), ("approved", FileEventKind.Approved), ("rejected", FileEventKind.Rejected),
    ];

    /// <summary>资料已齐全 or beyond.</summary>
    public static IReadOnlyList<CustomerState> Filled { get; } = [CustomerState.Complete, CustomerState.InReview, CustomerState.Approved, CustomerState.Rejected];

    /// <summary>审核中 or decided.</summary>
    public static IReadOnlyList<CustomerState> Submitted { get; } = [CustomerState.InReview, CustomerState.Approved, CustomerState.Rejected];

    /// <summary>Customers of the scope in any of these states (all without one), of one colleague, registered between two days.</summary>
    public CustomerListAddress Customers(
        IReadOnlyList<CustomerState>? states = null, Guid? owner = null, DateOnly? from = null, DateOnly? to = null, CustomerSort sort = CustomerSort.Updated) =>
        new(new CustomerFilter(States: states, OwnerId: owner ?? Owner, DepartmentId: scope.DepartmentId, CreatedFrom: from, CreatedTo: to, Sort: sort));

    /// <summary>What happened between two days.</summary>
    public FileEventFilter Events(FileEventKind kind, DateOnly from, DateOnly to, Guid? owner = null) => new(kind, from, to, owner ?? Owner, scope.DepartmentId);

    public static string AddressOf(FileEventFilter filter, int page = 1)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"/statistics/events?what={Words.First(w => w.Kind == filter.Kind).Word}&from={filter.From:yyyy-MM-dd}&to={filter.To:yyyy-MM-dd}");
        if (filter.OwnerId is { } owner)
            address += $"&owner={owner}";
        if (filter.DepartmentId is { } department)
            address += $"&department={department}";
        return page > 1 ? string.Create(CultureInfo.InvariantCulture, $"{address}&page={page}") : address;
    }

    public static FileEventKind KindOf(string? word) => Words.FirstOrDefault(w => w.Word == word).Kind;

    public static string LabelOf(FileEventKind kind) => kind switch
    {
        FileEventKind.Uploads => "上传的资料",
        FileEventKind.CustomerUploads => "客户自己上传的资料",
        FileEventKind.Submitted => "提交审核",
        FileEventKind.Returned => "退回补充",
        FileEventKind.Approved => "审核通过",
        FileEventKind.Rejected => "审核拒绝",
    };

    private Guid? Owner => scope.Kind == StatisticsScopeKind.Mine ? me : null;
}
