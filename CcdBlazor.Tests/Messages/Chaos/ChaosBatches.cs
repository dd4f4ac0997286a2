using System.Text.Json;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Files;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Messages.Chaos;

/// <summary>Accounts, a template and one running batch per provider, in the house that the programs opened; or that part of their recipients.</summary>
internal static class ChaosBatches
{
    private const int Push = 7_700;
    private const int Sms = 1_800;
    private const int Mail = 500;

    public const int Total = Push + Sms + Mail;

    public static async Task<Dictionary<string, (Guid Batch, short Channel)>> BeginAsync(string connectionString, string folder, SimulatorServer simulator, int part = 1)
    {
        await using var services = new ServiceCollection().AddLogging()
            .AddData(connectionString)
            .AddFiles(KeyRingFile.Load(new ConfigurationBuilder().Build(), folder, mustBeConfigured: false), new UploadOptions(Path.Combine(folder, "uploads")))
            .AddMessages().BuildServiceProvider();
        // The programs have looked for accounts already, and learn of these as they would of another node's.
        using var stop = new CancellationTokenSource();
        var relaying = services.GetRequiredService<ChangeRelay>().RunAsync(stop.Token);
        await Eventually.TrueAsync(() => services.GetRequiredService<ChangeRelay>().Listening, TimeSpan.FromMinutes(1));
        var cipher = services.GetRequiredService<FieldCipher>();
        string Secret(string name, string value) => cipher.Encrypt(JsonSerializer.Serialize(new Dictionary<string, string> { [name] = value }), AccountBook.SecretsContext);
        var now = DateTimeOffset.UtcNow;
        var template = new MessageTemplate
        {
            Id = Guid.CreateVersion7(), Code = "chaos", Name = "测试", Category = MessageCategory.Notice, State = TemplateState.Active, ActiveVersion = 1, CreatedAt = now, ChangedAt = now,
        };
        // The quotas stretch the sending over some thirty seconds, so that the blows fall into it.
        ChannelAccount[] accounts =
        [
            new ChannelAccount
            {
                Id = Guid.CreateVersion7(), Kind = "push-webhook", Channel = MessageChannel.Push, Name = "推送", BaseAddress = simulator.Address.ToString(), CreatedAt = now,
                Values = new() { ["KeyId"] = "sim-push" }, SecretsCipher = Secret("Secret", "sim-push-secret"), Limits = [new QuotaRule(1, 400)],
            },
            new ChannelAccount
            {
                Id = Guid.CreateVersion7(), Kind = "aliyun-sms", Channel = MessageChannel.Sms, Name = "短信", BaseAddress = simulator.Address.ToString(), CreatedAt = now,
                Values = new() { ["AccessKeyId"] = "sim-aliyun-id", ["SignName"] = "测试" }, SecretsCipher = Secret("AccessKeySecret", "sim-aliyun-secret"), Limits = [new QuotaRule(1, 90)],
            },
            new ChannelAccount
            {
                Id = Guid.CreateVersion7(), Kind = "smtp", Channel = MessageChannel.Email, Name = "邮件", BaseAddress = $"smtp://127.0.0.1:{simulator.Mail.StartTlsPort}", CreatedAt = now,
                Values = new() { ["From"] = "notice@sim.test", ["UserName"] = "notice@sim.test", ["PinnedCertificate"] = simulator.Mail.Thumbprint },
                SecretsCipher = Secret("Password", "sim-smtp-password"), Limits = [new QuotaRule(1, 25)],
            },
        ];
        var content = new TemplateContent(
            [new TemplateVariable("name", "称呼")],
            [
                new ChannelVariant(MessageChannel.Push, "text", "您好，{{name}}。", Subject: "通知"),
                new ChannelVariant(MessageChannel.Sms, "text", "您好，{{name}}。", ProviderTemplate: "SMS_1001", Parameters: [new TemplateParameter("name", "{{name}}")]),
                new ChannelVariant(MessageChannel.Email, "text", "您好，{{name}}。", Subject: "通知"),
            ]);
        await using (var db = await services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync())
        {
            db.MessageTemplates.Add(template);
            db.TemplateVersions.Add(new TemplateVersion { Id = Guid.CreateVersion7(), TemplateId = template.Id, Number = 1, Content = content, AuthorName = "测试", CreatedAt = now });
            db.ChannelAccounts.AddRange(accounts);
            db.Announce(MessageTopics.Accounts);
            db.Announce(MessageTopics.Templates);
            await db.SaveChangesAsync();
        }

        var batches = new Dictionary<string, (Guid, short)>();
        foreach (var (kind, channel, count, recipient) in new (string, MessageChannel, int, Func<int, string>)[]
        {
            ("push-webhook", MessageChannel.Push, Push, i => $"device-{i}"),
            ("aliyun-sms", MessageChannel.Sms, Sms, i => $"138{i:D8}"),
            ("smtp", MessageChannel.Email, Mail, i => $"person{i}@example.com"),
        })
        {
            var rows = Enumerable.Range(0, count / part).Select(i => new BatchRecipient(recipient(i), new Dictionary<string, string> { ["name"] = $"第{i}位" })).ToList();
            // Urgent, so that the hour of the day does not matter.
            var made = await services.GetRequiredService<BatchService>().CreateAsync(
                new BatchDraft { Name = kind, Template = "chaos", Channel = channel, Start = true, Urgent = true }, rows, new MessageCaller(null, new SystemActor("test")), null, default);
            Assert.True(made.Ok, made.Refusal?.Code);
            batches[kind] = (made.Value.Id!.Value, (short)channel);
        }

        await stop.CancelAsync();
        await relaying;
        return batches;
    }
}
