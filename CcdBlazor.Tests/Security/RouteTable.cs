using CcdBlazor.Domain.Common;

namespace CcdBlazor.Tests.Security;

/// <summary>What a route is about, and so what must be tried with it.</summary>
internal enum RouteKind
{
    /// <summary>For everybody, and says nothing about anybody.</summary>
    Public,

    /// <summary>Of the framework; the guards of circuits are tested with sign-in.</summary>
    Framework,

    /// <summary>Everybody who is signed in; shows what is one's own, or lists that hold only what one may see.</summary>
    SignedIn,

    /// <summary>Asks for a permission at the door and is about no single person's object.</summary>
    Permission,

    /// <summary>For other systems: asks for an API key with a scope, never for a cookie. Tested with the API.</summary>
    Key,

    /// <summary>For signed-in customers alone; tested with their accounts.</summary>
    Account,

    /// <summary>About one customer.</summary>
    Customer,

    /// <summary>About one document, or a stored file.</summary>
    Document,

    /// <summary>About one upload, or creates one.</summary>
    Upload,

    /// <summary>Opened by the token of a customer's link.</summary>
    Link,
}

/// <summary>
/// Every route of the program, sorted by hand. A route that is not in here fails the tests: whoever adds one says what it is about, and for the last four
/// kinds adds a probe to <see cref="RouteProbes"/>.
/// </summary>
internal static class RouteTable
{
    public const string Anyone = "anyone";
    public const string SignedIn = "signed-in";
    public const string CustomerAccount = "customer";
    private const string AnyKey = "key:any";
    private const string SendKey = "key:messages.send";
    private const string BatchKey = "key:messages.batches";
    private const string ReadKey = "key:messages.read";

    /// <param name="Methods">As the program lists them.</param>
    /// <param name="Door">Who gets past the door: <see cref="Anyone"/>, <see cref="SignedIn"/>, or a permission.</param>
    public sealed record Entry(string Methods, string Pattern, string Door, RouteKind Kind);

    private const string Page = "GET,POST";

    public static IReadOnlyList<Entry> All { get; } =
    [
        new(Page, "/login", Anyone, RouteKind.Public),
        new(Page, "/forgot-password", Anyone, RouteKind.Public),
        // Opened by the token of a mail; unknown, used and expired ones have tests of their own, with the accounts.
        new(Page, "/set-password/{Token}", Anyone, RouteKind.Public),
        new("POST", "/logout", Anyone, RouteKind.Public),
        new("GET", "/health/live", Anyone, RouteKind.Public),
        new("GET", "/health/ready", Anyone, RouteKind.Public),

        // Static files that no build step listed, in Development only.
        new("GET,HEAD", "/{**path:file}", SignedIn, RouteKind.Framework),
        new("*", "/{**path:file}", SignedIn, RouteKind.Framework),
        new("GET", "/_framework/opaque-redirect", SignedIn, RouteKind.Framework),
        new("*", "/_blazor", SignedIn, RouteKind.Framework),
        new("*", "/_blazor/disconnect/", SignedIn, RouteKind.Framework),
        new("*", "/_blazor/initializers/", SignedIn, RouteKind.Framework),
        new("*", "/_blazor/negotiate", SignedIn, RouteKind.Framework),

        new(Page, "/", SignedIn, RouteKind.SignedIn),
        new(Page, "/not-found", Anyone, RouteKind.Public),
        new(Page, "/account/password", SignedIn, RouteKind.SignedIn),
        new(Page, "/account/security", SignedIn, RouteKind.SignedIn),
        new(Page, "/account/too-many-pages", SignedIn, RouteKind.SignedIn),
        new(Page, "/customers", SignedIn, RouteKind.SignedIn),
        // Hold only what one may see: one's own batches, or all of them.
        new(Page, "/messages/batches", SignedIn, RouteKind.SignedIn),
        new(Page, "/messages/batches/{Id:guid}", SignedIn, RouteKind.SignedIn),
        new("GET", "/messages/batches/{id:guid}/export", SignedIn, RouteKind.SignedIn),
        new(Page, "/messages/failures", nameof(Permission.ViewMessages), RouteKind.Permission),
        new(Page, "/messages/records", nameof(Permission.ViewMessages), RouteKind.Permission),
        new(Page, "/messages/send", nameof(Permission.SendMessages), RouteKind.Permission),
        // Asks for the permission itself: its page tells a refusal from a file that is not there.
        new("POST", "/messages/send/recipients", SignedIn, RouteKind.Permission),
        // Hold only what is arranged on visible customers, and the pools of one's department, masked.
        new(Page, "/followups", SignedIn, RouteKind.SignedIn),
        new(Page, "/pool", SignedIn, RouteKind.SignedIn),
        new(Page, "/pool/settings", nameof(Permission.ManagePools), RouteKind.Permission),
        new("GET", "/api/follow-ups/export", nameof(Permission.ExportCustomers), RouteKind.Permission),
        new("POST", "/api/follow-ups/{id:guid}/files", SignedIn, RouteKind.Document),
        new("GET", "/api/follow-ups/{id:guid}/files/{fileId:guid}", SignedIn, RouteKind.Document),
        new(Page, "/statistics", SignedIn, RouteKind.SignedIn),
        new(Page, "/statistics/events", SignedIn, RouteKind.SignedIn),

        new(Page, "/customers/new", nameof(Permission.EditCustomers), RouteKind.Permission),
        new(Page, "/customers/recycle-bin", nameof(Permission.DeleteCustomers), RouteKind.Permission),
        new("GET", "/api/customers/export", nameof(Permission.ExportCustomers), RouteKind.Permission),
        new(Page, "/review", nameof(Permission.ReviewDocuments), RouteKind.Permission),
        new(Page, "/admin/audit", nameof(Permission.ViewAudit), RouteKind.Permission),
        new(Page, "/admin/api-keys", nameof(Permission.ManageApiKeys), RouteKind.Permission),
        new(Page, "/messages/api", nameof(Permission.ViewMessages), RouteKind.Permission),
        new(Page, "/admin/departments", nameof(Permission.ManageStaff), RouteKind.Permission),
        new(Page, "/admin/jobs", nameof(Permission.ManageJobs), RouteKind.Permission),
        new(Page, "/admin/products", nameof(Permission.EditProducts), RouteKind.Permission),
        new(Page, "/admin/products/{id:guid}", nameof(Permission.EditProducts), RouteKind.Permission),
        new(Page, "/admin/roles", nameof(Permission.ManageStaff), RouteKind.Permission),
        new(Page, "/admin/settings", nameof(Permission.ManageSettings), RouteKind.Permission),
        new("GET", "/api/config/configs/", nameof(Permission.ManageSettings), RouteKind.Permission),
        new("POST", "/api/config/configs/", nameof(Permission.ManageSettings), RouteKind.Permission),
        new("GET", "/api/config/configs/{id}", nameof(Permission.ManageSettings), RouteKind.Permission),
        new("PUT", "/api/config/configs/{id}", nameof(Permission.ManageSettings), RouteKind.Permission),
        new(Page, "/admin/staff", nameof(Permission.ManageStaff), RouteKind.Permission),
        // Hold only the customers that one may see.
        new(Page, "/portraits/assignments", nameof(Permission.ViewPortraits), RouteKind.Permission),
        new(Page, "/portraits/assignments/{Id:guid}", nameof(Permission.ViewPortraits), RouteKind.Permission),
        new("GET", "/portraits/assignments/{id:guid}/export", SignedIn, RouteKind.SignedIn),
        new(Page, "/portraits/effects", nameof(Permission.ViewPortraits), RouteKind.Permission),
        new(Page, "/portraits/effects/customers", nameof(Permission.ViewPortraits), RouteKind.Permission),
        new("GET", "/portraits/effects/export", SignedIn, RouteKind.SignedIn),
        new("GET", "/portraits/effects/customers/export", SignedIn, RouteKind.SignedIn),
        new(Page, "/portraits/scores", nameof(Permission.ManagePortraits), RouteKind.Permission),
        new(Page, "/portraits/managers", nameof(Permission.ViewPortraits), RouteKind.Permission),
        new(Page, "/portraits/segments", nameof(Permission.ViewPortraits), RouteKind.Permission),
        new(Page, "/messages/monitor", nameof(Permission.ViewMessages), RouteKind.Permission),
        new(Page, "/messages/templates", nameof(Permission.ManageTemplates), RouteKind.Permission),
        new(Page, "/messages/templates/{id:guid}", nameof(Permission.ManageTemplates), RouteKind.Permission),
        new(Page, "/messages/accounts", nameof(Permission.ManageChannels), RouteKind.Permission),
        new(Page, "/messages/lists", nameof(Permission.ManageChannels), RouteKind.Permission),
        // Asks for the permission itself, because its sender may be anybody.
        new("POST", "/api/products/example", SignedIn, RouteKind.Permission),

        new("POST", "/api/messages/send", SendKey, RouteKind.Key),
        new("GET", "/api/messages", ReadKey, RouteKind.Key),
        new("GET", "/api/messages/{id:guid}", ReadKey, RouteKind.Key),
        new("PATCH", "/api/messages/{id:guid}", SendKey, RouteKind.Key),
        new("POST", "/api/messages/{id:guid}/cancel", SendKey, RouteKind.Key),
        new("GET", "/api/messages/traces/{traceId:guid}", ReadKey, RouteKind.Key),
        new("GET", "/api/messages/statistics/overview", ReadKey, RouteKind.Key),
        new("GET", "/api/messages/statistics/realtime", ReadKey, RouteKind.Key),
        new("GET", "/api/messages/templates", "key:templates.read", RouteKind.Key),
        new("GET", "/api/messages/accounts", "key:accounts.read", RouteKind.Key),
        new("POST", "/api/messages/send-batch", BatchKey, RouteKind.Key),
        new("GET", "/api/messages/batches/{id:guid}", BatchKey, RouteKind.Key),
        new("POST", "/api/messages/batches/{id:guid}/{verb}", BatchKey, RouteKind.Key),
        new("POST", "/api/admin/auto-assign", "key:assignments.write", RouteKind.Key),
        new("GET", "/api/admin/auto-assign/{id:guid}", "key:portraits.read", RouteKind.Key),
        new("POST", "/api/admin/manual-assign", "key:assignments.write", RouteKind.Key),
        new("GET", "/api/admin/dashboard", "key:portraits.read", RouteKind.Key),
        new("GET", "/api/customers/{id:guid}/profile", "key:portraits.read", RouteKind.Key),
        new("GET", "/api/managers/{id:guid}/profile", "key:portraits.read", RouteKind.Key),
        new("GET", "/api/health", AnyKey, RouteKind.Key),
        // Providers have no account; the account's own secret says what is genuine.
        new("POST", "/api/messages/receipts/{account:int}", Anyone, RouteKind.Public),
        new("GET", "/api/messages/receipts/{account:int}", Anyone, RouteKind.Public),
        new("*", "/api/messages/{**rest}", AnyKey, RouteKind.Key),

        new(Page, "/my/sign-in", Anyone, RouteKind.Public),
        new(Page, "/my", CustomerAccount, RouteKind.Account),
        new(Page, "/my/files/{Id:guid}", CustomerAccount, RouteKind.Account),
        new(Page, "/my/files/{Id:guid}/about", CustomerAccount, RouteKind.Account),
        new(Page, "/my/files/{Id:guid}/messages", CustomerAccount, RouteKind.Account),
        new("GET", "/my/requests/{id:guid}/upload", CustomerAccount, RouteKind.Account),
        new("POST", "/my/sign-out", CustomerAccount, RouteKind.Account),
        new("POST", "/my/sign-out-everywhere", CustomerAccount, RouteKind.Account),

        new(Page, "/customers/{Id:guid}", SignedIn, RouteKind.Customer),
        new(Page, "/customers/{Id:guid}/edit", nameof(Permission.EditCustomers), RouteKind.Customer),
        new(Page, "/customers/{Id:guid}/upload", SignedIn, RouteKind.Customer),
        new("GET", "/customers/{id:guid}/upload/state", SignedIn, RouteKind.Customer),
        new("POST", "/customers/{id:guid}/upload/withdraw", SignedIn, RouteKind.Customer),
        new(Page, "/customers/{Id:guid}/portrait", nameof(Permission.ViewPortraits), RouteKind.Customer),
        new(Page, "/review/{Id:guid}", nameof(Permission.ReviewDocuments), RouteKind.Customer),

        new("GET", "/files/{documentId:guid}/thumbnail", SignedIn, RouteKind.Document),
        new("GET", "/files/{documentId:guid}/view", SignedIn, RouteKind.Document),
        new("GET", "/files/{documentId:guid}/original", SignedIn, RouteKind.Document),
        // Examples are for all staff; a customer's paper must not be reachable by its file id.
        new("GET", "/api/products/example/{fileId:guid}", SignedIn, RouteKind.Document),

        new("OPTIONS", "/api/uploads/", Anyone, RouteKind.Public),
        new("OPTIONS", "/api/uploads/{id:guid}", Anyone, RouteKind.Public),
        new("POST", "/api/uploads/", Anyone, RouteKind.Upload),
        new("GET", "/api/uploads/{id:guid}", Anyone, RouteKind.Upload),
        new("HEAD", "/api/uploads/{id:guid}", Anyone, RouteKind.Upload),
        new("PATCH", "/api/uploads/{id:guid}", Anyone, RouteKind.Upload),
        new("DELETE", "/api/uploads/{id:guid}", Anyone, RouteKind.Upload),

        new(Page, "/u/{Token}", Anyone, RouteKind.Link),
        new(Page, "/u/{Token}/about", Anyone, RouteKind.Link),
        new("GET", "/u/{token}/state", Anyone, RouteKind.Link),
        new("POST", "/u/{token}/withdraw", Anyone, RouteKind.Link),
        new("GET", "/u/{token}/example/{itemCode}", Anyone, RouteKind.Link),
    ];

    /// <summary>Files of the build, by name: everybody's, and the same for everybody.</summary>
    public static bool IsStaticAsset(string methods, string pattern, string door) =>
        methods == "GET,HEAD" && door == Anyone && !pattern.Contains('{', StringComparison.Ordinal) && (pattern.Contains('.', StringComparison.Ordinal) || pattern.StartsWith("/dist/", StringComparison.Ordinal));
}
