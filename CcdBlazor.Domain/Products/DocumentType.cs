namespace CcdBlazor.Domain.Products;

/// <summary>A kind of paper that can be asked for.</summary>
/// <param name="Code">Stable; stored with rules.</param>
/// <param name="Name">Chinese, as clerks call it.</param>
/// <param name="Preset">One of the nine types that every installation starts with.</param>
public sealed record DocumentType(string Code, string Name, bool Preset = false);

/// <summary>The catalogue of document types, in the order in which editors offer them.</summary>
public static class DocumentTypes
{
    /// <summary>The type for everything that no other type names.</summary>
    public const string Other = "other";

    public static IReadOnlyList<DocumentType> All { get; } =
    [
        new("id_card_front", "身份证正面", Preset: true),
        new("id_card_back", "身份证反面", Preset: true),
        new("income_proof", "收入证明", Preset: true),
        new("bank_statement", "银行流水", Preset: true),
        new("property_proof", "房产证明", Preset: true),
        new("credit_report", "征信报告", Preset: true),
        new("household_register", "户口本", Preset: true),
        new("marriage_certificate", "结婚证", Preset: true),
        new(Other, "其他资料", Preset: true),

        new("credit_authorization", "征信查询授权书"),
        new("bank_card", "本人银行卡"),
        new("address_proof", "居住证明"),
        new("spouse_id", "配偶身份证"),
        new("divorce_agreement", "离婚证明"),
        new("single_statement", "单身声明"),
        new("employment_contract", "劳动合同"),
        new("social_insurance", "社保/公积金缴存证明"),
        new("purpose_proof", "用途证明"),
        new("down_payment_proof", "首付款凭证"),
        new("purchase_contract", "购房合同"),
        new("appraisal", "房产评估报告"),
        new("mortgage_statement", "按揭贷款还款记录"),
        new("vehicle_contract", "购车合同"),
        new("vehicle_license", "机动车行驶证"),
        new("driving_license", "驾驶证"),
        new("business_license", "营业执照"),
        new("articles_of_association", "公司章程"),
        new("legal_rep_id", "法定代表人身份证"),
        new("account_permit", "开户许可证/基本存款账户信息"),
        new("premises_proof", "经营场所证明"),
        new("financial_statements", "财务报表"),
        new("tax_returns", "纳税申报表"),
        new("tax_credit_rating", "纳税信用等级证明"),
        new("invoice_records", "开票记录"),
        new("corporate_statement", "对公流水"),
        new("corporate_credit_report", "企业征信报告"),
        new("trade_contracts", "购销合同"),
        new("shareholder_resolution", "股东会决议"),
        new("guarantor_id", "担保人身份证"),
        new("collateral", "担保/抵押资料"),
        new("industry_permit", "行业许可证"),
    ];

    private static readonly Dictionary<string, DocumentType> ByCode = All.ToDictionary(type => type.Code, StringComparer.Ordinal);

    public static DocumentType? Find(string code) => ByCode.GetValueOrDefault(code);

    /// <summary>The Chinese name, or the code itself for a type that this version does not know.</summary>
    public static string NameOf(string code) => Find(code)?.Name ?? code;
}
