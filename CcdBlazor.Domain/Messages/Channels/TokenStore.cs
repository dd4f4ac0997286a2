using System.Globalization;
using System.Security.Cryptography;
using CcdBlazor.Domain.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>
/// Tokens as rows, encrypted like identity numbers. The lock across nodes is a session lock and not a transaction: the work inside asks a provider
/// over the network, and an open transaction would hold back the clean-up of the whole database meanwhile.
/// </summary>
public sealed class TokenStore(NpgsqlDataSource source, FieldCipher cipher) : ITokenStore
{
    /// <summary>First half of the lock's key, so that it meets no other lock of the program. Arbitrary, never to change.</summary>
    private const int LockClass = 0x4343_5401;

    public async Task<AccessToken?> FindAsync(Guid accountId, CancellationToken ct) => (await ReadAsync(accountId, ct))?.Token;

    public async Task<T> AloneAsync<T>(Guid accountId, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        // Its end releases the lock, however it comes about: cancelled while it waited, or with the connection gone.
        await using var held = await connection.BeginTransactionAsync(ct);
        await using (var take = new NpgsqlCommand("select pg_advisory_xact_lock($1, hashtext($2))", connection, held))
        {
            take.Parameters.AddWithValue(LockClass);
            take.Parameters.AddWithValue(accountId.ToString("N"));
            await take.ExecuteNonQueryAsync(ct);
        }

        return await work(ct);
    }

    public async Task SaveAsync(Guid accountId, AccessToken token, CancellationToken ct)
    {
        await using var command = source.CreateCommand("""
            insert into message_access_tokens (account_id, cipher, issued_for, refresh_at, expires_at) values ($1, $2, $3, $4, $5)
            on conflict (account_id) do update set cipher = excluded.cipher, issued_for = excluded.issued_for,
                refresh_at = excluded.refresh_at, expires_at = excluded.expires_at
            """);
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(cipher.Encrypt(token.Value, Context(accountId)));
        command.Parameters.AddWithValue(token.IssuedFor);
        command.Parameters.AddWithValue(token.RefreshAt);
        command.Parameters.AddWithValue(token.ExpiresAt);
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task ExpireAsync(Guid accountId, string refusedValue, CancellationToken ct)
    {
        if (await ReadAsync(accountId, ct) is not (var token, var written) || token.Value != refusedValue)
            return;
        // Every encryption differs, so equal ciphers mean that nobody wrote in between.
        await using var command = source.CreateCommand("delete from message_access_tokens where account_id = $1 and cipher = $2");
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(written);
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<(AccessToken Token, string Cipher)?> ReadAsync(Guid accountId, CancellationToken ct)
    {
        await using var command = source.CreateCommand("select cipher, issued_for, refresh_at, expires_at from message_access_tokens where account_id = $1");
        command.Parameters.AddWithValue(accountId);
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            return null;
        var written = reader.GetString(0);
        try
        {
            var value = cipher.Decrypt(written, Context(accountId));
            return (new AccessToken(value, reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3)), written);
        }
        catch (Exception e) when (e is CryptographicException or MasterKeyMissingException)
        {
            return null; // A token can always be fetched anew.
        }
    }

    private static string Context(Guid accountId) => string.Create(CultureInfo.InvariantCulture, $"message-access-token:{accountId:N}");
}

/// <summary>The token of one account.</summary>
internal sealed class MessageAccessToken
{
    public required Guid AccountId { get; init; }

    public required string Cipher { get; init; }

    public required string IssuedFor { get; init; }

    public required DateTimeOffset RefreshAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

internal sealed class MessageAccessTokenMapping : IEntityTypeConfiguration<MessageAccessToken>
{
    public void Configure(EntityTypeBuilder<MessageAccessToken> token)
    {
        token.ToTable("message_access_tokens");
        token.HasKey(t => t.AccountId);
    }
}
