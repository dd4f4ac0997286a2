using CcdBlazor.Domain.Common;
using CcdBlazor.Security;

namespace CcdBlazor.Tests.Support;

/// <summary>Signed in as one colleague, for pages without the real sign-in.</summary>
internal sealed class FixedActor(StaffActor who) : CurrentActor(null!, null!, null!, null!)
{
    public override Task<StaffActor> GetAsync() => Task.FromResult(who);

    public override Task<StaffActor?> FindAsync() => Task.FromResult<StaffActor?>(who);
}
