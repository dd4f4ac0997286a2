using System.Globalization;
using System.Text.Json;
using CcdBlazor.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Tests.Operations;

public sealed class JsonLogTests
{
    [Fact]
    public async Task In_production_every_log_line_is_one_json_object_in_utc_and_without_scopes()
    {
        await using var services = Services("Production");
        Assert.Equal(ConsoleFormatterNames.Json, services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName);
        Assert.IsType<ConsoleLoggerProvider>(Assert.Single(services.GetServices<ILoggerProvider>()));
        var formatter = services.GetServices<ConsoleFormatter>().Single(f => f.Name == ConsoleFormatterNames.Json);
        var scopes = new LoggerExternalScopeProvider();
        using var scope = scopes.Push(new Dictionary<string, object> { ["RequestPath"] = "/u/s3cret" });
        using var output = new StringWriter();

        formatter.Write(
            new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(
                LogLevel.Warning, "CcdBlazor.Operations", new EventId(7), [new("UploadId", 42), new("{OriginalFormat}", "Upload {UploadId}\nwaits")],
                new InvalidOperationException("zwei\nZeilen"), (_, _) => "Upload 42\nwaits"),
            scopes, output);

        var line = Assert.Single(output.ToString().TrimEnd('\n').Split('\n'));
        var entry = JsonDocument.Parse(line).RootElement;
        Assert.Equal(("Warning", "CcdBlazor.Operations", "Upload 42\nwaits", 7), (
            entry.GetProperty("LogLevel").GetString(), entry.GetProperty("Category").GetString(), entry.GetProperty("Message").GetString(),
            entry.GetProperty("EventId").GetInt32()));
        Assert.Equal(42, entry.GetProperty("State").GetProperty("UploadId").GetInt32());
        Assert.Equal(TimeSpan.Zero, DateTimeOffset.Parse(entry.GetProperty("Timestamp").GetString()!, CultureInfo.InvariantCulture).Offset);
        Assert.Contains("InvalidOperationException", entry.GetProperty("Exception").GetString(), StringComparison.Ordinal);
        Assert.False(entry.TryGetProperty("Scopes", out _));
        Assert.DoesNotContain("s3cret", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_development_people_read_the_log()
    {
        await using var services = Services("Development");
        Assert.NotEqual(ConsoleFormatterNames.Json, services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName);
    }

    private static ServiceProvider Services(string environment)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.AddOperationsLogging();
        return builder.Services.BuildServiceProvider();
    }
}
