using System.Diagnostics;
using CcdBlazor.Domain.Files;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Media;

/// <summary>The worker and its children die, hang and swell; each test has a worker of its own.</summary>
public sealed class WorkerTroubleTests
{
    [Fact]
    public async Task A_killed_worker_is_replaced_and_the_next_job_succeeds()
    {
        await using var run = new MediaWorkerRun();
        await run.StartAsync();
        var photo = run.Keep(TestPictures.Photo(400, 300));
        var killed = run.Process.ProcessId!.Value;
        Kill(killed);

        var answer = await run.Client.PrepareAsync(photo, run.Folder, default);

        Assert.Null(answer.Refusal);
        Assert.NotEqual(killed, run.Process.ProcessId);
        Assert.True(await run.Client.IsHealthyAsync(default));
    }

    [Fact]
    public async Task A_job_under_which_the_worker_is_killed_is_done_by_its_successor()
    {
        await using var run = new MediaWorkerRun();
        await run.StartAsync();
        var endless = run.EndlessFile();
        var job = run.Client.ProbeAsync(endless, default);
        await ChildOfAsync(run.Process.ProcessId!.Value);
        Kill(run.Process.ProcessId!.Value);
        Assert.True(await run.Process.WaitForNewerAsync(1, TimeSpan.FromSeconds(30), default));

        // The successor's child has opened the pipe when this goes through.
        await MediaWorkerRun.ReleaseAsync(endless);

        Assert.Equal(MediaRefusals.Empty, (await job).Refusal);
    }

    [Fact]
    public async Task A_job_that_hangs_is_ended_and_others_go_on_meanwhile()
    {
        await using var run = new MediaWorkerRun(timeoutSeconds: 5);
        await run.StartAsync();
        var hanging = run.Client.PrepareAsync(run.EndlessFile(), run.Folder, default);

        var others = new List<bool>();
        for (var i = 0; i < 3; i++)
            others.Add((await run.Client.PrepareAsync(run.Keep(TestPictures.Photo(400, 300)), run.Folder, default)).Ok);

        Assert.Equal([true, true, true], others);
        Assert.Equal(MediaRefusals.TookTooLong, (await hanging).Refusal);
        Assert.True((await run.Client.PrepareAsync(run.Keep(TestPictures.Photo(400, 300)), run.Folder, default)).Ok);
        Assert.Equal(1, run.Process.Generation);
    }

    [Fact]
    public async Task A_child_that_is_killed_again_and_again_costs_only_its_own_job()
    {
        await using var run = new MediaWorkerRun();
        await run.StartAsync();
        var worker = run.Process.ProcessId!.Value;
        var struck = run.Client.PrepareAsync(run.EndlessFile(), run.Folder, default);
        var first = await ChildOfAsync(worker);
        Kill(first);
        Kill(await ChildOfAsync(worker, other: first));

        Assert.Equal(MediaRefusals.Broken, (await struck).Refusal);
        Assert.True((await run.Client.PrepareAsync(run.Keep(TestPictures.Photo(400, 300)), run.Folder, default)).Ok);
        Assert.Equal(worker, run.Process.ProcessId);
    }

    [Fact]
    public async Task A_job_that_needs_too_much_memory_is_ended()
    {
        var photo = TestPictures.ProgressiveJpeg(8000, 5000); // about 210 MB to decode
        await using var roomy = new MediaWorkerRun();
        await using var tight = new MediaWorkerRun(memoryMegabytes: 130);
        await roomy.StartAsync();
        await tight.StartAsync();

        Assert.True((await roomy.Client.PrepareAsync(roomy.Keep(photo), roomy.Folder, default)).Ok);
        Assert.Equal(MediaRefusals.Broken, (await tight.Client.PrepareAsync(tight.Keep(photo), tight.Folder, default)).Refusal);
        Assert.True((await tight.Client.ProbeAsync(tight.Keep(TestPictures.Photo(400, 300)), default)).Ok);
    }

    [Fact]
    public async Task Two_jobs_run_side_by_side_and_a_third_waits()
    {
        await using var run = new MediaWorkerRun();
        await run.StartAsync();
        string[] endless = [run.EndlessFile(), run.EndlessFile()];
        var jobs = endless.Select(path => run.Client.ProbeAsync(path, default)).ToArray();
        await Eventually.TrueAsync(() => ChildrenOf(run.Process.ProcessId!.Value).Count == 2);
        var third = run.Client.ProbeAsync(run.Keep(TestPictures.Photo(400, 300)), default);
        Assert.False(third.IsCompleted);

        await Task.WhenAll(endless.Select(MediaWorkerRun.ReleaseAsync));

        Assert.All(await Task.WhenAll(jobs), answer => Assert.Equal(MediaRefusals.Empty, answer.Refusal));
        Assert.True((await third).Ok);
        Assert.Equal(2, ChildrenOf(run.Process.ProcessId!.Value).Count);
    }

    [Fact]
    public async Task Jobs_at_the_same_time_into_one_folder_do_not_mix()
    {
        await using var run = new MediaWorkerRun();
        await run.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(1, 6).Select(size =>
            run.Client.PrepareAsync(run.Keep(TestPictures.Photo(100 * size, 100)), run.Folder, default)));

        Assert.All(answers, answer => Assert.Null(answer.Refusal));
        Assert.Equal(Enumerable.Range(1, 6).Select(size => 100 * size), answers.Select(answer => answer.Value.Preview!.Width));
        Assert.Equal(6, answers.Select(answer => answer.Value.Preview!.Path).Distinct().Count());
    }

    [Fact]
    public async Task Without_a_worker_the_answer_is_a_refusal()
    {
        await using var run = new MediaWorkerRun();
        await run.StartAsync();
        await run.Process.StopAsync(default);

        Assert.Equal(MediaRefusals.WorkerUnavailable, (await run.Client.ProbeAsync(run.Keep([1]), default)).Refusal);
        Assert.False(await run.Client.IsHealthyAsync(default));
    }

    [Fact]
    public async Task A_worker_whose_program_dies_ends_with_its_children()
    {
        var folder = Directory.CreateTempSubdirectory("ccd-media-tests-").FullName;
        var start = new ProcessStartInfo("node", [Path.Combine(MediaWorkerFolder.Path, "server.mjs"), "--socket", Path.Combine(folder, "w.sock"), "--own-folder"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var worker = Process.Start(start)!;
        Assert.Equal("ready", await worker.StandardOutput.ReadLineAsync());

        // What the kernel does with the pipe of a program that was killed.
        worker.StandardInput.Close();

        await worker.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task A_killed_worker_leaves_no_child_behind()
    {
        await using var run = new MediaWorkerRun();
        await run.StartAsync();
        var job = run.Client.ProbeAsync(run.EndlessFile(), default);
        var child = await ChildOfAsync(run.Process.ProcessId!.Value);

        Kill(run.Process.ProcessId!.Value);

        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{child}") || StateOf(child) == 'Z');
        await run.Process.StopAsync(default);
        Assert.Equal(MediaRefusals.WorkerUnavailable, (await job).Refusal);
    }

    private static void Kill(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
    }

    private static async Task<int> ChildOfAsync(int parent, int other = 0)
    {
        var found = 0;
        await Eventually.TrueAsync(() => (found = ChildrenOf(parent).FirstOrDefault(child => child != other)) != 0);
        return found;
    }

    private static List<int> ChildrenOf(int parent) =>
        [.. File.ReadAllText($"/proc/{parent}/task/{parent}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)).Where(child => StateOf(child) != 'Z')];

    private static char StateOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return 'Z';
        }
    }
}
