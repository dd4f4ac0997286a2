using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace CcdBlazor.Domain.Files;

/// <summary>
/// The key ring of cookies and form tokens, shared by all nodes: a session that began on one is good on every other. Encrypted with the
/// master key, so that a copy of the database signs nobody in. Synchronous, because the framework asks for it so, a few times a day.
/// </summary>
public sealed class ProtectionKeyStore(NpgsqlDataSource source, FieldCipher cipher)
{
    private const string Context = "protection-keys";

    public IReadOnlyList<string> All()
    {
        using var command = source.CreateCommand("select cipher from protection_keys order by id");
        using var reader = command.ExecuteReader();
        var keys = new List<string>();
        while (reader.Read())
            keys.Add(cipher.Decrypt(reader.GetString(0), Context));
        return keys;
    }

    public void Add(string name, string xml)
    {
        using var command = source.CreateCommand("insert into protection_keys (id, name, cipher) values ($1, $2, $3)");
        command.Parameters.AddWithValue(Guid.CreateVersion7());
        command.Parameters.AddWithValue(name);
        command.Parameters.AddWithValue(cipher.Encrypt(xml, Context));
        command.ExecuteNonQuery();
    }
}

/// <summary>One key of the ring.</summary>
internal sealed class ProtectionKey
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required string Cipher { get; init; }
}

internal sealed class ProtectionKeyMapping : IEntityTypeConfiguration<ProtectionKey>
{
    public void Configure(EntityTypeBuilder<ProtectionKey> key) => key.ToTable("protection_keys");
}
