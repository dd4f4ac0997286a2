using static CcdBlazor.Domain.Messages.Channels.FailureClass;

namespace CcdBlazor.Channels;

/// <summary>Codes of Aliyun SMS: answers of the call, and carriers' words in receipts.</summary>
internal static class AliyunSmsCodes
{
    public static readonly CodeTable Calls = new(new()
    {
        ["isv.BUSINESS_LIMIT_CONTROL"] = new(Throttled, "该号码触发短信频率上限", LimitEnd.Minute, OwnLimit: true),
        ["isv.DAY_LIMIT_CONTROL"] = new(Throttled, "短信账号触发日发送上限", LimitEnd.Day),
        ["isv.MONTH_LIMIT_CONTROL"] = new(Throttled, "短信账号触发月发送上限", LimitEnd.Day),
        ["isv.MOBILE_NUMBER_ILLEGAL"] = new(InvalidRecipient, "手机号码不合法"),
        ["isv.MOBILE_COUNT_OVER_LIMIT"] = new(Rejected, "一次发送的号码过多"),
        ["isv.BLACK_LIST"] = new(InvalidRecipient, "号码在服务商黑名单中"),
        ["isv.AMOUNT_NOT_ENOUGH"] = new(Credentials, "短信账户余额不足"),
        ["isv.OUT_OF_SERVICE"] = new(Credentials, "短信服务已停机"),
        ["isv.ACCOUNT_NOT_EXISTS"] = new(Credentials, "短信账户不存在"),
        ["isv.ACCOUNT_ABNORMAL"] = new(Credentials, "短信账户异常"),
        ["isv.PRODUCT_UN_SUBSCRIPT"] = new(Credentials, "未开通短信服务"),
        ["isp.RAM_PERMISSION_DENY"] = new(Credentials, "访问密钥没有短信权限"),
        ["isv.SMS_TEMPLATE_ILLEGAL"] = new(Rejected, "短信模板不存在或未通过审核"),
        ["isv.SMS_SIGNATURE_ILLEGAL"] = new(Rejected, "短信签名不存在或未通过审核"),
        ["isv.SMS_SIGN_ILLEGAL"] = new(Rejected, "短信签名不存在或未通过审核"),
        ["isv.TEMPLATE_MISSING_PARAMETERS"] = new(Rejected, "短信模板缺少变量"),
        ["isv.TEMPLATE_PARAMS_ILLEGAL"] = new(Rejected, "短信模板变量不合规"),
        ["isv.PARAM_LENGTH_LIMIT"] = new(Rejected, "短信模板变量过长"),
        ["isv.PARAM_NOT_SUPPORT_URL"] = new(Rejected, "短信变量不允许链接"),
        ["isv.BLACK_KEY_CONTROL_LIMIT"] = new(Rejected, "短信内容含敏感词"),
        ["isv.INVALID_JSON_PARAM"] = new(Rejected, "短信变量格式错误"),
        ["isv.INVALID_PARAMETERS"] = new(Rejected, "短信参数不正确"),
        ["isv.DENY_IP_RANGE"] = new(Credentials, "出口地址不在服务商白名单"),
        ["isp.SYSTEM_ERROR"] = new(Transient, "短信服务商系统错误"),
        ["isp.GATEWAY_ERROR"] = new(Transient, "短信服务商网关错误"),
        ["SignatureDoesNotMatch"] = new(Credentials, "访问密钥签名不匹配"),
        ["InvalidAccessKeyId.NotFound"] = new(Credentials, "访问密钥不存在"),
        ["InvalidAccessKeyId.Inactive"] = new(Credentials, "访问密钥已停用"),
        ["InvalidTimeStamp.Expired"] = new(Credentials, "服务器时间与服务商相差过大"),
        ["SignatureNonceUsed"] = new(Transient, "请求随机数重复"),
        ["Throttling"] = new(Throttled, "短信接口限流", LimitEnd.Second),
        ["Throttling.User"] = new(Throttled, "短信接口限流", LimitEnd.Second),
        ["Throttling.Api"] = new(Throttled, "短信接口限流", LimitEnd.Second),
        ["ServiceUnavailable"] = new(Transient, "短信服务商暂时不可用"),
        ["InternalError"] = new(Transient, "短信服务商系统错误"),
    });

    public static readonly CodeTable Receipts = new(new()
    {
        ["DELIVERED"] = new(Transient, "已送达"),
        ["DELIVRD"] = new(Transient, "已送达"),
        ["MOBILE_NOT_ON_SERVICE"] = new(InvalidRecipient, "号码停机"),
        ["MOBILE_SEND_LIMIT"] = new(Throttled, "号码触发发送上限", OwnLimit: true),
        ["MOBILE_IN_BLACK"] = new(InvalidRecipient, "号码在黑名单中"),
        ["MOBILE_TERMINAL_ERROR"] = new(Transient, "终端错误"),
        ["MOBILE_ACCOUNT_ABNORMAL"] = new(InvalidRecipient, "号码状态异常"),
        ["IS_CLOSED"] = new(InvalidRecipient, "号码已关机或停机"),
        ["UNDELIV"] = new(Transient, "未能送达"),
        ["CONTENT_KEYWORD"] = new(Rejected, "内容含敏感词"),
        ["CONTENT_ERROR"] = new(Rejected, "内容不合规"),
        ["SIGNATURE_BLACKLIST"] = new(Rejected, "签名被拦截"),
        ["INVALID_NUMBER"] = new(InvalidRecipient, "号码不存在"),
        ["NO_ROUTE"] = new(Transient, "运营商无可用通道"),
        ["REQUEST_SUCCESS"] = new(Transient, "等待运营商回执"),
        ["SP_UNKNOWN_ERROR"] = new(Transient, "运营商未知错误"),
    });

    /// <summary>The limit of a number comes with its period in the words only: 分钟级, 小时级 or 天级.</summary>
    public static CodeMeaning Meaning(string code, string words) => code != "isv.BUSINESS_LIMIT_CONTROL"
        ? Calls[code]
        : Calls[code] with
        {
            End = words.Contains("天级", StringComparison.Ordinal) ? LimitEnd.Day : words.Contains("小时级", StringComparison.Ordinal) ? LimitEnd.Hour : LimitEnd.Minute,
        };
}
