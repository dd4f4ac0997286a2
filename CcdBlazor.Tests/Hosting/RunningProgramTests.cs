using System.Diagnostics;
using System.Net;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Hosting;

public sealed class RunningProgramTests
{
    [Fact]
    public async Task A_database_that_does_not_answer_is_said_in_a_sentence()
    {
        var (exitCode, _, errors) = await RunningProgram.RunVerbAsync("Host=127.0.0.1;Port=1;Username=nobody;Password=hidden-word;Database=none;Timeout=2");

        Assert.Equal(1, exitCode);
        Assert.Contains("does not answer", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-word", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_starts_lets_a_demo_account_in_and_leaves_no_process_behind()
    {
        int processId;
        await using (var program = await RunningProgram.StartAsync(demo: true))
        {
            processId = program.ProcessId;
            using var stranger = program.Browser();
            using var refused = await stranger.GetAsync("/customers");
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

            using var clerk = await program.SignInAsync("jingli");
            using var page = await clerk.GetAsync("/customers");
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.Contains("李经理", WebUtility.HtmlDecode(await page.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => Process.GetProcessById(processId));
    }
}
