namespace CcdBlazor.Domain.Documents;

/// <summary>A canned reason for returning a document.</summary>
/// <param name="Code">Stable; counted in statistics.</param>
/// <param name="Text">What the customer reads, with what to do.</param>
/// <param name="TypeCodes">Document types for which it is offered; empty for all.</param>
public sealed record ReturnReason(string Code, string Label, string Text, IReadOnlyList<string> TypeCodes);

/// <summary>The canned reasons. A reviewer may also write a free one.</summary>
public static class ReturnReasons
{
    private static readonly string[] Cards =
        ["id_card_front", "id_card_back", "spouse_id", "legal_rep_id", "guarantor_id", "bank_card", "driving_license", "vehicle_license"];

    private static readonly string[] Identity = ["id_card_front", "id_card_back", "spouse_id", "legal_rep_id", "guarantor_id"];
    private static readonly string[] Statements = ["bank_statement", "corporate_statement"];

    private static readonly string[] Dated =
    [
        "credit_report", "corporate_credit_report", "credit_authorization", "income_proof", "address_proof", "social_insurance",
        "bank_statement", "corporate_statement", "appraisal",
    ];

    private static readonly string[] Stamped =
    [
        "income_proof", "articles_of_association", "shareholder_resolution", "financial_statements", "trade_contracts",
        "employment_contract", "purchase_contract", "vehicle_contract",
    ];

    public static IReadOnlyList<ReturnReason> All { get; } =
    [
        new("wrong_side", "正反面传错", "正反面传反了，请上传这一项要求的那一面。", ["id_card_front", "id_card_back"]),
        new("expired", "证件已过期", "证件已过有效期，请上传在有效期内的证件。", [.. Cards, "industry_permit"]),
        new("not_same_person", "与本人不符", "姓名或证件号码与登记的信息不一致，请核对后上传正确的一份。",
            [.. Identity, "bank_card", "income_proof", "bank_statement", "credit_report", "social_insurance", "address_proof", "credit_authorization"]),
        new("not_same_company", "与企业不符", "企业名称或统一社会信用代码与登记的信息不一致，请核对后上传正确的一份。",
            ["business_license", "articles_of_association", "account_permit", "corporate_statement", "corporate_credit_report",
                "financial_statements", "tax_returns", "invoice_records", "tax_credit_rating"]),
        new("corners_missing", "四角不全", "证件的四个角没有拍全，请把证件平放，完整拍入画面。", [.. Cards, "business_license"]),
        new("period_too_short", "流水期间不足", "流水的起止时间不够，请提供要求的完整月份，中间不能断开。", Statements),
        new("months_missing", "缴存月份不足", "缴存或申报的月份不够，请提供要求的完整月份。", ["social_insurance", "tax_returns", "invoice_records"]),
        new("amount_too_low", "金额不足", "显示的金额达不到本产品的要求，请补充其他账户或其他证明。", [.. Statements, "income_proof", "down_payment_proof"]),
        new("too_old", "开具时间过久", "开具时间超过了要求的天数，请重新开具后上传。", Dated),
        new("signature_missing", "缺少签名或日期", "缺少亲笔签名或日期，请签好后重新拍照上传。",
            ["credit_authorization", "single_statement", "shareholder_resolution", "employment_contract"]),
        new("stamp_missing", "缺少盖章", "缺少公章或盖章不清楚，请盖章后重新上传。", [.. Stamped, "credit_authorization"]),
        new("inspection_missing", "缺少年检页", "缺少年检（检验有效期）页，请一并上传。", ["vehicle_license"]),
        new("password", "文件有密码", "文件设有密码，无法打开，请取消密码后重新上传。",
            [.. Statements, "credit_report", "corporate_credit_report", "social_insurance", "tax_returns", "invoice_records", "financial_statements"]),

        new("blurred", "照片模糊", "照片模糊，字迹看不清，请在光线充足处对焦后重新拍摄。", []),
        new("glare", "有反光", "照片有反光，遮住了文字，请换个角度、关闭闪光灯后重新拍摄。", []),
        new("covered", "有遮挡或涂改", "内容有遮挡、水印覆盖或涂改，请上传完整清晰的一份。", []),
        new("pages_missing", "缺页", "页数不全，请按顺序补齐全部页面。", []),
        new("not_original", "非原件", "这是复印件或翻拍屏幕的照片，请拍摄原件，或上传官方导出的电子文件。", []),
        new("wrong_document", "资料不对", "上传的不是这一项要求的资料，请核对后重新上传。", []),
    ];

    /// <summary>The reasons to offer for a type: its own first, then the general ones.</summary>
    public static IReadOnlyList<ReturnReason> For(string typeCode) =>
        [.. All.Where(reason => reason.TypeCodes.Count == 0 || reason.TypeCodes.Contains(typeCode, StringComparer.Ordinal))];

    public static ReturnReason? Find(string code) => All.FirstOrDefault(reason => reason.Code == code);
}
