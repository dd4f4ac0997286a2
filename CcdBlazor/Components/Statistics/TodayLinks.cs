using CcdBlazor.Components.Customers;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Statistics;

namespace CcdBlazor.Components.Statistics;

/// <summary>From each group of the page 今日 to its whole list.</summary>
public static class TodayLinks
{
    public static CustomerListAddress SentBack(StaffActor me) => new(Mine(me) with { SentBack = true });

    public static CustomerListAddress Ready(StaffActor me) => new(Mine(me) with { States = [CustomerState.Complete] });

    public static CustomerListAddress Slow(StaffActor me) => new(Mine(me) with { States = [CustomerState.Collecting], WaitingDays = TodayQueries.SlowDays });

    public static FileEventFilter Uploads(StaffActor me, DateOnly yesterday, DateOnly today) => new(FileEventKind.CustomerUploads, yesterday, today, me.StaffId);

    private static CustomerFilter Mine(StaffActor me) => new(OwnerId: me.StaffId, Sort: CustomerSort.StateSince);
}
