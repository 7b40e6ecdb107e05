using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Stoa.Identity.SignIn.OpenId;

/// <summary>JSON and base64url of a provider, read strictly.</summary>
internal static class OpenIdJson
{
    private static readonly JsonDocumentOptions Options = new()
    {
        // Of two members of one name another reader may take the other one.
        AllowDuplicateProperties = false, MaxDepth = 16,
    };

    /// <summary>An object; null when it is none, or not well-formed.</summary>
    internal static JsonElement? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A member that is a text; null when it is not there, is none, or is not UTF-8.</summary>
    internal static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? Text(value) : null;

    /// <summary>Whether an element is a certain text.</summary>
    internal static Func<JsonElement, bool> Is(string text) => element => Text(element) is { } found && AreEqual(found, text);

    /// <summary>Compares in a time that does not depend on the characters.</summary>
    internal static bool AreEqual(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    /// <summary>The bytes of base64url without padding (RFC 7515, section 2); null when it is none.</summary>
    internal static byte[]? Bytes(string? text)
    {
        // The framework takes padding and blanks, too.
        if (text is null || !text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_') || !Base64Url.IsValid(text)) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        return Base64Url.EncodeToString(bytes) == text ? bytes : null;
    }

    private static string? Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
