namespace CcdBlazor.Domain.Customers;

/// <summary>Who borrows. The names are stored.</summary>
public enum CustomerKind
{
    /// <summary>个人, identified by a citizen number.</summary>
    Person,

    /// <summary>企业, identified by a unified social credit code.</summary>
    Company,
}
