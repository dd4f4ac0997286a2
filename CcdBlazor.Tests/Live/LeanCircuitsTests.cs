using System.Globalization;
using System.Text.Json;
using CcdBlazor.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.JSInterop;
using Microsoft.JSInterop.Infrastructure;

namespace CcdBlazor.Tests.Live;

/// <summary>What the leaner JSON settings of circuits must not change.</summary>
public sealed class LeanCircuitsTests
{
    [Fact]
    public void What_is_written_is_the_same_as_without()
    {
        object?[] values =
        [
            1, 2L, 1.5m, true, "文字", 'x', Guid.Empty, DateTimeOffset.UnixEpoch, DayOfWeek.Friday, null, new[] { 1, 2 }, new List<string> { "a" },
            new Dictionary<string, string[]> { ["k"] = ["v"] }, new { Name = "甲", Items = (IReadOnlyList<string>)["b"], Map = (IReadOnlyDictionary<string, int>)new Dictionary<string, int> { ["n"] = 1 } },
            new[] { 3, 4 }.Select(n => n * 2), JsonSerializer.SerializeToElement(new { a = 1 }),
        ];
        Assert.Equal(
            JsonSerializer.Serialize(values, new JsonSerializerOptions()),
            JsonSerializer.Serialize(values, new JsonSerializerOptions { TypeInfoResolver = new LeanCircuits.WithoutBaseInterfaces() }));
    }

    [Fact]
    public async Task The_circuits_runtime_is_replaced_by_one_that_knows_fewer_types()
    {
        await using var services = new ServiceCollection().AddScoped<IJSRuntime, Runtime>().AddLeanCircuits().BuildServiceProvider();
        await using var circuit = services.CreateAsyncScope();
        var runtime = Assert.IsType<Runtime>(circuit.ServiceProvider.GetRequiredService<IJSRuntime>());
        Assert.Same(runtime, circuit.ServiceProvider.GetRequiredService<IJSRuntime>());
        await runtime.InvokeVoidAsync("say", 1, "二", new ElementReference("e"));
        Assert.Equal("[1,\"\\u4E8C\",{\"id\":\"e\",\"context\":null}]", runtime.Sent);
        Assert.IsType<LeanCircuits.WithoutBaseInterfaces>(runtime.Options.TypeInfoResolver);
    }

    private sealed class Runtime : JSRuntime
    {
        public string? Sent { get; private set; }

        public JsonSerializerOptions Options => JsonSerializerOptions;

        protected override void BeginInvokeJS(long taskId, string identifier, string? argsJson, JSCallResultType resultType, long targetInstanceId) =>
            Complete(taskId, argsJson);

        protected override void BeginInvokeJS(in JSInvocationInfo invocationInfo) => Complete(invocationInfo.AsyncHandle, invocationInfo.ArgsJson);

        protected override void EndInvokeDotNet(DotNetInvocationInfo invocationInfo, in DotNetInvocationResult invocationResult)
        {
        }

        private void Complete(long taskId, string? arguments)
        {
            Sent = arguments;
            DotNetDispatcher.EndInvokeJS(this, string.Create(CultureInfo.InvariantCulture, $"[{taskId},true,null]"));
        }
    }
}
