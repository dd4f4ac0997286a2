using QRCoder;

namespace CcdBlazor.Components.Staff;

/// <summary>A QR code as a picture inside the page, so that its content is in no address and no log.</summary>
internal static class QrCode
{
    private const int PixelsPerModule = 6;

    public static string DataUri(string content)
    {
        using var data = QRCodeGenerator.GenerateQrCode(content, QRCodeGenerator.ECCLevel.M);
        using var png = new PngByteQRCode(data);
        return $"data:image/png;base64,{Convert.ToBase64String(png.GetGraphic(PixelsPerModule))}";
    }
}
