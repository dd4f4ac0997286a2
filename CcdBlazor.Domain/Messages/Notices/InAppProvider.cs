using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Messages.Channels;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Notices;

/// <summary>
/// The bell: delivers into the program's own table, so what it took is delivered for certain. The recipient is a member of staff, by id.
/// </summary>
internal sealed class InAppProvider(NpgsqlDataSource source, ChangeFeed feed, TimeProvider clock) : IMessageProvider
{
    public const string KindName = "in-app";

    private const int LongestTitle = 100;

    public string Kind => KindName;

    public MessageChannel Channel => MessageChannel.InApp;

    public int LargestGroup => 500;

    /// <summary>The message's id is the row's id, for as long as notices are kept.</summary>
    public ResendRule Resend => ResendRule.RecognisesOurId;

    public TimeSpan RecognisesFor => NoticeBook.KeptFor;

    public string DefaultAddress => InAppAccount.Address;

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        var staff = group.Select(m => Guid.TryParse(m.Recipient, out var id) ? id : Guid.Empty).ToArray();
        HashSet<Guid> known;
        try
        {
            known = await WriteAsync(group, staff, ct);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            // Whether it was committed is not known, and need not be: the same ids again are the same rows.
            return [.. group.Select(m => new SendOutcome(m.Id, SendResult.Failed, FailureClass.Transient, Code: "database", Reason: "数据库暂时不可用"))];
        }

        foreach (var one in staff.Where(known.Contains).Distinct())
            feed.Publish(new Change(MessageTopics.Bell(one)));
        return [.. group.Select((m, i) => known.Contains(staff[i])
            ? new SendOutcome(m.Id, SendResult.Delivered, CostMilli: 0)
            : new SendOutcome(m.Id, SendResult.Failed, FailureClass.InvalidRecipient, Code: "unknown_staff", Reason: "没有这名员工，或已停用"))];
    }

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => SendAsync(account, group, ct);

    public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => Task.FromResult(new ProbeResult(true));

    /// <summary>Only ways inside this program: a link that somebody wrote into a variable must not lead people elsewhere.</summary>
    internal static string? LinkOf(string? url) =>
        url is { Length: > 1 and <= 500 } && url[0] == '/' && url[1] is not ('/' or '\\') && !url.Any(c => char.IsControl(c) || c == '\\') ? url : null;

    private static string TitleOf(RenderedContent content)
    {
        var title = content.Subject is { Length: > 0 } subject ? subject : content.Text.Split('\n')[0];
        return title.Length > LongestTitle ? title[..LongestTitle] : title;
    }

    /// <summary>Answers those of the recipients who are members of staff.</summary>
    private async Task<HashSet<Guid>> WriteAsync(IReadOnlyList<OutgoingMessage> group, Guid[] staff, CancellationToken ct)
    {
        await using var command = source.CreateCommand("""
            with u as (select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) as u(id, staff_id, title, text, link))
            , known as (select s.id from staff s where s.id = any($2) and not s.disabled)
            , i as (
              insert into notices (id, staff_id, at, title, text, link)
              select u.id, u.staff_id, $6, u.title, u.text, u.link from u join known on known.id = u.staff_id on conflict (id) do nothing)
            select id from known
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. group.Select(m => m.Id)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = staff });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. group.Select(m => TitleOf(m.Content))] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. group.Select(m => m.Content.Text)] });
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. group.Select(m => LinkOf(m.Content.Url))] });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var known = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            known.Add(reader.GetGuid(0));
        return known;
    }
}
