using CcdBlazor.Domain.Audit;

namespace CcdBlazor.Tests.Audit;

public sealed class AuditDetailsTests
{
    [Fact]
    public void Only_what_differs_is_shown_in_words()
    {
        var details = AuditDetails.Of("""{"name": "张三", "kind": "Person", "tags": []}""", """{"name": "张三丰", "kind": "Person", "tags": ["急件", "老客户"]}""");

        Assert.Equal([new AuditDetail("名称", "张三", "张三丰"), new AuditDetail("标签", "（空）", "急件、老客户")], details);
    }

    [Fact]
    public void A_name_without_words_is_never_shown_as_it_is() =>
        Assert.Equal("其他内容", Assert.Single(AuditDetails.Of(null, """{"someNewColumn": 5}""")).Label);

    [Theory]
    [InlineData(null, null)]
    [InlineData("{}", "{}")]
    public void Nothing_changed_gives_no_lines(string? before, string? after) => Assert.Empty(AuditDetails.Of(before, after));
}
