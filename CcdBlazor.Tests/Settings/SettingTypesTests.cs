using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Tests.Settings;

/// <summary>Types, bounds and words, without a database.</summary>
public class SettingTypesTests
{
    public static TheoryData<Setting, string, string, string> RoundTrips => new()
    {
        { SampleSettings.Rate, "80", "80", "80 条/秒" },
        { SampleSettings.Backlog, "9000000000", "9000000000", "9,000,000,000 条" },
        { SampleSettings.Share, "0.25", "0.25", "0.25" },
        { SampleSettings.Approval, " false ", "false", "关闭" },
        { SampleSettings.Window, "\"01:30:00\"", "\"01:30:00\"", "1 小时 30 分钟" },
        { SampleSettings.Signature, "\"我们的\\u516c\\u53f8\"", "\"我们的公司\"", "我们的公司" },
        { SampleSettings.Route, "\"InTurn\"", "\"InTurn\"", "轮流" },
        {
            SampleSettings.Lanes,
            """[{"wait":"00:00:02","channel":"邮件","workers":4,"on":false,"weight":2,"route":"Weighted"}]""",
            """[{"channel":"邮件","workers":4,"wait":"00:00:02","on":false,"weight":2,"route":"Weighted"}]""",
            "渠道 邮件，并发 4 个，等待 2 秒，启用 关闭，权重 2，方式 按权重"
        },
    };

    [Theory]
    [MemberData(nameof(RoundTrips))]
    public void Every_type_has_one_written_form_and_reads_it_back(Setting setting, string json, string written, string words)
    {
        var accepted = setting.Accept(json);
        Assert.True(accepted.Ok, accepted.Refusal?.Text);
        Assert.Equal(written, accepted.Value);
        Assert.Equal(written, setting.Accept(written).Value);
        Assert.Equal(words, setting.Words(written));
        Assert.Null(setting.Read(written).Refusal);
    }

    public static TheoryData<Setting, string, string> Refused => new()
    {
        { SampleSettings.Rate, "0", "setting.out_of_bounds" },
        { SampleSettings.Rate, "501", "setting.out_of_bounds" },
        { SampleSettings.Rate, "\"80\"", "setting.unreadable" },
        { SampleSettings.Rate, "1.5", "setting.unreadable" },
        { SampleSettings.Rate, "99999999999", "setting.unreadable" },
        { SampleSettings.Rate, "null", "setting.unreadable" },
        { SampleSettings.Rate, "", "setting.unreadable" },
        { SampleSettings.Rate, "80 90", "setting.unreadable" },
        { SampleSettings.Backlog, "-1", "setting.out_of_bounds" },
        { SampleSettings.Share, "1e999", "setting.out_of_bounds" },
        { SampleSettings.Share, "\"NaN\"", "setting.unreadable" },
        { SampleSettings.Approval, "1", "setting.unreadable" },
        { SampleSettings.Window, "\"2.00:00:00\"", "setting.out_of_bounds" },
        { SampleSettings.Window, "\"-00:00:01\"", "setting.out_of_bounds" },
        { SampleSettings.Window, "300", "setting.unreadable" },
        { SampleSettings.Window, "\"5\"", "setting.unreadable" },
        { SampleSettings.Signature, "\"短\"", "setting.out_of_bounds" },
        { SampleSettings.Signature, "\"一二三四五六七八九十一二三\"", "setting.out_of_bounds" },
        { SampleSettings.Signature, "\"有\\u0000零\"", "setting.out_of_bounds" },
        { SampleSettings.Signature, "\"【公司】\"", "setting.out_of_bounds" },
        { SampleSettings.Route, "\"Nearest\"", "setting.unreadable" },
        { SampleSettings.Route, "0", "setting.unreadable" },
        { SampleSettings.Lanes, "[]", "setting.out_of_bounds" },
        { SampleSettings.Lanes, "[null]", "setting.unreadable" },
        { SampleSettings.Lanes, """[{"channel":"邮件"}]""", "setting.unreadable" },
        { SampleSettings.Lanes, """[{"channel":null,"workers":4,"wait":"00:00:02","on":false,"weight":2,"route":"Weighted"}]""", "setting.unreadable" },
        { SampleSettings.Lanes, """[{"channel":"邮件","workers":4,"wait":"00:00:02","on":false,"weight":1e999,"route":"Weighted"}]""", "setting.unreadable" },
        { SampleSettings.Lanes, """[{"channel":"邮件","workers":4,"wait":"00:00:02","on":false,"weight":2,"route":"Weighted","more":1}]""", "setting.unreadable" },
        {
            SampleSettings.Lanes,
            """[{"channel":"邮件","workers":4,"wait":"00:00:02","on":false,"weight":2,"route":"Weighted"},{"channel":"邮件","workers":5,"wait":"00:00:02","on":false,"weight":2,"route":"Weighted"}]""",
            "setting.out_of_bounds"
        },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_does_not_fit_is_refused_in_words(Setting setting, string json, string code)
    {
        var accepted = setting.Accept(json);
        Assert.Equal(code, accepted.Refusal?.Code);
        Assert.Equal(setting.Key, accepted.Refusal!.Field);
        Assert.Contains(setting.Title, accepted.Refusal.Text);
    }

    [Theory]
    [InlineData(0, "0 秒")]
    [InlineData(250, "250 毫秒")]
    [InlineData(61_000, "1 分钟 1 秒")]
    [InlineData(-1_000, "负 1 秒")]
    [InlineData(90_000_000, "1 天 1 小时")]
    public void Spans_read_as_people_say_them(int milliseconds, string words) => Assert.Equal(words, SettingWords.Of(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void The_bounds_are_said_in_words()
    {
        Assert.Equal("范围：1 条/秒 至 500 条/秒。", SampleSettings.Rate.BoundsWords);
        Assert.Equal("范围：0 秒 至 1 天。", SampleSettings.Window.BoundsWords);
        Assert.Equal("可选：按权重、轮流。", SampleSettings.Route.BoundsWords);
        Assert.Equal("长度：2 至 12 个字。", SampleSettings.Signature.BoundsWords);
        Assert.Equal("行数：1 至 5 行。", SampleSettings.Lanes.BoundsWords);
    }

    public static TheoryData<Setting> Mistakes =>
    [
        Whole("sample.unbounded", bounds: null),
        Whole("sample.default_outside", bounds: (5, 10)),
        Whole("Sample.Case", bounds: (0, 10)),
        Whole("sample", bounds: (0, 10)),
        new Setting<SampleRoute>("sample.words_missing", SampleRoute.Weighted) { Group = "组", Title = "题", Description = "述", Allowed = [(SampleRoute.Weighted, "按权重")] },
    ];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_definition_that_makes_no_sense_stops_the_start(Setting mistaken) =>
        Assert.Throws<InvalidOperationException>(() => new SettingsCatalogue([mistaken]));

    [Fact]
    public void Two_settings_with_one_key_stop_the_start() =>
        Assert.Throws<InvalidOperationException>(() => new SettingsCatalogue([Whole("sample.twice", (0, 10)), Whole("sample.twice", (0, 10))]));

    [Fact]
    public void Differences_of_a_table_are_the_rows_that_came_and_went()
    {
        var (sms, mail) = (SampleSettings.Lanes.Default[0], SampleSettings.Lanes.Default[0] with { Channel = "邮件" });
        var after = Setting<IReadOnlyList<SampleLane>>.Json([sms, mail with { Workers = 20 }]);
        var lines = SettingDifferences.Of(SampleSettings.Lanes, Setting<IReadOnlyList<SampleLane>>.Json([sms, mail]), after);
        Assert.Equal(2, lines.Count);
        Assert.Contains("并发 10 个", lines[0].Before);
        Assert.Null(lines[0].After);
        Assert.Contains("并发 20 个", lines[1].After);
    }

    [Fact]
    public void A_reader_without_a_database_has_the_defaults_and_what_it_is_given()
    {
        using var reader = SettingsReader.Fixed(SampleSettings.All, (SampleSettings.Rate, "77"));
        Assert.Equal(77, reader.Get(SampleSettings.Rate));
        Assert.Equal(TimeSpan.FromMinutes(5), reader.Watch(SampleSettings.Window).Value);
    }

    private static Setting<int> Whole(string key, (int, int)? bounds) => new(key, 3) { Group = "组", Title = "题", Description = "述", Bounds = bounds };
}
