namespace CcdBlazor.Domain.Portraits;

/// <summary>
/// The catalogue of traits, in the order of forms. Adding one here is enough: forms, history, completeness and the vectors of segments follow.
/// Codes are stored: never renamed.
/// </summary>
public static class Traits
{
    /// <summary>Tags of one trait and customer. A portrait with hundreds of tags says nothing, and matches everybody.</summary>
    public const int MostTags = 50;

    public const int LongestTag = 20;

    public const string Age = "age";
    public const string Occupation = "occupation";
    public const string Income = "income";
    public const string Assets = "assets";
    public const string Family = "family";
    public const string Region = "region";
    public const string Languages = "languages";
    public const string Needs = "needs";
    public const string Hobbies = "hobbies";
    public const string Interest = "interest";
    public const string Channel = "channel";
    public const string Risk = "risk";
    public const string ValueClass = "value_class";
    public const string ReplyHours = "reply_hours";
    public const string ReplyRate = "reply_rate";

    /// <summary>What takes longer counts as this long: 90 days.</summary>
    public const double LongestReplyHours = 90 * 24;

    /// <summary>Languages that customers and managers speak. Mandarin is expected of everybody and so names no barrier, see the rule of languages.</summary>
    public static IReadOnlyList<TraitChoice> LanguageChoices { get; } =
    [
        new("zh", "普通话"), new("yue", "粤语"), new("nan", "闽南语"), new("hak", "客家话"), new("wuu", "吴语"), new("en", "英语"), new("id", "印尼语"), new("ja", "日语"), new("ko", "韩语"),
    ];

    /// <summary>Words offered for needs of customers and capabilities of managers: the two are compared with each other, so one list serves both.</summary>
    public static IReadOnlyList<string> OfferedNeeds { get; } =
    [
        "资金周转", "购房", "购车", "装修", "教育", "医疗", "经营扩张", "设备采购", "票据贴现", "税务规划", "债务整合", "信用修复", "快速放款", "低利率", "长期限", "大额", "上门服务", "线上办理", "企业注册", "签证办理",
    ];

    public static IReadOnlyList<string> OfferedHobbies { get; } =
    [
        "阅读", "旅游", "美食", "健身", "跑步", "游泳", "篮球", "足球", "羽毛球", "乒乓球", "高尔夫", "钓鱼", "登山", "骑行", "摄影", "书法", "茶艺", "音乐", "电影", "棋牌", "园艺", "汽车", "投资理财", "收藏",
    ];

    public static IReadOnlyList<Trait> All { get; } =
    [
        new(Age, "年龄", TraitKind.Number, TraitGroup.Profile) { Unit = "岁", Bounds = (0, 120), CustomerMayFill = true },
        new(Occupation, "职业", TraitKind.Category, TraitGroup.Profile)
        {
            CustomerMayFill = true,
            Choices =
            [
                new("employee", "企业职工"), new("public", "公务员或事业单位"), new("self_employed", "自雇或个体经营"), new("owner", "企业主"), new("professional", "专业人士"),
                new("freelance", "自由职业"), new("retired", "退休"), new("student", "学生"), new("other", "其他"),
            ],
        },
        new(Income, "年收入", TraitKind.Number, TraitGroup.Profile) { Unit = "万元", Bounds = (0, 100_000), CustomerMayFill = true, Help = "税前，全家以本人为准" },
        new(Assets, "资产", TraitKind.Number, TraitGroup.Profile) { Unit = "万元", Bounds = (0, 1_000_000), CustomerMayFill = true, Help = "房产、车辆、存款等合计的估值" },
        new(Family, "家庭", TraitKind.Category, TraitGroup.Profile)
        {
            CustomerMayFill = true,
            Choices = [new("single", "单身"), new("married", "已婚无子女"), new("married_children", "已婚有子女"), new("divorced", "离异"), new("elder", "与长辈同住")],
        },
        new(Region, "地区", TraitKind.Category, TraitGroup.Profile) { CustomerMayFill = true, Choices = Regions.All },
        new(Languages, "语言", TraitKind.Tags, TraitGroup.Profile) { CustomerMayFill = true, Choices = LanguageChoices },
        new(Needs, "需求", TraitKind.Tags, TraitGroup.Wishes) { CustomerMayFill = true, Offered = OfferedNeeds, Help = "与客户经理的专长比对" },
        new(Hobbies, "爱好", TraitKind.Tags, TraitGroup.Wishes) { CustomerMayFill = true, Offered = OfferedHobbies, Help = "与客户经理的爱好比对" },
        new(Interest, "产品兴趣", TraitKind.Tags, TraitGroup.Wishes) { CustomerMayFill = true },
        new(Channel, "联系渠道", TraitKind.Category, TraitGroup.Wishes)
        {
            CustomerMayFill = true,
            Choices = [new("phone", "电话"), new("wechat", "微信"), new("sms", "短信"), new("mail", "邮件"), new("visit", "到店或上门"), new("online", "线上自助")],
        },
        new(Risk, "风险偏好", TraitKind.Category, TraitGroup.Business)
        {
            Choices = [new("r1", "保守"), new("r2", "稳健"), new("r3", "平衡"), new("r4", "成长"), new("r5", "进取")],
        },
        new(ValueClass, "价值等级", TraitKind.Category, TraitGroup.Business)
        {
            Choices = [new("v1", "普通"), new("v2", "重要"), new("v3", "高价值"), new("v4", "核心")], Help = "未填写时按申请金额推断",
        },
        new(ReplyHours, "回复用时", TraitKind.Number, TraitGroup.Business) { Unit = "小时", Bounds = (0, LongestReplyHours), Derived = true, Help = "从补件通知或评价短信到客户自己回应，取中位数" },
        new(ReplyRate, "回复率", TraitKind.Number, TraitGroup.Business) { Unit = "%", Bounds = (0, 100), Derived = true, Help = "已回应的占已回应和已过期的通知" },
    ];

    /// <summary>Those that somebody can fill: what completeness is a share of.</summary>
    public static IReadOnlyList<Trait> Fillable { get; } = [.. All.Where(t => !t.Derived)];

    private static readonly Dictionary<string, Trait> ByCode = All.ToDictionary(t => t.Code, StringComparer.Ordinal);

    public static Trait? Find(string code) => ByCode.GetValueOrDefault(code);
}

/// <summary>Provinces by the first two digits of GB/T 2260, as identity numbers carry them.</summary>
public static class Regions
{
    public static IReadOnlyList<TraitChoice> All { get; } =
    [
        new("11", "北京"), new("12", "天津"), new("13", "河北"), new("14", "山西"), new("15", "内蒙古"), new("21", "辽宁"), new("22", "吉林"), new("23", "黑龙江"),
        new("31", "上海"), new("32", "江苏"), new("33", "浙江"), new("34", "安徽"), new("35", "福建"), new("36", "江西"), new("37", "山东"), new("41", "河南"),
        new("42", "湖北"), new("43", "湖南"), new("44", "广东"), new("45", "广西"), new("46", "海南"), new("50", "重庆"), new("51", "四川"), new("52", "贵州"),
        new("53", "云南"), new("54", "西藏"), new("61", "陕西"), new("62", "甘肃"), new("63", "青海"), new("64", "宁夏"), new("65", "新疆"), new("71", "台湾"),
        new("81", "香港"), new("82", "澳门"), new("90", "海外"),
    ];

    public static string LabelOf(string code) => All.FirstOrDefault(r => r.Code == code)?.Label ?? code;
}
