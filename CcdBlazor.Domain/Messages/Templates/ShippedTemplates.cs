using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>
/// The templates that come with the program; it sends through some of them itself. The codes are stable. Numbers of providers' templates are
/// placeholders (<see cref="IsPlaceholder"/>) until an administrator enters those that his providers approved.
/// </summary>
public static class ShippedTemplates
{
    public const string OrderCreated = "order_created";
    public const string ProgressUpdate = "progress_update";
    public const string FollowReminder = "follow_reminder";
    public const string VerificationCode = "verification_code";
    public const string DocumentRequest = "document_request";
    public const string PaymentReceived = "payment_received";
    public const string TicketUpdate = "ticket_update";
    public const string AccountNew = "account_new";
    public const string AccountReset = "account_reset";
    public const string CustomerAccountOpened = "customer_account_opened";
    public const string DailyReport = "daily_report";
    public const string SatisfactionRequest = "satisfaction_request";
    public const string MessageAlarm = "message_alarm";

    public static IReadOnlyList<TemplateDraft> All { get; } =
    [
        new(OrderCreated, "订单已受理", MessageCategory.Notice, new TemplateContent(
            [Name, new("order_no", "订单号", Sample: "DD-20261120-0018", MaxLength: 32), new("product", "产品", Sample: "个人信用贷", MaxLength: 20), new("amount", "金额", VariableType.Money, Sample: "200,000.00"), Link],
            [
                Sms("SMS_1001", "您好{{name}}，您的订单{{order_no}}（{{product}}，{{amount}}元）已受理，进度：{{url}}", "name", "order_no", "product", "amount", "url"),
                Mail("您的订单 {{order_no}} 已受理", "{{name}}，您好：\n您的订单 {{order_no}} 已受理。\n产品：{{product}}\n金额：{{amount}} 元\n查看进度：{{url}}",
                    "订单已受理", "{{name}}，您好：|您的订单 <strong>{{order_no}}</strong> 已受理，我们会尽快处理。|产品：{{product}}<br>金额：{{amount}} 元", "查看进度"),
                OfficialAccount("TPL_1001", "您的订单 {{order_no}} 已受理。", ("character_string1", "{{order_no}}"), ("thing2", "{{product}}"), ("amount3", "{{amount}}元")),
                WeCom("新订单", "{{name}} 的订单 {{order_no}} 已受理。\n产品：{{product}}\n金额：{{amount}} 元"),
                Feishu("订单 {{order_no}} 已受理", "客户：{{name}}\n产品：{{product}}\n金额：{{amount}} 元\n查看：{{url}}"),
                InApp("新订单 {{order_no}}", "{{name}}，{{product}}，{{amount}} 元"),
            ])),
        new(ProgressUpdate, "进度通知", MessageCategory.Notice, new TemplateContent(
            [Name, new("item", "事项", Sample: "贷款申请", MaxLength: 20), new("status", "进度", Sample: "审核中", MaxLength: 20), new("note", "说明", Sample: "资料已齐全，预计两个工作日内出结果", MaxLength: 100), Link],
            [
                Sms("SMS_1002", "您好{{name}}，您的{{item}}有新进展：{{status}}。{{note}}。详情：{{url}}", "name", "item", "status", "note", "url"),
                Mail("{{item}}：{{status}}", "{{name}}，您好：\n您的{{item}}有新进展：{{status}}。\n{{note}}\n详情：{{url}}",
                    "{{item}}有新进展", "{{name}}，您好：|您的{{item}}现在是：<strong>{{status}}</strong>|{{note}}", "查看详情"),
                OfficialAccount("TPL_1002", "{{item}}：{{status}}。", ("thing1", "{{item}}"), ("thing2", "{{status}}")),
                WeCom("进度通知", "{{name}} 的{{item}}：{{status}}\n{{note}}"),
                Feishu("{{item}}：{{status}}", "客户：{{name}}\n{{note}}\n详情：{{url}}"),
                InApp("{{item}}：{{status}}", "{{name}}：{{note}}"),
            ])),
        new(FollowReminder, "跟进提醒", MessageCategory.Notice, new TemplateContent(
            [new("name", "同事", Sample: "李经理", MaxLength: 20), new("customer", "客户", Sample: "陈嘉怡", MaxLength: 30), new("due", "时间", VariableType.DateTime, Sample: "2026-11-20 15:00"), new("content", "内容", Sample: "确认补充流水的时间", MaxLength: 200), Link],
            [
                Sms("SMS_1003", "{{name}}，请在{{due}}前跟进客户{{customer}}：{{content}}", "name", "customer", "due", "content"),
                Mail("跟进提醒：{{customer}}", "{{name}}，您好：\n请在 {{due}} 前跟进客户 {{customer}}。\n内容：{{content}}\n打开：{{url}}",
                    "跟进提醒", "{{name}}，您好：|请在 <strong>{{due}}</strong> 前跟进客户 <strong>{{customer}}</strong>。|内容：{{content}}", "打开客户"),
                new(MessageChannel.WeCom, "textcard", "时间：{{due}}\n内容：{{content}}", Subject: "跟进客户 {{customer}}", Url: "{{url}}"),
                Feishu("跟进客户 {{customer}}", "{{name}}，请在 {{due}} 前跟进。\n内容：{{content}}\n打开：{{url}}"),
                InApp("跟进客户 {{customer}}", "{{due}} 前：{{content}}"),
            ])),
        new(VerificationCode, "验证码", MessageCategory.Verification, new TemplateContent(
            [new("code", "验证码", VariableType.Code, Sample: "482913"), new("purpose", "用途", Sample: "登录", MaxLength: 10), new("minutes", "有效分钟数", VariableType.Number, Sample: "5")],
            [
                Sms("SMS_1004", "您的{{purpose}}验证码是{{code}}，{{minutes}}分钟内有效，请勿告诉他人。", "purpose", "code", "minutes"),
                new(MessageChannel.Email, "html", "您的{{purpose}}验证码是 {{code}}，{{minutes}} 分钟内有效，请勿告诉他人。", Subject: "您的{{purpose}}验证码", Html: Page("{{purpose}}验证码",
                    "您的验证码是：|<span style=\"font-size:28px;letter-spacing:4px\"><strong>{{code}}</strong></span>|{{minutes}} 分钟内有效，请勿告诉他人。如果不是您本人操作，请忽略这封邮件。", null)),
            ])),
        new(DocumentRequest, "补充资料", MessageCategory.Notice, new TemplateContent(
            [Name, new("items", "所缺资料", Sample: "身份证正面、近六个月银行流水", MaxLength: 200), new("due", "截止日期", VariableType.Date, Sample: "2026-11-27"), Link],
            [
                Sms("SMS_1005", "您好{{name}}，请在{{due}}前补充：{{items}}。点此用手机上传：{{url}}", "name", "due", "items", "url"),
                Mail("请补充办理所需的资料", "{{name}}，您好：\n办理还缺以下资料，请在 {{due}} 前补充：\n{{items}}\n用手机或电脑上传：{{url}}",
                    "请补充资料", "{{name}}，您好：|办理还缺以下资料，请在 <strong>{{due}}</strong> 前补充：|{{items}}", "上传资料"),
                OfficialAccount("TPL_1005", "请在 {{due}} 前补充资料。", ("date1", "{{due}}"), ("thing2", "点此查看并上传所缺资料")),
                WeCom("补充资料", "{{name}}，您好：请在 {{due}} 前补充：{{items}}\n<a href=\"{{url}}\">点此上传</a>"),
                Feishu("补充资料", "{{name}}，您好：请在 {{due}} 前补充：{{items}}\n上传：{{url}}"),
            ])),
        new(PaymentReceived, "收款通知", MessageCategory.Notice, new TemplateContent(
            [Name, new("amount", "金额", VariableType.Money, Sample: "3,680.00"), new("order_no", "订单号", Sample: "DD-20261120-0018", MaxLength: 32), new("time", "时间", VariableType.DateTime, Sample: "2026-11-20 14:05")],
            [
                Sms("SMS_1006", "您好{{name}}，已于{{time}}收到您订单{{order_no}}的款项{{amount}}元，谢谢。", "name", "time", "order_no", "amount"),
                new(MessageChannel.Email, "html", "{{name}}，您好：\n已于 {{time}} 收到您订单 {{order_no}} 的款项 {{amount}} 元，谢谢。", Subject: "已收到您的款项 {{amount}} 元", Html: Page("已收到款项",
                    "{{name}}，您好：|已于 {{time}} 收到您订单 <strong>{{order_no}}</strong> 的款项 <strong>{{amount}} 元</strong>，谢谢。", null)),
                OfficialAccount("TPL_1006", "已收到款项 {{amount}} 元。", ("amount1", "{{amount}}元"), ("character_string2", "{{order_no}}"), ("time3", "{{time}}")),
                WeCom("收款", "{{name}}，订单 {{order_no}}，收到 {{amount}} 元（{{time}}）"),
                Feishu("收款 {{amount}} 元", "客户：{{name}}\n订单：{{order_no}}\n时间：{{time}}"),
                InApp("收款 {{amount}} 元", "{{name}}，订单 {{order_no}}，{{time}}"),
            ])),
        new(TicketUpdate, "工单进展", MessageCategory.Notice, new TemplateContent(
            [Name, new("ticket_no", "工单号", Sample: "AS20261120140501", MaxLength: 32), new("title", "问题", Sample: "无法登录网银", MaxLength: 20), new("status", "状态", Sample: "处理中", MaxLength: 5), new("note", "说明", Sample: "工程师将在两小时内联系您", MaxLength: 100), Link],
            [
                Sms("SMS_1007", "您好{{name}}，您的工单{{ticket_no}}（{{title}}）{{status}}：{{note}}。详情：{{url}}", "name", "ticket_no", "title", "status", "note", "url"),
                Mail("工单 {{ticket_no}}：{{status}}", "{{name}}，您好：\n您的工单 {{ticket_no}}（{{title}}）现在是：{{status}}。\n{{note}}\n详情：{{url}}",
                    "工单有新进展", "{{name}}，您好：|您的工单 <strong>{{ticket_no}}</strong>（{{title}}）现在是：<strong>{{status}}</strong>|{{note}}", "查看工单"),
                OfficialAccount("TPL_1007", "工单 {{ticket_no}}：{{status}}。", ("character_string1", "{{ticket_no}}"), ("thing2", "{{title}}"), ("phrase3", "{{status}}")),
                new(MessageChannel.WeCom, "textcard", "{{name}}：{{title}}\n{{note}}", Subject: "工单 {{ticket_no}} {{status}}", Url: "{{url}}"),
                Feishu("工单 {{ticket_no}} {{status}}", "客户：{{name}}\n问题：{{title}}\n{{note}}\n详情：{{url}}"),
                InApp("工单 {{ticket_no}} {{status}}", "{{name}}：{{title}}。{{note}}"),
            ])),
        new(AccountNew, "开通账号", MessageCategory.Verification, new TemplateContent(
            [Name, new("user_name", "登录名", Sample: "chen.jiayi", MaxLength: 64), new("hours", "有效小时数", VariableType.Number, Sample: "24"), Link],
            [
                Mail("您的账号已开通", "{{name}}，您好：\n您的账号已开通，登录名：{{user_name}}。\n请在 {{hours}} 小时内打开下面的地址设置密码：\n{{url}}",
                    "账号已开通", "{{name}}，您好：|您的账号已开通，登录名：<strong>{{user_name}}</strong>|请在 {{hours}} 小时内点击下面的按钮设置密码。", "设置密码"),
                Sms("SMS_1008", "{{name}}，您的账号{{user_name}}已开通，请在{{hours}}小时内设置密码：{{url}}", "name", "user_name", "hours", "url"),
                WeCom("账号已开通", "{{name}}，您的账号已开通，登录名：{{user_name}}。请在 {{hours}} 小时内<a href=\"{{url}}\">设置密码</a>"),
            ])),
        new(AccountReset, "重置密码", MessageCategory.Verification, new TemplateContent(
            [Name, new("hours", "有效小时数", VariableType.Number, Sample: "24"), Link],
            [
                Mail("重置您的密码", "{{name}}，您好：\n请在 {{hours}} 小时内打开下面的地址重新设置密码：\n{{url}}\n如果不是您本人申请，请忽略这封邮件，并告诉管理员。",
                    "重置密码", "{{name}}，您好：|请在 {{hours}} 小时内点击下面的按钮重新设置密码。|如果不是您本人申请，请忽略这封邮件，并告诉管理员。", "重新设置密码"),
                Sms("SMS_1009", "{{name}}，请在{{hours}}小时内重新设置密码：{{url}} 非本人申请请忽略。", "name", "hours", "url"),
                WeCom("重置密码", "{{name}}，请在 {{hours}} 小时内<a href=\"{{url}}\">重新设置密码</a>。如果不是您本人申请，请告诉管理员。"),
            ])),
        new(CustomerAccountOpened, "客户账号开通", MessageCategory.Notice, new TemplateContent(
            [Name, new("mobile", "登录手机号", Sample: "138****8000", MaxLength: 11), Link],
            [
                Sms("SMS_1010", "您好{{name}}，您的客户账号已开通，用手机号{{mobile}}和短信验证码登录，查看办理进度和所缺资料：{{url}}", "name", "mobile", "url"),
                Mail("您的客户账号已开通", "{{name}}，您好：\n您的客户账号已开通，用手机号 {{mobile}} 和短信验证码登录，就能查看办理进度、所缺资料和您的客户经理：\n{{url}}",
                    "客户账号已开通", "{{name}}，您好：|您的客户账号已开通。用手机号 <strong>{{mobile}}</strong> 和短信验证码登录，就能查看办理进度、所缺资料和您的客户经理。", "去登录"),
            ])),
        new(DailyReport, "消息日报", MessageCategory.Notice, new TemplateContent(
            [new("date", "日期", VariableType.Date, Sample: "2026-11-19"), new("sent", "发送", VariableType.Money, Sample: "12,480"), new("rate", "成功率", Sample: "99.2%", MaxLength: 10), new("failed", "失败", VariableType.Money, Sample: "96"), new("p95", "耗时 p95", Sample: "1.8 秒", MaxLength: 20), new("details", "各渠道", Sample: "短信 8,200（98.9%）；邮件 3,100（99.8%）", MaxLength: 300), Link],
            [
                Mail("消息日报 {{date}}：发送 {{sent}}，成功率 {{rate}}", "{{date}} 共发送 {{sent}} 条，成功率 {{rate}}，失败 {{failed}} 条，耗时 p95 {{p95}}。\n{{details}}\n详情：{{url}}",
                    "消息日报 {{date}}", "发送 <strong>{{sent}}</strong> 条，成功率 <strong>{{rate}}</strong>，失败 {{failed}} 条，耗时 p95 {{p95}}。|{{details}}", "查看监控"),
                WeCom("消息日报", "{{date}} 消息日报：发送 {{sent}}，成功率 {{rate}}，失败 {{failed}}，p95 {{p95}}\n{{details}}"),
                Feishu("消息日报 {{date}}", "发送 {{sent}}，成功率 {{rate}}，失败 {{failed}}，p95 {{p95}}\n{{details}}\n{{url}}"),
                InApp("消息日报 {{date}}", "发送 {{sent}}，成功率 {{rate}}，失败 {{failed}}"),
            ])),
        new(SatisfactionRequest, "服务评价", MessageCategory.Notice, new TemplateContent(
            [Name, Link],
            [
                Sms("SMS_1011", "您好{{name}}，您的申请已审结，请用半分钟评价我们的服务：{{url}}", "name", "url"),
                Mail("请评价我们的服务", "{{name}}，您好：\n您的申请已审结，请用半分钟评价我们的服务：\n{{url}}", "请评价我们的服务", "{{name}}，您好：|您的申请已审结，请用半分钟评价我们的服务。", "去评价"),
            ])),
        new(MessageAlarm, "消息平台报警", MessageCategory.Notice, new TemplateContent(
            [new("time", "时间", VariableType.DateTime, Sample: "2026-11-20 14:05"), new("summary", "摘要", Sample: "1 项新报警，1 项已恢复", MaxLength: 60), new("details", "详情", Sample: "短信最久的消息已等待 8 分 10 秒（上限 5 分 0 秒），账号限额已用完"), Link],
            [
                InApp("消息平台：{{summary}}", "{{time}} {{details}}") with { Url = "/messages/monitor" },
                Mail("消息平台：{{summary}}", "{{time}} {{summary}}\n{{details}}\n详情：{{url}}", "消息平台：{{summary}}", "{{time}}|{{details}}", "查看监控"),
            ])),
    ];

    private static TemplateVariable Name => new("name", "称呼", Sample: "陈女士", MaxLength: 30);

    private static TemplateVariable Link => new("url", "链接", VariableType.Url, Sample: "https://ccd.example.com/u/7Kq2");

    /// <summary>True for the codes that came with the program.</summary>
    public static bool Has(string code) => All.Any(t => t.Code == code);

    /// <summary>True for a provider's template number that stands for one still to be entered.</summary>
    public static bool IsPlaceholder(string? providerTemplate) => providerTemplate is { Length: 8 } text && (text.StartsWith("SMS_10", StringComparison.Ordinal) || text.StartsWith("TPL_10", StringComparison.Ordinal));

    private static ChannelVariant Sms(string number, string text, params string[] parameters) =>
        new(MessageChannel.Sms, "text", text, ProviderTemplate: number, Parameters: [.. parameters.Select(p => new TemplateParameter(p, $"{{{{{p}}}}}"))]);

    private static ChannelVariant Mail(string subject, string text, string heading, string paragraphs, string button) =>
        new(MessageChannel.Email, "html", text, Subject: subject, Html: Page(heading, paragraphs, button));

    private static ChannelVariant OfficialAccount(string number, string text, params (string Name, string Text)[] keywords) =>
        new(MessageChannel.OfficialAccount, "template", text, ProviderTemplate: number, Parameters: [.. keywords.Select(k => new TemplateParameter(k.Name, k.Text))]);

    private static ChannelVariant WeCom(string subject, string text) => new(MessageChannel.WeCom, "text", text, Subject: subject);

    private static ChannelVariant Feishu(string subject, string text) => new(MessageChannel.Feishu, "post", text, Subject: subject);

    private static ChannelVariant InApp(string subject, string text) => new(MessageChannel.InApp, "text", text, Subject: subject);

    /// <summary>Mail programs know little CSS: a plain frame with styles at the elements.</summary>
    private static string Page(string heading, string paragraphs, string? button) =>
        $"""
        <div style="max-width:560px;margin:0 auto;padding:24px;font-family:'PingFang SC','Microsoft YaHei',sans-serif;color:#1f2937;line-height:1.7">
        <h2 style="margin:0 0 16px;font-size:20px">{heading}</h2>
        {string.Join('\n', paragraphs.Split('|').Select(p => $"<p style=\"margin:0 0 12px\">{p}</p>"))}
        {(button is null ? "" : $"<p style=\"margin:20px 0\"><a href=\"{{{{url}}}}\" style=\"display:inline-block;padding:10px 22px;background:#1d5fd0;color:#ffffff;text-decoration:none;border-radius:6px\">{button}</a></p>")}
        <p style="margin:24px 0 0;font-size:12px;color:#6b7280">这是系统自动发送的邮件，请勿直接回复。</p>
        </div>
        """;
}
