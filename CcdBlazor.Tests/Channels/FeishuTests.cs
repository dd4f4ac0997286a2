using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Simulator;
using static CcdBlazor.Tests.Channels.ChannelWorld;

namespace CcdBlazor.Tests.Channels;

public sealed class FeishuTests : IClassFixture<ChannelWorld>
{
    private const string Emoji = "您好 <b>&</b> 😀 \"引号\" \\n\n第二行";

    private readonly ChannelWorld world;
    private readonly FeishuBotProvider bot;
    private readonly FeishuAppProvider app;

    public FeishuTests(ChannelWorld world)
    {
        this.world = world;
        world.Reset();
        (bot, app) = (world.Provider<FeishuBotProvider>(), world.Provider<FeishuAppProvider>());
    }

    /// <summary>openssl dgst -sha256 -mac HMAC with the key "1599360473\ndemo" over nothing.</summary>
    [Fact]
    public void Time_and_secret_are_the_key_and_the_message_is_empty() =>
        Assert.Equal("l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=", FeishuBotProvider.Sign("demo", 1599360473));

    [Theory]
    [InlineData("text")]
    [InlineData("post")]
    [InlineData("markdown")]
    public async Task What_a_person_reads_is_what_was_written(string form)
    {
        var (toBot, toPerson) = (Form(form, "", Emoji, "标题 😀"), Form(form, "ou_1", Emoji, "标题 😀"));
        Assert.Equal(SendResult.Accepted, Assert.Single(await bot.SendAsync(world.FeishuBot(), [toBot], CancellationToken.None)).Result);
        var outcome = Assert.Single(await app.SendAsync(world.FeishuApp(), [toPerson], CancellationToken.None));
        Assert.StartsWith("om_", outcome.ProviderId, StringComparison.Ordinal);
        Assert.Equal((Emoji, Emoji), (Assert.Single(world.Seen(Kinds.FeishuBot)).Text, Assert.Single(world.Seen(Kinds.FeishuApp)).Text));
        if (form != "text")
            Assert.Equal("标题 😀", world.Seen(Kinds.FeishuApp)[0].Title);
    }

    [Fact]
    public async Task The_same_id_again_is_shown_once()
    {
        var (account, message) = (world.FeishuApp(), Form("text", "ou_1", "x"));
        await app.SendAsync(account, [message], CancellationToken.None);
        Assert.Equal(SendResult.Accepted, Assert.Single(await app.SendAsync(account, [message], CancellationToken.None)).Result);
        Assert.Equal((1, 1, message.Id.ToString("N")), (world.Counts(Kinds.FeishuApp).Shown, world.Counts(Kinds.FeishuApp).Repeats, world.Seen(Kinds.FeishuApp)[0].Id));
    }

    [Fact]
    public async Task The_provider_says_until_when_it_pushes_back()
    {
        world.Script(new ScriptRule { Kind = Kinds.FeishuApp, Operation = "im/messages", Action = "throttle", Seconds = 40 });
        var outcome = Assert.Single(await app.SendAsync(world.FeishuApp(), [Form("text", "ou_1", "x")], CancellationToken.None));
        Assert.Equal((FailureClass.Throttled, "99991400", false), (outcome.Failure!.Value, outcome.Code, outcome.RecipientOnly));
        Assert.InRange(outcome.RetryAt!.Value - world.Clock.GetUtcNow(), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(41));
    }

    [Fact]
    public async Task Five_a_second_to_one_person_and_from_one_bot()
    {
        var account = world.FeishuApp();
        // All within a second of the clock, which stands still between the calls only in our imagination: wide limits, same rules.
        world.World.Limits.Replace(Kinds.FeishuApp, [new LimitRule(Kinds.FeishuApp, "recipient", 3600, 5, "230020")]);
        world.World.Limits.Replace(Kinds.FeishuBot, [new LimitRule(Kinds.FeishuBot, "account", 3600, 5, "11232", "call")]);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(SendResult.Accepted, Assert.Single(await app.SendAsync(account, [Form("text", "ou_1", $"{i}")], CancellationToken.None)).Result);
            Assert.Equal(SendResult.Accepted, Assert.Single(await bot.SendAsync(world.FeishuBot(), [Form("text", "", $"{i}")], CancellationToken.None)).Result);
        }

        var person = Assert.Single(await app.SendAsync(account, [Form("text", "ou_1", "6")], CancellationToken.None));
        Assert.Equal((FailureClass.Throttled, "230020", true), (person.Failure!.Value, person.Code, person.RecipientOnly));
        Assert.Equal(SendResult.Accepted, Assert.Single(await app.SendAsync(account, [Form("text", "ou_2", "1")], CancellationToken.None)).Result);
        var group = Assert.Single(await bot.SendAsync(world.FeishuBot(), [Form("text", "", "6")], CancellationToken.None));
        Assert.Equal((FailureClass.Throttled, "11232", false), (group.Failure!.Value, group.Code, group.RecipientOnly));
    }

    [Theory]
    [InlineData("230013", FailureClass.InvalidRecipient)]
    [InlineData("230028", FailureClass.Rejected)]
    [InlineData("99991672", FailureClass.Credentials)]
    public async Task Codes_have_their_class(string code, FailureClass expected)
    {
        world.Script(new ScriptRule { Kind = Kinds.FeishuApp, Operation = "im/messages", Action = "error", Code = code });
        Assert.Equal((expected, code), Assert.Single(await app.SendAsync(world.FeishuApp(), [Form("text", "ou_1", "x")], CancellationToken.None)) is var o ? (o.Failure!.Value, o.Code) : default);
    }

    [Fact]
    public async Task A_bot_with_a_wrong_secret_and_a_message_that_is_too_long_are_refused()
    {
        Assert.Equal("19021", Assert.Single(await bot.SendAsync(world.FeishuBot("other"), [Form("text", "", "x")], CancellationToken.None)).Code);
        Assert.Equal(FailureClass.Rejected, Assert.Single(await bot.SendAsync(world.FeishuBot(), [Form("text", "", new string('长', 7000))], CancellationToken.None)).Failure);
        Assert.True((await bot.ProbeAsync(world.FeishuBot(), CancellationToken.None)).Usable);
        Assert.False((await bot.ProbeAsync(world.FeishuBot("other"), CancellationToken.None)).Usable);
        Assert.Equal("10014", Assert.Single(await app.SendAsync(world.FeishuApp("other"), [Form("text", "ou_1", "x")], CancellationToken.None)).Code);
    }

    [Theory]
    [InlineData("ou_1", "open_id")]
    [InlineData("oc_1", "chat_id")]
    [InlineData("on_1", "union_id")]
    [InlineData("a@b.cn", "email")]
    [InlineData("zhangsan", "user_id")]
    public void Ids_say_what_they_are(string recipient, string type) => Assert.Equal(type, FeishuAppProvider.IdTypeOf(recipient));
}
