using CcdBlazor.Domain.Common;
using CcdBlazor.Security;

namespace CcdBlazor.Tests.Support;

/// <summary>A given person in front of the page, for tests of components.</summary>
internal sealed class ActingAs(StaffActor actor) : CurrentActor(null!, null!, null!, null!)
{
    public override Task<StaffActor?> FindAsync() => Task.FromResult<StaffActor?>(actor);
}
