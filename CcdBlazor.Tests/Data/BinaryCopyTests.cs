using CcdBlazor.Domain.Data;
using CcdBlazor.Tests.Support;
using Npgsql;

namespace CcdBlazor.Tests.Data;

/// <summary>The server's own reader has the last word on the format.</summary>
public sealed class BinaryCopyTests : IAsyncLifetime
{
    private string database = null!;
    private NpgsqlDataSource source = null!;

    public async Task InitializeAsync() => source = NpgsqlDataSource.Create(database = await TestCluster.CreateDatabaseAsync());

    public async Task DisposeAsync()
    {
        await source.DisposeAsync();
        await TestCluster.DropDatabaseAsync(database);
    }

    [Fact]
    public async Task Every_kind_of_value_comes_back_as_it_was_given()
    {
        await using var connection = await TableAsync();
        var (id, at) = (Guid.CreateVersion7(), new DateTimeOffset(1999, 12, 31, 23, 59, 59, 123, 456, TimeSpan.FromHours(8)));
        string[] tags = ["加急", "", "a,\"b\"\\c"];
        await using (var copy = await BeginAsync(connection))
        {
            await copy.RowAsync(9, default);
            copy.Add(1);
            copy.Add(id);
            copy.Add((short)-7);
            copy.Add(true);
            copy.Add(at);
            copy.Add("客户\n“一”🙂");
            copy.Add("{\"a\":1}"u8);
            copy.Add((IReadOnlyList<string>)tags);
            copy.Add((int?)int.MinValue);
            await copy.RowAsync(9, default);
            copy.Add(2);
            copy.Add((Guid?)null);
            copy.Add((short)0);
            copy.Add(false);
            copy.Add((DateTimeOffset?)null);
            copy.Add("");
            copy.Null();
            copy.Add((IReadOnlyList<string>)[]);
            copy.Add((int?)null);
            await copy.CompleteAsync(default);
        }

        await using var read = new NpgsqlCommand("select * from copied order by no", connection);
        await using var rows = await read.ExecuteReaderAsync();
        Assert.True(await rows.ReadAsync());
        Assert.Equal((id, (short)-7, true, at.ToUniversalTime()), (rows.GetGuid(1), rows.GetInt16(2), rows.GetBoolean(3), rows.GetFieldValue<DateTimeOffset>(4)));
        Assert.Equal(("客户\n“一”🙂", "{\"a\":1}", int.MinValue), (rows.GetString(5), rows.GetString(6), rows.GetInt32(8)));
        Assert.Equal(tags, rows.GetFieldValue<string[]>(7));
        Assert.True(await rows.ReadAsync());
        Assert.Equal((true, true, true, true), (rows.IsDBNull(1), rows.IsDBNull(4), rows.IsDBNull(6), rows.IsDBNull(8)));
        Assert.Equal("", rows.GetString(5));
        Assert.Empty(rows.GetFieldValue<string[]>(7));
    }

    [Fact]
    public async Task More_than_the_buffer_holds_arrives_whole_and_in_order()
    {
        await using var connection = await TableAsync();
        await using (var copy = await BeginAsync(connection))
        {
            for (var no = 0; no < 3_000; no++)
                await RowAsync(copy, no, new string('字', no % 300 == 0 ? 100_000 : 20));
            await copy.CompleteAsync(default);
        }

        Assert.Equal((3_000L, 10 * 100_000L + 2_990 * 20, 2_999 * 3_000L / 2), await TotalsAsync(connection));
    }

    [Fact]
    public async Task What_is_not_completed_is_not_stored_and_the_connection_goes_on()
    {
        await using var connection = await TableAsync();
        await using (var copy = await BeginAsync(connection))
            for (var no = 0; no < 3_000; no++)
                await RowAsync(copy, no, new string('x', 200));

        Assert.Equal(0, (await TotalsAsync(connection)).Rows);
    }

    [Fact]
    public async Task A_row_that_the_table_refuses_stores_nothing()
    {
        await using var connection = await TableAsync();
        await using (var copy = await BeginAsync(connection))
        {
            await RowAsync(copy, 1, "first");
            await RowAsync(copy, 1, "the same number");
            Assert.Equal("23505", (await Assert.ThrowsAsync<PostgresException>(() => copy.CompleteAsync(default))).SqlState);
        }

        Assert.Equal(0, (await TotalsAsync(connection)).Rows);
    }

    private async Task<NpgsqlConnection> TableAsync()
    {
        var connection = await source.OpenConnectionAsync();
        await using var create = new NpgsqlCommand(
            "create table copied (no int primary key, id uuid, small smallint, flag boolean, at timestamptz, words text, json text, tags text[], maybe int)", connection);
        await create.ExecuteNonQueryAsync();
        return connection;
    }

    private static Task<BinaryCopy> BeginAsync(NpgsqlConnection connection) =>
        BinaryCopy.BeginAsync(connection, "copy copied (no, id, small, flag, at, words, json, tags, maybe) from stdin (format binary)", default);

    private static async Task RowAsync(BinaryCopy copy, int no, string words)
    {
        await copy.RowAsync(9, default);
        copy.Add(no);
        for (var i = 0; i < 4; i++)
            copy.Null();
        copy.Add(words);
        for (var i = 0; i < 3; i++)
            copy.Null();
    }

    private static async Task<(long Rows, long Letters, long Numbers)> TotalsAsync(NpgsqlConnection connection)
    {
        await using var count = new NpgsqlCommand("select count(*), coalesce(sum(length(words)), 0), coalesce(sum(no), 0) from copied", connection);
        await using var read = await count.ExecuteReaderAsync();
        await read.ReadAsync();
        return (read.GetInt64(0), read.GetInt64(1), read.GetInt64(2));
    }
}
