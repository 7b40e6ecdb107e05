using System.Buffers;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Accesses of one second that differ in nothing but time, rows, bytes and body: stored as one row, each with what is its own.</summary>
/// <remarks>
/// The row says what they have in common, how many they are, and the sums; its digest is that of the body where there is one access, else
/// the accesses in a row: microseconds since the one before, rows, bytes (numbers of seven bits a byte, lowest first) and SHA-256 of the body.
/// </remarks>
internal sealed class ExchangeGroup(ExchangeRecord first)
{
    /// <summary>Most accesses of one: some 10 kB.</summary>
    public const int AccessesMax = 256;

    // Three numbers of seven bits a byte, and the digest.
    private const int AccessBytesMax = (3 * 10) + BodyDigest.Size;

    private readonly List<ExchangeRecord> _accesses = [first];

    /// <summary>What all have in common; its id is the smallest.</summary>
    public ExchangeRecord First => _accesses[0];

    public int Count => _accesses.Count;

    /// <summary>All of them, by id.</summary>
    public IReadOnlyList<ExchangeRecord> Accesses => _accesses;

    /// <summary>Puts what belongs together together.</summary>
    public static List<ExchangeGroup> Of(IEnumerable<ExchangeRecord> records)
    {
        var groups = new List<ExchangeGroup>();
        var open = new Dictionary<ExchangeRecord, ExchangeGroup>(Alike.Comparer);
        foreach (var record in records)
        {
            if (open.TryGetValue(record, out var group) && group.Count < AccessesMax)
            {
                group._accesses.Add(record);
                continue;
            }

            groups.Add(open[record] = new(record));
        }

        // Answers that end at once may have taken their ids the other way round.
        foreach (var group in groups) group._accesses.Sort(static (one, other) => one.Id.Value.CompareTo(other.Id.Value));
        return groups;
    }

    /// <summary>The sums over all.</summary>
    public (long Rows, long Bytes) Sum()
    {
        var (rows, bytes) = (0L, 0L);
        foreach (var access in _accesses) (rows, bytes) = (rows + access.Rows, bytes + access.Bytes);
        return (rows, bytes);
    }

    /// <summary>What is stored as the row's digest.</summary>
    public byte[] Pack()
    {
        if (Count == 1)
        {
            var digest = new byte[BodyDigest.Size];
            First.Digest.CopyTo(digest);
            return digest;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Count * AccessBytesMax);
        try
        {
            var length = 0;
            var before = First.Id;
            foreach (var access in _accesses)
            {
                Write(access.Id.At.UnixMicroseconds - before.At.UnixMicroseconds);
                Write(access.Rows);
                Write(access.Bytes);
                access.Digest.CopyTo(buffer.AsSpan(length));
                length += BodyDigest.Size;
                before = access.Id;
            }

            return buffer.AsSpan(0, length).ToArray();

            void Write(long number)
            {
                for (; number >= 0x80; number >>= 7) buffer[length++] = (byte)(number | 0x80);
                buffer[length++] = (byte)number;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The accesses of a stored row, in the order of time.</summary>
    /// <param name="common">What they have in common, with the id of the first and the sums.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="packed">See <see cref="Pack"/>.</param>
    /// <param name="into">Takes them.</param>
    public static void Unpack(ExchangeRecord common, long count, ReadOnlySpan<byte> packed, List<ExchangeRecord> into)
    {
        if (count == 1)
        {
            into.Add(common with { Digest = BodyDigest.Read(packed) });
            return;
        }

        var id = common.Id;
        while (packed.Length > 0)
        {
            id = id.After(Read(ref packed));
            var (rows, bytes) = (Read(ref packed), Read(ref packed));
            into.Add(common with { Id = id, Rows = rows, Bytes = bytes, Digest = BodyDigest.Read(packed) });
            packed = packed[BodyDigest.Size..];
        }

        static long Read(ref ReadOnlySpan<byte> from)
        {
            var number = 0L;
            for (var shift = 0; ; shift += 7)
            {
                var part = from[0];
                from = from[1..];
                number |= (long)(part & 0x7F) << shift;
                if (part < 0x80) return number;
            }
        }
    }

    /// <summary>Whether two differ in nothing but what each access has of its own, and are of one second.</summary>
    private sealed class Alike : IEqualityComparer<ExchangeRecord>
    {
        public static Alike Comparer { get; } = new();

        // Shapes are the same objects as long as they are remembered.
        public bool Equals(ExchangeRecord? x, ExchangeRecord? y) =>
            x is not null && y is not null && x.Id.Second == y.Id.Second && x.Token == y.Token && x.Party == y.Party &&
            x.Agreement == y.Agreement && x.Version == y.Version && x.Status == y.Status && x.Channel == y.Channel &&
            x.DatasetCount == y.DatasetCount && x.Route == y.Route && x.Query == y.Query && x.Decision == y.Decision &&
            x.Purpose == y.Purpose && x.Organization == y.Organization && x.IsByOffice == y.IsByOffice &&
            x.Method == y.Method && x.Datasets.AsSpan().SequenceEqual(y.Datasets.AsSpan());

        public int GetHashCode(ExchangeRecord obj) => HashCode.Combine(
            obj.Id.Second, obj.Token, obj.Party, obj.Datasets.Length == 0 ? default : obj.Datasets[0], obj.Route.Length, obj.Query.Length,
            obj.Decision?.Length ?? 0);
    }
}
