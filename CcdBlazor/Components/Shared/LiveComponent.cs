using System.Data.Common;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Shared;

/// <summary>
/// A component that shows what the database holds and stays true while others change it. The only subscriber of the
/// <see cref="ChangeFeed"/> among components (or of something that passes its changes on, see <see cref="Subscribe"/>). Order matters: it subscribes first and loads then, so that nothing falls between.
/// Bursts are gathered, and the last change is never lost.
/// </summary>
public abstract class LiveComponent : ComponentBase, IAsyncDisposable
{
    /// <summary>Shortest time between two reloads: a colleague's upload of 30 files repaints a page a few times, not 30 times.</summary>
    protected virtual TimeSpan Calm => TimeSpan.FromMilliseconds(120);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource gone = new();
    private readonly List<IDisposable> subscriptions = [];
    private string[] topics = [];
    private object? loadedFor;
    private bool loaded;
    private int pending;
    private int refreshing;

    [Inject]
    private ChangeFeed Feed { get; set; } = default!;

    /// <summary>Cancelled when the component leaves the page.</summary>
    protected CancellationToken Gone => gone.Token;

    /// <summary>True until the first load has finished.</summary>
    protected bool Loading => !loaded;

    /// <summary>A Chinese sentence while data cannot be read (the database is restarting, for example); the component tries again by itself.</summary>
    protected string? Trouble { get; private set; }

    /// <summary>What to listen to, from the parameters of now.</summary>
    protected abstract IEnumerable<string> Topics();

    /// <summary>Listens to one topic: to the feed itself, or to a shared reader that must hear of a change before those who read through it.</summary>
    protected virtual IDisposable Subscribe(string topic, Action<Change> listener) => Feed.Subscribe(topic, listener);

    /// <summary>Reads everything that is shown. Called after subscribing, after each change, and when <see cref="LoadKey"/> changes.</summary>
    protected abstract Task LoadAsync(CancellationToken ct);

    /// <summary>When this value changes with the parameters, the component loads again (filters, ids).</summary>
    protected virtual object? LoadKey => null;

    /// <summary>
    /// True for a part that is not needed for a first look: it reads when the page has come to life and not for the prerendered copy as well, which would double
    /// what a morning's rush of opened pages asks of the database.
    /// </summary>
    protected virtual bool ReadsOnlyLive => false;

    protected override async Task OnParametersSetAsync()
    {
        if (ReadsOnlyLive && !RendererInfo.IsInteractive)
            return;
        var wanted = Topics().ToArray();
        if (!wanted.AsSpan().SequenceEqual(topics))
        {
            Unsubscribe();
            topics = wanted;
            foreach (var topic in wanted)
                subscriptions.Add(Subscribe(topic, _ => OnChange()));
        }

        if (!loaded || !Equals(loadedFor, LoadKey))
        {
            loadedFor = LoadKey;
            await ReloadAsync();
        }
    }

    /// <summary>Loads now, on the component's own initiative (after a click, for example).</summary>
    protected async Task ReloadAsync()
    {
        try
        {
            await LoadAsync(Gone);
            loaded = true;
            Trouble = null;
        }
        catch (OperationCanceledException) when (Gone.IsCancellationRequested)
        {
            // The page is gone.
        }
        catch (SessionEndedException)
        {
            // The circuit was cut and the browser is already on its way to the sign-in page: nothing failed, and there is nothing to try again.
            Trouble = "登录已结束，正在前往登录页…";
        }
        catch (Exception e) when (e is DbException or TimeoutException || e.InnerException is DbException)
        {
            Trouble = "数据暂时读取不到，正在自动重试…";
            _ = RetryAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        Unsubscribe();
        gone.Dispose();
        await OnLeaveAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>What a component has to give back itself.</summary>
    protected virtual ValueTask OnLeaveAsync() => ValueTask.CompletedTask;

    private async Task RetryAsync()
    {
        try
        {
            await Task.Delay(RetryAfter, Gone);
            OnChange();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }

    private void OnChange()
    {
        Volatile.Write(ref pending, 1);
        StartRefreshing();
    }

    private void StartRefreshing()
    {
        if (!gone.IsCancellationRequested && Interlocked.Exchange(ref refreshing, 1) == 0)
            _ = InvokeAsync(RefreshAsync);
    }

    private async Task RefreshAsync()
    {
        // Whoever announced the change goes on at once; pages are drawn by the pool, on all cores.
        await Task.Yield();
        try
        {
            // Cleared before reading: a change that arrives while reading asks for one more round.
            while (Interlocked.Exchange(ref pending, 0) == 1)
            {
                await ReloadAsync();
                if (gone.IsCancellationRequested)
                    return;
                StateHasChanged();
                await Task.Delay(Calm, Gone);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }

        Volatile.Write(ref refreshing, 0);
        if (Volatile.Read(ref pending) == 1)
            StartRefreshing();
    }

    private void Unsubscribe()
    {
        foreach (var subscription in subscriptions)
            subscription.Dispose();
        subscriptions.Clear();
    }
}
