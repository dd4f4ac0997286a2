using CcdBlazor.Domain.Files;

namespace CcdBlazor.Tests.Files;

/// <summary>Key rings for tests: the same keys every time, so that a ring can lose or gain one.</summary>
internal static class KeyRings
{
    public static KeyRing With(params string[] ids) => new(Options(ids));

    /// <summary>The last id is the current one.</summary>
    public static KeyRingOptions Options(params string[] ids) =>
        new(ids.ToDictionary(id => id, KeyOf), ids[^1], KeyOf("hash"));

    private static byte[] KeyOf(string id)
    {
        var key = new byte[KeyRing.KeySize];
        for (var i = 0; i < key.Length; i++)
            key[i] = (byte)(id[i % id.Length] + i);
        return key;
    }
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ccd-files-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public IEnumerable<string> Files() => Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
