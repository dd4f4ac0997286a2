using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Files;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Media;

/// <summary>Speaks to the media worker over its socket; the protocol is in media-worker/README.md.</summary>
internal sealed class MediaWorkerClient : IMediaWorker, IDisposable
{
    /// <summary>On top of the worker's own limit per job: then the worker itself is what hangs.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RestartLimit = TimeSpan.FromSeconds(10);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
    private static readonly Dictionary<string, Refusal> Refusals = new Refusal[]
    {
        MediaRefusals.Empty, MediaRefusals.UnknownType, MediaRefusals.Broken, MediaRefusals.TooManyPixels, MediaRefusals.PasswordProtected,
        MediaRefusals.ActivePdf, MediaRefusals.TooManyPages, MediaRefusals.ArchiveBomb, MediaRefusals.TookTooLong,
    }.ToDictionary(refusal => refusal.Code);

    private readonly MediaWorkerProcess worker;
    private readonly ILogger<MediaWorkerClient> log;
    private readonly HttpClient http;
    private readonly SemaphoreSlim slots;
    private readonly TimeSpan limit;

    public MediaWorkerClient(MediaWorkerProcess worker, IOptions<MediaWorkerOptions> options, ILogger<MediaWorkerClient> log)
    {
        this.worker = worker;
        this.log = log;
        http = UnixSocketHttp.Create(worker.SocketPath);
        // Waiting happens here, where a caller can give up, and not in the worker's queue.
        slots = new(options.Value.Concurrency);
        limit = TimeSpan.FromSeconds(options.Value.TimeoutSeconds) + Grace;
    }

    /// <summary>A job was answered: the operation, <c>ok</c> or the code of the refusal, and how long it took, waiting for a place included.</summary>
    public event Action<string, string, TimeSpan>? Answered;

    public Task<Result<MediaFacts>> ProbeAsync(string path, CancellationToken ct) =>
        AskAsync("probe", new { path }, ReadJsonAsync<MediaFacts>, ct);

    public Task<Result<Renditions>> PrepareAsync(string path, string workFolder, CancellationToken ct) =>
        AskAsync("prepare", new { path, workFolder }, ReadJsonAsync<Renditions>, ct);

    public Task<Result<byte[]>> TypesetAsync(string template, object data, CancellationToken ct) =>
        AskAsync("typeset", new { template, data }, (content, token) => content.ReadAsByteArrayAsync(token), ct);

    public Task<bool> IsHealthyAsync(CancellationToken ct) => worker.AnswersAsync(ct);

    private async Task<Result<T>> AskAsync<T>(string operation, object input, Func<HttpContent, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        var asked = TimeProvider.System.GetTimestamp();
        var answer = await AskInTurnAsync(operation, input, read, ct);
        Answered?.Invoke(operation, answer.Refusal?.Code ?? "ok", TimeProvider.System.GetElapsedTime(asked));
        return answer;
    }

    private async Task<Result<T>> AskInTurnAsync<T>(string operation, object input, Func<HttpContent, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        await slots.WaitAsync(ct);
        try
        {
            if (!await worker.WaitForNewerAsync(0, RestartLimit, ct))
                return MediaRefusals.WorkerUnavailable;
            var generation = worker.Generation;
            var answer = await TryAskAsync(operation, input, read, ct);
            // The worker died under the job. Every job can be repeated, and its successor is usually there within a second.
            if (answer is null && await worker.WaitForNewerAsync(generation, RestartLimit, ct))
                answer = await TryAskAsync(operation, input, read, ct);
            return answer ?? MediaRefusals.WorkerUnavailable;
        }
        finally
        {
            slots.Release();
        }
    }

    /// <summary>None when the connection failed; a verdict of the worker otherwise.</summary>
    private async Task<Result<T>?> TryAskAsync<T>(string operation, object input, Func<HttpContent, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limited.CancelAfter(limit);
        try
        {
            using var body = JsonContent.Create(input, input.GetType(), options: Json);
            using var answer = await http.PostAsync(new Uri($"/{operation}", UriKind.Relative), body, limited.Token);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => await read(answer.Content, limited.Token),
                HttpStatusCode.UnprocessableEntity => RefusalOf(await ReadJsonAsync<RefusedAnswer>(answer.Content, limited.Token)),
                HttpStatusCode.ServiceUnavailable => MediaRefusals.WorkerUnavailable,
                HttpStatusCode.InternalServerError => FailureOf(operation, await ReadJsonAsync<FailedAnswer>(answer.Content, limited.Token)),
                _ => throw new InvalidOperationException(
                    $"The media worker does not understand {operation}: {(await ReadJsonAsync<FailedAnswer>(answer.Content, limited.Token)).Error}"),
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not StorageFullException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            log.LogWarning("The media worker gave no answer to {Operation} within {Limit}", operation, limit);
            return MediaRefusals.WorkerUnavailable;
        }
    }

    private static async Task<T> ReadJsonAsync<T>(HttpContent content, CancellationToken ct) =>
        await content.ReadFromJsonAsync<T>(Json, ct) ?? throw new InvalidOperationException("The media worker answered with nothing.");

    private static Refusal RefusalOf(RefusedAnswer answer) =>
        Refusals.GetValueOrDefault(answer.Code) ?? throw new InvalidOperationException($"The media worker refuses with an unknown code: {answer.Code}");

    /// <summary>Something unforeseen in the worker. The room on the disk is our trouble; all else is taken as the file's fault.</summary>
    private Refusal FailureOf(string operation, FailedAnswer answer)
    {
        if (answer.Error.Contains("ENOSPC", StringComparison.Ordinal))
            throw new StorageFullException("No room for the renditions of a picture.");
        log.LogWarning("The media worker failed at {Operation}: {Error}", operation, answer.Error);
        return MediaRefusals.Broken;
    }

    public void Dispose()
    {
        http.Dispose();
        slots.Dispose();
    }

    private sealed record RefusedAnswer(string Code);

    private sealed record FailedAnswer(string Error);
}
