using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>What an administrator decides about templates.</summary>
public static class TemplateSettings
{
    public static readonly Setting<bool> SecondPerson = new("messages.templates.second_person", false)
    {
        Group = "消息模板", Title = "模板需要第二人批准",
        Description = "开启后，新写和修改的模板须由另一位同事批准才能启用；写过这一版的人不能自己批准。正在使用的版本不受影响。",
    };

    public static readonly IReadOnlyList<Setting> All = [SecondPerson];
}
