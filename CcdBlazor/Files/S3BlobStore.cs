using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using CcdBlazor.Domain.Files;

namespace CcdBlazor.Files;

/// <summary>Any S3-compatible endpoint (S3, MinIO, OSS), addressed in path style.</summary>
/// <param name="Prefix">Put before every key, for a bucket that is shared with others; none or ends with '/'.</param>
/// <param name="TemporaryFolder">Where a blob waits while its length is unknown; holds ciphertext only.</param>
public sealed record S3BlobOptions(Uri Endpoint, string Region, string Bucket, string AccessKey, string SecretKey, string Prefix, string TemporaryFolder)
{
    /// <summary>Never the secret: records print their members, and options end up in logs.</summary>
    public override string ToString() => $"S3BlobOptions({Endpoint}, {Bucket}/{Prefix})";
}

/// <summary>
/// Blobs in a bucket. A PUT is atomic, but wants the length and the hash of the body first; so the ciphertext is gathered in a local
/// temporary file. One PUT carries up to 5 GB, far above any upload limit, so there are no multipart uploads to clean up after.
/// </summary>
public sealed class S3BlobStore : IBlobStore, IDisposable
{
    private readonly S3BlobOptions options;
    private readonly AmazonS3Client client;

    public S3BlobStore(S3BlobOptions options)
    {
        this.options = options;
        Directory.CreateDirectory(options.TemporaryFolder);
        client = new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), new AmazonS3Config
        {
            ServiceURL = options.Endpoint.ToString(),
            AuthenticationRegion = options.Region,
            ForcePathStyle = true,
            // The newer trailing checksums are unknown to many compatible endpoints; the tags of the chunks prove the content anyway.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    public async Task<string?> WriteAsync(Func<Stream, CancellationToken, Task<string?>> write, CancellationToken ct)
    {
        try
        {
            await using var file = new FileStream(Path.Combine(options.TemporaryFolder, Guid.NewGuid().ToString("N")), new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
                BufferSize = 128 * 1024,
            });
            if (await write(file, ct) is not { } key)
                return null;
            await file.FlushAsync(ct);
            file.Position = 0;
            await client.PutObjectAsync(new PutObjectRequest
            {
                BucketName = options.Bucket,
                Key = NameOf(key),
                InputStream = file,
                AutoCloseStream = false,
                UseChunkEncoding = false,
                ContentType = "application/octet-stream",
            }, ct);
            return key;
        }
        catch (IOException e) when (e is not StorageFullException && StorageFullException.IsFull(e))
        {
            throw new StorageFullException("The disk of the temporary folder is full.", e);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.InsufficientStorage || e.ErrorCode is "QuotaExceeded" or "XMinioStorageFull")
        {
            throw new StorageFullException("The bucket has no room left.", e);
        }
    }

    public async Task<Stream?> OpenAsync(string key, CancellationToken ct)
    {
        try
        {
            var response = await GetAsync(NameOf(key), 0, ct);
            return new BucketStream(this, NameOf(key), response);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<bool> ExistsAsync(string key, CancellationToken ct)
    {
        try
        {
            await client.GetObjectMetadataAsync(options.Bucket, NameOf(key), ct);
            return true;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    public Task DeleteAsync(string key, CancellationToken ct) => client.DeleteObjectAsync(options.Bucket, NameOf(key), ct);

    public async IAsyncEnumerable<BlobEntry> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var request = new ListObjectsV2Request { BucketName = options.Bucket, Prefix = options.Prefix };
        ListObjectsV2Response page;
        do
        {
            page = await client.ListObjectsV2Async(request, ct);
            foreach (var found in page.S3Objects ?? [])
                yield return new BlobEntry(found.Key[options.Prefix.Length..], new DateTimeOffset(found.LastModified!.Value.ToUniversalTime()));
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    public void Dispose() => client.Dispose();

    private string NameOf(string key) => options.Prefix + key;

    private Task<GetObjectResponse> GetAsync(string name, long from, CancellationToken ct)
    {
        var request = new GetObjectRequest { BucketName = options.Bucket, Key = name };
        if (from > 0)
            request.ByteRange = new ByteRange($"bytes={from}-");
        return client.GetObjectAsync(request, ct);
    }

    /// <summary>An object as a seekable stream: a seek only notes the place, the next read asks for the rest from there.</summary>
    private sealed class BucketStream(S3BlobStore store, string name, GetObjectResponse first) : Stream
    {
        private GetObjectResponse? response = first;
        private long responsePosition;
        private long position;

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length { get; } = first.ContentLength;

        public override long Position
        {
            get => position;
            set => position = value;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (position >= Length)
                return 0;
            if (response is null || responsePosition != position)
            {
                response?.Dispose();
                response = null;
                response = await store.GetAsync(name, position, cancellationToken);
                responsePosition = position;
            }

            var got = await response.ResponseStream.ReadAsync(buffer, cancellationToken);
            position += got;
            responsePosition += got;
            return got;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

        public override long Seek(long offset, SeekOrigin origin) => position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => position + offset,
            _ => Length + offset,
        };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                response?.Dispose();
            response = null;
            base.Dispose(disposing);
        }
    }
}
