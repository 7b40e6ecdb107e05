using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Stoa.Storage;

namespace Stoa.Sensing.Feed;

/// <summary>Writes places in the change feed as opaque texts, and reads back only those that were given out here.</summary>
/// <remarks>
/// Signed with a key that lives in the database and is another after a restore, since the same numbers may then mean other
/// changes. Bound to the query and to what the caller may see: with more or less in sight the place says nothing.
/// </remarks>
internal sealed class ChangeTokens
{
    /// <summary>Bytes of the fingerprint of a query.</summary>
    internal const int FingerprintBytes = 16;

    private const byte Version = 1;
    private const int PlaceBytes = 4 * sizeof(long);
    private const int SignatureBytes = 16;
    private const int TokenBytes = 1 + PlaceBytes + SignatureBytes;

    private byte[]? _key;

    /// <summary>The text of a place: 66 characters that need no escaping.</summary>
    internal string Write(Session session, in ChangePlace place, ReadOnlySpan<byte> fingerprint)
    {
        Span<byte> token = stackalloc byte[TokenBytes];
        token[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(token[1..], place.Log);
        BinaryPrimitives.WriteInt64BigEndian(token[9..], place.Observation);
        BinaryPrimitives.WriteInt64BigEndian(token[17..], place.LogEnd);
        BinaryPrimitives.WriteInt64BigEndian(token[25..], place.ObservationEnd);
        Sign(session, token[..^SignatureBytes], fingerprint, token[^SignatureBytes..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Whether the text has the form of a token at all.</summary>
    internal static bool IsWellFormed(ReadOnlySpan<char> text) => Base64Url.IsValid(text, out var bytes) && bytes == TokenBytes;

    /// <summary>Reads a well-formed token; false when it was not given out for this query and sight by this database.</summary>
    internal bool TryRead(Session session, ReadOnlySpan<char> text, ReadOnlySpan<byte> fingerprint, out ChangePlace place)
    {
        place = default;
        Span<byte> token = stackalloc byte[TokenBytes];
        Span<byte> signature = stackalloc byte[SignatureBytes];
        if (!Base64Url.TryDecodeFromChars(text, token, out var bytes) || bytes != TokenBytes || token[0] != Version) return false;
        Sign(session, token[..^SignatureBytes], fingerprint, signature);
        if (!CryptographicOperations.FixedTimeEquals(signature, token[^SignatureBytes..])) return false;
        place = new(
            BinaryPrimitives.ReadInt64BigEndian(token[1..]), BinaryPrimitives.ReadInt64BigEndian(token[9..]),
            BinaryPrimitives.ReadInt64BigEndian(token[17..]), BinaryPrimitives.ReadInt64BigEndian(token[25..]));
        return true;
    }

    private void Sign(Session session, ReadOnlySpan<byte> place, ReadOnlySpan<byte> fingerprint, Span<byte> signature)
    {
        Span<byte> text = stackalloc byte[1 + PlaceBytes + FingerprintBytes];
        place.CopyTo(text);
        fingerprint.CopyTo(text[place.Length..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key ??= ChangeLog.ReadKey(session), text, hash);
        hash[..SignatureBytes].CopyTo(signature);
    }
}
