using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.JSInterop;

namespace CcdBlazor.Live;

/// <summary>
/// Every circuit has JSON settings of its own for its script calls, and so its own memory of every type that it has written. For each value that
/// is written as an object, the serializer also learns all interfaces of its type, to look for an inherited <c>[JsonPolymorphic]</c>: a single
/// number brings thirty of them (<c>INumber&lt;int&gt;</c>, <c>IShiftOperators&lt;…&gt;</c> …), 900 bytes each. Measured here: 80 KB per circuit
/// for JSON alone. None of the interfaces of the base library says how to write anything, so circuits do without knowing them.
/// </summary>
public static class LeanCircuits
{
    private static readonly WithoutBaseInterfaces Types = new();

    /// <summary>Call after the circuits were added.</summary>
    public static IServiceCollection AddLeanCircuits(this IServiceCollection services)
    {
        var runtime = services.Last(s => s.ServiceType == typeof(IJSRuntime)).ImplementationType
            ?? throw new InvalidOperationException("The script runtime of the circuits is registered in an unknown way.");
        var make = ActivatorUtilities.CreateFactory(runtime, []);
        return services.AddScoped(provider =>
        {
            var made = (IJSRuntime)make(provider, []);
            if (made is JSRuntime known && OptionsOf(known) is { IsReadOnly: false, TypeInfoResolver: null } options)
                options.TypeInfoResolver = Types;
            return made;
        });
    }

    /// <summary>Protected there, for runtimes that inherit; the one of the circuits is sealed.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_JsonSerializerOptions")]
    private static extern JsonSerializerOptions OptionsOf(JSRuntime runtime);

    /// <summary>Knows every type but the interfaces that are no shape of data.</summary>
    internal sealed class WithoutBaseInterfaces : DefaultJsonTypeInfoResolver
    {
        public override JsonTypeInfo GetTypeInfo(Type type, JsonSerializerOptions options) =>
            // The serializer asks on when there is no answer, although the type of the answer does not say that there may be none.
            IsNoShape(type) ? null! : base.GetTypeInfo(type, options);

        private static bool IsNoShape(Type type) => type.IsInterface
            && (type.Namespace is "System" or "System.Numerics" or "System.Runtime.Serialization" or "System.Collections"
                || (type.GenericTypeArguments is [{ IsGenericType: true } only] && only.GetGenericTypeDefinition() == typeof(KeyValuePair<,>)));
    }
}
