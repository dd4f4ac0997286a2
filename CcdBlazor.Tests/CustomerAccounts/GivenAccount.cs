using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Tests.Documents;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Tests.CustomerAccounts;

/// <summary>A message as it stands in the table, and as its recipient reads it.</summary>
internal sealed record ReadMessage(string Template, string Recipient, short Channel, short Priority, bool Urgent, string Stored, Dictionary<string, string> Values);

/// <summary>What tests of customer accounts say about a house: customers with numbers, accounts, and the codes that arrive.</summary>
internal static class GivenAccount
{
    private static int ordinal = 50_000;

    internal static async Task FurnishAsync(this GivenFile given)
    {
        await given.Get<SettingsReader>().LoadAsync(default);
        await given.Get<TemplateSeed>().EnsureShippedAsync(default);
    }

    internal static string NewMobile() => MobilePhone.SyntheticAt(Interlocked.Increment(ref ordinal)).Value;

    /// <summary>A customer with this number; with an identity of its own unless it shall have none.</summary>
    internal static async Task<Guid> PersonAsync(this GivenFile given, string mobile, StaffActor? owner = null, string name = "陈嘉怡", bool identity = true, CustomerKind kind = CustomerKind.Person)
    {
        var number = Interlocked.Increment(ref ordinal);
        var made = await given.Customers.CreateAsync(new CustomerDraft
        {
            Kind = kind,
            Name = name,
            Phones = [mobile],
            IdentityNumber = !identity ? null : kind == CustomerKind.Person ? CitizenNumber.SyntheticAt(number).Value : UnifiedCreditCode.Synthetic(new Random(number)).Value,
            Facts = kind == CustomerKind.Company ? [CustomerFacts.Company] : [],
            Loans = [new LoanDraft { ProductId = given.Product, Amount = 50_000 }],
        }, owner ?? given.Clerk, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        return made.Value;
    }

    internal static async Task<Result> TryOpenAsync(this GivenFile given, Guid customer, string mobile, StaffActor? by = null, string? email = null, bool samePerson = false) =>
        await given.Get<CustomerAccountService>().OpenAsync(customer, new CustomerAccountDraft(mobile, email, samePerson), by ?? given.Clerk, default);

    /// <summary>A customer with an open account.</summary>
    internal static async Task<(Guid Customer, string Mobile)> AccountAsync(this GivenFile given, StaffActor? owner = null, string name = "陈嘉怡")
    {
        var mobile = NewMobile();
        var customer = await given.PersonAsync(mobile, owner, name);
        var opened = await given.TryOpenAsync(customer, mobile, owner);
        Assert.True(opened.Ok, opened.Refusal?.Text);
        return (customer, mobile);
    }

    internal static Task<Result> SendCodeAsync(this GivenFile given, string mobile, string? from = null) => given.Get<CustomerSignIn>().SendCodeAsync(mobile, from ?? NewAddress(), default);

    /// <summary>Asks for a code and reads it where the customer would.</summary>
    internal static async Task<string> CodeAsync(this GivenFile given, string mobile)
    {
        var sent = await given.SendCodeAsync(mobile);
        Assert.True(sent.Ok, sent.Refusal?.Text);
        return await given.LatestCodeAsync(mobile);
    }

    internal static async Task<string> LatestCodeAsync(this GivenFile given, string mobile) =>
        (await given.MessagesToAsync(mobile)).Last(m => m.Template == ShippedTemplates.VerificationCode).Values["code"];

    /// <summary>The row of the newest code of a number.</summary>
    internal static async Task<SignInCode> CodeRowAsync(this GivenFile given, string mobile)
    {
        var hash = given.Get<FieldHash>().Of(mobile, "customer-sign-in.mobile");
        await using var db = given.Db();
        return await db.SignInCodes.AsNoTracking().Where(c => c.MobileHash == hash).OrderByDescending(c => c.CreatedAt).FirstAsync();
    }

    internal static Task<Result<Guid>> TrySignInAsync(this GivenFile given, string mobile, string code) => given.Get<CustomerSignIn>().SignInAsync(mobile, code, "203.0.113.7", default);

    internal static async Task<Guid> SignInAsync(this GivenFile given, string mobile)
    {
        var begun = await given.TrySignInAsync(mobile, await given.CodeAsync(mobile));
        Assert.True(begun.Ok, begun.Refusal?.Text);
        return begun.Value;
    }

    internal static Task<CustomerActor?> WhoAsync(this GivenFile given, Guid session) => given.Get<CustomerSessions>().FindAsync(session, null, default);

    internal static async Task<CustomerAccountPanelRow> PanelAsync(this GivenFile given, Guid customer, Actor? by = null) =>
        (await given.Get<CustomerAccountQueries>().PanelAsync(customer, by ?? given.Administrator, default)).Value;

    /// <summary>Some address of the documentation networks; limits per address concern nobody but the test that means them.</summary>
    internal static string NewAddress() => $"2001:db8::{Interlocked.Increment(ref ordinal):x}";

    /// <summary>A code of six digits that is not this one.</summary>
    internal static string Other(string code) => code[..5] + (code[5] == '9' ? '0' : (char)(code[5] + 1));

    /// <summary>In the order in which they were accepted: the clock stands still between two of them, their places in the queue do not.</summary>
    internal static async Task<List<ReadMessage>> MessagesToAsync(this GivenFile given, string recipient)
    {
        await using var command = given.Get<NpgsqlDataSource>().CreateCommand(
            "select m.id, t.code, m.recipient, m.channel, m.priority, m.urgent, m.variables from messages m join message_templates t on t.id = m.template_id left join ready_messages r on r.id = m.id where m.recipient = $1 order by m.accepted_at, r.seq, m.id");
        command.Parameters.AddWithValue(recipient);
        var found = new List<ReadMessage>();
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            var values = JsonSerializer.Deserialize<Dictionary<string, string>>(rows.GetString(6))!;
            given.Get<SealedVariables>().Open(values, rows.GetGuid(0));
            found.Add(new ReadMessage(rows.GetString(1), rows.GetString(2), rows.GetInt16(3), rows.GetInt16(4), rows.GetBoolean(5), rows.GetString(6), values));
        }

        return found;
    }

    internal static async Task ExecuteAsync(this GivenFile given, FormattableString sql)
    {
        await using var db = given.Db();
        await db.Database.ExecuteSqlAsync(sql);
    }
}
