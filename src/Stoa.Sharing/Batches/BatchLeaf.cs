using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Stoa.Ledger.Events;

namespace Stoa.Sharing.Batches;

/// <summary>The parts of which leaves are written that stand for what is entered in the log in batches: canonical JSON.</summary>
/// <remarks>Whoever writes a leaf writes its members in their canonical order; nothing here has a character that is escaped.</remarks>
internal static class BatchLeaf
{
    /// <summary>Length of the salt of a batch, in bytes.</summary>
    public const int BatchSaltLength = 32;

    /// <summary>The salt of one leaf: who is shown it cannot guess its neighbours, and not the batch's salt.</summary>
    /// <param name="batchSalt">Of <see cref="BatchSaltLength"/> bytes.</param>
    /// <param name="id">By which the leaf differs from the others of the batch.</param>
    /// <param name="salt">Takes <see cref="LogEvent.SaltLength"/> bytes.</param>
    public static void MakeSalt(ReadOnlySpan<byte> batchSalt, long id, Span<byte> salt)
    {
        Span<byte> seed = stackalloc byte[BatchSaltLength + sizeof(long)];
        batchSalt.CopyTo(seed);
        BinaryPrimitives.WriteInt64BigEndian(seed[BatchSaltLength..], id);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(seed, hash);
        hash[..LogEvent.SaltLength].CopyTo(salt);
    }

    /// <summary>Writes a whole number.</summary>
    public static void Write(ArrayBufferWriter<byte> buffer, long number)
    {
        Utf8Formatter.TryFormat(number, buffer.GetSpan(20), out var length);
        buffer.Advance(length);
    }

    /// <summary>Writes an identifier, in quotes.</summary>
    public static void WriteUrn(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> word, long number)
    {
        buffer.Write("\"urn:stoa:"u8);
        buffer.Write(word);
        buffer.Write(":"u8);
        Write(buffer, number);
        buffer.Write("\""u8);
    }

    /// <summary>Writes a SHA-256 in small hexadecimal digits, in quotes.</summary>
    public static void WriteDigest(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> digest)
    {
        buffer.Write("\""u8);
        Convert.TryToHexStringLower(digest, buffer.GetSpan(2 * digest.Length), out var length);
        buffer.Advance(length);
        buffer.Write("\""u8);
    }

    /// <summary>Writes a salt in base64url, in quotes.</summary>
    public static void WriteSalt(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> salt)
    {
        buffer.Write("\""u8);
        Base64Url.EncodeToUtf8(salt, buffer.GetSpan(Base64Url.GetEncodedLength(salt.Length)), out _, out var length);
        buffer.Advance(length);
        buffer.Write("\""u8);
    }
}
