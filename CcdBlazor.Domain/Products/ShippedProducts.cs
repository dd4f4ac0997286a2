namespace CcdBlazor.Domain.Products;

/// <summary>A loan product that comes with the program. A copy is made on the first start; afterwards the copy is edited.</summary>
/// <param name="Code">Stable.</param>
/// <param name="ForCompany">True when the borrower is a company.</param>
/// <param name="Summary">Chinese, one sentence for whom it is.</param>
public sealed record ShippedProduct(string Code, string Name, bool ForCompany, string Summary, ChecklistRules Rules);

/// <summary>
/// The shipped loan products. What is asked for follows what Chinese lenders publish for these products (collected in 2026); it is
/// a starting point that every company edits. The lines themselves are in <see cref="ShippedRules"/>.
/// </summary>
public static class ShippedProducts
{
    public static IReadOnlyList<ShippedProduct> All { get; } =
    [
        new("personal_credit", "个人信用贷款", ForCompany: false, "有稳定收入的个人，无需抵押。", new(
            InOrder(
            [
                .. ShippedRules.Identity(),
                .. ShippedRules.Marital(),
                ShippedRules.AddressProof(),
                ShippedRules.BankCard(),
                ShippedRules.CreditAuthorization(),
                ShippedRules.CreditReport(),
                .. ShippedRules.Income(),
                ShippedRules.PersonalStatement(6),
                ShippedRules.OwnedProperty(),
                ShippedRules.PurposeProof("说明贷款用来做什么，例如装修合同、学费通知、购物订单。"),
                ShippedRules.Other(),
            ]))),
        new("payroll", "工薪贷", ForCompany: false, "按月领工资、单位缴纳社保或公积金的个人。", new(
            InOrder(
            [
                .. ShippedRules.Identity(),
                ShippedRules.BankCard(),
                ShippedRules.CreditAuthorization(),
                ShippedRules.CreditReport(),
                ShippedRules.Employment(),
                ShippedRules.PayrollStatement(),
                ShippedRules.SocialInsurance(),
                ShippedRules.AddressProof(),
                .. ShippedRules.Marital(),
                ShippedRules.Other(),
            ]))),
        new("car", "汽车贷款", ForCompany: false, "贷款购买汽车的个人。", new(
            InOrder(
            [
                .. ShippedRules.Identity(),
                ShippedRules.DrivingLicense(),
                .. ShippedRules.Marital(),
                ShippedRules.AddressProof(),
                ShippedRules.BankCard(),
                ShippedRules.CreditAuthorization(),
                ShippedRules.CreditReport(),
                .. ShippedRules.Income(),
                ShippedRules.PersonalStatement(6),
                ShippedRules.VehicleContract(),
                ShippedRules.DownPayment("付给车行的首付款（一般不低于车价的三成）的转账记录或收据。"),
                ShippedRules.VehicleLicense(),
                ShippedRules.GuarantorId(),
                ShippedRules.Other(),
            ]))),
        new("property_mortgage", "房产抵押贷款", ForCompany: false, "以自有住房抵押，或贷款购房的个人。", new(
            InOrder(
            [
                .. ShippedRules.Identity(),
                .. ShippedRules.Marital(),
                ShippedRules.AddressProof(),
                ShippedRules.BankCard(),
                ShippedRules.CreditAuthorization(),
                ShippedRules.CreditReport(),
                .. ShippedRules.Income(),
                ShippedRules.PersonalStatement(6),
                ShippedRules.PropertyTitle(),
                ShippedRules.PurchaseContract(),
                ShippedRules.DownPayment("购房首付款发票或收据，以及付款的转账记录。") with { Need = Need.Conditional, Condition = ShippedRules.BuysHome },
                ShippedRules.Appraisal(),
                ShippedRules.MortgageStatement(),
                ShippedRules.PurposeProof("说明贷款用来做什么，例如装修合同、经营采购合同。") with { Need = Need.Conditional, Condition = ShippedRules.DoesNotBuyHome },
                ShippedRules.Other(),
            ]))),
        new("enterprise_operating", "企业经营贷", ForCompany: true, "用于日常经营周转的企业。", new(
            InOrder(
            [
                .. ShippedRules.CompanyPapers(),
                ShippedRules.PremisesProof(),
                ShippedRules.FinancialStatements(),
                ShippedRules.TaxReturns(),
                ShippedRules.CorporateStatement(),
                ShippedRules.TradeContracts(),
                .. ShippedRules.CompanyCredit(),
                ShippedRules.ShareholderResolution(),
                ShippedRules.IndustryPermit(),
                ShippedRules.GuarantorId(),
                ShippedRules.Collateral(),
                ShippedRules.Other(),
            ]))),
        new("tax_invoice", "税票贷", ForCompany: true, "纳税和开票记录良好的小微企业。", new(
            InOrder(
            [
                .. ShippedRules.CompanyPapers(),
                ShippedRules.TaxReturns(),
                ShippedRules.TaxCreditRating(),
                ShippedRules.InvoiceRecords(),
                ShippedRules.CorporateStatement(),
                .. ShippedRules.CompanyCredit(),
                ShippedRules.FinancialStatements() with { Need = Need.Optional, MinFiles = 1 },
                ShippedRules.ShareholderResolution(),
                ShippedRules.Other(),
            ]))),
    ];

    public static ShippedProduct? Find(string code) => All.FirstOrDefault(product => product.Code == code);

    /// <summary>Tens leave room for a line in between.</summary>
    private static IEnumerable<ChecklistRule> InOrder(IReadOnlyList<ChecklistRule> rules) =>
        rules.Select((rule, place) => rule with { Order = (place + 1) * 10 });
}
