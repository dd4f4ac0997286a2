using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Tests.Documents;

public class ReturnReasonsTests
{
    [Fact]
    public void Codes_are_unique_and_every_named_type_exists()
    {
        Assert.Equal(ReturnReasons.All.Count, ReturnReasons.All.Select(reason => reason.Code).Distinct().Count());
        Assert.All(ReturnReasons.All.SelectMany(reason => reason.TypeCodes), type => Assert.NotNull(DocumentTypes.Find(type)));
    }

    [Fact]
    public void Every_type_is_offered_the_general_reasons_and_only_its_own_special_ones()
    {
        Assert.All(DocumentTypes.All, type => Assert.Contains(ReturnReasons.For(type.Code), reason => reason.Code == "blurred"));
        Assert.Equal("wrong_side", ReturnReasons.For("id_card_front")[0].Code);
        Assert.DoesNotContain(ReturnReasons.For("id_card_front"), reason => reason.Code == "period_too_short");
        Assert.Contains(ReturnReasons.For("bank_statement"), reason => reason.Code == "period_too_short");
    }
}
