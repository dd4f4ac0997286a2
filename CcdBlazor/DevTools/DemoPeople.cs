using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;

namespace CcdBlazor.DevTools;

/// <summary>Synthetic colleagues, one or two per role, for trying the program. They exist only in demo data.</summary>
internal static class DemoPeople
{
    /// <summary>Known to everybody who reads this: never used in Production.</summary>
    public const string Password = "Demo-2026-ccd";

    private static readonly SystemActor Seeder = new("demo");

    public static readonly (string UserName, string Name, string Role, string Department)[] All =
    [
        ("admin", "赵管理", "管理员", "总部"),
        ("kefu", "钱小客", "客服", "华东一部"),
        ("shenhe", "孙审核", "审核员", "风控部"),
        ("jingli", "李经理", "客户经理", "华东一部"),
        ("jingli2", "周经理", "客户经理", "华东二部"),
        ("zhuguan", "吴主管", "销售主管", "华东一部"),
        ("caiwu", "郑财务", "财务", "总部"),
        ("fawu", "王法务", "法务", "总部"),
        ("zhixing", "冯执行", "执行", "总部"),
    ];

    public static async Task<bool> IsEmptyAsync(IServiceProvider services, CancellationToken ct) =>
        (await services.GetRequiredService<StaffDirectory>().PickAsync(null, null, 1, ct)).Count == 0;

    public static async Task<bool> AreThereAsync(IServiceProvider services, CancellationToken ct) =>
        await services.GetRequiredService<StaffDirectory>().FindActorByUserNameAsync("jingli2", ct) is not null;

    public static async Task CreateAsync(IServiceProvider services, CancellationToken ct)
    {
        var seed = services.GetRequiredService<StaffSeed>();
        var departments = services.GetRequiredService<DepartmentService>();
        var ids = new Dictionary<string, Guid>();
        foreach (var (name, parent) in new[] { ("总部", null), ("风控部", "总部"), ("华东区", "总部"), ("华东一部", "华东区"), ("华东二部", (string?)"华东区") })
            ids[name] = (await departments.CreateAsync(new DepartmentDraft { Name = name, ParentId = parent is null ? null : ids[parent] }, Seeder, ct)).Value;
        foreach (var (userName, name, role, department) in All)
        {
            var made = await seed.AddAsync(new StaffDraft { UserName = userName, Name = name, Phone = PhoneOf(userName), DepartmentId = ids[department] }, [role], Password, mustChangePassword: false, ct);
            if (!made.Ok)
                throw new InvalidOperationException($"Demo account {userName}: {made.Refusal.Code}");
            if (userName == "zhuguan")
                await LeadAsync(services, departments, ids["华东一部"], made.Value, ct);
        }
    }

    public static void Print(TextWriter to)
    {
        to.WriteLine($"演示账号（密码都是 {Password}，仅用于演示数据）：");
        foreach (var (userName, name, role, department) in All)
            to.WriteLine($"  {userName,-10} {role}（{name}，{department}）");
    }

    /// <summary>Account managers have a number that customers may call; the exchange 555 is nobody's.</summary>
    private static string? PhoneOf(string userName) => userName switch { "jingli" => "021-5550 0101", "jingli2" => "021-5550 0102", _ => null };

    private static async Task LeadAsync(IServiceProvider services, DepartmentService departments, Guid department, Guid leader, CancellationToken ct)
    {
        var row = (await services.GetRequiredService<StaffDirectory>().DepartmentsAsync(ct)).Single(d => d.Id == department);
        await departments.EditAsync(department, new DepartmentDraft { Name = row.Name, ParentId = row.ParentId, LeaderId = leader }, row.Version, Seeder, ct);
    }
}
