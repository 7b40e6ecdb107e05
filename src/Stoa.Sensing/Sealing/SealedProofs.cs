using System.Buffers;
using Stoa.Ledger.Merkle;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Sealing;

/// <summary>What is known of an observation's being sealed.</summary>
internal enum SealOutcome
{
    /// <summary>Its proof is there.</summary>
    Proven,

    /// <summary>It is too young.</summary>
    NotSealedYet,

    /// <summary>It was changed since; what it was then can be proven, what it is now cannot.</summary>
    ChangedSince,

    /// <summary>Others of its series that were sealed with it are gone, or its Datastream was changed in the store behind the program's back.</summary>
    OthersMissing,
}

/// <summary>A series in a sealed block, and the way from it to the entry of the log.</summary>
/// <param name="Entry">Index of the entry in the log of audit.</param>
/// <param name="Text">The text of the series, whose root the observations lead to.</param>
/// <param name="Index">Its place among the series of the block.</param>
/// <param name="Proof">The inclusion proof, the sibling first.</param>
internal sealed record SealedSeries(long Entry, byte[] Text, long Index, MerkleHash[] Proof);

/// <summary>An observation and the way from it to its series.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Outcome">Whether there is a proof.</param>
/// <param name="Text">Its text; null when there is no proof.</param>
/// <param name="Series">Index among the series of the answer.</param>
/// <param name="Index">Its place among the observations of the series in the block.</param>
/// <param name="Proof">The inclusion proof, the sibling first.</param>
internal sealed record ProvenObservation(
    long Id, SealOutcome Outcome, byte[]? Text = null, int Series = 0, long Index = 0, MerkleHash[]? Proof = null);

/// <summary>Proofs of some observations of a series.</summary>
internal sealed record SealedAnswer(IReadOnlyList<SealedSeries> Series, IReadOnlyList<ProvenObservation> Observations);

/// <summary>Proves that observations are those that were sealed.</summary>
internal sealed class SealedProofs(Database database)
{
    /// <summary>Most observations of one answer.</summary>
    public const int ObservationsMax = 10_000;

    /// <summary>Most observations that are hashed for one answer: all that were sealed with those that were asked for.</summary>
    public const int HashedMax = 1_000_000;

    private const string ReadBlocks =
        """
        SELECT   b.id, b.first_id, b.until_id, b.idx, s.count, s.root
        FROM     sealed_block b
        JOIN     sealed_series s ON s.block_id = b.id AND s.datastream_id = ?1
        WHERE    b.dataset_id = ?2 AND b.first_id <= ?4 AND b.until_id > ?3
        ORDER BY b.first_id
        """;

    private const string ReadLeaves =
        """
        SELECT observation_id, datastream_id, hash
        FROM   sealed_leaf
        WHERE  observation_id >= ?1 AND observation_id < ?2
        """;

    private const string ReadRows =
        $"""
        SELECT {SealedObservation.Columns}
        FROM   observation o
        WHERE  o.datastream_id = ?1 AND o.id >= ?2 AND o.id < ?3
        """;

    private const string ReadSeries =
        """
        SELECT   datastream_id, count, root
        FROM     sealed_series
        WHERE    block_id = ?1
        ORDER BY datastream_id
        """;

    private static readonly Comparer<(long Id, MerkleHash Hash)> ById =
        Comparer<(long Id, MerkleHash Hash)>.Create(static (one, other) => one.Id.CompareTo(other.Id));

    /// <summary>Proves observations of one series, in the order of their ids.</summary>
    /// <param name="series">The series.</param>
    /// <param name="dataset">Its dataset.</param>
    /// <param name="ids">Which; at most <see cref="ObservationsMax"/>.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task<Result<SealedAnswer>> ProveAsync(SeriesKey series, DatasetId dataset, IReadOnlyCollection<long> ids, CancellationToken cancellation)
    {
        if (ids.Count == 0) return new SealedAnswer([], []);
        if (ids.Count > ObservationsMax) return Problems.TooManyToProve(ObservationsMax);
        using var session = await database.ReadAsync(cancellation);
        var blocks = Blocks(session, series, dataset, ids.Min(), ids.Max());
        // Blocks in which nothing was asked for need not be computed.
        var wanted = ids.Order().ToArray();
        blocks.RemoveAll(block => Array.BinarySearch(wanted, block.First) is var at && (at < 0 ? ~at : at) is var next &&
            (next == wanted.Length || wanted[next] >= block.Until));
        if (blocks.Sum(block => block.Count) > HashedMax) return Problems.TooManyToProve(HashedMax);
        var changed = new HashSet<long>();
        if (blocks.Count > 0) Fill(session, series, blocks, [.. wanted], changed);
        return Answer(session, series, blocks, wanted, changed);
    }

    private static SealedAnswer Answer(ReadSession session, SeriesKey series, List<Block> blocks, long[] wanted, HashSet<long> changed)
    {
        var entries = new List<SealedSeries>();
        var answers = new List<ProvenObservation>(wanted.Length);
        var at = 0;
        foreach (var block in blocks)
        {
            for (; at < wanted.Length && wanted[at] < block.First; at++) answers.Add(new(wanted[at], SealOutcome.NotSealedYet));
            block.Leaves.Sort(ById);
            var tree = new LeafTree([.. block.Leaves.Select(leaf => leaf.Hash)]);
            var holds = tree.Size == block.Count && tree.Root() == block.Root;
            var number = -1;
            for (; at < wanted.Length && wanted[at] < block.Until; at++)
            {
                var id = wanted[at];
                if (changed.Contains(id)) answers.Add(new(id, SealOutcome.ChangedSince));
                else if (!holds || !block.Texts.TryGetValue(id, out var text)) answers.Add(new(id, SealOutcome.OthersMissing));
                else
                {
                    if (number < 0)
                    {
                        number = entries.Count;
                        entries.Add(SeriesOf(session, series, block));
                    }

                    var index = block.Leaves.BinarySearch((id, default), ById);
                    answers.Add(new(id, SealOutcome.Proven, text, number, index, tree.Inclusion(index)));
                }
            }
        }

        for (; at < wanted.Length; at++) answers.Add(new(wanted[at], SealOutcome.NotSealedYet));
        return new(entries, answers);
    }

    private static SealedSeries SeriesOf(ReadSession session, SeriesKey series, Block block)
    {
        using var rows = session.Prepare(ReadSeries);
        rows.Bind(1, block.Id);
        var leaves = new List<MerkleHash>();
        byte[]? text = null;
        long index = 0;
        while (rows.Step())
        {
            var one = SealedObservation.Series(SeriesKey.Stored(rows.Int64(0)), rows.Int64(1), new MerkleHash(rows.Blob(2)));
            if (rows.Int64(0) == series.Value) (text, index) = (one, leaves.Count);
            leaves.Add(MerkleTree.Leaf(one));
        }

        return new(block.Entry, text!, index, new LeafTree([.. leaves]).Inclusion(index)); // Its own row led to the block.
    }

    private static void Fill(ReadSession session, SeriesKey series, List<Block> blocks, HashSet<long> wanted, HashSet<long> changed)
    {
        var (first, until) = (blocks[0].First, blocks[^1].Until);
        using (var leaves = session.PrepareStream(ReadLeaves))
        {
            leaves.Bind(1, first).Bind(2, until);
            while (leaves.Step())
            {
                changed.Add(leaves.Int64(0));
                if (leaves.Int64(1) == series.Value) BlockOf(blocks, leaves.Int64(0))?.Leaves.Add((leaves.Int64(0), new MerkleHash(leaves.Blob(2))));
            }
        }

        using var rows = session.PrepareStream(ReadRows);
        rows.Bind(1, series.Value).Bind(2, first).Bind(3, until);
        var buffer = new ArrayBufferWriter<byte>(512);
        while (rows.Step())
        {
            var id = rows.Int64(0);
            if (changed.Contains(id) || BlockOf(blocks, id) is not { } block) continue;
            block.Leaves.Add((id, SealedObservation.Leaf(rows, buffer)));
            if (wanted.Contains(id)) block.Texts[id] = buffer.WrittenSpan.ToArray();
        }
    }

    private static Block? BlockOf(List<Block> blocks, long id)
    {
        var (low, high) = (0, blocks.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (id < blocks[middle].First) high = middle - 1;
            else if (id >= blocks[middle].Until) low = middle + 1;
            else return blocks[middle];
        }

        return null;
    }

    private static List<Block> Blocks(ReadSession session, SeriesKey series, DatasetId dataset, long least, long most)
    {
        using var rows = session.Prepare(ReadBlocks);
        rows.Bind(1, series.Value).Bind(2, dataset.Value).Bind(3, least).Bind(4, most);
        var blocks = new List<Block>();
        while (rows.Step())
            blocks.Add(new(rows.Int64(0), rows.Int64(1), rows.Int64(2), rows.Int64(3), rows.Int64(4), new MerkleHash(rows.Blob(5))));
        return blocks;
    }

    private sealed record Block(long Id, long First, long Until, long Entry, long Count, MerkleHash Root)
    {
        public List<(long Id, MerkleHash Hash)> Leaves { get; } = [];

        public Dictionary<long, byte[]> Texts { get; } = [];
    }
}
