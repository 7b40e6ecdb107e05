using System.Security.Cryptography;
using System.Text;

namespace Stoa.Sharing.Agreements;

/// <summary>Hashes of documents that are kept elsewhere.</summary>
internal static class Hashes
{
    private const int Digits = 64;

    /// <summary>Whether a text is a SHA-256 in hexadecimal digits.</summary>
    public static bool IsHash(string? text) => text is { Length: Digits } && text.All(char.IsAsciiHexDigit);

    /// <summary>The SHA-256 of a text, in small hexadecimal digits.</summary>
    public static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
