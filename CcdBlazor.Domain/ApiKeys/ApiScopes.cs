namespace CcdBlazor.Domain.ApiKeys;

/// <summary>What a key may do. The numbers are stored; the names are what other systems read.</summary>
[Flags]
public enum ApiScopes
{
    None = 0,
    /// <summary>Send single messages, call them back, change their time.</summary>
    MessagesSend = 1,
    /// <summary>Read messages, their traces and statistics.</summary>
    MessagesRead = 2,
    /// <summary>Send and steer batches.</summary>
    MessagesBatches = 4,
    TemplatesRead = 8,
    /// <summary>Read the channel accounts; never their secrets.</summary>
    AccountsRead = 16,
    ConfigRead = 32,
    ConfigWrite = 64,
    /// <summary>Read portraits of all customers, managers and assignments.</summary>
    PortraitsRead = 128,
    /// <summary>Start dry runs of an assignment, and hand single customers over.</summary>
    AssignmentsWrite = 256,
}

/// <summary>Names and words of the scopes.</summary>
public static class ApiScopeWords
{
    /// <summary>Every single scope, with its stable name and its Chinese words.</summary>
    public static IReadOnlyList<(ApiScopes Scope, string Name, string Words)> All { get; } =
    [
        (ApiScopes.MessagesSend, "messages.send", "发送单条消息，撤回或改期自己的消息"),
        (ApiScopes.MessagesRead, "messages.read", "查询消息、轨迹和统计"),
        (ApiScopes.MessagesBatches, "messages.batches", "提交和控制批量发送"),
        (ApiScopes.TemplatesRead, "templates.read", "查询消息模板"),
        (ApiScopes.AccountsRead, "accounts.read", "查询渠道账号（不含密钥）"),
        (ApiScopes.ConfigRead, "config.read", "查询系统配置"),
        (ApiScopes.ConfigWrite, "config.write", "修改系统配置"),
        (ApiScopes.PortraitsRead, "portraits.read", "查询全部客户的画像、客户经理档案和分配方案"),
        (ApiScopes.AssignmentsWrite, "assignments.write", "试算分配方案，更换单个客户的客户经理"),
    ];

    /// <summary>The names of all scopes in the set.</summary>
    public static IReadOnlyList<string> Names(ApiScopes scopes) => [.. All.Where(s => scopes.HasFlag(s.Scope)).Select(s => s.Name)];

    /// <summary>The name of one scope.</summary>
    public static string Name(ApiScopes scope)
    {
        foreach (var (one, name, _) in All)
            if (one == scope)
                return name;
        throw new ArgumentOutOfRangeException(nameof(scope), scope, null);
    }
}
