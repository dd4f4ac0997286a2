using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.CustomerAccounts;

internal static class CustomerAccountTables
{
    extension(CcdDbContext db)
    {
        public DbSet<CustomerAccount> CustomerAccounts => db.Set<CustomerAccount>();

        public DbSet<CustomerAccountFile> CustomerAccountFiles => db.Set<CustomerAccountFile>();

        public DbSet<CustomerSession> CustomerSessions => db.Set<CustomerSession>();

        public DbSet<SignInCode> SignInCodes => db.Set<SignInCode>();

        /// <summary>
        /// The files that an account opens now: those of its person that are not deleted, and that still name its number. A number that a colleague took out of a file opens it no
        /// longer, whoever holds that number today.
        /// </summary>
        public IQueryable<Customer> FilesOf(CustomerAccount account) => db.FilesOf(account.Id, account.Mobile);

        public IQueryable<Customer> FilesOf(Guid accountId, string mobile)
        {
            var files = db.CustomerAccountFiles;
            return db.Customers.Where(c => c.DeletedAt == null && c.Phones.Contains(mobile) && files.Any(f => f.CustomerId == c.Id && f.AccountId == accountId));
        }
    }
}

internal sealed class CustomerAccountMapping : IEntityTypeConfiguration<CustomerAccount>, IRefuseByConstraint
{
    private const string OneOpen = "ux_customer_accounts_mobile";

    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [(OneOpen, CustomerAccountRefusals.NumberTaken)];

    public void Configure(EntityTypeBuilder<CustomerAccount> account)
    {
        account.ToTable("customer_accounts");
        account.HasKey(a => a.Id);
        account.Property(a => a.Id).ValueGeneratedNever();
        account.Property(a => a.Mobile).HasMaxLength(11);
        account.Property(a => a.Email).HasMaxLength(RecipientRules.Longest);
        account.Property(a => a.OpenedByName).HasMaxLength(50);
        account.Property(a => a.ClosedByName).HasMaxLength(50);
        account.Property(a => a.Version).IsRowVersion();
        account.HasIndex(a => a.Mobile, OneOpen).IsUnique().HasFilter("closed_at is null");
    }
}

internal sealed class CustomerAccountFileMapping : IEntityTypeConfiguration<CustomerAccountFile>
{
    public void Configure(EntityTypeBuilder<CustomerAccountFile> file)
    {
        file.ToTable("customer_account_files");
        file.HasKey(f => f.CustomerId);
        file.Property(f => f.CustomerId).ValueGeneratedNever();
        file.HasOne<Customer>().WithMany().HasForeignKey(f => f.CustomerId).OnDelete(DeleteBehavior.Cascade);
        file.HasOne<CustomerAccount>().WithMany().HasForeignKey(f => f.AccountId).OnDelete(DeleteBehavior.Cascade);
        file.HasIndex(f => f.AccountId);
    }
}

internal sealed class CustomerSessionMapping : IEntityTypeConfiguration<CustomerSession>
{
    public void Configure(EntityTypeBuilder<CustomerSession> session)
    {
        session.ToTable("customer_sessions");
        session.HasKey(s => s.Id);
        session.Property(s => s.Id).ValueGeneratedNever();
        session.Property(s => s.From).HasColumnName("from_address").HasMaxLength(64);
        session.HasOne<CustomerAccount>().WithMany().HasForeignKey(s => s.AccountId).OnDelete(DeleteBehavior.Cascade);
        session.HasIndex(s => s.AccountId).HasFilter("ended_at is null");
        session.HasIndex(s => s.LastSeenAt);
    }
}

internal sealed class SignInCodeMapping : IEntityTypeConfiguration<SignInCode>
{
    public void Configure(EntityTypeBuilder<SignInCode> code)
    {
        code.ToTable("customer_sign_in_codes");
        code.HasKey(c => c.Id);
        code.Property(c => c.Id).ValueGeneratedNever();
        code.Property(c => c.MobileHash).HasMaxLength(64);
        code.Property(c => c.CodeHash).HasMaxLength(64);
        code.Property(c => c.From).HasColumnName("from_address").HasMaxLength(64);
        code.HasOne<CustomerAccount>().WithMany().HasForeignKey(c => c.AccountId).OnDelete(DeleteBehavior.Cascade);
        code.HasIndex(c => new { c.MobileHash, c.CreatedAt });
        code.HasIndex(c => new { c.From, c.CreatedAt });
        code.HasIndex(c => c.CreatedAt);
        code.HasIndex(c => c.AccountId);
    }
}
