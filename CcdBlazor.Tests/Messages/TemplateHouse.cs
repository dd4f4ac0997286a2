using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Files;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Messages;

/// <summary>A database with templates, accounts and lists, without a running engine.</summary>
public sealed class TemplateHouse : IAsyncLifetime
{
    private string connection = "";

    internal ServiceProvider Services { get; private set; } = default!;

    internal TemplateService Templates => Services.GetRequiredService<TemplateService>();

    internal TemplateQueries Queries => Services.GetRequiredService<TemplateQueries>();

    internal ChannelAccountService Accounts => Services.GetRequiredService<ChannelAccountService>();

    internal ChannelAccountQueries AccountQueries => Services.GetRequiredService<ChannelAccountQueries>();

    internal BlockService Blocks => Services.GetRequiredService<BlockService>();

    internal ProbingProvider Sms { get; } = new("aliyun-sms", MessageChannel.Sms);

    internal static StaffActor Author { get; } = Staff("王编写", Permission.ManageTemplates);

    internal static StaffActor Second { get; } = Staff("李批准", Permission.ManageTemplates, Permission.ApproveTemplates);

    internal static StaffActor Clerk { get; } = Staff("张客服", Permission.EditCustomers, Permission.SendMessages);

    internal static StaffActor Keeper { get; } = Staff("赵渠道", Permission.ManageChannels, Permission.ViewAllCustomers);

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        var ring = KeyRings.With("one");
        Services = new ServiceCollection().AddLogging().AddData(connection)
            .AddSingleton(new FieldCipher(ring)).AddSingleton(new FieldHash(ring))
            .AddSingleton<IMessageProvider>(Sms)
            .AddStaff().AddProducts().AddCustomers().AddDocuments().AddMessages().BuildServiceProvider();
        await SchemaForTests.EnsureAsync(Services);
        await Services.GetRequiredService<SettingsReader>().LoadAsync(default);
    }

    public async Task DisposeAsync()
    {
        await Services.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connection);
    }

    internal async Task<CcdDbContext> DbAsync() => await Services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();

    internal static TemplateDraft Draft(string? code = null, string text = "您好{{name}}，您的订单已受理。") => new(
        code ?? $"t{Guid.NewGuid():N}", "订单", MessageCategory.Notice,
        new TemplateContent([new TemplateVariable("name", "称呼", Sample: "陈女士")], [new ChannelVariant(MessageChannel.Sms, "text", text, ProviderTemplate: "SMS_77", Parameters: [new TemplateParameter("name", "{{name}}")])]));

    internal async Task<TemplateDetail> CreatedAsync(TemplateDraft? draft = null)
    {
        var made = await Templates.CreateAsync(draft ?? Draft(), Author, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        return await ReadAsync(made.Value);
    }

    internal async Task<TemplateDetail> ReadAsync(Guid id, Actor? by = null) => (await Queries.FindAsync(id, by ?? Author, default)).Value;

    internal async Task SecondPersonAsync(bool needed)
    {
        var settings = Services.GetRequiredService<SettingsService>();
        await using var db = await DbAsync();
        var version = await db.Set<StoredSetting>().Where(s => s.Key == TemplateSettings.SecondPerson.Key).Select(s => (int?)s.Version).SingleOrDefaultAsync() ?? 0;
        if (Services.GetRequiredService<SettingsReader>().Get(TemplateSettings.SecondPerson) != needed)
            Assert.True((await settings.ChangeAsync(TemplateSettings.SecondPerson, needed, version, "测试", new SystemActor("test"), default)).Ok);
    }

    internal async Task<List<AuditEntry>> AuditAsync(Guid subject)
    {
        await using var db = await DbAsync();
        return await db.Set<AuditEntry>().Where(e => e.SubjectId == subject).OrderBy(e => e.Seq).ToListAsync();
    }

    internal static StaffActor Staff(string name, params Permission[] may) => new(Guid.CreateVersion7(), name, null, may.ToHashSet(), new HashSet<Guid>());
}

/// <summary>A client that only answers probes.</summary>
internal sealed class ProbingProvider(string kind, MessageChannel channel) : IMessageProvider
{
    /// <summary>The account as the last probe saw it.</summary>
    public ProviderAccount? Probed { get; private set; }

    public Func<CancellationToken, Task<ProbeResult>> Answer { get; set; } = _ => Task.FromResult(new ProbeResult(true));

    public string Kind => kind;

    public MessageChannel Channel => channel;

    public int LargestGroup => 1;

    public ResendRule Resend => ResendRule.CannotTell;

    public IReadOnlyList<AccountField> Fields { get; } =
        [new("AccessKeyId", "编号", false, true), new("AccessKeySecret", "密钥", true, true), new("SignName", "签名", false, true), new("ReceiptKey", "回执密钥", true, false)];

    public Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => throw new NotSupportedException();

    public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct)
    {
        Probed = account;
        return Answer(ct);
    }
}
