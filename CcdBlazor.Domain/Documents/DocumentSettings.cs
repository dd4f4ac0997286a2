using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.Documents;

/// <summary>What an administrator may change about collecting papers.</summary>
public static class DocumentSettings
{
    /// <summary>How long a link lives (issue "The house", B6: seven days). Links that are out already keep their time.</summary>
    public static readonly Setting<TimeSpan> LinkLifetime = new("documents.links.lifetime", TimeSpan.FromDays(7))
    {
        Group = "资料收集",
        Title = "客户上传链接有效期",
        Description = "新生成的链接在多长时间内可以使用。太短会让客户来不及补资料，太长会增加链接被转发的风险；已经发出的链接不受影响。",
        // Not shorter: the colleagues are told a day before a link ends (CustomerLink.WarnBefore).
        Bounds = (TimeSpan.FromDays(2), TimeSpan.FromDays(30)),
    };

    public static readonly IReadOnlyList<Setting> All = [LinkLifetime];
}
