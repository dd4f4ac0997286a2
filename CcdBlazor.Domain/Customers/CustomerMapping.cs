using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Customers;

internal static class CustomerTables
{
    extension(CcdDbContext db)
    {
        public DbSet<Customer> Customers => db.Set<Customer>();

        public DbSet<CustomerLoan> CustomerLoans => db.Set<CustomerLoan>();
    }
}

internal sealed class CustomerMapping : IEntityTypeConfiguration<Customer>, IRefuseByConstraint
{
    private const string OneIdentity = "ux_customers_identity_hash";
    internal const string NameOrder = "zh-Hans-x-icu";
    private const string OneNumber = "ux_customers_number";

    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals =>
    [
        // The neutral one: the service replaces it by the one with a link when the other customer is visible.
        (OneIdentity, CustomerRefusals.IdentityTakenElsewhere),
        (OneNumber, CommonRefusals.ChangedMeanwhile),
    ];

    public void Configure(EntityTypeBuilder<Customer> customer)
    {
        customer.ToTable("customers");
        customer.HasKey(c => c.Id);
        customer.Property(c => c.Id).ValueGeneratedNever();
        customer.Property(c => c.Version).IsRowVersion();
        // "C": a beginning of the number is then a range of the index, whatever the database's own collation is.
        customer.Property(c => c.Number).HasMaxLength(32).UseCollation("C");
        customer.Property(c => c.Kind).HasConversion<string>().HasMaxLength(16);
        customer.Property(c => c.State).HasConversion<short>();
        customer.Property(c => c.Name).HasMaxLength(CustomerDraft.LongestName);
        customer.Property(c => c.Source).HasMaxLength(CustomerDraft.LongestTag);
        customer.Property(c => c.Remarks).HasMaxLength(CustomerDraft.LongestRemarks);
        customer.Property(c => c.ReturnNote).HasMaxLength(CustomerWorkflow.LongestReason);
        customer.Property(c => c.IdentityTail).HasMaxLength(4);
        customer.Ignore(c => c.ChecklistIsOpen);
        customer.Property(c => c.Level).HasConversion<short>();
        customer.Property(c => c.IdleSince).HasComputedColumnSql("greatest(owner_since, last_follow_up_at, sent_back_at)", stored: true);
        customer.ToTable(t => t.HasCheckConstraint("ck_customers_owner_or_pool", "(owner_id is null) = (pool_id is not null)"));

        customer.HasOne<StaffMember>().WithMany().HasForeignKey(c => c.OwnerId).OnDelete(DeleteBehavior.Restrict);
        customer.HasOne<Department>().WithMany().HasForeignKey(c => c.DepartmentId).OnDelete(DeleteBehavior.SetNull);
        customer.HasMany(c => c.Loans).WithOne().HasForeignKey(l => l.CustomerId).OnDelete(DeleteBehavior.Cascade);
        customer.Navigation(c => c.Loans).UsePropertyAccessMode(PropertyAccessMode.Field);

        customer.HasIndex(c => c.Number, OneNumber).IsUnique();
        customer.HasIndex(c => c.IdentityHash, OneIdentity).IsUnique().HasFilter("deleted_at is null");
        // A pending list would be read by every search until it is merged; reads matter more here than writes.
        customer.HasIndex(c => c.SearchGrams).HasMethod("gin").HasStorageParameter("fastupdate", false);
        customer.HasIndex(c => c.StaffIds).HasMethod("gin").HasStorageParameter("fastupdate", false);
        // The sort orders of the list: who sees everything walks one of these and stops after a page.
        customer.HasIndex(c => new { c.UpdatedAt, c.Id }).IsDescending().HasFilter("deleted_at is null");
        customer.HasIndex(c => new { c.CreatedAt, c.Id }).IsDescending().HasFilter("deleted_at is null");
        customer.HasIndex(c => new { c.State, c.UpdatedAt }).IsDescending(false, true).HasFilter("deleted_at is null");
        customer.HasIndex(c => new { c.StateSince, c.Id }).HasFilter("deleted_at is null");
        customer.HasIndex(c => new { c.State, c.StateSince }).HasFilter("deleted_at is null");
        customer.HasIndex(c => new { c.DepartmentId, c.UpdatedAt }).IsDescending(false, true).HasFilter("deleted_at is null");
        // What was submitted, for those who review; a month's customers.
        customer.HasIndex(c => new { c.UpdatedAt, c.Id }, "ix_customers_submitted").IsDescending().HasFilter("deleted_at is null and submitted_at is not null");
        customer.HasIndex(c => new { c.CreatedMonth, c.UpdatedAt }).IsDescending(false, true).HasFilter("deleted_at is null");
        customer.HasIndex(c => new { c.CompletenessPercent, c.UpdatedAt }).IsDescending().HasFilter("deleted_at is null");
        // By pinyin, as clerks look names up.
        customer.HasIndex(c => new { c.Name, c.Id }, "ix_customers_name_pinyin").UseCollation(NameOrder, null!).HasFilter("deleted_at is null");
        customer.HasIndex(c => c.DeletedAt).HasFilter("deleted_at is not null");
        // What needs its owner now: by state, and what changed since yesterday.
        customer.HasIndex(c => new { c.OwnerId, c.State, c.StateSince }).HasFilter("deleted_at is null");
        customer.HasIndex(c => new { c.OwnerId, c.UpdatedAt }).IsDescending(false, true).HasFilter("deleted_at is null");
        customer.HasIndex(c => new { c.OwnerId, c.StateSince }, "ix_customers_sent_back").HasFilter("deleted_at is null and state = 0 and submitted_at is not null");
        // What may go into a public pool, longest idle first; what lies in one, newest first.
        customer.HasIndex(c => new { c.IdleSince, c.Id }, "ix_customers_idle").HasFilter("deleted_at is null and owner_id is not null and state in (0, 1)");
        customer.HasIndex(c => new { c.PoolId, c.OwnerSince, c.Id }, "ix_customers_pool").IsDescending(false, true, true).HasFilter("deleted_at is null and pool_id is not null");
        // A level that few have, or nobody, would walk the whole pool.
        customer.HasIndex(c => new { c.PoolId, c.Level, c.OwnerSince, c.Id }, "ix_customers_pool_level").IsDescending(false, false, true, true).HasFilter("deleted_at is null and pool_id is not null and level is not null");
        customer.HasIndex(c => new { c.DepartmentId, c.StateSince }, "ix_customers_in_review").HasFilter("deleted_at is null and state = 2");
    }
}

internal sealed class CustomerLoanMapping : IEntityTypeConfiguration<CustomerLoan>
{
    public void Configure(EntityTypeBuilder<CustomerLoan> loan)
    {
        loan.ToTable("customer_loans");
        loan.HasKey(l => new { l.CustomerId, l.ProductId });
        loan.Property(l => l.ProductId);
        loan.Property(l => l.RulesVersionId);
        loan.Property(l => l.Amount).HasPrecision(18, 2);
        loan.Property(l => l.Position);
        loan.HasOne<LoanProduct>().WithMany().HasForeignKey(l => l.ProductId).OnDelete(DeleteBehavior.Restrict);
        loan.HasOne<RulesVersion>().WithMany().HasForeignKey(l => l.RulesVersionId).OnDelete(DeleteBehavior.Restrict);
        loan.HasIndex(l => l.ProductId);
        loan.HasIndex(l => l.RulesVersionId);
    }
}

/// <summary>The last customer number of each day. Its row is the lock that keeps numbers without gaps and without doubles.</summary>
internal sealed class CustomerNumberCounter
{
    /// <summary>The day in Shanghai.</summary>
    public required DateOnly Day { get; init; }

    public required int Last { get; init; }
}

internal sealed class CustomerNumberCounterMapping : IEntityTypeConfiguration<CustomerNumberCounter>
{
    public void Configure(EntityTypeBuilder<CustomerNumberCounter> counter)
    {
        counter.ToTable("customer_number_counters");
        counter.HasKey(c => c.Day);
    }
}
