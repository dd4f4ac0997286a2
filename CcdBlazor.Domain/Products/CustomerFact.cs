namespace CcdBlazor.Domain.Products;

/// <summary>Something that is true about a customer and decides which papers are needed. Customers carry the codes as a set.</summary>
/// <param name="Code">Stable; stored with customers and in conditions.</param>
/// <param name="Label">Chinese.</param>
/// <param name="Question">Facts with the same word exclude each other (married, divorced, single).</param>
public sealed record CustomerFact(string Code, string Label, string? Question = null);

/// <summary>The catalogue of facts, in the order in which forms offer them.</summary>
public static class CustomerFacts
{
    public const string Married = "married";
    public const string Divorced = "divorced";
    public const string Single = "single";
    public const string Salaried = "salaried";
    public const string SelfEmployed = "self_employed";
    public const string OwnsProperty = "owns_property";
    public const string HasMortgage = "has_mortgage";
    public const string RentsHome = "rents_home";
    public const string OwnsVehicle = "owns_vehicle";
    public const string BuysHome = "buys_home";
    public const string HasGuarantor = "has_guarantor";
    public const string HasCollateral = "has_collateral";
    public const string Company = "company";
    public const string SeveralShareholders = "several_shareholders";
    public const string NeedsIndustryPermit = "needs_industry_permit";

    public static IReadOnlyList<CustomerFact> All { get; } =
    [
        new(Married, "已婚", "婚姻状况"),
        new(Divorced, "离异", "婚姻状况"),
        new(Single, "单身（未婚或丧偶）", "婚姻状况"),
        new(Salaried, "受薪", "职业"),
        new(SelfEmployed, "自雇/个体经营", "职业"),
        new(OwnsProperty, "名下有房产"),
        new(HasMortgage, "房屋有按揭"),
        new(RentsHome, "租房居住"),
        new(OwnsVehicle, "名下有车"),
        new(BuysHome, "贷款用于购房"),
        new(HasGuarantor, "有担保人"),
        new(HasCollateral, "有抵押物"),
        new(Company, "企业客户"),
        new(SeveralShareholders, "有多名股东"),
        new(NeedsIndustryPermit, "所属行业需要许可"),
    ];

    private static readonly Dictionary<string, CustomerFact> ByCode = All.ToDictionary(fact => fact.Code, StringComparer.Ordinal);

    public static CustomerFact? Find(string code) => ByCode.GetValueOrDefault(code);

    /// <summary>The Chinese label, or the code itself for a fact that this version does not know.</summary>
    public static string LabelOf(string code) => Find(code)?.Label ?? code;
}
