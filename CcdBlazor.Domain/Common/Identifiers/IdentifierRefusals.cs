namespace CcdBlazor.Domain.Common.Identifiers;

/// <summary>Why an identifier was turned down. The texts never repeat the number: they end up in logs and on shared screens.</summary>
public static class IdentifierRefusals
{
    public static readonly Refusal CitizenNumberEmpty = new("citizen_number.empty", "请填写身份证号码。");

    public static readonly Refusal CitizenNumberCharacters =
        new("citizen_number.characters", "身份证号码只能由数字组成，最后一位可以是字母 X。");

    public static readonly Refusal CitizenNumberOldForm =
        new("citizen_number.old_form", "这是 15 位的旧身份证号码，请填写现行证件上的 18 位号码。");

    public static readonly Refusal CitizenNumberArea =
        new("citizen_number.area", "身份证号码前两位不是有效的地区代码，请核对。");

    public static readonly Refusal CitizenNumberBirthDate =
        new("citizen_number.birth_date", "身份证号码中的出生日期不存在，请核对第 7 至 14 位。");

    public static readonly Refusal CitizenNumberBirthInFuture =
        new("citizen_number.birth_in_future", "身份证号码中的出生日期晚于今天，请核对第 7 至 14 位。");

    public static readonly Refusal CitizenNumberCheckDigit =
        new("citizen_number.check_digit", "身份证号码的校验位不对，号码中至少有一位有误，请逐位核对。");

    public static readonly Refusal CreditCodeEmpty = new("credit_code.empty", "请填写统一社会信用代码。");

    public static readonly Refusal CreditCodeRegistrar =
        new("credit_code.registrar", "统一社会信用代码第 1 位不是有效的登记管理部门代码，请核对。");

    public static readonly Refusal CreditCodeArea =
        new("credit_code.area", "统一社会信用代码第 3 至 8 位应为数字（登记机关行政区划码），请核对。");

    public static readonly Refusal CreditCodeCheckDigit =
        new("credit_code.check_digit", "统一社会信用代码的校验位不对，代码中至少有一位有误，请逐位核对。");

    public static readonly Refusal MobileEmpty = new("mobile.empty", "请填写手机号码。");

    public static readonly Refusal MobileCharacters = new("mobile.characters", "手机号码只能由数字组成。");

    public static readonly Refusal MobileShape = new("mobile.shape", "手机号码应以 13 至 19 开头，请核对。");

    public static readonly Refusal LandlineEmpty = new("landline.empty", "请填写固定电话号码。");

    public static readonly Refusal LandlineShape =
        new("landline.shape", "固定电话应包含区号和 7 至 8 位号码，例如 010-88886666。");

    public static Refusal CitizenNumberLength(int length) =>
        new("citizen_number.length", $"身份证号码应为 18 位，现在是 {length} 位。");

    public static Refusal CreditCodeLength(int length) =>
        new("credit_code.length", $"统一社会信用代码应为 18 位，现在是 {length} 位。");

    /// <param name="position">Counted from 1.</param>
    public static Refusal CreditCodeCharacter(int position, char found) => new(
        "credit_code.characters",
        found switch
        {
            'O' => $"统一社会信用代码第 {position} 位不能是字母 O，请核对是否为数字 0。",
            'I' => $"统一社会信用代码第 {position} 位不能是字母 I，请核对是否为数字 1。",
            'Z' => $"统一社会信用代码第 {position} 位不能是字母 Z，请核对是否为数字 2。",
            'S' => $"统一社会信用代码第 {position} 位不能是字母 S，请核对是否为数字 5。",
            'V' => $"统一社会信用代码第 {position} 位不能是字母 V，请核对是否为字母 U 或 Y。",
            _ => $"统一社会信用代码第 {position} 位不是数字或大写字母，请核对。",
        });

    public static Refusal MobileLength(int length) => new("mobile.length", $"手机号码应为 11 位，现在是 {length} 位。");
}
