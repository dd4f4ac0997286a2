using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Bench;

/// <summary>Who owns a customer.</summary>
internal sealed record BenchOwner(Guid Id, string Name, Guid DepartmentId);

/// <summary>100 synthetic colleagues in 10 departments: one administrator, five reviewers, a lead per department, the rest account managers.</summary>
internal static class BenchPeople
{
    public const string Administrator = "bench000";
    public const string Lead = "bench006";
    public const string Manager = "bench020";
    private const int People = 100;
    private const int Departments = 10;
    private const int FirstLead = 6;
    private const int FirstManager = FirstLead + Departments;

    /// <summary>Opens only the databases that a bench made on this machine.</summary>
    public const string Password = "Bench-2026-ccd";

    /// <summary>Sign-in names of those who own customers.</summary>
    public static IEnumerable<string> Owners => Enumerable.Range(FirstLead, People - FirstLead).Select(UserName);

    public static async Task<IReadOnlyList<BenchOwner>> EnsureAsync(IServiceProvider services, CancellationToken ct)
    {
        await services.GetRequiredService<StaffSeed>().EnsureRolesAsync(ct);
        await using var db = await services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync(ct);
        if (!await db.StaffMembers.AnyAsync(ct))
            await CreateAsync(db, services.GetRequiredService<IPasswordHasher<StaffMember>>(), ct);
        var names = Owners.ToArray();
        return await db.StaffMembers.AsNoTracking().Where(s => names.Contains(s.UserName)).OrderBy(s => s.UserName)
            .Select(s => new BenchOwner(s.Id, s.Name, s.DepartmentId!.Value)).ToListAsync(ct);
    }

    private static string UserName(int i) => $"bench{i:000}";

    private static async Task CreateAsync(CcdDbContext db, IPasswordHasher<StaffMember> hasher, CancellationToken ct)
    {
        var roles = await db.Roles.ToDictionaryAsync(r => r.Name, r => r.Id, ct);
        var departments = Enumerable.Range(0, Departments).Select(i => new Department { Name = $"业务{i + 1}部" }).ToList();
        foreach (var department in departments)
            _ = department.MoveUnder(null, []);
        db.AddRange(departments);
        await db.SaveChangesAsync(ct);

        // One hash for all: hashing a hundred passwords as slowly as the program does would be most of a small load.
        string? hash = null;
        for (var i = 0; i < People; i++)
        {
            var department = departments[i % Departments];
            var person = new StaffMember
            {
                UserName = UserName(i),
                NormalizedUserName = UserName(i).ToUpperInvariant(),
                Name = BenchNames.Person(i * 31),
                DepartmentId = department.Id,
                SecurityStamp = Guid.NewGuid().ToString("N"),
                CreatedAt = DateTimeOffset.UtcNow,
            };
            person.PasswordHash = hash ??= hasher.HashPassword(person, Password);
            var role = i == 0 ? ShippedRoles.Administrator : i < FirstLead ? ShippedRoles.Reviewer : i < FirstManager ? ShippedRoles.SalesLead : ShippedRoles.AccountManager;
            db.Add(person);
            db.Add(new StaffRole { StaffId = person.Id, RoleId = roles[role] });
            if (i is >= FirstLead and < FirstManager)
                department.LeaderId = person.Id;
        }

        await db.SaveChangesAsync(ct);
    }
}

/// <summary>Synthetic names with the frequencies of real ones: 张 is common, 龘 is one in ten thousand.</summary>
internal static class BenchNames
{
    private const string Surnames = "王王王王王王王李李李李李李李张张张张张张张刘刘刘刘刘陈陈陈陈杨杨杨赵赵黄黄周周吴吴徐徐孙孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文";
    private const string Given = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华建国志文斌红宇浩凯玲燕萍丹波辉鹏飞雪梅林峰海云山东春晓晨阳子轩雨欣怡佳琪嘉俊博思远天佑若曦梓涵诗瑶语嫣皓睿泽宏达安康宁福瑞祥清源新龙凤玉珍珠宝成才德仁义礼智信忠孝廉";
    private const string Trades = "贸易商贸科技实业建材物流餐饮服饰";

    public static string Person(int i)
    {
        var random = Mix(i);
        if (i % 10_007 == 5_000)
            return $"龘{Given[(int)(random % (uint)Given.Length)]}";
        var name = $"{Surnames[(int)(random % (uint)Surnames.Length)]}{Given[(int)(random / 131 % (uint)Given.Length)]}";
        return random / 17 % 4 == 0 ? name : name + Given[(int)(random / 9_973 % (uint)Given.Length)];
    }

    public static string Company(int i)
    {
        var random = Mix(i);
        var trade = (int)(random / 7 % (uint)(Trades.Length / 2)) * 2;
        return $"{(random % 2 == 0 ? "上海" : "杭州")}{Given[(int)(random % (uint)Given.Length)]}{Given[(int)(random / 131 % (uint)Given.Length)]}{Trades.AsSpan(trade, 2)}有限公司";
    }

    /// <summary>Scatters a counter; the same for the same input on every machine.</summary>
    public static uint Mix(int i)
    {
        var x = (uint)i * 2_654_435_761u;
        x ^= x >> 15;
        x *= 2_246_822_519u;
        x ^= x >> 13;
        return x;
    }
}
