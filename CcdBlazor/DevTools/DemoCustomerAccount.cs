using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.DevTools;

/// <summary>
/// A demo customer who can sign in. Only where the demo sends through the simulator, which shows the code; without it the messages would wait for an account that nobody adds.
/// </summary>
internal static class DemoCustomerAccount
{
    public static async Task OpenAsync(IServiceProvider services, Guid customer, StaffActor owner, CancellationToken ct)
    {
        if (services.GetRequiredService<IConfiguration>()["Demo:Simulator"] is not { Length: > 0 } simulator || services.GetRequiredService<PublicAddress>().Of("/") is null)
            return;
        var phones = (await services.GetRequiredService<CustomerQueries>().DetailAsync(customer, owner, ct)).Value.Phones;
        var mobile = phones.First(p => MobilePhone.Parse(p).Ok);
        var opened = await services.GetRequiredService<CustomerAccountService>().OpenAsync(customer, new CustomerAccountDraft(mobile), owner, ct);
        if (!opened.Ok)
            throw new InvalidOperationException($"Seeding a customer account: {opened.Refusal.Code} {opened.Refusal.Text}");
        var due = DateOnly.FromDateTime(services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime.AddHours(8)).AddDays(7);
        var asked = await services.GetRequiredService<DocumentRequests>().AskAsync(
            customer, new RequestDraft(Guid.NewGuid(), [], ShippedTemplates.DocumentRequest, MessageChannel.Sms, 0, null, due), owner, ct);
        if (!asked.Ok)
            throw new InvalidOperationException($"Seeding a request: {asked.Refusal.Code} {asked.Refusal.Text}");
        Console.WriteLine($"演示客户账号：打开 {CustomerAccountService.SignInPath}，手机号 {mobile}，验证码见 {simulator}");
    }
}
