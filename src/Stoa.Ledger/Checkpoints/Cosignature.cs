using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Stoa.Ledger.Checkpoints;

/// <summary>What a witness signs: the text of a checkpoint, and when.</summary>
/// <remarks>C2SP tlog-cosignature, "Ed25519 signed message": a time in seconds and a signature over time and text.</remarks>
internal static class Cosignature
{
    /// <summary>Length of the signature with its time, in bytes.</summary>
    public const int Length = sizeof(long) + Ed25519.SignatureLength;

    public static byte[] Message(long time, string text) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {time}\n{text}"));

    public static byte[] Write(long time, ReadOnlySpan<byte> signature)
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, time);
        signature.CopyTo(bytes.AsSpan(sizeof(long)));
        return bytes;
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out long time, out ReadOnlySpan<byte> signature)
    {
        time = 0;
        signature = default;
        if (bytes.Length != Length) return false;
        time = BinaryPrimitives.ReadInt64BigEndian(bytes);
        signature = bytes[sizeof(long)..];
        return time >= 0;
    }
}
