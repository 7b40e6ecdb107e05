using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Stoa.Sharing.Exchanges;

/// <summary>SHA-256 of a body as it left.</summary>
internal readonly record struct BodyDigest(UInt128 High, UInt128 Low)
{
    /// <summary>Bytes of one.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>Of nothing.</summary>
    public static BodyDigest OfNothing { get; } = Of([]);

    /// <summary>Of a body that is there in one piece.</summary>
    public static BodyDigest Of(ReadOnlySpan<byte> body)
    {
        Span<byte> bytes = stackalloc byte[Size];
        SHA256.HashData(body, bytes);
        return Read(bytes);
    }

    /// <summary>From its bytes.</summary>
    public static BodyDigest Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[(Size / 2)..Size]));

    /// <summary>Writes its bytes.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes[(Size / 2)..], Low);
    }

    /// <summary>In hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}

/// <summary>SHA-256 of what comes in pieces. Rented: making one costs more than hashing a short answer.</summary>
internal sealed class BodyHash : IDisposable
{
    // As many as answers are on their way at once on a small machine; beyond that they are made and dropped.
    private const int KeptMax = 64;

    private static readonly ConcurrentQueue<BodyHash> Kept = new();

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private BodyHash()
    {
    }

    public static BodyHash Rent() => Kept.TryDequeue(out var kept) ? kept : new();

    /// <summary>Adds a piece.</summary>
    public void Append(ReadOnlySpan<byte> piece) => _hash.AppendData(piece);

    /// <summary>Of all pieces so far; begins anew.</summary>
    public BodyDigest Take()
    {
        Span<byte> bytes = stackalloc byte[BodyDigest.Size];
        _hash.GetHashAndReset(bytes);
        return BodyDigest.Read(bytes);
    }

    /// <summary>Gives it back; nothing may have been added since <see cref="Take"/>.</summary>
    public void Return()
    {
        if (Kept.Count < KeptMax) Kept.Enqueue(this);
        else Dispose();
    }

    public void Dispose() => _hash.Dispose();
}
