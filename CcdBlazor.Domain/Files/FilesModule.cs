using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Domain.Files;

/// <summary>
/// The wiring of this feature. The web project adds an <see cref="IBlobStore"/> and an <see cref="IMediaWorker"/>, the feature that
/// uploads are for an <see cref="IUploadTarget"/>.
/// </summary>
public static class FilesModule
{
    public static IServiceCollection AddFiles(this IServiceCollection services, KeyRingOptions keys, UploadOptions uploads)
    {
        services.AddSingleton(new KeyRing(keys));
        services.AddSingleton<FieldCipher>();
        services.AddSingleton<FieldHash>();
        services.AddSingleton(uploads);
        services.AddSingleton(_ => new UploadFolder(uploads));
        services.AddSingleton(p => new FileStore(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<IBlobStore>(), p.GetRequiredService<KeyRing>(),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<FileStore>>()));
        services.AddSingleton(p => new StrayFiles(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<IBlobStore>()));
        services.AddSingleton(p => new UploadProcessing(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<IMediaWorker>(), p.GetRequiredService<FileStore>(),
            p.GetRequiredService<IUploadTarget>(), p.GetRequiredService<UploadFolder>(), uploads, p.GetRequiredService<ILogger<UploadProcessing>>()));
        services.AddSingleton(p => new UploadService(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<IUploadTarget>(), p.GetRequiredService<UploadProcessing>(),
            p.GetRequiredService<UploadFolder>(), uploads, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<UploadService>>()));
        services.AddSingleton(p => new UploadQueries(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
