using CcdBlazor.Domain.Files;

namespace CcdBlazor.Files;

/// <summary>Which blob store the program uses: a bucket when <c>Files:S3:Bucket</c> is set, else a folder below the data folder.</summary>
internal static class BlobStoreServices
{
    public static IServiceCollection AddBlobStore(this IServiceCollection services, IConfiguration configuration, string dataFolder)
    {
        if (configuration["Files:S3:Bucket"] is not { Length: > 0 } bucket)
            return services.AddSingleton<IBlobStore>(_ => new DiskBlobStore(new DiskBlobOptions(Path.Combine(dataFolder, "blobs"), ReserveBytes(configuration))));
        return services.AddSingleton<IBlobStore>(_ => new S3BlobStore(new S3BlobOptions(
            new Uri(Needed(configuration, "Endpoint")), configuration["Files:S3:Region"] ?? "us-east-1", bucket, Needed(configuration, "AccessKey"),
            Needed(configuration, "SecretKey"), configuration["Files:S3:Prefix"] ?? "", Path.Combine(dataFolder, "s3-outgoing"))));
    }

    /// <summary>Bytes of the disk that uploads and files leave free; below that, uploads are refused as "storage full".</summary>
    public static long ReserveBytes(IConfiguration configuration) => configuration.GetValue("Files:ReserveMegabytes", 512L) * 1024 * 1024;

    private static string Needed(IConfiguration configuration, string name) =>
        configuration[$"Files:S3:{name}"] is { Length: > 0 } value ? value : throw new InvalidOperationException($"Files:S3:{name} is needed beside Files:S3:Bucket.");
}
