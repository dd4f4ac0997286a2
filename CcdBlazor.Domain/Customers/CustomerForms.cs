using CcdBlazor.Domain.Files;

namespace CcdBlazor.Domain.Customers;

internal static class CustomerForms
{
    public static CustomerForm Of(Customer c, FieldCipher cipher) => new(
        c.Id, c.Number, c.Version,
        new CustomerDraft
        {
            Kind = c.Kind,
            Name = c.Name,
            Phones = [.. c.Phones],
            Source = c.Source,
            Tags = [.. c.Tags],
            Remarks = c.Remarks,
            Facts = [.. c.Facts],
            Loans = [.. c.Loans.OrderBy(l => l.Position).Select(l => new LoanDraft { ProductId = l.ProductId, Amount = l.Amount })],
        },
        MaskedIdentity(c.Kind, c.IdentityCipher, cipher),
        c.ChecklistIsOpen);

    /// <summary>Decrypting costs some microseconds; keeping a masked copy in the table would be one more place that holds part of the number.</summary>
    public static string? MaskedIdentity(CustomerKind kind, string? stored, FieldCipher cipher) =>
        stored is null ? null : IdentityNumber.Mask(kind, cipher.Decrypt(stored, CustomerService.IdentityContext));
}
