using System.Text;
using System.Text.Json;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Api;

public sealed class ReceiptApiTests(ApiWorld world) : IClassFixture<ApiWorld>
{
    [Fact]
    public async Task A_genuine_receipt_is_applied_once_however_often_it_comes()
    {
        var (node, account, id) = await SentAsync();
        Assert.Equal((200, "ok"), await ReportAsync(node, account, "geheim", id, delivered: true));
        Assert.Equal(4, await world.ScalarAsync<short>("select state from messages where id = $1", id));
        Assert.Equal((200, "ok"), await ReportAsync(node, account, "geheim", id, delivered: true));
        // Late and the other way round: the first word counts.
        Assert.Equal((200, "ok"), await ReportAsync(node, account, "geheim", id, delivered: false));
        Assert.Equal(4, await world.ScalarAsync<short>("select state from messages where id = $1", id));
        Assert.Equal(1, await world.ScalarAsync<long>("select sum(n)::bigint from message_minutes where account = $1 and result in (104, 105)", account));
        Assert.Equal(3, await world.ScalarAsync<long>("select count(*) from message_traces where message_id = $1 and node = 3", id));
    }

    [Fact]
    public async Task A_forged_receipt_changes_nothing_and_learns_nothing()
    {
        var (node, account, id) = await SentAsync();
        var wrong = await ReportAsync(node, account, "geraten", id, delivered: false);
        Assert.Equal(401, wrong.Status);
        Assert.Equal(wrong, await ReportAsync(node, 60_000, "geheim", id, delivered: false));
        Assert.Equal(wrong.Status, (await ReportAsync(node, account, "geheim", id, delivered: false, body: "{")).Status);
        Assert.Equal(3, await world.ScalarAsync<short>("select state from messages where id = $1", id));
        Assert.Equal(413, (await ReportAsync(node, account, "geheim", id, delivered: false, body: new string(' ', 2_000_000))).Status);
    }

    private async Task<(ApiNode Node, int Account, Guid Message)> SentAsync()
    {
        var node = await world.StartNodeAsync(new ReportingProvider());
        await using (var db = await node.Get<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync())
        {
            foreach (var before in await db.ChannelAccounts.ToListAsync())
                before.Enabled = false;
            db.ChannelAccounts.Add(new ChannelAccount
            {
                Id = Guid.CreateVersion7(), Kind = "reporting", Channel = MessageChannel.Push, Name = "推送", BaseAddress = "http://127.0.0.1:1/", CreatedAt = DateTimeOffset.UtcNow,
                SecretsCipher = node.Get<FieldCipher>().Encrypt("""{"Secret":"geheim"}""", AccountBook.SecretsContext),
            });
            db.Announce(MessageTopics.Accounts);
            await db.SaveChangesAsync();
        }

        var client = await world.ClientAsync(node: node);
        // Urgent, so that the wall clock does not decide whether a test meets quiet hours.
        var sent = await client.SendAsync($$$"""{"template":"{{{world.Template}}}","channel":"push","recipient":"{{{Guid.NewGuid():N}}}","variables":{"name":"x"},"urgent":true,"priority":10}""");
        Assert.True(sent.Status == 202, sent.ToString());
        await Eventually.TrueAsync(async () => await world.ScalarAsync<short>("select state from messages where id = $1", sent.Id) == 3);
        return (node, await world.ScalarAsync<int>("select account from messages where id = $1", sent.Id), sent.Id);
    }

    private static async Task<(int Status, string Body)> ReportAsync(ApiNode node, int account, string secret, Guid id, bool delivered, string? body = null)
    {
        using var http = new HttpClient { BaseAddress = node.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/api/messages/receipts/{account}?key={secret}", UriKind.Relative))
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body ?? $$"""{"id":"{{id}}","delivered":{{(delivered ? "true" : "false")}}}""")),
        };
        using var answer = await http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Accepts everything, and reads receipts that know the account's secret.</summary>
    private sealed class ReportingProvider : IMessageProvider, IReceiptReader
    {
        public string Kind => "reporting";

        public MessageChannel Channel => MessageChannel.Push;

        public int LargestGroup => 100;

        public ResendRule Resend => ResendRule.RecognisesOurId;

        public Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
            Task.FromResult<IReadOnlyList<SendOutcome>>([.. group.Select(m => new SendOutcome(m.Id, SendResult.Accepted, ProviderId: m.Id.ToString("N")))]);

        public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => SendAsync(account, group, ct);

        public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => Task.FromResult(new ProbeResult(true));

        public ReceiptRequest? Read(ProviderAccount account, IReadOnlyDictionary<string, string> query, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body)
        {
            if (query.GetValueOrDefault("key") != account["Secret"])
                return null;
            using var json = JsonDocument.Parse(body);
            return new ReceiptRequest(
                [new DeliveryReceipt(json.RootElement.GetProperty("id").GetGuid(), null, json.RootElement.GetProperty("delivered").GetBoolean(), null, null, null, DateTimeOffset.UtcNow)], "ok", "text/plain");
        }
    }
}
