using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Staff;

namespace CcdBlazor.DevTools;

/// <summary>Profiles of the demo account managers, and portraits of demo customers; synthetic, and through the services.</summary>
internal static class DemoPortraits
{
    private static readonly (string UserName, ManagerDraft Draft)[] Managers =
    [
        ("jingli", new ManagerDraft
        {
            Capabilities = ["购房", "装修", "大额", "长期限", "低利率", "资金周转", "经营扩张"], Hobbies = ["钓鱼", "茶艺", "书法", "登山"], Languages = ["zh", "yue"], Regions = ["31", "32", "33", "35", "44"],
            Level = ManagerLevel.Senior, Maximum = 15,
        }),
        ("jingli2", new ManagerDraft
        {
            Capabilities = ["购车", "快速放款", "线上办理", "教育", "债务整合", "信用修复"], Hobbies = ["篮球", "健身", "电影", "美食", "旅游"], Languages = ["zh", "en"], Level = ManagerLevel.Middle, Minimum = 3, Maximum = 20,
        }),
    ];

    private static readonly string[] Occupations = ["employee", "self_employed", "public", "professional", "owner"];
    private static readonly string[] Channels = ["phone", "wechat", "sms", "visit"];

    public static async Task ManagersAsync(IServiceProvider services, CancellationToken ct)
    {
        var (directory, service) = (services.GetRequiredService<StaffDirectory>(), services.GetRequiredService<ManagerService>());
        var admin = await directory.FindActorByUserNameAsync("admin", ct) ?? throw new InvalidOperationException("The demo administrator is missing.");
        foreach (var (userName, draft) in Managers)
            if (await directory.FindActorByUserNameAsync(userName, ct) is { } manager
                && await service.SaveAsync(manager.StaffId, draft, 0, admin, ct) is { Ok: false } no && no.Refusal.Code != "common.changed_meanwhile")
                throw new InvalidOperationException($"Seeding the profile of {userName}: {no.Refusal.Code}");
    }

    /// <summary>Four of five customers have a portrait, each another one.</summary>
    public static async Task CustomersAsync(IServiceProvider services, IReadOnlyList<Guid> customers, CancellationToken ct)
    {
        var (directory, service, clock) = (services.GetRequiredService<StaffDirectory>(), services.GetRequiredService<PortraitService>(), services.GetRequiredService<TimeProvider>());
        var admin = await directory.FindActorByUserNameAsync("admin", ct) ?? throw new InvalidOperationException("The demo administrator is missing.");
        var random = new Random(20261120);
        string[] Some(IReadOnlyList<string> of, int most) => [.. of.OrderBy(_ => random.Next()).Take(random.Next(1, most + 1))];
        for (var i = 0; i < customers.Count; i++)
        {
            if (i % 5 == 4)
                continue;
            TraitInput[] traits =
            [
                new(Traits.Occupation, Occupations[i % Occupations.Length]), new(Traits.Income, $"{random.Next(8, 120)}"), new(Traits.Assets, $"{random.Next(20, 900)}"),
                new(Traits.Needs, Tags: Some(Traits.OfferedNeeds, 6)), new(Traits.Hobbies, Tags: Some(Traits.OfferedHobbies, 5)), new(Traits.Risk, $"r{random.Next(1, 6)}"),
                new(Traits.Channel, Channels[i % Channels.Length]), new(Traits.Languages, Tags: i % 6 == 0 ? ["zh", "yue"] : ["zh"]),
            ];
            var filled = await service.FillAsync(customers[i], new PortraitDraft(traits, clock.GetUtcNow()), admin, ct);
            if (!filled.Ok)
                throw new InvalidOperationException($"Seeding a portrait: {filled.Refusal.Code}");
        }

        await services.GetRequiredService<PortraitDerivation>().RunAsync(clock.GetUtcNow(), ct);
    }
}
