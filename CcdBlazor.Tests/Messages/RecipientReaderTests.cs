using System.IO.Compression;
using System.Text;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Messages;

namespace CcdBlazor.Tests.Messages;

/// <summary>Lists of recipients as people have them: with and without heads, in the encodings of Excel, and hostile ones.</summary>
public sealed class RecipientReaderTests
{
    private static readonly TemplateVariable[] Variables = [new("name", "称呼"), new("amount", "金额", VariableType.Money, Required: false)];

    [Fact]
    public void Columns_are_matched_by_their_heads_in_any_order()
    {
        var sheet = Read("金额,备注,手机号,称呼\r\n\"1,000.00\",x,13800000001,张三\r\n");
        var matched = sheet.Match(Variables);
        var row = Assert.Single(matched.Rows);
        Assert.Equal(("13800000001", "张三", "1,000.00"), (row.Recipient, row.Variables["name"], row.Variables["amount"]));
        Assert.Equal((1, "备注"), (matched.HeadLines, Assert.Single(matched.Unused)));
        Assert.Empty(matched.Absent);
    }

    [Fact]
    public void Without_a_head_the_columns_are_taken_in_order()
    {
        var matched = RecipientReader.Pasted("13800000001\t张三\t20\n13800000002\t李四\n\n").Match(Variables);
        Assert.Equal(0, matched.HeadLines);
        Assert.Equal(["13800000001", "13800000002"], matched.Rows.Select(row => row.Recipient));
        Assert.Equal("20", matched.Rows[0].Variables["amount"]);
        Assert.False(matched.Rows[1].Variables.ContainsKey("amount"));
    }

    [Fact]
    public void A_required_variable_without_a_column_is_named() =>
        Assert.Equal(["称呼"], Read("手机,金额\n13800000001,1\n").Match(Variables).Absent);

    [Fact]
    public void What_excel_saves_as_csv_in_china_is_read()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var sheet = RecipientReader.Read("名单.csv", Encoding.GetEncoding("GB18030").GetBytes("手机,称呼\r\n13800000001,张三\r\n"));
        Assert.Equal("张三", sheet.Value.Match(Variables).Rows[0].Variables["name"]);
    }

    [Theory]
    [InlineData("""[{"recipient":"13800000001","variables":{"name":"张三"}}]""")]
    [InlineData("""{"recipients":[{"recipient":"13800000001","name":"张三"}]}""")]
    public void Json_is_read_nested_and_flat(string text)
    {
        var row = Assert.Single(Read(text).Match(Variables).Rows);
        Assert.Equal(("13800000001", "张三"), (row.Recipient, row.Variables["name"]));
    }

    [Fact]
    public async Task A_workbook_is_read_and_its_numbers_stay_phone_numbers()
    {
        using var file = new MemoryStream();
        await Workbook.WriteAsync(file, ["手机号", "称呼"], Lines(), default);
        var row = Assert.Single(RecipientReader.Read("名单.xlsx", file.ToArray()).Value.Match(Variables).Rows);
        Assert.Equal(("13800000001", "=1+1 <张>&\"三\""), (row.Recipient, row.Variables["name"]));

        static async IAsyncEnumerable<IReadOnlyList<string>> Lines()
        {
            await Task.Yield();
            yield return ["13800000001", "=1+1 <张>&\"三\""];
        }
    }

    [Fact]
    public void Broken_empty_and_oversized_lists_are_refused_in_words()
    {
        Assert.Equal("messages.list_missing", RecipientReader.Read("x.csv", []).Refusal?.Code);
        Assert.Equal("messages.list_unreadable", RecipientReader.Read("x.xlsx", [.. "PK"u8, 3, 4, 9, 9, 9]).Refusal?.Code);
        Assert.Equal("messages.list_unreadable", RecipientReader.Read("x.json", "[{"u8.ToArray()).Refusal?.Code);
        Assert.Equal("messages.list_unreadable", RecipientReader.Read("x.xls", [0xD0, 0xCF, 0x11, 0xE0, 1, 2]).Refusal?.Code);
        Assert.Equal("messages.list_too_large", RecipientReader.Read("x.csv", new byte[RecipientReader.MostBytes + 1]).Refusal?.Code);
        Assert.Equal("messages.batch_empty", RecipientReader.Read("x.csv", " \r\n\r\n"u8.ToArray()).Refusal?.Code);
        Assert.Equal("messages.batch_too_many", RecipientReader.Read("x.csv", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("13800000001\n", 10_005)))).Refusal?.Code);
    }

    [Fact]
    public void A_workbook_that_unpacks_to_a_flood_is_refused_before_it_is_unpacked()
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var part = zip.CreateEntry("xl/sharedStrings.xml", CompressionLevel.Fastest).Open();
            var block = new byte[1024 * 1024];
            for (var i = 0; i < 201; i++)
                part.Write(block);
        }

        Assert.Equal("messages.list_unreadable", RecipientReader.Read("x.xlsx", file.ToArray()).Refusal?.Code);
    }

    [Fact]
    public void A_list_is_handed_over_once_and_only_to_its_owner()
    {
        var lists = new RecipientLists(TimeProvider.System);
        var owner = Guid.NewGuid();
        var id = lists.Keep(owner, RecipientReader.Pasted("13800000001"));
        Assert.Null(lists.Take(id, Guid.NewGuid()));
        Assert.NotNull(lists.Take(id, owner));
        Assert.Null(lists.Take(id, owner));
    }

    private static RecipientSheet Read(string text) => RecipientReader.Read("list", Encoding.UTF8.GetBytes(text)).Value;
}
