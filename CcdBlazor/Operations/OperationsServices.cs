using CcdBlazor.Domain.Audit;
using CcdBlazor.Jobs;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace CcdBlazor.Operations;

/// <summary>What keeps the program observable: audit chain, jobs, health, metrics, logs.</summary>
public static class OperationsServices
{
    /// <param name="dataFolder">The folder for all that the program keeps; the heads of the audit chain go there, outside the database.</param>
    /// <param name="jobs">False where only others run the scheduled jobs.</param>
    public static void AddOperations(this WebApplicationBuilder builder, string connectionString, string dataFolder, bool jobs = true)
    {
        builder.AddOperationsLogging();
        Directory.CreateDirectory(dataFolder);
        builder.Services.AddAudit(Path.Combine(dataFolder, "audit-heads.log"));
        builder.Services.AddHostedService<AuditSealing>();
        if (jobs)
            builder.Services.AddJobs(connectionString);
        builder.Services.AddSingleton<CcdMetrics>();
        builder.Services.AddHostedService<WorkCounter>();
        builder.Services.AddScoped<CircuitHandler, CircuitCounter>();
        if (builder.Configuration["Otlp:Endpoint"] is { Length: > 0 } endpoint)
            builder.Services.AddHostedService(_ => new MetricsExport(new Uri(endpoint)));
    }

    /// <summary>The first middleware of all: it sees every answer, also those of the ones behind it.</summary>
    public static IApplicationBuilder UseRequestLog(this IApplicationBuilder app) => app.UseMiddleware<RequestLog>();

    public static void MapOperations(this IEndpointRouteBuilder routes) => Health.Map(routes);

    /// <summary>
    /// JSON lines in Production, and never the framework's own request lines or scopes: both carry the raw path, and with it the key of a customer link.
    /// </summary>
    internal static void AddOperationsLogging(this WebApplicationBuilder builder)
    {
        if (builder.Environment.IsProduction())
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddJsonConsole(options =>
            {
                options.IncludeScopes = false;
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "O";
            });
        }

        // Behind the configuration on purpose: a lower level for these in some file would leak keys.
        builder.Services.PostConfigure<LoggerFilterOptions>(options =>
        {
            foreach (var category in (string[])["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Routing", "Microsoft.AspNetCore.StaticFiles", "Microsoft.AspNetCore.StaticAssets", "Microsoft.AspNetCore.Components", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Diagnostics", "Microsoft.AspNetCore.Authorization", "Microsoft.AspNetCore.Authentication", "Microsoft.AspNetCore.Antiforgery", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.SignalR"])
            {
                var rules = options.Rules.Where(rule => rule.CategoryName?.StartsWith(category, StringComparison.OrdinalIgnoreCase) == true && rule.LogLevel < LogLevel.Warning).ToList();
                foreach (var rule in rules)
                    options.Rules.Remove(rule);
                options.Rules.Add(new LoggerFilterRule(null, category, LogLevel.Warning, null));
            }
        });
    }
}
