using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Tests.Messages;

public sealed class TemplateRulesTests
{
    [Theory]
    [InlineData(0, null, 0, 0)]
    [InlineData(70, null, 70, 1)]
    [InlineData(71, null, 71, 2)]
    [InlineData(134, null, 134, 2)]
    [InlineData(135, null, 135, 3)]
    [InlineData(64, "测试", 68, 1)]
    [InlineData(67, "测试", 71, 2)]
    public void A_text_message_is_counted_with_its_signature_by_70_and_67(int length, string? signature, int characters, int segments) =>
        Assert.Equal(new SmsLength(characters, segments), SmsSegments.Of(new string('字', length), signature));

    [Fact]
    public void A_signature_that_the_text_brings_is_not_counted_twice() => Assert.Equal(9, SmsSegments.Of("【测试】您好，再见", "测试").Characters);

    [Fact]
    public void Two_pieces_cost_twice() => Assert.Equal(90, SmsSegments.Of(new string('a', 71), null).CostMilli(45));

    [Fact]
    public void Every_shipped_template_keeps_the_rules_and_previews_without_a_problem()
    {
        Assert.Equal(13, ShippedTemplates.All.Select(t => t.Code).Distinct().Count());
        foreach (var shipped in ShippedTemplates.All)
        {
            Assert.Null(TemplateRules.Check(shipped));
            Assert.All(TemplateRules.Warnings(shipped.Content), w => Assert.True(w.Contains("示例编号", StringComparison.Ordinal) || w.Contains("拆成", StringComparison.Ordinal), $"{shipped.Code}: {w}"));
            var preview = TemplatePreview.Of(shipped.Content, TemplatePreview.Samples(shipped.Content), new SmsTerms("客户资料平台", 45));
            Assert.Null(preview.Problem);
            Assert.All(preview.Channels, c => Assert.True(c.Faults.Count == 0, $"{shipped.Code} {c.Channel}: {string.Join(' ', c.Faults)}"));
            Assert.All(preview.Channels, c => Assert.DoesNotContain("{{", c.Content.Text + c.Content.Html + c.Content.Subject, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var draft = new TemplateDraft("Bad Code", " ", MessageCategory.Notice, new TemplateContent(
            [new TemplateVariable("a b", "甲"), new TemplateVariable("x", "乙"), new TemplateVariable("x", "", VariableType.Money, Sample: "much")],
            [
                new ChannelVariant(MessageChannel.Sms, "text", "{{y}} {{open"), new ChannelVariant(MessageChannel.Sms, "text", "again"),
                new ChannelVariant(MessageChannel.Email, "html", "text", Html: "<script>alert(1)</script>"), new ChannelVariant(MessageChannel.WeCom, "fax", "x"),
            ]));
        var refused = TemplateRules.Check(draft)!;
        var codes = refused.Others.Prepend(refused).Select(r => r.Code).ToHashSet();
        Assert.Superset(new HashSet<string>
        {
            "messages.template_code", "messages.template_name", "messages.template_variable_name", "messages.template_variable_twice", "messages.template_variable_title",
            "messages.template_sample", "messages.template_text", "messages.template_variable_undeclared", "messages.template_channel_twice", "messages.template_variant",
        }, codes);
    }

    [Theory]
    [InlineData(MessageChannel.WeCom, "text", 683, true)]
    [InlineData(MessageChannel.WeCom, "text", 682, false)]
    [InlineData(MessageChannel.Sms, "text", 501, true)]
    [InlineData(MessageChannel.Sms, "text", 500, false)]
    [InlineData(MessageChannel.Feishu, "text", 10_241, true)]
    [InlineData(MessageChannel.Feishu, "text", 10_240, false)]
    public void A_text_longer_than_its_channel_takes_is_refused(MessageChannel channel, string form, int length, bool refused)
    {
        var draft = new TemplateDraft("long_one", "长", MessageCategory.Notice, new TemplateContent([], [new ChannelVariant(channel, form, new string('字', length))]));
        Assert.Equal(refused, TemplateRules.Check(draft) is not null);
    }

    [Fact]
    public void A_keyword_of_an_official_account_has_its_own_length()
    {
        TemplateDraft Of(string value) => new("keyword", "词", MessageCategory.Notice, new TemplateContent(
            [], [new ChannelVariant(MessageChannel.OfficialAccount, "template", "", ProviderTemplate: "T", Parameters: [new TemplateParameter("phrase3", value)])]));
        Assert.Null(TemplateRules.Check(Of("处理完成了")));
        Assert.Equal("messages.template_variant", TemplateRules.Check(Of("已经处理完成"))!.Code);
    }

    [Fact]
    public void An_unused_variable_and_a_missing_provider_template_are_warnings()
    {
        var content = new TemplateContent([new TemplateVariable("name", "称呼"), new TemplateVariable("spare", "备用")], [new ChannelVariant(MessageChannel.Sms, "text", "您好{{name}}")]);
        var warnings = TemplateRules.Warnings(content);
        Assert.Contains(warnings, w => w.Contains("spare", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("模板编号", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("没有对应的服务商参数", StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_that_looks_like_a_variable_or_like_markup_stays_what_it_is()
    {
        var content = new TemplateContent(
            [new TemplateVariable("name", "称呼"), new TemplateVariable("other", "其他", Required: false)],
            [
                new ChannelVariant(MessageChannel.Sms, "text", "您好{{name}}"), new ChannelVariant(MessageChannel.Email, "html", "您好{{name}}", Subject: "通知", Html: "<p>{{name}}</p>"),
                new ChannelVariant(MessageChannel.Feishu, "text", "您好{{name}}"),
            ]);
        var preview = TemplatePreview.Of(content, new Dictionary<string, string> { ["name"] = "{{other}}<b>", ["other"] = "secret" }, null);
        Assert.Equal("您好{{other}}<b>", preview.Channels[0].Content.Text);
        Assert.Equal("<p>{{other}}&lt;b&gt;</p>", preview.Channels[1].Content.Html);
        Assert.Equal("您好{{other}}＜b＞", preview.Channels[2].Content.Text);
        Assert.DoesNotContain("secret", string.Concat(preview.Channels.Select(c => c.Content.Text + c.Content.Html)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_preview_says_what_a_real_request_would_be_refused_with()
    {
        var content = new TemplateContent([new TemplateVariable("amount", "金额", VariableType.Money)], [new ChannelVariant(MessageChannel.Sms, "text", "{{amount}}元")]);
        Assert.Equal("messages.variable_missing", TemplatePreview.Of(content, new Dictionary<string, string>(), null).Problem!.Code);
        Assert.Equal("messages.variable_invalid", TemplatePreview.Of(content, new Dictionary<string, string> { ["amount"] = "much" }, null).Problem!.Code);
        Assert.Null(TemplatePreview.Of(content, new Dictionary<string, string> { ["amount"] = "12.50" }, null).Problem);
    }

    [Fact]
    public void Differences_name_the_part_that_changed()
    {
        var older = new TemplateContent([new TemplateVariable("a", "甲")], [new ChannelVariant(MessageChannel.Sms, "text", "旧")]);
        var newer = new TemplateContent([new TemplateVariable("a", "甲", Required: false)], [new ChannelVariant(MessageChannel.Sms, "text", "新"), new ChannelVariant(MessageChannel.InApp, "text", "新", Subject: "题")]);
        var found = TemplateDifferences.Of(older, newer);
        Assert.Contains(found, d => d is { What: "变量 a" });
        Assert.Contains(found, d => d is { What: "短信 · 正文", Before: "旧", After: "新" });
        Assert.Contains(found, d => d is { What: "站内通知 · 标题", Before: null, After: "题" });
        Assert.Empty(TemplateDifferences.Of(newer, newer));
    }
}
