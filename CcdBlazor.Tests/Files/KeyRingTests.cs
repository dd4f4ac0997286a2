using CcdBlazor.Domain.Files;
using CcdBlazor.Files;
using Microsoft.Extensions.Configuration;

namespace CcdBlazor.Tests.Files;

public class KeyRingTests
{
    private static readonly byte[] DataKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void A_wrapped_key_opens_in_its_own_context_only()
    {
        var ring = KeyRings.With("k1");
        var wrapped = ring.Wrap(DataKey, "blob a");

        Assert.Equal(DataKey, ring.Unwrap(wrapped, "blob a"));
        Assert.Throws<FileTamperedException>(() => ring.Unwrap(wrapped, "blob b"));
    }

    [Fact]
    public void A_changed_wrapped_key_does_not_open()
    {
        var ring = KeyRings.With("k1");
        var wrapped = ring.Wrap(DataKey, "a");

        for (var i = 0; i < wrapped.Bytes.Length; i++)
        {
            var changed = wrapped.Bytes.ToArray();
            changed[i] ^= 1;
            Assert.Throws<FileTamperedException>(() => ring.Unwrap(wrapped with { Bytes = changed }, "a"));
        }

        Assert.Throws<FileTamperedException>(() => ring.Unwrap(wrapped with { Bytes = [1, 2, 3] }, "a"));
    }

    [Fact]
    public void After_a_rotation_the_old_master_key_may_leave()
    {
        var old = KeyRings.With("k1").Wrap(DataKey, "a");

        var rotated = KeyRings.With("k1", "k2").Rewrap(old, "a");

        Assert.Equal("k2", rotated.KeyId);
        Assert.Equal(DataKey, KeyRings.With("k2").Unwrap(rotated, "a"));
        Assert.Equal("k1", Assert.Throws<MasterKeyMissingException>(() => KeyRings.With("k2").Unwrap(old, "a")).KeyId);
    }

    [Fact]
    public void A_field_opens_in_its_own_column_only()
    {
        var cipher = new FieldCipher(KeyRings.With("k1"));
        var stored = cipher.Encrypt("11010519491231002X", "customer.identity");

        Assert.DoesNotContain("1101", stored, StringComparison.Ordinal);
        Assert.Equal("11010519491231002X", cipher.Decrypt(stored, "customer.identity"));
        Assert.NotEqual(stored, cipher.Encrypt("11010519491231002X", "customer.identity"));
        Assert.Throws<FieldTamperedException>(() => cipher.Decrypt(stored, "staff.totp"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.k1")]
    [InlineData("1.k1.")]
    [InlineData("1.k1.AAAA")]
    [InlineData("1.k1.!!!")]
    [InlineData("2.k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("1.k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_field_that_was_tampered_with_does_not_open(string stored) =>
        Assert.Throws<FieldTamperedException>(() => new FieldCipher(KeyRings.With("k1")).Decrypt(stored, "c"));

    [Fact]
    public void A_field_of_an_older_key_still_opens_and_says_that_it_is_old()
    {
        var stored = new FieldCipher(KeyRings.With("k1")).Encrypt("秘密", "c");
        var now = new FieldCipher(KeyRings.With("k1", "k2"));

        Assert.Equal("秘密", now.Decrypt(stored, "c"));
        Assert.True(now.IsOutdated(stored));
        Assert.False(now.IsOutdated(now.Encrypt("秘密", "c")));
    }

    [Fact]
    public void A_hash_depends_on_key_value_and_kind()
    {
        var hash = new FieldHash(KeyRings.With("k1"));

        Assert.Equal(hash.Of("1", "a"), hash.Of("1", "a"));
        Assert.Equal(64, hash.Of("1", "a").Length);
        Assert.NotEqual(hash.Of("1", "a"), hash.Of("1", "b"));
        Assert.NotEqual(hash.Of("1", "a"), hash.Of("2", "a"));
        var other = KeyRings.Options("k1") with { HashKey = new byte[32] };
        Assert.NotEqual(hash.Of("1", "a"), new FieldHash(new KeyRing(other)).Of("1", "a"));
    }

    [Fact]
    public void Printing_the_options_prints_no_key() =>
        Assert.DoesNotContain("System.Byte", KeyRings.Options("k1").ToString(), StringComparison.Ordinal);

    [Fact]
    public void The_first_start_makes_a_key_file_for_its_owner_only_and_the_second_reads_it()
    {
        using var folder = new ScratchFolder();

        var first = KeyRingFile.Load(Settings(), folder.Path, mustBeConfigured: false);
        var second = KeyRingFile.Load(Settings(), folder.Path, mustBeConfigured: false);

        Assert.Equal(first.Keys["k1"], second.Keys["k1"]);
        Assert.Equal(first.HashKey, second.HashKey);
        Assert.NotEqual(first.HashKey, first.Keys["k1"]);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("keys.json")));
        Assert.Single(folder.Files());
    }

    [Fact]
    public void Production_with_its_own_database_does_not_start_without_configured_keys()
    {
        using var folder = new ScratchFolder();

        var refused = Assert.Throws<KeyRingMissingException>(() => KeyRingFile.Load(Settings(), folder.Path, mustBeConfigured: true));

        Assert.Contains("Files:Keys", refused.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Files());
    }

    [Fact]
    public void Configured_keys_are_taken_and_no_file_is_made()
    {
        using var folder = new ScratchFolder();
        var key = Convert.ToBase64String(DataKey);

        var options = KeyRingFile.Load(Settings(("Files:Keys:a", key), ("Files:Keys:b", key), ("Files:CurrentKey", "b"), ("Security:HashKey", key)), folder.Path, mustBeConfigured: true);

        Assert.Equal("b", options.CurrentKey);
        Assert.Equal(DataKey, options.Keys["a"]);
        Assert.Empty(folder.Files());
    }

    [Theory]
    [InlineData("Files:CurrentKey", "c")]
    [InlineData("Files:CurrentKey", null)]
    [InlineData("Files:Keys:a", "not base64")]
    [InlineData("Files:Keys:a", "c2hvcnQ=")]
    [InlineData("Security:HashKey", null)]
    public void Half_a_configuration_is_refused(string setting, string? value)
    {
        using var folder = new ScratchFolder();
        var key = Convert.ToBase64String(DataKey);
        var settings = Settings(("Files:Keys:a", key), ("Files:Keys:b", key), ("Files:CurrentKey", "b"), ("Security:HashKey", key), (setting, value));

        Assert.Contains(setting, Assert.Throws<KeyRingMissingException>(() => KeyRingFile.Load(settings, folder.Path, mustBeConfigured: false)).Message, StringComparison.Ordinal);
    }

    private static IConfiguration Settings(params (string Key, string? Value)[] settings)
    {
        var values = new Dictionary<string, string?>();
        foreach (var (key, value) in settings)
            values[key] = value;
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }
}
