namespace CcdBlazor.Domain.Files;

/// <summary>How uploads are received.</summary>
/// <param name="Folder">
/// Where unfinished uploads lie, readable for the program's account only: until it is checked and encrypted, a file is plain here. With
/// several nodes all of them use the same folder, because the next request of an upload may reach another node.
/// </param>
public sealed record UploadOptions(string Folder)
{
    /// <summary>Largest file of all; an item of a checklist may allow less.</summary>
    public long MaxBytes { get; init; } = 200L * 1024 * 1024;

    /// <summary>Free bytes that are left on the disk.</summary>
    public long ReserveBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>An unfinished upload is thrown away this long after its last byte.</summary>
    public TimeSpan KeepUnfinished { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The row of a finished, refused or expired upload is kept this long, for the page that asks late.</summary>
    public TimeSpan KeepRows { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Unfinished uploads of one sender: a stolen link must not fill the disk.</summary>
    public int MaxOpenPerSender { get; init; } = 1000;
}

/// <summary>The bytes of unfinished uploads, one <c>{id}.part</c> each.</summary>
internal sealed class UploadFolder
{
    private readonly UploadOptions options;

    public UploadFolder(UploadOptions options)
    {
        this.options = options;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(options.Folder);
        else
            Directory.CreateDirectory(options.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string PartOf(Guid id) => Path.Combine(options.Folder, $"{id:N}.part");

    /// <summary>How many bytes lie there; 0 when there is no file.</summary>
    public long LengthOf(Guid id) => new FileInfo(PartOf(id)) is { Exists: true } file ? file.Length : 0;

    /// <summary>Opens for appending, alone; null when another request or node has it open. Unbuffered: what was written was handed to the system.</summary>
    public FileStream? OpenAlone(Guid id)
    {
        try
        {
            return new FileStream(PartOf(id), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
            });
        }
        catch (IOException e) when (!StorageFullException.IsFull(e) && e is not DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A fresh folder for renditions.</summary>
    public string MakeWorkFolder(Guid id)
    {
        var folder = Path.Combine(options.Folder, $"{id:N}.work-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        return folder;
    }

    public void Delete(Guid id) => File.Delete(PartOf(id));

    public bool HasRoomFor(long bytes) =>
        options.ReserveBytes <= 0 || new DriveInfo(Path.GetFullPath(options.Folder)).AvailableFreeSpace - bytes >= options.ReserveBytes;

    /// <summary>Parts and work folders that nobody touched since; ids of parts, and whole paths of folders.</summary>
    public (IReadOnlyList<Guid> Parts, IReadOnlyList<string> WorkFolders) LeftSince(DateTimeOffset since)
    {
        var parts = Directory.EnumerateFiles(options.Folder, "*.part")
            .Where(path => File.GetLastWriteTimeUtc(path) < since.UtcDateTime)
            .Select(path => Guid.TryParse(Path.GetFileNameWithoutExtension(path), out var id) ? id : Guid.Empty)
            .Where(id => id != Guid.Empty)
            .ToList();
        var folders = Directory.EnumerateDirectories(options.Folder, "*.work-*").Where(path => Directory.GetLastWriteTimeUtc(path) < since.UtcDateTime).ToList();
        return (parts, folders);
    }
}
