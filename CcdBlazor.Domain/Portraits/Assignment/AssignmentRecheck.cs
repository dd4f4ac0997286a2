using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Portraits.Managers;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits.Assignment;

/// <summary>The look at a run's changes right before they are carried out: the world went on since the run was computed.</summary>
internal static class AssignmentRecheck
{
    public const string OwnerChanged = "负责人已经变化";

    /// <summary>
    /// The rows that still fit; the others are marked as skipped with the reason. Customers are locked in the order of their ids. Where managers have less room
    /// than the run thought, the better pairs go first.
    /// </summary>
    public static async Task<IReadOnlyList<AssignmentRow>> AcceptedAsync(CcdDbContext db, IReadOnlyList<AssignmentRow> rows, DateTimeOffset now, CancellationToken ct)
    {
        var ids = rows.Select(r => r.CustomerId).ToArray();
        await db.Database.ExecuteSqlAsync($"select 1 from customers where id = any({ids}) order by id for update", ct);
        var customers = await db.Customers.AsNoTracking().Where(c => ids.Contains(c.Id)).Select(c => new { c.Id, c.OwnerId, c.State, c.DeletedAt }).ToDictionaryAsync(c => c.Id, ct);
        var managers = (await ManagerQueries.RowsAsync(db, now, ct)).ToDictionary(m => m.Id);
        var conflicts = (await db.ManagerConflicts.Where(c => ids.Contains(c.CustomerId)).Select(c => new { c.CustomerId, c.ManagerId }).ToListAsync(ct)).Select(c => (c.CustomerId, c.ManagerId)).ToHashSet();
        var fitting = new List<AssignmentRow>();
        foreach (var row in rows)
        {
            var customer = customers.GetValueOrDefault(row.CustomerId);
            var manager = managers.GetValueOrDefault(row.ToManagerId!.Value);
            var why = customer is null or { DeletedAt: not null } ? "客户已删除"
                : customer.State.IsDecided() ? "客户的审核已经结束"
                : customer.OwnerId != row.FromOwnerId ? OwnerChanged
                : manager is null ? "客户经理已离岗"
                : manager.AbsentNow ? "客户经理正在休假"
                : manager.NoAutomatic ? "客户经理不再参与自动分配"
                : conflicts.Contains((row.CustomerId, manager.Id)) ? "已登记回避"
                : null;
            if (why is null)
                fitting.Add(row);
            else
                Skip(row, why);
        }

        KeepWithinRoom(fitting, managers);
        return fitting;
    }

    /// <summary>
    /// Takes out the poorest incoming pairs of managers who would have too many. What is taken out stays where it was, and may fill its manager's place there, so
    /// this goes on until nothing changes; each round takes something out, so it ends.
    /// </summary>
    internal static void KeepWithinRoom(List<AssignmentRow> rows, IReadOnlyDictionary<Guid, ManagerRow> managers)
    {
        bool again;
        do
        {
            again = false;
            foreach (var incoming in rows.GroupBy(r => r.ToManagerId!.Value).ToList())
            {
                var manager = managers[incoming.Key];
                var excess = manager.Open - rows.Count(r => r.FromOwnerId == manager.Id) + incoming.Count() - manager.Maximum;
                if (excess <= 0)
                    continue;
                foreach (var row in incoming.OrderBy(r => r.Score).ThenByDescending(r => r.CustomerId).Take(excess))
                {
                    rows.Remove(row);
                    Skip(row, "客户经理的名额已满");
                    again = true;
                }
            }
        }
        while (again);
    }

    private static void Skip(AssignmentRow row, string why) => (row.Outcome, row.Why) = (RowOutcome.Skipped, why);
}
