using CcdBlazor.Operations;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Audit;

public sealed class AuditVerifyVerbTests : IAsyncLifetime
{
    private AuditDatabase database = null!;

    public async Task InitializeAsync()
    {
        database = await AuditDatabase.CreateAsync();
        await database.WriteAsync(5);
        await database.SealAllAsync();
    }

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Theory]
    [InlineData(null, 0, "OK 5 entries, head ")]
    [InlineData("update audit_entries set actor_name = '别人' where seq = 3", 1, "BROKEN Changed at position 3, entry 3, ")]
    [InlineData("delete from audit_entries where seq = 4", 1, "BROKEN Removed at position 4, ")]
    public async Task The_answer_is_one_line_and_the_exit_code_says_whether_every_row_fits(string? tampering, int exitCode, string line)
    {
        if (tampering is not null)
            await database.TamperAsync(tampering);
        using var output = new StringWriter();

        Assert.Equal(exitCode, await AuditVerifyVerb.RunAsync(database.Services, output));

        Assert.StartsWith(line, Assert.Single(output.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_ends_with_that_code()
    {
        var (intact, answer, _) = await RunningProgram.RunVerbAsync(database.ConnectionString, "--Demo:Empty=true", "--verify-audit");
        Assert.Equal(0, intact);
        Assert.Contains("OK 5 entries", answer, StringComparison.Ordinal);

        await database.TamperAsync("update audit_entries set action = 'customer.viewed' where seq = 2");
        var (broken, found, _) = await RunningProgram.RunVerbAsync(database.ConnectionString, "--Demo:Empty=true", "--verify-audit");
        Assert.Equal(1, broken);
        Assert.Contains("BROKEN Changed at position 2", found, StringComparison.Ordinal);
    }
}
