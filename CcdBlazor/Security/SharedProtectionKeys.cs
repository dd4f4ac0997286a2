using System.Xml.Linq;
using CcdBlazor.Domain.Files;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Security;

/// <summary>Keeps the keys of cookies, form tokens and circuits in the database, so that all nodes read each other's.</summary>
internal static class SharedProtectionKeys
{
    public static IServiceCollection AddSharedProtectionKeys(this IServiceCollection services)
    {
        services.AddSingleton<ProtectionKeyStore>();
        services.AddDataProtection().SetApplicationName("CcdBlazor");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(
            options => options.XmlRepository = new Repository(provider.GetRequiredService<ProtectionKeyStore>())));
        return services;
    }

    private sealed class Repository(ProtectionKeyStore store) : IXmlRepository
    {
        public IReadOnlyCollection<XElement> GetAllElements() => [.. store.All().Select(xml => XElement.Parse(xml))];

        public void StoreElement(XElement element, string friendlyName) => store.Add(friendlyName, element.ToString(SaveOptions.DisableFormatting));
    }
}
