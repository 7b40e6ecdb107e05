using System.Buffers.Binary;

namespace Stoa.Ledger.Merkle;

/// <summary>Up to 256 entries, each after its length.</summary>
/// <remarks>C2SP tlog-tiles, "Log entries": big-endian uint16 and the bytes of the entry.</remarks>
public static class EntryBundle
{
    /// <summary>Longest entry, in bytes.</summary>
    public const int EntryBytesMax = ushort.MaxValue;

    /// <summary>How many bytes an entry takes.</summary>
    public static int LengthOf(int entryBytes) => sizeof(ushort) + entryBytes;

    /// <summary>Writes an entry.</summary>
    /// <returns>How many bytes it took.</returns>
    public static int Write(ReadOnlySpan<byte> entry, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entry.Length, EntryBytesMax);
        BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)entry.Length);
        entry.CopyTo(target[sizeof(ushort)..]);
        return LengthOf(entry.Length);
    }

    /// <summary>The entries of a bundle; false when its bytes do not end where an entry does, or there are not as many.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bundle, int count, out ReadOnlyMemory<byte>[] entries)
    {
        entries = new ReadOnlyMemory<byte>[count];
        var rest = bundle;
        for (var i = 0; i < count; i++)
        {
            if (rest.Length < sizeof(ushort)) return false;
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest.Span);
            if (rest.Length < LengthOf(length)) return false;
            entries[i] = rest.Slice(sizeof(ushort), length);
            rest = rest[LengthOf(length)..];
        }

        return rest.IsEmpty;
    }
}
