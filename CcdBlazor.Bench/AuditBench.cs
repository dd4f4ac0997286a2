using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CcdBlazor.Bench;

/// <summary>
/// What the audit costs: the same write with and without its audit row (interleaved, medians), sealing, and verification of
/// <see cref="Rows"/> entries. Wants a database of its own that may be filled; the server must be durable, or the ratio means nothing.
/// </summary>
public static class AuditBench
{
    private const int Rows = 1_000_000;
    private const int Rounds = 7;
    private const int WritesPerRound = 400;

    /// <summary>Writes the figures to <paramref name="output"/>; answers whether both goals are met (write under +10 %, verification under 5 s).</summary>
    public static async Task<bool> RunAsync(string connectionString, TextWriter output, CancellationToken ct)
    {
        var heads = Path.Combine(Path.GetTempPath(), $"audit-bench-{Guid.NewGuid():N}.log");
        await using var services = new ServiceCollection().AddLogging().AddData(connectionString).AddAudit(heads).BuildServiceProvider();
        await PrepareAsync(services, ct);
        var cost = await CostOfWritesAsync(services, output, ct);
        var seconds = await SealAndVerifyAsync(services, output, ct);
        return cost < 1.10 && seconds < 5;
    }

    internal static async Task PrepareAsync(IServiceProvider services, CancellationToken ct)
    {
        await using (var db = await services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync(ct))
            if (!await db.Database.SqlQuery<bool>($"select to_regclass('audit_entries') is not null as \"Value\"").SingleAsync(ct))
            {
                await db.Database.EnsureCreatedAsync(ct);
                foreach (var script in SchemaScripts.All())
                    await RunAsync(services, script, ct); // not through EF: it takes braces in a script for places of arguments
            }

        // A customer as the program writes one: a row with the indexes of its list page, its product, and its search tails.
        await RunAsync(services, """
            create extension if not exists pg_trgm;
            drop table if exists bench_products, bench_customers;
            create table bench_customers (
                id uuid primary key, number text not null unique, kind text not null, name text not null, phone_hash bytea not null, phone_tail text not null,
                identity_cipher bytea not null, identity_hash bytea not null, identity_tail text not null, source text, tags text[] not null, remarks text,
                amount numeric(18,2), owner_id uuid not null, department_id uuid, state text not null, percent int not null,
                created_at timestamptz not null, changed_at timestamptz not null);
            create index on bench_customers using gin (name gin_trgm_ops);
            create index on bench_customers (phone_hash); create index on bench_customers (phone_tail);
            create unique index on bench_customers (identity_hash); create index on bench_customers (identity_tail);
            create index on bench_customers (owner_id, state, changed_at desc); create index on bench_customers (state, changed_at desc);
            create table bench_products (customer_id uuid references bench_customers, product_id uuid, rules_version int not null, primary key (customer_id, product_id));
            """, ct);
    }

    internal static async Task<double> CostOfWritesAsync(IServiceProvider services, TextWriter output, CancellationToken ct)
    {
        var source = services.GetRequiredService<NpgsqlDataSource>();
        var rounds = new List<(double Plain, double Audited)>();
        await WriteManyAsync(source, audited: true, 200, ct);
        await WriteManyAsync(source, audited: false, 200, ct);
        for (var round = 0; round < Rounds; round++)
        {
            // Write by write in turns: a disturbance of the machine meets both alike.
            var plain = new List<double>();
            var audited = new List<double>();
            await using var connection = await source.OpenConnectionAsync(ct);
            for (var i = 0; i < WritesPerRound; i++)
            {
                plain.Add(await WriteAsync(connection, false, ct));
                audited.Add(await WriteAsync(connection, true, ct));
            }

            rounds.Add((Median(plain), Median(audited)));
        }

        var ratio = Median([.. rounds.Select(round => round.Audited / round.Plain)]);
        await Say(output, $"audit cost, one writer:   plain {Median([.. rounds.Select(r => r.Plain)]):F3} ms, with audit {Median([.. rounds.Select(r => r.Audited)]):F3} ms, ratio {ratio:F3} (goal < 1.10)");

        var together = new List<(double Plain, double Audited)>();
        for (var round = 0; round < Rounds; round++)
            together.Add((await RateAsync(source, false, ct), await RateAsync(source, true, ct)));
        await Say(output, $"audit cost, eight writers: plain {Median([.. together.Select(r => r.Plain)]):F0}/s, with audit {Median([.. together.Select(r => r.Audited)]):F0}/s, ratio {Median([.. together.Select(r => r.Plain / r.Audited)]):F3}");
        return ratio;
    }

    private static async Task<double> RateAsync(NpgsqlDataSource source, bool audited, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => WriteManyAsync(source, audited, 200, ct)));
        return 8 * 200 / watch.Elapsed.TotalSeconds;
    }

    private static async Task WriteManyAsync(NpgsqlDataSource source, bool audited, int count, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        for (var i = 0; i < count; i++)
            await WriteAsync(connection, audited, ct);
    }

    private static async Task<double> WriteAsync(NpgsqlConnection connection, bool audited, CancellationToken ct)
    {
        var id = Guid.CreateVersion7();
        var now = TimeProvider.System.GetUtcNow();
        var cipher = new byte[60];
        Random.Shared.NextBytes(cipher);
        var name = string.Concat("王李张刘陈"[Random.Shared.Next(5)], "伟芳娜敏静"[Random.Shared.Next(5)], "强磊洋勇艳"[Random.Shared.Next(5)]);
        var tail = Random.Shared.Next(10_000).ToString("D4", CultureInfo.InvariantCulture);
        var started = Stopwatch.GetTimestamp();
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(Command(
            "insert into bench_customers values ($1,$2,'person',$3,$4,$5,$6,$7,$8,'转介绍','{急件}','客户希望月底前放款',300000,$9,$10,'collecting',0,$11,$11)",
            id, "KH-" + id, name, cipher[..32], tail, cipher, id.ToByteArray(), tail, Guid.Empty, Guid.Empty, now));
        batch.BatchCommands.Add(Command("insert into bench_products values ($1, $2, 3)", id, Guid.Empty));
        if (audited)
            batch.BatchCommands.Add(Command(
                """
                insert into audit_entries (at, actor_kind, actor_id, actor_name, from_address, action, subject_type, subject_id, customer_id, reason, before, after)
                values ($1, 'staff', $2, '王芳', '10.0.0.8', 'customer.created', 'customer', $3, $3, null, null, $4::jsonb)
                """,
                now, Guid.Empty, id, $$"""{"name": "{{name}}", "phone": "138****{{tail}}", "amount": 300000, "source": "转介绍"}"""));
        await batch.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    internal static async Task<double> SealAndVerifyAsync(IServiceProvider services, TextWriter output, CancellationToken ct)
    {
        await RunAsync(services, $$$"""
            insert into audit_entries (at, actor_kind, actor_id, actor_name, from_address, action, subject_type, subject_id, customer_id, reason, before, after)
            select timestamptz '2026-01-01' + n * interval '1 second', 'staff', gen_random_uuid(), '王芳', '10.0.0.8', 'customer.edited', 'customer', gen_random_uuid(),
                   gen_random_uuid(), case when n % 3 = 0 then '客户来电更正' end, '{"phone": "138****8000", "remarks": "旧"}', '{"phone": "139****1234", "remarks": "新"}'
            from generate_series(1, {{{Rows}}}) as n
            """, ct);
        await RunAsync(services, "vacuum (analyze) audit_entries", ct);

        var sequencer = services.GetRequiredService<AuditSequencer>();
        var sealing = Stopwatch.StartNew();
        long count = 0;
        for (AuditSealing step; (step = await sequencer.SealNextAsync(ct)).Sealed > 0;)
            count += step.Sealed;
        await Say(output, $"audit sealing: {count:N0} entries in {sealing.Elapsed.TotalSeconds:F1} s, {count / sealing.Elapsed.TotalSeconds:N0}/s");
        await RunAsync(services, "vacuum (analyze) audit_seals", ct);

        var verifier = services.GetRequiredService<AuditVerifier>();
        var seconds = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            var report = await verifier.VerifyAsync(null, ct);
            if (!report.Intact || report.Verified < Rows)
                throw new InvalidOperationException($"The chain did not verify: {report}");
            seconds.Add(report.Took.TotalSeconds / report.Verified * Rows);
        }

        await Say(output, $"audit verification of {Rows:N0} entries: median {Median(seconds):F2} s of {string.Join(", ", seconds.Select(s => s.ToString("F2", CultureInfo.InvariantCulture)))} (goal < 5 s)");
        return Median(seconds);
    }

    private static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    private static async Task RunAsync(IServiceProvider services, string sql, CancellationToken ct)
    {
        await using var command = services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync(ct);
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static Task Say(TextWriter output, FormattableString line) => output.WriteLineAsync(line.ToString(CultureInfo.InvariantCulture));
}
