namespace Stoa.Vocabulary;

/// <summary>Datasets as bits, and as runs: numbers in a row are tested by two comparisons, which cost less than a bit, and do not need all bits to be sent with a statement.</summary>
public sealed class ScopeBits
{
    private ScopeBits(byte[] bytes, int count, NumberRuns runs) => (Bytes, Count, Runs, Longest) = (bytes, count, runs.All, runs.Longest);

    /// <summary>That of id n is bit n % 8, from the lowest, of byte n / 8. As long as the greatest id needs; empty without any.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>How many are set.</summary>
    public int Count { get; }

    /// <summary>The most that follow each other without a gap; all of them are set.</summary>
    public NumberRun Longest { get; }

    /// <summary>All that are set, where they are few runs; else empty.</summary>
    public IReadOnlyList<NumberRun> Runs { get; }

    internal static ScopeBits Of(ReadOnlySpan<long> ids, ReadOnlySpan<long> more)
    {
        if (ids.Length + more.Length == 0) return new([], 0, new NumberRuns());
        // Both ascend.
        var bytes = new byte[(Math.Max(ids.IsEmpty ? 0 : ids[^1], more.IsEmpty ? 0 : more[^1]) / 8) + 1];
        foreach (var id in ids) bytes[id / 8] |= (byte)(1 << (int)(id % 8));
        foreach (var id in more) bytes[id / 8] |= (byte)(1 << (int)(id % 8));
        var (runs, count) = (new NumberRuns(), 0);
        for (var id = 0L; id < 8L * bytes.Length; id++)
        {
            if ((bytes[id / 8] >> (int)(id % 8) & 1) == 0) continue;
            count++;
            runs.Add(id);
        }

        return new(bytes, count, runs);
    }
}
