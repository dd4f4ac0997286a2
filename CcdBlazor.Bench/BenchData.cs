using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Bench;

/// <summary>
/// Fills the database with as many customers as asked for, five documents each, by binary COPY. Keys and indexes are taken down before and put
/// up again after; foreign keys come back "not valid" (checked for new rows, not for these, which were made to fit). What the program computes
/// when it writes (search grams, hashes, encrypted numbers, completeness) is computed by the program's own code.
/// </summary>
internal sealed class BenchData(IServiceProvider services, BenchSettings settings)
{
    private static readonly string[] Tables = ["customers", "customer_loans", "documents", "file_decisions", "stored_files", "stored_blobs"];
    private static readonly Guid NoId = Guid.Empty;
    private readonly NpgsqlDataSource source = services.GetRequiredService<NpgsqlDataSource>();
    private readonly DateTimeOffset end = DateTimeOffset.UtcNow;
    private IReadOnlyList<BenchOwner> owners = [];
    private IReadOnlyList<BenchProduct> products = [];

    /// <summary>Does nothing when a finished load of this size is there; an unfinished one is thrown away first.</summary>
    public async Task EnsureAsync(CancellationToken ct)
    {
        await RunAsync("create table if not exists bench_loads (customers int primary key, finished_at timestamptz not null)", ct);
        if (await ScalarAsync($"select count(*) from bench_loads where customers = {settings.Customers}", ct) == 1)
            return;
        var since = Stopwatch.GetTimestamp();
        await services.GetRequiredService<ProductSeed>().EnsureShippedAsync(ct);
        owners = await BenchPeople.EnsureAsync(services, ct);
        products = await ProductsAsync(ct);

        var putUp = await TakeDownAsync(ct);
        await TriggersAsync("disable", ct);
        await RunAsync($"truncate {string.Join(", ", Tables)} cascade", ct);
        await Task.WhenAll(CustomersAsync(ct), LoansAsync(ct), DocumentsAsync(ct), DecisionsAsync(ct), FilesAsync(ct), BlobsAsync(ct));
        Progress("rows", since);
        // Two at a time: one of them mostly writes while the other sorts.
        await Parallel.ForEachAsync(putUp.Keys, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = ct }, async (sql, token) => await RunAsync(sql, token));
        foreach (var sql in putUp.ForeignKeys)
            await RunAsync(sql, ct);
        Progress("indexes", since);
        // The triggers slept; the figures are counted once, by the program's own function.
        await TriggersAsync("enable", ct);
        await RunAsync("truncate figures, figure_deltas; insert into figures (kind, day, owner_id, department_id, n) select kind, day, owner_id, department_id, n from figures_counted()", ct);
        Progress("figures", since);
        await RunAsync("vacuum (analyze)", ct);
        await RunAsync($"insert into bench_loads values ({settings.Customers}, now())", ct);
        Progress("vacuum and statistics", since);
        foreach (var table in Tables)
            Figures.Note($"{table}: {await ScalarAsync($"select count(*) from {table}", ct)} rows, {await ScalarAsync($"select count(*) from pg_index where indrelid = '{table}'::regclass", ct)} indexes");
        foreach (var state in CustomerStateWords.All)
            Figures.Note($"{state}: {await ScalarAsync($"select count(*) from customers where state = {(int)state}", ct)}");
        var megabytes = await ScalarAsync("select pg_database_size(current_database()) / 1000000", ct);
        Figures.Note(string.Create(CultureInfo.InvariantCulture, $"database {megabytes:N0} MB"));
    }

    private static void Progress(string what, long since) => Figures.Note($"loading: {what} after {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s");

    private BenchCustomer Customer(int i) => new(i, settings.Customers, end, owners, products);

    private async Task<IReadOnlyList<BenchProduct>> ProductsAsync(CancellationToken ct)
    {
        var queries = services.GetRequiredService<ProductQueries>();
        var found = new List<BenchProduct>();
        foreach (var row in await queries.ListAsync(onlyActive: true, ct))
            found.Add(new BenchProduct(row.Id, row.CurrentVersionId, (await queries.RulesAsync(row.CurrentVersionId, ct))!));
        return found;
    }

    private async Task CustomersAsync(CancellationToken ct)
    {
        var cipher = services.GetRequiredService<FieldCipher>();
        var hash = services.GetRequiredService<FieldHash>();
        const string columns = "id, number, kind, name, phones, identity_cipher, identity_hash, identity_tail, source, tags, facts, owner_id, department_id, collaborator_ids, staff_ids, owner_since, "
            + "state, completeness_percent, missing_count, submitted_at, decided_at, state_since, created_at, created_by, updated_at, name_key, phone_key, search_grams, created_month";
        await CopyAsync("customers", columns, async (writer, i) =>
        {
            var c = Customer(i);
            var (name, phones, identity, tags, updated) = (c.Name, c.Phones, c.Identity, c.Tags, c.UpdatedAt);
            var collaborators = c.Collaborators;
            await writer.WriteAsync(c.Id, ct);
            await writer.WriteAsync(c.Number, ct);
            await writer.WriteAsync(c.Kind.ToString(), ct);
            await writer.WriteAsync(name, ct);
            await writer.WriteAsync(phones, ct);
            await OptionalAsync(writer, identity is null ? null : cipher.Encrypt(identity, CustomerService.IdentityContext), ct);
            if (identity is null)
                await writer.WriteNullAsync(ct);
            else
                await writer.WriteAsync(IdentityHashes.Of(hash, identity), ct);
            await OptionalAsync(writer, identity?[^4..], ct);
            await OptionalAsync(writer, c.Source, ct);
            await writer.WriteAsync(tags, ct);
            await writer.WriteAsync(c.Facts, ct);
            await writer.WriteAsync(c.Owner.Id, ct);
            await writer.WriteAsync(c.Owner.DepartmentId, ct);
            await writer.WriteAsync(collaborators, ct);
            await writer.WriteAsync((Guid[])[c.Owner.Id, .. collaborators], ct);
            // From now on: otherwise the job of the public pool would empty the lists that are measured.
            await TimeAsync(writer, services.GetRequiredService<TimeProvider>().GetUtcNow(), ct);
            await writer.WriteAsync((short)c.State, ct);
            await writer.WriteAsync((short)c.Report.Percent, ct);
            await writer.WriteAsync(c.Report.Missing.Count, ct);
            await TimeAsync(writer, c.State >= CustomerState.InReview ? updated : null, ct);
            await TimeAsync(writer, c.State.IsDecided() ? updated : null, ct);
            await TimeAsync(writer, updated, ct);
            await TimeAsync(writer, c.CreatedAt, ct);
            await writer.WriteAsync(c.Owner.Id, ct);
            await TimeAsync(writer, updated, ct);
            await writer.WriteAsync(CustomerSearch.KeyOf(name), ct);
            await writer.WriteAsync(CustomerSearch.PhoneKeyOf(phones), ct);
            await writer.WriteAsync(CustomerSearch.GramsOf(new CustomerGrams(
                name, phones, identity?[^4..], c.Number, tags, [c.Product.Id], c.Source,
                c.Owner.Id, collaborators, c.Owner.DepartmentId, c.State, c.Kind, c.CreatedAt, c.State >= CustomerState.InReview)), ct);
            await writer.WriteAsync(CustomerSearch.MonthOf(c.CreatedAt), ct);
        }, ct);
    }

    private Task LoansAsync(CancellationToken ct) => CopyAsync("customer_loans", "customer_id, product_id, rules_version_id, amount, position", async (writer, i) =>
    {
        var c = Customer(i);
        await writer.WriteAsync(c.Id, ct);
        await writer.WriteAsync(c.Product.Id, ct);
        await writer.WriteAsync(c.Product.RulesVersionId, ct);
        await writer.WriteAsync(c.Amount, NpgsqlDbType.Numeric, ct);
        await writer.WriteAsync(1, ct);
    }, ct);

    private async Task DocumentsAsync(CancellationToken ct)
    {
        const string columns = "id, customer_id, item_code, file_id, file_name, state, ordinal, replaced_by_id, uploaded_at, uploader_kind, uploader_id, uploader_name, decided_at, decided_by_id, decided_by_name";
        await CopyPerDocumentAsync("documents", columns, async (writer, c, n) =>
        {
            var (item, ordinal, replaced) = c.Product.Document(c.Index, n, c.Documents);
            var state = replaced ? DocumentState.Replaced : c.State == CustomerState.Approved ? DocumentState.Accepted : DocumentState.Uploaded;
            await writer.WriteAsync(c.DocumentId(n), ct);
            await writer.WriteAsync(c.Id, ct);
            await writer.WriteAsync(item, ct);
            await writer.WriteAsync(c.FileId(n), ct);
            await writer.WriteAsync($"{item}-{ordinal}.jpg", ct);
            await writer.WriteAsync((int)state, ct);
            await writer.WriteAsync(ordinal, ct);
            if (replaced)
                await writer.WriteAsync(c.DocumentId(0), ct);
            else
                await writer.WriteNullAsync(ct);
            await TimeAsync(writer, c.DocumentAt(n), ct);
            await writer.WriteAsync(n % 3 == 0 ? "link" : "staff", ct);
            await writer.WriteAsync(n % 3 == 0 ? NoId : c.Owner.Id, ct);
            await writer.WriteAsync(n % 3 == 0 ? "客户本人" : c.Owner.Name, ct);
            if (state == DocumentState.Accepted)
            {
                await TimeAsync(writer, c.UpdatedAt, ct);
                await writer.WriteAsync(owners[0].Id, ct);
                await writer.WriteAsync(owners[0].Name, ct);
            }
            else
            {
                await writer.WriteNullAsync(ct);
                await writer.WriteNullAsync(ct);
                await writer.WriteNullAsync(ct);
            }
        }, ct);
    }

    /// <summary>What was submitted, and what was decided of it.</summary>
    private Task DecisionsAsync(CancellationToken ct) =>
        ImportAsync("file_decisions", "id, customer_id, move, \"from\", \"to\", by_id, by_name, at", async (writer, i) =>
        {
            var c = Customer(i);
            async Task WriteAsync(int n, CustomerMove move, CustomerState from, CustomerState to, DateTimeOffset at)
            {
                await writer.StartRowAsync(ct);
                await writer.WriteAsync(c.DecisionId(n, at), ct);
                await writer.WriteAsync(c.Id, ct);
                await writer.WriteAsync((int)move, ct);
                await writer.WriteAsync((int)from, ct);
                await writer.WriteAsync((int)to, ct);
                await writer.WriteAsync(c.Owner.Id, ct);
                await writer.WriteAsync(c.Owner.Name, ct);
                await TimeAsync(writer, at, ct);
            }

            if (c.State >= CustomerState.InReview)
                await WriteAsync(0, CustomerMove.SubmitForReview, CustomerState.Complete, CustomerState.InReview, c.UpdatedAt.AddHours(-3));
            if (c.State.IsDecided())
                await WriteAsync(1, c.State == CustomerState.Approved ? CustomerMove.Approve : CustomerMove.Reject, CustomerState.InReview, c.State, c.UpdatedAt);
        }, ct);

    /// <summary>Thumbnail and preview are shared by all: nothing that is measured reads them, and 10,000,000 more rows would only cost time.</summary>
    private Task FilesAsync(CancellationToken ct) =>
        CopyPerDocumentAsync("stored_files", "id, sha, bytes, kind, media_type, file_name, width, height, thumbnail_sha, preview_sha, created_at", async (writer, c, n) =>
        {
            await writer.WriteAsync(c.FileId(n), ct);
            await writer.WriteAsync(ShaOf(c.Index, n), ct);
            await writer.WriteAsync(1_400_000L, ct);
            await writer.WriteAsync("Jpeg", ct);
            await writer.WriteAsync("image/jpeg", ct);
            await writer.WriteAsync("photo.jpg", ct);
            await writer.WriteAsync(4_000, ct);
            await writer.WriteAsync(3_000, ct);
            await writer.WriteAsync(SharedRendition, ct);
            await writer.WriteAsync(SharedRendition, ct);
            await TimeAsync(writer, c.DocumentAt(n), ct);
        }, ct);

    private async Task BlobsAsync(CancellationToken ct)
    {
        var key = new byte[60];
        const string columns = "sha, location, bytes, key_id, wrapped_key, created_at";
        async Task WriteAsync(NpgsqlBinaryImporter writer, string sha, DateTimeOffset at)
        {
            await writer.WriteAsync(sha, ct);
            await writer.WriteAsync($"{sha[..2]}/{sha[2..34]}", ct);
            await writer.WriteAsync(1_400_000L, ct);
            await writer.WriteAsync("k1", ct);
            await writer.WriteAsync(key, ct);
            await TimeAsync(writer, at, ct);
        }

        await CopyPerDocumentAsync("stored_blobs", columns, (writer, c, n) => WriteAsync(writer, ShaOf(c.Index, n), c.DocumentAt(n)), ct);
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var shared = await connection.BeginBinaryImportAsync($"copy stored_blobs ({columns}) from stdin (format binary)", ct);
        await shared.StartRowAsync(ct);
        await WriteAsync(shared, SharedRendition, end);
        await shared.CompleteAsync(ct);
    }

    private static string SharedRendition { get; } = new('0', 64);

    /// <summary>As spread out as a real hash, and never the same twice.</summary>
    private static string ShaOf(int i, int n) =>
        string.Create(CultureInfo.InvariantCulture, $"{BenchNames.Mix(i * 16 + n):x8}{BenchNames.Mix(i * 16 + n + 1):x8}{BenchNames.Mix(n - i):x8}{new string('5', 24)}{i:x8}{n:x8}");

    private Task CopyPerDocumentAsync(string table, string columns, Func<NpgsqlBinaryImporter, BenchCustomer, int, Task> row, CancellationToken ct) =>
        ImportAsync(table, columns, async (writer, i) =>
        {
            var c = Customer(i);
            for (var n = 0; n < c.Documents; n++)
            {
                await writer.StartRowAsync(ct);
                await row(writer, c, n);
            }
        }, ct);

    private Task CopyAsync(string table, string columns, Func<NpgsqlBinaryImporter, int, Task> row, CancellationToken ct) => ImportAsync(table, columns, async (writer, i) =>
    {
        await writer.StartRowAsync(ct);
        await row(writer, i);
    }, ct);

    private async Task ImportAsync(string table, string columns, Func<NpgsqlBinaryImporter, int, Task> rows, CancellationToken ct)
    {
        await Task.Yield();
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var writer = await connection.BeginBinaryImportAsync($"copy {table} ({columns}) from stdin (format binary)", ct);
        for (var i = 0; i < settings.Customers; i++)
            await rows(writer, i);
        await writer.CompleteAsync(ct);
    }

    private static Task OptionalAsync(NpgsqlBinaryImporter writer, string? value, CancellationToken ct) => value is null ? writer.WriteNullAsync(ct) : writer.WriteAsync(value, ct);

    private static Task TimeAsync(NpgsqlBinaryImporter writer, DateTimeOffset? at, CancellationToken ct) =>
        at is { } time ? writer.WriteAsync(time, NpgsqlDbType.TimestampTz, ct) : writer.WriteNullAsync(ct);

    /// <summary>Drops keys, indexes and triggers' effect; answers the statements that bring them back.</summary>
    private async Task<(List<string> Keys, List<string> ForeignKeys)> TakeDownAsync(CancellationToken ct)
    {
        // Remembered in the database: a load that was broken off must not leave it without them.
        await RunAsync("create table if not exists bench_taken_down (sql text primary key, last bool not null)", ct);
        var list = string.Join(", ", Tables.Select(t => $"'{t}'::regclass"));
        await RunAsync($"""
            insert into bench_taken_down
            select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) || case contype when 'f' then ' not valid' else '' end, contype = 'f'
            from pg_constraint where (conrelid in ({list}) or confrelid in ({list})) and contype in ('p', 'u', 'f')
            union all
            select pg_get_indexdef(indexrelid), false from pg_index
            where indrelid in ({list}) and not exists (select 1 from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
            on conflict do nothing;
            do $$ declare r record; begin
              for r in select format('alter table %s drop constraint %I', conrelid::regclass, conname) as sql from pg_constraint
                where (conrelid in ({list}) or confrelid in ({list})) and contype in ('p', 'u', 'f') order by contype loop execute r.sql; end loop;
              for r in select format('drop index %s', indexrelid::regclass) as sql from pg_index where indrelid in ({list}) loop execute r.sql; end loop;
            end $$;
            """, ct);
        var all = new List<(string Sql, bool Last)>();
        await using var command = source.CreateCommand("select sql, last from bench_taken_down order by sql");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            all.Add((reader.GetString(0), reader.GetBoolean(1)));
        return ([.. all.Where(s => !s.Last).Select(s => s.Sql)], [.. all.Where(s => s.Last).Select(s => s.Sql)]);
    }

    private async Task TriggersAsync(string verb, CancellationToken ct)
    {
        foreach (var table in Tables)
            await RunAsync($"alter table {table} {verb} trigger user", ct);
    }

    private async Task RunAsync(string sql, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<long> ScalarAsync(string sql, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(ct), CultureInfo.InvariantCulture);
    }
}
