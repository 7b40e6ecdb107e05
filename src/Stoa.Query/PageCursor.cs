using System.Buffers.Binary;
using System.Buffers.Text;

namespace Stoa.Query;

/// <summary>The place after which the next page begins: the sort keys of the last row sent.</summary>
/// <param name="IsDescending">Direction of the order it was made for.</param>
/// <param name="Keys">One or two whole numbers: the leading key if there is one, then the id.</param>
/// <remarks>
/// Opaque to clients. It holds no more than the client has already seen, and only narrows what the statement returns, so a
/// forged one can do no harm. Pages found by it cost the same however deep they lie, other than those found by $skip.
/// </remarks>
public sealed record PageCursor(bool IsDescending, IReadOnlyList<long> Keys)
{
    private const byte Version = 1;

    /// <summary>The text for a nextLink: URL-safe, at most 24 characters.</summary>
    public string ToToken()
    {
        Span<byte> bytes = stackalloc byte[17];
        bytes[0] = (byte)(Version << 1 | (IsDescending ? 1 : 0));
        for (var i = 0; i < Keys.Count; i++) BinaryPrimitives.WriteInt64BigEndian(bytes[(1 + 8 * i)..], Keys[i]);
        return Base64Url.EncodeToString(bytes[..(1 + 8 * Keys.Count)]);
    }

    /// <summary>Reads what <see cref="ToToken"/> wrote; null for anything else.</summary>
    public static PageCursor? FromToken(ReadOnlySpan<char> token)
    {
        Span<byte> bytes = stackalloc byte[18];
        if (token.Length > 24 || !Base64Url.IsValid(token, out var length) || length is not (9 or 17)) return null;
        if (!Base64Url.TryDecodeFromChars(token, bytes, out length) || bytes[0] >> 1 != Version) return null;
        var keys = new long[length / 8];
        for (var i = 0; i < keys.Length; i++) keys[i] = BinaryPrimitives.ReadInt64BigEndian(bytes[(1 + 8 * i)..]);
        return new((bytes[0] & 1) != 0, keys);
    }
}
