using CcdBlazor.Domain.Common;

namespace CcdBlazor.Tests.Common;

public class ResultTests
{
    [Fact]
    public void A_refused_result_has_no_value()
    {
        Result<int> refused = CommonRefusals.NotFound;

        Assert.False(refused.Ok);
        Assert.Throws<InvalidOperationException>(() => refused.Value);
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(1000, 100)]
    [InlineData(50, 50)]
    public void Page_sizes_are_held_between_20_and_100(int asked, int given) =>
        Assert.Equal(given, new PageRequest(1, asked).Size);
}
