using System.Buffers;
using Stoa.Vocabulary;

namespace Stoa.Identity.Http;

/// <summary>What texts from outside must be like; each check names the property it refuses.</summary>
public static class TextRules
{
    /// <summary>Longest slug: that of a DNS label, so that a slug can become one.</summary>
    public const int SlugLengthMax = 63;

    /// <summary>Longest web address.</summary>
    public const int UrlLengthMax = 500;

    private static readonly SearchValues<char> SlugCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>A slug: small letters, digits and inner hyphens. Null when it is fine.</summary>
    public static Problem? CheckSlug(string property, string? value)
    {
        if (string.IsNullOrEmpty(value)) return Missing(property);
        return value.Length <= SlugLengthMax && !value.AsSpan().ContainsAnyExcept(SlugCharacters) &&
            value[0] != '-' && value[^1] != '-'
            ? null
            : StrictJson.InvalidProperty(property,
                $"'{property}' takes 1 to {SlugLengthMax} small letters a-z, digits and hyphens, with no hyphen at either end.");
    }

    /// <summary>A required text of one line. Null when it is fine.</summary>
    public static Problem? CheckLine(string property, string? value, int lengthMax)
    {
        if (string.IsNullOrWhiteSpace(value)) return Missing(property);
        if (value.Length > lengthMax) return TooLong(property, lengthMax);
        return value.Any(char.IsControl)
            ? StrictJson.InvalidProperty(property, $"'{property}' is one line: it takes no control characters.")
            : null;
    }

    /// <summary>A text of many lines that may be empty. Null when it is fine.</summary>
    public static Problem? CheckText(string property, string? value, int lengthMax)
    {
        if (value is null) return null;
        if (value.Length > lengthMax) return TooLong(property, lengthMax);
        return value.Any(character => char.IsControl(character) && character is not ('\n' or '\r' or '\t'))
            ? StrictJson.InvalidProperty(property, $"'{property}' takes no control characters but line ends and tabs.")
            : null;
    }

    /// <summary>An address on the web, or nothing. Null when it is fine.</summary>
    public static Problem? CheckUrl(string property, string? value)
    {
        if (value is null) return null;
        return IsUrl(value)
            ? null
            : StrictJson.InvalidProperty(property,
                $"'{property}' takes an absolute address that begins with http:// or https://, of at most {UrlLengthMax} characters.");
    }

    /// <summary>Whether the text is an absolute http or https address.</summary>
    public static bool IsUrl(string value) =>
        value.Length <= UrlLengthMax && !value.Any(character => char.IsControl(character) || char.IsWhiteSpace(character)) &&
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https") &&
        uri.UserInfo.Length == 0;

    /// <summary>The refusal of a property that is not there.</summary>
    public static Problem Missing(string property) =>
        StrictJson.InvalidProperty(property, $"'{property}' is required and must not be empty.");

    /// <summary>The refusal of a text that is too long.</summary>
    public static Problem TooLong(string property, int lengthMax) =>
        StrictJson.InvalidProperty(property, $"'{property}' takes at most {lengthMax} characters.").With("limit", lengthMax);
}
