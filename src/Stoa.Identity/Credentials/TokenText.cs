using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Stoa.Identity.Credentials;

/// <summary>The text of an access token: <c>stoa_&lt;prefix&gt;_&lt;secret&gt;</c>.</summary>
/// <remarks>
/// The prefix (12 characters, 60 random bits) finds the row and may be shown; the secret (52 characters, 256 random
/// bits) is shown once. Both are base32 in lower case (RFC 4648, section 6), so that a double click selects the whole
/// token and no character needs escaping anywhere. Only the SHA-256 of the whole text is kept: with 256 random bits
/// a slow hash would add nothing but a way to overload the server.
/// </remarks>
internal static class TokenText
{
    internal const int PrefixLength = 12;
    internal const int SecretLength = 52;
    internal const int Length = 5 + PrefixLength + 1 + SecretLength;
    private const string Start = "stoa_";
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private const int SecretBytes = 32;
    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    /// <summary>A new token from the system's random source.</summary>
    internal static string Create(out string prefix)
    {
        prefix = RandomNumberGenerator.GetString(Alphabet, PrefixLength);
        return CreateFor(prefix);
    }

    /// <summary>The same prefix with a new secret.</summary>
    internal static string CreateFor(string prefix)
    {
        Span<byte> secret = stackalloc byte[SecretBytes];
        RandomNumberGenerator.Fill(secret);
        return string.Concat(Start, prefix, "_", Base32(secret));
    }

    /// <summary>The prefix of well-formed text.</summary>
    internal static string PrefixOf(ReadOnlySpan<char> text) => text.Slice(Start.Length, PrefixLength).ToString();

    /// <summary>Checks the form alone; says nothing about whether there is such a token.</summary>
    internal static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length == Length && text.StartsWith(Start) && text[Start.Length + PrefixLength] == '_' &&
        !text.Slice(Start.Length, PrefixLength).ContainsAnyExcept(Characters) &&
        !text[^SecretLength..].ContainsAnyExcept(Characters);

    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[(bytes.Length * 8 + 4) / 5];
        int at = 0, bits = 0, pending = 0;
        foreach (var value in bytes)
        {
            pending = (pending << 8) | value;
            for (bits += 8; bits >= 5; bits -= 5) text[at++] = Alphabet[(pending >> (bits - 5)) & 31];
            pending &= (1 << bits) - 1;
        }

        if (bits > 0) text[at] = Alphabet[(pending << (5 - bits)) & 31];
        return new string(text);
    }
}

/// <summary>The SHA-256 of a token's text: what is stored, and the key under which a verified token is remembered.</summary>
/// <remarks>
/// Looking up by the hash cannot be used to guess a token byte by byte: who does not know the whole text cannot steer
/// the bytes that are compared.
/// </remarks>
[InlineArray(SizeBytes)]
[SuppressMessage("Performance", "CA1815", Justification = "Compared as a span.")]
internal struct TokenHash : IEquatable<TokenHash>
{
    internal const int SizeBytes = 32;

    private byte _first;

    /// <summary>The hash of well-formed text.</summary>
    internal static TokenHash Of(ReadOnlySpan<char> text)
    {
        Span<byte> ascii = stackalloc byte[TokenText.Length];
        for (var i = 0; i < text.Length; i++) ascii[i] = (byte)text[i];
        var hash = default(TokenHash);
        SHA256.HashData(ascii, hash);
        return hash;
    }

    internal static TokenHash From(ReadOnlySpan<byte> stored)
    {
        var hash = default(TokenHash);
        stored.CopyTo(hash);
        return hash;
    }

    /// <summary>Compares in a time that does not depend on the bytes.</summary>
    internal readonly bool FixedTimeEquals(in TokenHash other) => CryptographicOperations.FixedTimeEquals(this, other);

    internal readonly byte[] ToArray() => ((ReadOnlySpan<byte>)this).ToArray();

    public readonly bool Equals(TokenHash other) => ((ReadOnlySpan<byte>)this).SequenceEqual(other);

    public override readonly bool Equals(object? obj) => obj is TokenHash other && Equals(other);

    // The bytes are a hash already.
    public override readonly int GetHashCode() => MemoryMarshal.Read<int>(this);
}
