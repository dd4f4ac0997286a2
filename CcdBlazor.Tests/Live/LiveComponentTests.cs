using System.Data.Common;
using Bunit;
using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Changes;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CcdBlazor.Tests.Live;

public sealed class LiveComponentTests : BunitContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ChangeFeed feed = new(NullLogger<ChangeFeed>.Instance);
    private readonly Source source = new();

    public LiveComponentTests()
    {
        Services.AddSingleton(feed);
        Services.AddSingleton(source);
    }

    [Fact]
    public void It_listens_before_it_loads()
    {
        var listeners = 0;
        source.OnLoad = () => listeners = feed.Subscriptions;
        Render("a");
        Assert.Equal(1, listeners);
    }

    [Fact]
    public void A_change_is_shown_and_another_topics_change_is_not_read()
    {
        source.Text = "旧";
        var page = Render("a");
        Assert.Equal("旧", page.Markup);
        source.Text = "新";
        feed.Publish(new Change("b"));
        Assert.Equal(1, source.Loads);
        feed.Publish(new Change("a"));
        page.WaitForAssertion(() => Assert.Equal("新", page.Markup), Patience);
    }

    [Fact]
    public void A_change_that_comes_while_reading_is_read_too()
    {
        var reading = new TaskCompletionSource();
        var page = Render("a");
        source.Wait = reading.Task;
        feed.Publish(new Change("a"));
        page.WaitForAssertion(() => Assert.Equal(2, source.Loads), Patience);
        // This reading has seen the text of before already.
        source.Text = "最后";
        source.Wait = Task.CompletedTask;
        feed.Publish(new Change("a"));
        reading.SetResult();
        page.WaitForAssertion(() => Assert.Equal("最后", page.Markup), Patience);
        Assert.Equal(3, source.Loads);
    }

    [Fact]
    public void A_burst_is_read_a_few_times_and_its_last_change_is_shown()
    {
        var page = Render("a");
        for (var n = 1; n <= 100; n++)
        {
            source.Text = $"第 {n} 次";
            feed.Publish(new Change("a"));
        }

        page.WaitForAssertion(() => Assert.Equal("第 100 次", page.Markup), Patience);
        Assert.InRange(source.Loads, 2, 20);
    }

    [Fact]
    public void Other_parameters_mean_another_topic_and_another_reading()
    {
        var page = Render("a");
        page.Render(p => p.Add(c => c.About, "b"));
        Assert.Equal(2, source.Loads);
        Assert.Equal(1, feed.Subscriptions);
        page.Render(p => p.Add(c => c.About, "b"));
        Assert.Equal(2, source.Loads);
        feed.Publish(new Change("a"));
        source.Text = "新";
        feed.Publish(new Change("b"));
        page.WaitForAssertion(() => Assert.Equal("新", page.Markup), Patience);
        Assert.Equal(3, source.Loads);
    }

    [Fact]
    public void When_the_database_cannot_be_read_it_says_so_and_tries_again_by_itself()
    {
        source.Failure = new BrokenDatabase();
        var page = Render("a");
        Assert.Contains("正在自动重试", page.Markup, StringComparison.Ordinal);
        (source.Failure, source.Text) = (null, "又好了");
        page.WaitForAssertion(() => Assert.Equal("又好了", page.Markup), Patience);
    }

    [Fact]
    public async Task When_it_is_gone_it_hears_nothing_and_its_reading_is_cancelled()
    {
        source.Wait = new TaskCompletionSource().Task;
        Render("a");
        Assert.False(source.Token.IsCancellationRequested);
        await DisposeComponentsAsync();
        Assert.True(source.Token.IsCancellationRequested);
        Assert.Equal(0, feed.Subscriptions);
        feed.Publish(new Change("a"));
        Assert.Equal(1, source.Loads);
    }

    private IRenderedComponent<Probe> Render(string about) => Render<Probe>(p => p.Add(c => c.About, about));

    private sealed class BrokenDatabase : DbException;

    /// <summary>What the probe reads.</summary>
    private sealed class Source
    {
        public string Text { get; set; } = "";

        public int Loads { get; set; }

        public Exception? Failure { get; set; }

        public Task Wait { get; set; } = Task.CompletedTask;

        public Action OnLoad { get; set; } = () => { };

        public CancellationToken Token { get; set; }
    }

    private sealed class Probe : LiveComponent
    {
        private string text = "";

        [Parameter]
        public string About { get; set; } = "";

        [Inject]
        private Source Source { get; set; } = default!;

        protected override object LoadKey => About;

        protected override IEnumerable<string> Topics() => [About];

        protected override async Task LoadAsync(CancellationToken ct)
        {
            Source.Loads++;
            Source.Token = ct;
            Source.OnLoad();
            if (Source.Failure is { } failure)
                throw failure;
            var read = Source.Text;
            await Source.Wait.WaitAsync(ct);
            text = read;
        }

        protected override void BuildRenderTree(RenderTreeBuilder builder) => builder.AddContent(0, Trouble ?? text);
    }
}
