using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>What people call the parts of templates.</summary>
public static class TemplateWords
{
    public static string Of(MessageCategory category) => category switch
    {
        MessageCategory.Verification => "验证码",
        MessageCategory.Notice => "通知",
        MessageCategory.Marketing => "营销",
        _ => throw new ArgumentOutOfRangeException(nameof(category), category, null),
    };

    public static string Of(TemplateState state) => state switch
    {
        TemplateState.Draft => "草稿",
        TemplateState.Active => "使用中",
        TemplateState.Inactive => "已停用",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static string Of(VariableType type) => type switch
    {
        VariableType.Text => "文字",
        VariableType.Number => "数字",
        VariableType.Money => "金额",
        VariableType.Date => "日期",
        VariableType.DateTime => "时间",
        VariableType.Phone => "电话",
        VariableType.Url => "网址",
        VariableType.Code => "验证码",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The forms that a channel knows, the usual one first, with their words.</summary>
    public static IReadOnlyList<(string Form, string Words)> FormsOf(MessageChannel channel) => channel switch
    {
        MessageChannel.Email => [("html", "网页格式"), ("text", "纯文本")],
        MessageChannel.OfficialAccount => [("template", "模板消息"), ("subscribe", "订阅通知"), ("text", "客服消息")],
        MessageChannel.WeCom => [("text", "文本"), ("markdown", "Markdown"), ("textcard", "文本卡片")],
        MessageChannel.Feishu => [("text", "文本"), ("post", "富文本"), ("markdown", "卡片（Markdown）")],
        _ => [("text", "文本")],
    };

    public static string OfForm(MessageChannel channel, string form)
    {
        foreach (var (known, words) in FormsOf(channel))
            if (known == form)
                return words;
        return form;
    }
}
