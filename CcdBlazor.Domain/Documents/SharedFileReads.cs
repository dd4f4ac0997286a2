using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>
/// One read per change and node, however many watch: everybody who has a customer open gets his view from the same read. What a reader is shown
/// stays his own matter (visibility and masking are decided for each, from the rights he has at that moment).
/// <para>
/// A read that began after the last announced change answers everybody; a change that comes while a read is running asks for one more, and only
/// one more. Who has just written therefore never gets a read from before his own write: writes announce on this node before they return.
/// </para>
/// </summary>
public sealed class SharedFileReads
{
    /// <summary>How long a read may answer those who come later. Bounds what a node shows while it cannot hear the others.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, SharedFile> files = [];
    private readonly Func<Guid, FileSnapshot?, Task<FileSnapshot?>> read;
    private readonly ChangeFeed feed;
    private readonly TimeProvider clock;

    internal SharedFileReads(IDbContextFactory<CcdDbContext> contexts, CustomerQueries customers, ProductQueries products, ChangeFeed feed, TimeProvider clock)
        : this((id, before) => FileSnapshot.ReadAsync(contexts, customers, products, id, before, CancellationToken.None), feed, clock)
    {
    }

    /// <summary>For tests that watch over the reads.</summary>
    internal SharedFileReads(Func<Guid, FileSnapshot?, Task<FileSnapshot?>> read, ChangeFeed feed, TimeProvider clock) =>
        (this.read, this.feed, this.clock) = (read, feed, clock);

    /// <summary>How many customers somebody watches on this node.</summary>
    public int Watched
    {
        get
        {
            lock (gate)
                return files.Count;
        }
    }

    /// <summary>Watch a customer until the result is disposed.</summary>
    /// <param name="onChange">Called after a change was announced, on any thread; must return quickly. Reading in it, or after it, shows the change.</param>
    public FileWatch Watch(Guid customerId, Action<Change> onChange)
    {
        lock (gate)
        {
            if (!files.TryGetValue(customerId, out var file))
                files[customerId] = file = new SharedFile(customerId, this);
            var watch = new FileWatch(file, onChange);
            file.Add(watch);
            return watch;
        }
    }

    private void Leave(SharedFile file, FileWatch watch)
    {
        lock (gate)
            if (file.Remove(watch))
                files.Remove(file.CustomerId);
    }

    /// <summary>Somebody's interest in one customer.</summary>
    public sealed class FileWatch : IDisposable
    {
        private readonly SharedFile file;

        internal FileWatch(SharedFile file, Action<Change> onChange) => (this.file, OnChange) = (file, onChange);

        internal Action<Change> OnChange { get; }

        /// <summary>The file with everything that was announced before this call; none when this reader does not see the customer (or no longer).</summary>
        public async Task<CustomerFileView?> ReadAsync(StaffActor by, CancellationToken ct) => (await file.ReadAsync().WaitAsync(ct))?.For(by);

        public void Dispose() => file.Leave(this);
    }

    /// <summary>One watched customer on this node.</summary>
    internal sealed class SharedFile
    {
        private readonly Lock gate = new();
        private readonly SharedFileReads reads;
        private readonly IDisposable[] subscriptions;
        private FileWatch[] watches = [];
        private long changes;
        private (Task<FileSnapshot?> Task, long Changes)? running;
        private Task<FileSnapshot?>? next;
        private (FileSnapshot? Snapshot, long Changes, long At)? kept;

        public SharedFile(Guid customerId, SharedFileReads reads)
        {
            CustomerId = customerId;
            this.reads = reads;
            subscriptions = [reads.feed.Subscribe(CustomerTopics.One(customerId), Hear), reads.feed.Subscribe(ProductService.Topic, Hear)];
        }

        public Guid CustomerId { get; }

        public void Add(FileWatch watch)
        {
            lock (gate)
                watches = [.. watches, watch];
        }

        /// <summary>True when nobody is left.</summary>
        public bool Remove(FileWatch watch)
        {
            lock (gate)
            {
                var left = Array.FindAll(watches, w => w != watch);
                if (left.Length == watches.Length)
                    return false;
                watches = left;
                if (left.Length > 0)
                    return false;
                kept = null;
            }

            foreach (var subscription in subscriptions)
                subscription.Dispose();
            return true;
        }

        public void Leave(FileWatch watch) => reads.Leave(this, watch);

        public Task<FileSnapshot?> ReadAsync()
        {
            lock (gate)
            {
                if (running is { } now)
                    return now.Changes == changes ? now.Task : next ??= AfterAsync(now.Task);
                return kept is { } last && last.Changes == changes && reads.clock.GetElapsedTime(last.At) < KeptFor ? Task.FromResult(last.Snapshot) : Start();
            }
        }

        // Counted before anybody is told: who is told and reads gets a read that began after the change.
        private void Hear(Change change)
        {
            FileWatch[] told;
            lock (gate)
            {
                changes++;
                told = watches;
            }

            foreach (var watch in told)
                watch.OnChange(change);
        }

        private async Task<FileSnapshot?> AfterAsync(Task before)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            lock (gate)
                next = null;
            return await ReadAsync().ConfigureAwait(false);
        }

        // On the pool and not in the caller's circuit, and not cancelled with it: the read is everybody's.
        private Task<FileSnapshot?> Start()
        {
            var (asked, at, before) = (changes, reads.clock.GetTimestamp(), kept?.Snapshot);
            var task = Task.Run(() => ReadOnceAsync(asked, at, before));
            running = (task, asked);
            return task;
        }

        private async Task<FileSnapshot?> ReadOnceAsync(long asked, long at, FileSnapshot? before)
        {
            try
            {
                var snapshot = await reads.read(CustomerId, before);
                lock (gate)
                    if (watches.Length > 0)
                        kept = (snapshot, asked, at);
                return snapshot;
            }
            finally
            {
                lock (gate)
                    running = null;
            }
        }
    }
}
