using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Simulator;

/// <summary>An Official Account's event TEMPLATESENDJOBFINISH in safe mode: encrypted, and signed over the ciphertext.</summary>
internal static class OfficialCallback
{
    public static (string Query, byte[] Body) TemplateFinished(SimAccount account, string to, long number, string status, DateTimeOffset at)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var xml = $"<xml><ToUserName><![CDATA[gh_simulator]]></ToUserName><FromUserName><![CDATA[{to}]]></FromUserName><CreateTime>{seconds}</CreateTime>"
            + $"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>{number}</MsgID><Status><![CDATA[{status}]]></Status></xml>";
        var encrypted = Encrypt(account.CallbackKey, xml, account.Id);
        var nonce = RandomNumberGenerator.GetHexString(10, lowercase: true);
        var query = $"signature={Signature(account.CallbackToken, seconds, nonce)}&timestamp={seconds}&nonce={nonce}&openid={Uri.EscapeDataString(to)}&encrypt_type=aes"
            + $"&msg_signature={Signature(account.CallbackToken, seconds, nonce, encrypted)}";
        return (query, Encoding.UTF8.GetBytes($"<xml><ToUserName><![CDATA[gh_simulator]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"));
    }

    private static string Signature(params string[] parts)
    {
        Array.Sort(parts, StringComparer.Ordinal);
#pragma warning disable CA5350 // WeChat's own choice.
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(parts))));
#pragma warning restore CA5350
    }

    private static string Encrypt(string aesKey, string message, string receiver)
    {
        var (text, tail) = (Encoding.UTF8.GetBytes(message), Encoding.UTF8.GetBytes(receiver));
        var length = 20 + text.Length + tail.Length;
        var padding = 32 - length % 32;
        var plain = new byte[length + padding];
        RandomNumberGenerator.Fill(plain.AsSpan(0, 16));
        BinaryPrimitives.WriteInt32BigEndian(plain.AsSpan(16), text.Length);
        text.CopyTo(plain, 20);
        tail.CopyTo(plain, 20 + text.Length);
        plain.AsSpan(length).Fill((byte)padding);
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(aesKey + "=");
        return Convert.ToBase64String(aes.EncryptCbc(plain, aes.Key.AsSpan(0, 16), PaddingMode.None));
    }
}
