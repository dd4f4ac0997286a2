using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CcdBlazor.Domain.Satisfaction;

internal static class SatisfactionTables
{
    extension(CcdDbContext db)
    {
        public DbSet<SatisfactionRating> SatisfactionRatings => db.Set<SatisfactionRating>();

        public DbSet<SatisfactionRequest> SatisfactionRequests => db.Set<SatisfactionRequest>();
    }
}

internal sealed class SatisfactionRatingMapping : IEntityTypeConfiguration<SatisfactionRating>, IRefuseByConstraint
{
    private const string OnePerDecision = "pk_satisfaction_ratings";

    // Two answers at the same moment take turns by the customer's lock; the key says so whatever the code does.
    public IEnumerable<(string Constraint, Refusal Refusal)> Refusals => [(OnePerDecision, CommonRefusals.ChangedMeanwhile)];

    public void Configure(EntityTypeBuilder<SatisfactionRating> rating)
    {
        rating.ToTable("satisfaction_ratings", t => t.HasCheckConstraint("ck_satisfaction_ratings_score", $"score between {SatisfactionRating.Least} and {SatisfactionRating.Most}"));
        rating.HasKey(r => r.DecisionId);
        rating.Property(r => r.Words).HasMaxLength(SatisfactionRating.LongestWords);
        rating.Property(r => r.ByName).HasMaxLength(50);
        rating.Property(r => r.Version).IsRowVersion();
        rating.HasOne<FileDecision>().WithMany().HasForeignKey(r => r.DecisionId).OnDelete(DeleteBehavior.Cascade);
        rating.HasOne<Customer>().WithMany().HasForeignKey(r => r.CustomerId).OnDelete(DeleteBehavior.Cascade);
        rating.HasIndex(r => new { r.CustomerId, r.GivenAt });
    }
}

internal sealed class SatisfactionRequestMapping : IEntityTypeConfiguration<SatisfactionRequest>
{
    public void Configure(EntityTypeBuilder<SatisfactionRequest> request)
    {
        request.ToTable("satisfaction_requests");
        request.HasKey(r => r.DecisionId);
        request.Property(r => r.Why).HasMaxLength(60);
        request.HasOne<FileDecision>().WithMany().HasForeignKey(r => r.DecisionId).OnDelete(DeleteBehavior.Cascade);
        request.HasOne<Customer>().WithMany().HasForeignKey(r => r.CustomerId).OnDelete(DeleteBehavior.Cascade);
        request.HasIndex(r => new { r.CustomerId, r.AskedAt });
    }
}
