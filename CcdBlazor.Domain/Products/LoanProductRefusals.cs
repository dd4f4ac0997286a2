using System.Text.RegularExpressions;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Products;

/// <summary>Refusals about a product itself (its rules have <see cref="ProductRefusals"/>).</summary>
public static partial class LoanProductRefusals
{
    public static readonly Refusal CodeTaken = new("product.code_taken", "这个产品编码已经被使用。", RefusalKind.Conflict) { Field = nameof(ProductDraft.Code) };
    public static readonly Refusal CodeMalformed = new("product.code", "产品编码只能用小写字母、数字和下划线，最多 40 个字符。") { Field = nameof(ProductDraft.Code) };
    public static readonly Refusal NameMissing = new("product.name", "请填写产品名称（最多 60 个字）。") { Field = nameof(ProductDraft.Name) };

    public static readonly Refusal ExampleNoPicture = new("product.example_no_picture", "示例只能是图片（JPG、PNG 或 WebP）。", RefusalKind.UnsupportedContent);

    internal static Refusal ExampleUnknown(ChecklistRule rule) => new("product.example_unknown", $"“{rule.Title}”的示例图片不存在，请重新上传。")
    {
        Field = $"Rules[{rule.Code}].{nameof(rule.ExampleFileId)}",
    };

    internal static Refusal? Of(ProductDraft draft) =>
        !CodeForm().IsMatch(draft.Code.Trim()) ? CodeMalformed
        : string.IsNullOrWhiteSpace(draft.Name) || draft.Name.Trim().Length > 60 ? NameMissing
        : null;

    [GeneratedRegex("^[a-z0-9_]{1,40}$")]
    private static partial Regex CodeForm();
}
