using System.Text.Json;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Events;

/// <summary>What a member of an event looks like. None of them takes free text.</summary>
public enum MemberForm
{
    /// <summary>1: the form of the entry.</summary>
    Version,

    /// <summary>A type of <see cref="EventTypes"/>.</summary>
    Type,

    /// <summary>RFC 3339, UTC, with Z.</summary>
    Time,

    /// <summary>urn:stoa:WORD:NUMBER, or with a slug where the thing is public by it.</summary>
    Urn,

    /// <summary>A list of the former, each once, in their order.</summary>
    Urns,

    /// <summary>An organization or what belongs to one, never a person: urn:stoa:party:NUMBER or a did:web.</summary>
    Organization,

    /// <summary>sha256: and 64 small hexadecimal digits.</summary>
    Digest,

    /// <summary>16 random bytes, base64url.</summary>
    Salt,

    /// <summary>A whole number from 0 to 2^53 - 1.</summary>
    Number,

    /// <summary>A word of the program: letters and hyphens.</summary>
    Code,

    /// <summary>A list of the former, each once.</summary>
    Codes,

    /// <summary>A version of the program.</summary>
    Release,
}

internal static class MemberForms
{
    /// <summary>Longest word, in characters; moves of governance have the same limit.</summary>
    public const int CodeLengthMax = 40;

    /// <summary>Longest identifier, in characters.</summary>
    public const int UrnLengthMax = 200;

    /// <summary>Most entries of a list.</summary>
    public const int ListMax = 1000;

    /// <summary>Every whole number up to here is a double of its own.</summary>
    public const long NumberMax = (1L << 53) - 1;

    private const int ReleaseLengthMax = 64;
    private const int SaltTextLength = 22;
    private const string DigestStart = "sha256:";
    private const string UrnStart = "urn:stoa:";

    public static bool Fits(this MemberForm form, JsonElement value) => form switch
    {
        MemberForm.Version => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var version) && version == LogEvent.Version,
        MemberForm.Number => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number is >= 0 and <= NumberMax,
        MemberForm.Urns => FitsList(value, MemberForm.Urn),
        MemberForm.Codes => FitsList(value, MemberForm.Code),
        _ => value.ValueKind == JsonValueKind.String && FitsText(form, value.GetString()!), // A string has a text.
    };

    private static bool FitsText(MemberForm form, string text) => form switch
    {
        MemberForm.Type => EventTypes.Find(text) is not null,
        MemberForm.Time => text.EndsWith('Z') && Instant.TryParse(text, out var time) && time.ToString() == text,
        MemberForm.Urn => IsUrn(text),
        MemberForm.Organization => IsOrganization(text),
        MemberForm.Digest => text.Length == DigestStart.Length + 64 && text.StartsWith(DigestStart, StringComparison.Ordinal) &&
            IsOnly(text.AsSpan(DigestStart.Length), char.IsAsciiHexDigitLower),
        MemberForm.Salt => text.Length == SaltTextLength && text.All(IsBase64Url),
        MemberForm.Code => IsCode(text),
        MemberForm.Release => IsRelease(text),
        _ => throw new ArgumentOutOfRangeException(nameof(form), form, "Not a text."),
    };

    private static bool FitsList(JsonElement value, MemberForm each)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > ListMax) return false;
        string? before = null;
        foreach (var entry in value.EnumerateArray())
        {
            if (!each.Fits(entry)) return false;
            var text = entry.GetString()!; // It fits the form of a text.
            if (before is not null && string.CompareOrdinal(before, text) >= 0) return false;
            before = text;
        }

        return true;
    }

    private static bool IsCode(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= CodeLengthMax && char.IsAsciiLetterLower(text[0]) && IsOnly(text, static one => char.IsAsciiLetter(one) || one == '-');

    private static bool IsUrn(string text)
    {
        if (text.Length > UrnLengthMax || !text.StartsWith(UrnStart, StringComparison.Ordinal)) return false;
        var rest = text.AsSpan(UrnStart.Length);
        var colon = rest.IndexOf(':');
        return colon > 0 && IsCode(rest[..colon]) && rest.Length > colon + 1 && IsOnly(rest[(colon + 1)..], IsSlugLetter);
    }

    private static bool IsOrganization(string text)
    {
        const string party = UrnStart + "party:";
        const string did = "did:web:";
        if (text.StartsWith(party, StringComparison.Ordinal))
            return text.Length > party.Length && IsUrn(text) && IsOnly(text.AsSpan(party.Length), char.IsAsciiDigit);
        return text.StartsWith(did, StringComparison.Ordinal) && text.Length > did.Length && text.Length <= UrnLengthMax &&
            IsOnly(text.AsSpan(did.Length), static one => IsSlugLetter(one) || one is '.' or ':' or '%');
    }

    // Semantic versioning 2.0.0: three numbers, so that no address of the network is one, and what may follow on them.
    private static bool IsRelease(string text)
    {
        if (text.Length > ReleaseLengthMax) return false;
        var end = text.AsSpan().IndexOfAny('-', '+');
        var numbers = (end < 0 ? text : text[..end]).Split('.');
        return numbers.Length == 3 && numbers.All(part => part.Length > 0 && IsOnly(part, char.IsAsciiDigit)) &&
            (end < 0 || IsOnly(text.AsSpan(end), static one => char.IsAsciiLetterOrDigit(one) || one is '.' or '-' or '+'));
    }

    private static bool IsSlugLetter(char one) => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one) || one == '-';

    private static bool IsBase64Url(char one) => char.IsAsciiLetterOrDigit(one) || one is '-' or '_';

    private static bool IsOnly(ReadOnlySpan<char> text, Func<char, bool> taken)
    {
        foreach (var one in text)
            if (!taken(one)) return false;
        return true;
    }
}
