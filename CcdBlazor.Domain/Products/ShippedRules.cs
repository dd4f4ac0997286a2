namespace CcdBlazor.Domain.Products;

/// <summary>
/// The lines from which the shipped products are put together. A line has the same code in every product (its type's code), so that a
/// customer with two products uploads each paper once.
/// </summary>
internal static class ShippedRules
{
    public static readonly FactCondition BuysHome = FactCondition.All(CustomerFacts.BuysHome);
    public static readonly FactCondition DoesNotBuyHome = FactCondition.None(CustomerFacts.BuysHome);

    private const string MaritalGroup = "marital";
    private const string MaritalName = "婚姻状况证明";
    private const string IncomeGroup = "income";
    private const string IncomeName = "收入证明材料";

    public static ChecklistRule[] Identity() =>
    [
        Rule("id_card_front", "有照片的一面。请平放拍摄，四个角都要拍到，字迹清楚、没有反光。", max: 2) with { Formats = DocumentFormats.Pictures },
        Rule("id_card_back", "有国徽的一面，要能看清有效期限，证件须在有效期内。", max: 2) with { Formats = DocumentFormats.Pictures },
        Rule("household_register", "户口本首页和本人页，每页一张。集体户口请提供首页复印件和本人页。", min: 2, max: 10),
    ];

    /// <summary>Exactly one of them applies once the marital state is known; as long as it is not, any one will do.</summary>
    public static ChecklistRule[] Marital() =>
    [
        Group("marriage_certificate", MaritalGroup, MaritalName, "结婚证上有照片和登记信息的页面。",
            FactCondition.None(CustomerFacts.Divorced, CustomerFacts.Single)),
        Group("divorce_agreement", MaritalGroup, MaritalName, "离婚证，以及离婚协议或法院判决书。",
            FactCondition.None(CustomerFacts.Married, CustomerFacts.Single)) with { MaxFiles = 10 },
        Group("single_statement", MaritalGroup, MaritalName, "本人签字的单身声明，写明日期。",
            FactCondition.None(CustomerFacts.Married, CustomerFacts.Divorced)),
        When(CustomerFacts.Married, "spouse_id", "配偶身份证的正面和反面，各一张。", min: 2, max: 4),
    ];

    public static ChecklistRule AddressProof() =>
        Rule("address_proof", "房产证、租房合同，或最近 3 个月的水电煤账单，任选一种，能看到您的姓名和地址。", max: 6) with { FreshDays = 90 };

    public static ChecklistRule BankCard() =>
        Rule("bank_card", "本人名下的一类卡，拍卡号一面，用于放款和还款。", max: 2) with { Formats = DocumentFormats.Pictures };

    public static ChecklistRule CreditAuthorization() =>
        Rule("credit_authorization", "请在授权书上亲笔签名并写明日期，拍照或扫描上传。只用于本次申请。") with { FreshDays = 30 };

    public static ChecklistRule CreditReport() =>
        Rule("credit_report", "中国人民银行征信中心出具的个人信用报告，请上传完整的 PDF 或全部页面。", max: 20) with { FreshDays = 30 };

    /// <summary>What proves income depends on how it is earned; unknown means that any of them will do.</summary>
    public static ChecklistRule[] Income() =>
    [
        Group("income_proof", IncomeGroup, IncomeName, "单位盖章的收入证明，写明职务和月收入。", FactCondition.None(CustomerFacts.SelfEmployed))
            with { FreshDays = 90 },
        Group("social_insurance", IncomeGroup, IncomeName, "最近 6 个月的社保或公积金缴存明细，可以在当地人社或公积金 App 里导出。",
            FactCondition.None(CustomerFacts.SelfEmployed)) with { FreshDays = 60 },
        Group("tax_returns", IncomeGroup, IncomeName, "最近 12 个月的纳税申报表或完税证明。", FactCondition.None(CustomerFacts.Salaried))
            with { MaxFiles = 20 },
        Group("trade_contracts", IncomeGroup, IncomeName, "最近 12 个月主要的经营合同或订单。", FactCondition.None(CustomerFacts.Salaried))
            with { MaxFiles = 20 },
        When(CustomerFacts.SelfEmployed, "business_license", "营业执照正本或副本，信息要清楚完整。", max: 3),
    ];

    public static ChecklistRule PersonalStatement(int months) =>
        Rule("bank_statement", $"本人常用银行卡最近 {months} 个月的流水（自雇或个体经营请提供 12 个月），从银行 App 导出的 PDF 最好，不要截取部分页面。", max: 30)
            with { FreshDays = 30, Formats = DocumentFormats.PicturesAndPdf | DocumentFormats.Xlsx };

    public static ChecklistRule PayrollStatement() =>
        Rule("bank_statement", "工资卡最近 6 个月的流水，能看到“工资”或“代发”字样，从银行 App 导出的 PDF 最好。", max: 30)
            with { FreshDays = 30, Formats = DocumentFormats.PicturesAndPdf | DocumentFormats.Xlsx };

    public static ChecklistRule Employment() =>
        Rule("employment_contract", "与现单位签订的劳动合同全部页面，或单位盖章的在职证明。", max: 20) with { Name = "劳动合同或在职证明" };

    public static ChecklistRule SocialInsurance() =>
        Rule("social_insurance", "最近 6 个月的社保或公积金缴存明细，可以在当地人社或公积金 App 里导出。", max: 10) with { FreshDays = 60 };

    public static ChecklistRule OwnedProperty() =>
        Rule("property_proof", "名下有房产的，上传房产证（不动产权证）有助于提高额度。", max: 10)
            with { Need = Need.Optional, Condition = FactCondition.All(CustomerFacts.OwnsProperty) };

    public static ChecklistRule PurposeProof(string help) => Rule("purpose_proof", help, max: 10);

    public static ChecklistRule DownPayment(string help) => Rule("down_payment_proof", help);

    public static ChecklistRule DrivingLicense() =>
        Rule("driving_license", "本人驾驶证的正页和副页，没有可以不传。") with { Need = Need.Optional };

    public static ChecklistRule VehicleContract() =>
        Rule("vehicle_contract", "与车行签订的购车合同全部页面，写明车型、车价和首付款；已开发票的一并上传。", max: 20);

    public static ChecklistRule VehicleLicense() =>
        When(CustomerFacts.OwnsVehicle, "vehicle_license", "名下现有车辆的行驶证，正页和副页。", max: 4) with { Need = Need.Optional };

    public static ChecklistRule GuarantorId() =>
        When(CustomerFacts.HasGuarantor, "guarantor_id", "担保人身份证的正面和反面，各一张。", min: 2, max: 8);

    public static ChecklistRule PropertyTitle() =>
        Rule("property_proof", "不动产权证（房产证）的全部页面，要能看清权利人和抵押登记信息。", max: 20)
            with { Need = Need.Conditional, Condition = DoesNotBuyHome };

    public static ChecklistRule PurchaseContract() =>
        Rule("purchase_contract", "购房合同全部页面，含备案信息和签字盖章页。", max: 50) with { Need = Need.Conditional, Condition = BuysHome };

    public static ChecklistRule Appraisal() =>
        Rule("appraisal", "评估公司出具的房产评估报告，没有的可以由我们安排评估。", max: 30) with { Need = Need.Optional, FreshDays = 180 };

    public static ChecklistRule MortgageStatement() =>
        When(CustomerFacts.HasMortgage, "mortgage_statement", "现有按揭的贷款合同或还款计划，以及最近 12 个月的还款记录。", max: 20);

    public static ChecklistRule[] CompanyPapers() =>
    [
        Rule("business_license", "营业执照正本或副本，信息要清楚完整。", max: 3),
        Rule("articles_of_association", "最新的公司章程全部页面，加盖公章。", max: 30),
        Rule("legal_rep_id", "法定代表人身份证的正面和反面，各一张，须在有效期内。", min: 2, max: 4) with { Formats = DocumentFormats.PicturesAndPdf },
        Rule("account_permit", "开户许可证，或银行出具的基本存款账户信息表。"),
    ];

    public static ChecklistRule PremisesProof() =>
        Rule("premises_proof", "经营场所的房产证或租赁合同；租赁的请附最近一次付租金的凭证。", max: 20);

    public static ChecklistRule FinancialStatements() =>
        Rule("financial_statements", "最近 3 年的年度报表（有审计的请提供审计报告），以及最近一期的报表，每年一份。", min: 4, max: 40)
            with { Formats = DocumentFormats.PicturesAndPdf | DocumentFormats.Xlsx };

    public static ChecklistRule TaxReturns() =>
        Rule("tax_returns", "最近 12 个月的增值税申报表和上一年度的所得税申报表，可以从电子税务局导出。", min: 2, max: 40)
            with { Formats = DocumentFormats.PicturesAndPdf | DocumentFormats.Xlsx };

    public static ChecklistRule CorporateStatement() =>
        Rule("corporate_statement", "主要对公账户最近 12 个月（至少 6 个月）的流水，从企业网银导出。", max: 40)
            with { FreshDays = 30, Formats = DocumentFormats.PicturesAndPdf | DocumentFormats.Xlsx };

    public static ChecklistRule TradeContracts() =>
        Rule("trade_contracts", "最近 12 个月与主要上下游签订的购销合同，各不少于一份。", min: 2, max: 40)
            with { Formats = DocumentFormats.PicturesAndPdf | DocumentFormats.Docx };

    public static ChecklistRule[] CompanyCredit() =>
    [
        Rule("credit_authorization", "企业和实际控制人的征信查询授权书，企业盖章、个人亲笔签名并写明日期。只用于本次申请。", min: 2, max: 6)
            with { FreshDays = 30 },
        Rule("corporate_credit_report", "中国人民银行征信中心出具的企业信用报告，请上传全部页面。", max: 20) with { FreshDays = 30 },
        Rule("credit_report", "实际控制人的个人信用报告，请上传全部页面。", max: 20) with { Name = "实际控制人征信报告", FreshDays = 30 },
    ];

    public static ChecklistRule ShareholderResolution() =>
        When(CustomerFacts.SeveralShareholders, "shareholder_resolution", "全体股东签字、同意本次借款的股东会决议。", max: 10);

    public static ChecklistRule IndustryPermit() =>
        When(CustomerFacts.NeedsIndustryPermit, "industry_permit", "食品、运输、建筑等行业的经营许可证，须在有效期内。", max: 10);

    public static ChecklistRule Collateral() =>
        When(CustomerFacts.HasCollateral, "collateral", "抵押物的权属证明，例如不动产权证、设备发票。", max: 30);

    public static ChecklistRule TaxCreditRating() =>
        Rule("tax_credit_rating", "电子税务局里的最近一次纳税信用等级，截图或导出均可。");

    public static ChecklistRule InvoiceRecords() =>
        Rule("invoice_records", "最近 12 个月的开票明细，从开票系统或电子税务局导出。", max: 20)
            with { Formats = DocumentFormats.PicturesAndPdf | DocumentFormats.Xlsx };

    public static ChecklistRule Other() =>
        Rule(DocumentTypes.Other, "您觉得有帮助的其他材料，可以不传。", max: 20) with { Need = Need.Optional, Formats = DocumentFormats.Any };

    private static ChecklistRule Rule(string type, string help, int min = 1, int max = 5) =>
        new() { Code = type, TypeCode = type, Help = help, MinFiles = min, MaxFiles = max };

    private static ChecklistRule Group(string type, string group, string groupName, string help, FactCondition condition) =>
        Rule(type, help) with { Need = Need.OneOfGroup, GroupCode = group, GroupName = groupName, Condition = condition };

    private static ChecklistRule When(string fact, string type, string help, int min = 1, int max = 5) =>
        Rule(type, help, min, max) with { Need = Need.Conditional, Condition = FactCondition.All(fact) };
}
