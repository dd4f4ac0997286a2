namespace CcdBlazor.Api;

/// <summary>A field of a request or answer, for the page that explains the interface.</summary>
internal sealed record ApiField(string Name, string Type, bool Required, string Words);

/// <summary>An endpoint as its page explains it.</summary>
/// <param name="Anchor">The same in <c>docs/api.md</c>.</param>
/// <param name="Example">A complete command; the same in <c>docs/api.md</c>.</param>
internal sealed record ApiChapter(string Anchor, string Title, string Method, string Path, string? Scope, string Words, IReadOnlyList<ApiField> Fields, string Example, string Answer);

/// <summary>What the interface offers, in Chinese for the page; <c>docs/api.md</c> says the same in English with the same examples.</summary>
internal static class ApiReference
{
    public static IReadOnlyList<ApiChapter> Chapters { get; } =
    [
        new("send", "发送一条消息", "POST", "/api/messages/send", "messages.send",
            "校验通过并写入数据库后才返回 202：此后消息不会丢失。同一个 Idempotency-Key（1 到 255 个字符，24 小时内有效）重复提交，返回第一次的结果并带上 Idempotency-Replayed: true；内容不同则返回 409。被拒绝的请求不占用该键。请求不超过 64 KB。",
            [
                new("template", "文字", true, "模板代码，须已启用"),
                new("channel", "文字", true, "in_app、sms、email、push、official_account、wecom、feishu 之一"),
                new("recipient", "文字", true, "手机号、邮箱、设备号、openid 等；绑定机器人账号时可省略"),
                new("variables", "对象", false, "模板变量的名称和值；值原样填入，不会再次展开"),
                new("priority", "整数", false, "0 到 10，默认 5；9 和 10 为紧急"),
                new("at", "时间", false, "计划发送时间，须带时区"),
                new("after", "秒数", false, "收下后多久发送；与 at 二选一"),
                new("expiresAt", "时间", false, "过了这个时间就不再发送"),
                new("tags", "列表", false, "最多 10 个标签，每个最多 40 字"),
                new("customerId", "UUID", false, "关联的客户"),
                new("subjectId", "UUID", false, "关联的工单、订单等"),
                new("account", "整数", false, "指定渠道账号的编号（机器人、应用）"),
                new("urgent", "布尔", false, "为 true 时不受免打扰时段限制"),
                new("fallbacks", "列表", false, "失败后依次尝试的渠道：[{\"channel\",\"recipient\"}]，最多 5 个"),
            ],
            """
            curl -X POST "$BASE/api/messages/send" \
              -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -H "Idempotency-Key: order-20261120-0001" \
              -d '{"template":"payment_due","channel":"sms","recipient":"13800138000","variables":{"name":"张三","amount":"1234.50"},"priority":8}'
            """,
            """{"id":"019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47","traceId":"019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47"}"""),
        new("find", "查询一条消息", "GET", "/api/messages/{id}", "messages.read",
            "state 为 waiting、sent、delivered、failed、skipped、cancelled、unknown 之一。接收人只对提交它的密钥完整显示。", [],
            """curl "$BASE/api/messages/019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47" -H "Authorization: Bearer $KEY" """,
            """{"id":"019aa1c2-…","state":"delivered","channel":"sms","recipient":"13800138000","attempts":1,"acceptedAt":"2026-11-20T06:05:00Z","finishedAt":"2026-11-20T06:05:00.21Z","receiptAt":"2026-11-20T06:05:03Z"}"""),
        new("list", "查询消息列表", "GET", "/api/messages", "messages.read",
            "新的在前，用返回的 next 作为下一次的 cursor；没有 next 即到末尾。不给 person 或 batch 时默认只看最近 7 天。",
            [
                new("cursor", "文字", false, "上一页返回的 next"), new("limit", "整数", false, "1 到 100，默认 50"), new("person", "文字", false, "客户标识，或与 channel 一起给出的接收人"),
                new("batch", "UUID", false, "批次"), new("template", "文字", false, "模板代码"), new("state", "文字", false, "状态"), new("channel", "文字", false, "渠道"),
                new("from / until", "时间", false, "提交时间的范围"), new("mine", "true", false, "只看本密钥提交的"),
            ],
            """curl "$BASE/api/messages?state=failed&channel=sms&limit=100" -H "Authorization: Bearer $KEY" """,
            """{"items":[{"id":"019aa1c2-…","state":"failed","failure":"invalid_recipient"}],"next":"019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47"}"""),
        new("trace", "查询轨迹", "GET", "/api/messages/traces/{traceId}", "messages.read",
            "排队 queue、处理 process、发送 send、回执 callback 各一步，等待和跳过都带原因。保留 7 天。", [],
            """curl "$BASE/api/messages/traces/019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47" -H "Authorization: Bearer $KEY" """,
            """{"traceId":"019aa1c2-…","state":"delivered","steps":[{"at":"2026-11-20T06:05:00Z","node":"queue","result":"done","attempt":0}]}"""),
        new("cancel", "撤回计划中的消息", "POST", "/api/messages/{id}/cancel", "messages.send",
            "只能撤回本密钥提交的、还在等待计划时间的消息；已开始发送的返回 409。", [],
            """curl -X POST "$BASE/api/messages/019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47/cancel" -H "Authorization: Bearer $KEY" """,
            """{"id":"019aa1c2-…","state":"cancelled"}"""),
        new("reschedule", "修改计划时间", "PATCH", "/api/messages/{id}", "messages.send",
            "at 与 after 二选一；条件与撤回相同。",
            [new("at", "时间", false, "新的计划时间"), new("after", "秒数", false, "从现在起多久"), new("expiresAt", "时间", false, "新的有效期")],
            """
            curl -X PATCH "$BASE/api/messages/019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47" \
              -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"at":"2026-11-21T09:00:00+08:00"}'
            """,
            """{"id":"019aa1c2-…","state":"waiting","waiting":{"reason":"scheduled","until":"2026-11-21T01:00:00Z"}}"""),
        new("send-batch", "提交批次", "POST", "/api/messages/send-batch", "messages.batches",
            "最多 10,000 个接收人，请求不超过 16 MB。有不能发送的行时返回 422 和全部问题行；acceptGood 为 true 时只收其余的行。支持 Idempotency-Key。",
            [
                new("name", "文字", true, "批次名称，最多 100 字"), new("template / channel", "文字", true, "同单条发送"),
                new("recipients", "列表", true, "[{\"recipient\",\"variables\",\"customerId\"}]"), new("start", "布尔", false, "默认 true；false 为草稿，之后用 start 开始"),
                new("at / after / expiresAt", "", false, "同单条发送"), new("priority", "整数", false, "0 到 10，默认 3"), new("canaryPercent", "整数", false, "先发的比例，0 到 50；之后用 continue 发其余的"),
                new("acceptGood", "布尔", false, "只收可以发送的行"), new("tags / account / urgent", "", false, "同单条发送"),
            ],
            """
            curl -X POST "$BASE/api/messages/send-batch" \
              -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -H "Idempotency-Key: bill-202611" \
              -d '{"name":"11 月账单","template":"payment_due","channel":"sms","recipients":[{"recipient":"13800138000","variables":{"name":"张三","amount":"1234.50"}}]}'
            """,
            """{"id":"019aa1c3-…","number":"PL-20261120-0001","accepted":1,"bad":[]}"""),
        new("batch", "查询和控制批次", "GET", "/api/messages/batches/{id}", "messages.batches",
            "只能看到和控制本密钥提交的批次。控制：POST …/start、pause、resume、continue（试发之后）、cancel，以及 priority（{\"priority\":9}）。不允许的动作返回 409。", [],
            """
            curl "$BASE/api/messages/batches/019aa1c3-11b2-7a40-9c55-0d4be7a3f211" -H "Authorization: Bearer $KEY"
            curl -X POST "$BASE/api/messages/batches/019aa1c3-11b2-7a40-9c55-0d4be7a3f211/pause" -H "Authorization: Bearer $KEY"
            """,
            """{"id":"019aa1c3-…","number":"PL-20261120-0001","state":"running","total":10000,"waiting":6200,"sent":3790,"failed":10}"""),
        new("overview", "统计", "GET", "/api/messages/statistics/overview", "messages.read",
            "一段时间（默认最近 7 天，最长 92 天）的合计、各渠道和每天的数量、成功率、费用（元）与渠道响应时间（毫秒）。", [new("from / until", "时间", false, "统计范围")],
            """curl "$BASE/api/messages/statistics/overview?from=2026-11-01T00:00:00Z&until=2026-11-08T00:00:00Z" -H "Authorization: Bearer $KEY" """,
            """{"total":{"sent":120034,"delivered":118220,"failed":310,"successRate":0.9974,"cost":5401.53},"responseMs":{"p50":88.3,"p95":210.0,"p99":420.1}}"""),
        new("realtime", "实时情况", "GET", "/api/messages/statistics/realtime", "messages.read",
            "最近一小时每分钟的数量、各队列的等待数和最早一条的时间、各渠道线程池。最多晚一秒。", [],
            """curl "$BASE/api/messages/statistics/realtime" -H "Authorization: Bearer $KEY" """,
            """{"queues":[{"channel":"sms","class":"normal","waiting":12,"oldestAcceptedAt":"2026-11-20T06:05:00Z"}],"lanes":[{"channel":"sms","workers":24,"busy":9}]}"""),
        new("templates", "可用的模板", "GET", "/api/messages/templates", "templates.read", "模板代码、状态、变量和支持的渠道。", [],
            """curl "$BASE/api/messages/templates" -H "Authorization: Bearer $KEY" """,
            """{"items":[{"code":"payment_due","name":"还款提醒","state":"active","variables":[{"name":"amount","type":"money","required":true}],"channels":["sms"]}]}"""),
        new("accounts", "渠道账号", "GET", "/api/messages/accounts", "accounts.read", "编号、名称、渠道和是否可用；从不包含密钥。", [],
            """curl "$BASE/api/messages/accounts" -H "Authorization: Bearer $KEY" """,
            """{"items":[{"number":1,"name":"阿里云短信","kind":"aliyun-sms","channel":"sms","enabled":true,"weight":100}]}"""),
        new("receipts", "回执（由渠道服务商调用）", "POST", "/api/messages/receipts/{账号编号}", null,
            "不需要密钥：以账号自己的签名或密钥验证，未通过返回 401。提交后才应答，未收下的由服务商重推。重复和乱序的回执不会重复计数。", [],
            """curl -X POST "$BASE/api/messages/receipts/1?key=RECEIPT-KEY" -H "Content-Type: application/json" -d '[{"biz_id":"9006-1","phone_number":"13800138000","success":true}]'""",
            """{"code":0,"msg":"成功"}"""),
    ];

    /// <summary>Codes that every endpoint may answer with.</summary>
    public static IReadOnlyList<(int Status, string Code, string Words)> Codes { get; } =
    [
        (400, "api.malformed_json", "请求内容不是正确的 JSON"),
        (401, "api.key_not_accepted", "密钥缺失、不正确、已过期或已吊销"),
        (403, "api.scope_missing", "密钥没有所需的权限范围"),
        (404, "common.not_found", "没有找到，或不属于本密钥"),
        (404, "api.no_such_route", "没有这个接口"),
        (409, "messages.key_reused", "幂等键已用于另一条内容"),
        (409, "messages.template_not_active", "模板没有启用"),
        (409, "messages.under_way", "消息已开始发送，不能撤回或改期"),
        (409, "messages.batch_move", "批次当前状态不允许这个动作"),
        (413, "api.body_too_large", "请求内容过大"),
        (413, "messages.batch_too_many", "一批超过 10,000 个接收人"),
        (415, "api.content_type", "请求内容应为 application/json"),
        (422, "api.field_unknown / api.field_type / api.field_missing", "字段写错、类型不对或缺少；field 指出是哪个"),
        (422, "api.parameter / api.cursor", "查询参数或游标不正确"),
        (422, "messages.template_unknown", "没有这个模板"),
        (422, "messages.template_without_channel", "模板没有这个渠道的内容"),
        (422, "messages.variable_missing / variable_invalid / variable_unknown", "变量缺少、不合类型或多余；others 列出其余问题"),
        (422, "messages.recipient_invalid", "接收人不正确"),
        (422, "messages.priority_range", "优先级不在 0 到 10 之间"),
        (422, "messages.at_past / at_too_far / at_and_after / expiry_before_start", "时间不正确"),
        (422, "messages.key_length", "幂等键应为 1 到 255 个字符"),
        (422, "messages.tags", "标签过多或过长"),
        (422, "messages.batch_rows_bad", "批次中有不能发送的行，见 bad"),
        (429, "api.too_many / api.too_many_at_once", "超过密钥的频率或并发；按 Retry-After 再试"),
        (503, "messages.busy", "系统正忙，没有收下；按 Retry-After 再试"),
    ];
}
