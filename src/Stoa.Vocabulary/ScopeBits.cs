namespace Stoa.Vocabulary;

/// <summary>Datasets as bits, with their longest run: numbers in a row are tested by two comparisons, which cost less than a bit.</summary>
public sealed class ScopeBits
{
    private ScopeBits(byte[] bytes, int count, long first, int length)
    {
        Bytes = bytes;
        (Count, RunFirst, RunLength) = (count, first, length);
    }

    /// <summary>That of id n is bit n % 8, from the lowest, of byte n / 8. As long as the greatest id needs; empty without any.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>How many are set.</summary>
    public int Count { get; }

    /// <summary>The first id of the most that follow each other without a gap.</summary>
    public long RunFirst { get; }

    /// <summary>How many these are; all of them are set.</summary>
    public int RunLength { get; }

    /// <summary>The last id of the run.</summary>
    public long RunLast => RunFirst + RunLength - 1;

    internal static ScopeBits Of(ReadOnlySpan<long> ids, ReadOnlySpan<long> more)
    {
        if (ids.Length + more.Length == 0) return new([], 0, 0, 0);
        // Both ascend.
        var bytes = new byte[(Math.Max(ids.IsEmpty ? 0 : ids[^1], more.IsEmpty ? 0 : more[^1]) / 8) + 1];
        foreach (var id in ids) bytes[id / 8] |= (byte)(1 << (int)(id % 8));
        foreach (var id in more) bytes[id / 8] |= (byte)(1 << (int)(id % 8));
        var (first, length, count, start) = (0L, 0, 0, 0L);
        for (var id = 0L; id < 8L * bytes.Length; id++)
        {
            if ((bytes[id / 8] >> (int)(id % 8) & 1) == 0)
            {
                start = id + 1;
                continue;
            }

            count++;
            if (id - start >= length) (first, length) = (start, (int)(id - start) + 1);
        }

        return new(bytes, count, first, length);
    }
}
