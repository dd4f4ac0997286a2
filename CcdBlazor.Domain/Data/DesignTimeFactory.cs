using CcdBlazor.Domain.Changes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.Extensions.Logging.Abstractions;

namespace CcdBlazor.Domain.Data;

/// <summary>Lets the migrations tool build the model without starting the program or a database.</summary>
internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<CcdDbContext>
{
    public CcdDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<CcdDbContext>().UseNpgsql("Host=design-time-only").Options, new ChangeFeed(NullLogger<ChangeFeed>.Instance));
}
