namespace CcdBlazor.Domain.Common.Identifiers;

/// <summary>
/// Area codes for made-up numbers: real entries of GB/T 2260, but of whole cities (ending in 00), while cards are issued by counties
/// and districts. So a made-up number passes every rule and still belongs to nobody.
/// </summary>
internal static class SyntheticAreas
{
    public static readonly string[] Cities =
    [
        "110100", "120100", "130100", "140100", "210100", "220100", "230100", "310100", "320100", "320500",
        "330100", "330200", "340100", "350100", "350200", "360100", "370100", "370200", "410100", "420100",
        "430100", "440100", "440300", "450100", "460100", "500100", "510100", "520100", "530100", "610100",
    ];
}
