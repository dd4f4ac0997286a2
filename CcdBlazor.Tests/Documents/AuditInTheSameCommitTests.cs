using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Documents;

public sealed class AuditInTheSameCommitTests(GivenFile given) : IClassFixture<GivenFile>
{
    [Fact]
    public async Task A_write_whose_audit_row_cannot_be_written_does_not_happen_and_is_not_announced()
    {
        var collecting = await given.CustomerAsync();
        var document = await given.HandInAsync(collecting, GivenFile.Front);
        var (_, _, link) = await given.LinkAsync(collecting);
        var next = await given.StoredAsync(collecting, GivenFile.Pages);
        var inReview = await given.InReviewAsync();
        var front = (await given.DocumentsOfAsync(inReview, GivenFile.Front)).Single();

        var writes = new (Guid Customer, string What, Func<Task<Refusal?>> Do)[]
        {
            (collecting, "hand in", async () => (await given.Documents.AcceptAsync(given.Clerk, next, default)).Refusal),
            (collecting, "take back", async () => (await given.Documents.WithdrawAsync(document, given.Clerk, default)).Refusal),
            (collecting, "make a link", async () => (await given.Links.CreateAsync(collecting, given.Clerk, default)).Refusal),
            (collecting, "revoke a link", async () => (await given.Links.RevokeAsync(link, given.Clerk, default)).Refusal),
            (inReview, "decide", async () => (await given.Reviews.DecideAsync(front.Id, DocumentVerdict.Accepted, null, front.Version, given.Reviewer, default)).Refusal),
            (inReview, "move", async () => (await given.Reviews.MoveAsync(inReview, CustomerMove.Reject, "负债过高", given.Reviewer, default)).Refusal),
        };
        await RefuseAuditAsync(true);
        foreach (var (customer, what, write) in writes)
        {
            var before = await SnapshotAsync(customer);
            var (subscription, heard) = given.Listen(customer);
            using (subscription)
                await Assert.ThrowsAsync<DbUpdateException>(write);
            Assert.True(before == await SnapshotAsync(customer), what);
            Assert.Empty(heard);
        }

        // The same writes, with one line of difference.
        await RefuseAuditAsync(false);
        foreach (var (customer, what, write) in writes)
        {
            var audited = (await given.AuditOfAsync(customer)).Count;
            var (subscription, heard) = given.Listen(customer);
            using (subscription)
                Assert.True(await write() is null, what);
            Assert.True((await given.AuditOfAsync(customer)).Count > audited, what);
            Assert.NotEmpty(heard);
        }
    }

    private async Task RefuseAuditAsync(bool refuse)
    {
        await using var db = given.Db();
        await db.Database.ExecuteSqlRawAsync(refuse
            ? """
              create function no_audit() returns trigger language plpgsql as 'begin raise exception ''no audit''; end';
              create trigger no_audit before insert on audit_entries for each row execute function no_audit();
              """
            : "drop trigger no_audit on audit_entries");
    }

    private async Task<(CustomerState, int, int, int, int, int, int)> SnapshotAsync(Guid customer)
    {
        var (state, percent, missing) = await given.StoredStateAsync(customer);
        await using var db = given.Db();
        return (state, percent, missing,
            await db.Documents.CountAsync(d => d.CustomerId == customer && d.State == DocumentState.Uploaded),
            await db.CustomerLinks.CountAsync(l => l.CustomerId == customer && l.RevokedAt == null),
            await db.DocumentReviews.CountAsync(r => r.CustomerId == customer),
            await db.FileDecisions.CountAsync(d => d.CustomerId == customer));
    }
}
