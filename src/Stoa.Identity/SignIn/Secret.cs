using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Stoa.Identity.Credentials;

namespace Stoa.Identity.SignIn;

/// <summary>Random texts that a browser or a person holds: 256 bits, of which only the SHA-256 is kept.</summary>
/// <remarks>With so many random bits a slow hash would add nothing; see <see cref="TokenText"/>.</remarks>
internal static class Secret
{
    /// <summary>Length of the text: 32 bytes in base64url.</summary>
    internal const int Length = 43;

    private const int Bytes = 32;

    /// <summary>A new text from the system's random source.</summary>
    internal static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Checks the form alone.</summary>
    internal static bool IsWellFormed(string? text) =>
        text is { Length: Length } && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');

    /// <summary>The hash under which it is kept.</summary>
    internal static TokenHash HashOf(string text) => TokenHash.From(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
