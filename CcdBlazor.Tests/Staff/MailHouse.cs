using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CcdBlazor.Tests.Staff;

/// <summary>A message as it stands in the table.</summary>
internal sealed record StoredMessage(Guid Id, string Template, string Recipient, string Variables);

/// <summary>A house whose program can write mails; nothing delivers them, so a test reads them where they wait.</summary>
public sealed class MailHouse : IAsyncLifetime
{
    private string connection = "";
    private int people;

    internal ServiceProvider Services { get; private set; } = default!;

    internal StaffHouse.MovableClock Clock { get; } = new();

    internal StaffAccounts Accounts => Services.GetRequiredService<StaffAccounts>();

    internal PasswordRecovery Recovery => Services.GetRequiredService<PasswordRecovery>();

    internal StaffSignIn SignIn => Services.GetRequiredService<StaffSignIn>();

    internal StaffActor Administrator { get; private set; } = default!;

    /// <summary>Nothing while a test asks what happens without it.</summary>
    internal Uri? Address { get; set; } = new("https://ccd.test/");

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        Services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Clock).AddData(connection)
            .AddSingleton(new FieldCipher(new KeyRing(new KeyRingOptions(new Dictionary<string, byte[]> { ["test"] = new byte[32] }, "test", new byte[32]))))
            .AddSingleton(new PublicAddress(() => Address))
            .AddStaff().AddMessages()
            .Configure<PasswordHasherOptions>(o => o.IterationCount = 100)
            .BuildServiceProvider();
        await SchemaForTests.EnsureAsync(Services);
        await Services.GetRequiredService<SettingsReader>().LoadAsync(default);
        await Services.GetRequiredService<StaffSeed>().EnsureRolesAsync(default);
        await Services.GetRequiredService<TemplateSeed>().EnsureShippedAsync(default);
        await using (var db = Context())
        {
            db.Add(new ChannelAccount { Id = Guid.CreateVersion7(), Kind = "smtp", Channel = MessageChannel.Email, Name = "邮件", BaseAddress = "smtp://127.0.0.1:1", CreatedAt = Clock.GetUtcNow() });
            db.Announce(MessageTopics.Accounts);
            await db.SaveChangesAsync();
        }

        Administrator = (await AddAsync(null, ShippedRoles.Administrator)).Actor;
    }

    public async Task DisposeAsync()
    {
        await Services.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connection);
    }

    internal CcdDbContext Context() => Services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContext();

    internal async Task<(StaffActor Actor, string UserName)> AddAsync(string? email, params string[] roles)
    {
        var userName = $"mail{Interlocked.Increment(ref people)}x{Guid.NewGuid().ToString("N")[..6]}";
        var made = await Services.GetRequiredService<StaffSeed>().AddAsync(new StaffDraft { UserName = userName, Name = "王小明", Email = email }, roles, StaffHouse.Password, false, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        return ((await Services.GetRequiredService<StaffDirectory>().FindActorAsync(made.Value, null, null, default))!, userName);
    }

    internal static string NewAddress() => $"{Guid.NewGuid():N}@mail.test";

    /// <summary>The mails to one address, oldest first.</summary>
    internal async Task<List<StoredMessage>> MailsAsync(string address)
    {
        await using var command = Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "select m.id, t.code, m.recipient, m.variables from messages m join message_templates t on t.id = m.template_id where m.recipient = $1 order by m.id");
        command.Parameters.AddWithValue(address);
        var found = new List<StoredMessage>();
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            found.Add(new StoredMessage(rows.GetGuid(0), rows.GetString(1), rows.GetString(2), rows.GetString(3)));
        return found;
    }

    /// <summary>What the recipient of a message reads.</summary>
    internal Dictionary<string, string> Opened(StoredMessage message)
    {
        var values = JsonSerializer.Deserialize<Dictionary<string, string>>(message.Variables)!;
        Services.GetRequiredService<SealedVariables>().Open(values, message.Id);
        return values;
    }

    /// <summary>The token of the newest mail to an address.</summary>
    internal async Task<string> TokenAsync(string address)
    {
        var url = Opened((await MailsAsync(address))[^1])["url"];
        Assert.StartsWith("https://ccd.test/set-password/", url, StringComparison.Ordinal);
        return url[(url.LastIndexOf('/') + 1)..];
    }

    internal async Task<Refusal?> SignInRefusalAsync(string userName, string password) => (await SignIn.SignInAsync(userName, password, null, null, default)).Refusal;
}
