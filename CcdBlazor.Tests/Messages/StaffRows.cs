using CcdBlazor.Domain.Staff;

namespace CcdBlazor.Tests.Messages;

/// <summary>Members of staff for tests that need no more than their row.</summary>
internal static class StaffRows
{
    public static async Task<Guid> AddAsync(MessagesWorld world)
    {
        await using var db = await world.First.DbAsync();
        var name = $"u{Guid.NewGuid():N}";
        var member = new StaffMember { UserName = name, NormalizedUserName = name.ToUpperInvariant(), Name = "同事", CreatedAt = DateTimeOffset.UtcNow };
        db.Set<StaffMember>().Add(member);
        await db.SaveChangesAsync();
        return member.Id;
    }
}
