using System.Buffers;
using System.Runtime.InteropServices;
using Stoa.Ledger.Merkle;
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

    /// <summary>It, or some of the 31 beside which it was sealed, are not there any more as they were.</summary>
    OthersMissing,
}

/// <summary>An observation and the way from it to the entry of the log.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Outcome">Whether there is a proof.</param>
/// <param name="Text">Its text; null when there is no proof.</param>
/// <param name="Entry">Index of the entry in the log of audit.</param>
/// <param name="Index">Its place in the block.</param>
/// <param name="Proof">The inclusion proof within the block, the sibling first.</param>
internal sealed record ProvenObservation(
    long Id, SealOutcome Outcome, byte[]? Text = null, long Entry = 0, long Index = 0, MerkleHash[]? Proof = null);

/// <summary>Proves that observations are those that were sealed.</summary>
internal sealed class SealedProofs(Database database)
{
    /// <summary>Most observations of one answer.</summary>
    public const int ObservationsMax = 10_000;

    private const string ReadBlocks =
        """
        SELECT   id, first_id, until_id, count, idx, secret
        FROM     sealed_block
        WHERE    dataset_id = ?1 AND first_id <= ?3 AND until_id > ?2
        ORDER BY first_id
        """;

    private const string ReadGroups =
        """
        SELECT   ids, hash
        FROM     sealed_group
        WHERE    block_id = ?1
        ORDER BY number
        """;

    // By their keys.
    private const string ReadLeaf =
        """
        SELECT hash
        FROM   sealed_leaf
        WHERE  observation_id = ?1
        """;

    private const string ReadRow =
        $"""
        SELECT {SealedObservation.Columns}
        FROM   observation o
        WHERE  o.id = ?1
        """;

    /// <summary>Proves observations of one dataset, in the order of their ids. Cost: 32 observations for each group that one lies in.</summary>
    /// <param name="dataset">Their dataset.</param>
    /// <param name="ids">Which; at most <see cref="ObservationsMax"/>.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task<Result<IReadOnlyList<ProvenObservation>>> ProveAsync(
        DatasetId dataset, IReadOnlyCollection<long> ids, CancellationToken cancellation)
    {
        if (ids.Count > ObservationsMax) return Problems.TooManyToProve(ObservationsMax);
        var wanted = ids.Order().ToArray();
        var answers = new List<ProvenObservation>(wanted.Length);
        if (wanted.Length == 0) return answers;
        using var session = await database.ReadAsync(cancellation);
        var at = 0;
        foreach (var block in Blocks(session, dataset, wanted[0], wanted[^1]))
        {
            for (; at < wanted.Length && wanted[at] < block.First; at++) answers.Add(new(wanted[at], SealOutcome.NotSealedYet));
            var until = at;
            while (until < wanted.Length && wanted[until] < block.Until) until++;
            if (until > at) Prove(session, block, wanted.AsSpan(at, until - at), answers);
            at = until;
        }

        for (; at < wanted.Length; at++) answers.Add(new(wanted[at], SealOutcome.NotSealedYet));
        return answers;
    }

    private static void Prove(ReadSession session, Block block, ReadOnlySpan<long> wanted, List<ProvenObservation> answers)
    {
        var groups = new List<byte[]>();
        var places = new Dictionary<long, int>();
        var members = new List<long[]>();
        using (var rows = session.Prepare(ReadGroups))
        {
            rows.Bind(1, block.Id);
            while (rows.Step())
            {
                var ids = SealedGroup.Ids(rows.Blob(0), block.First);
                foreach (var id in ids) places[id] = places.Count;
                members.Add(ids);
                groups.Add(rows.Blob(1).ToArray());
            }
        }

        var tree = new SealedTree(block.Count, groups);
        var taken = new Dictionary<int, Dictionary<long, byte[]?>?>();
        foreach (var id in wanted)
        {
            if (!places.TryGetValue(id, out var place))
            {
                answers.Add(new(id, SealOutcome.OthersMissing));
                continue;
            }

            ref var texts = ref CollectionsMarshal.GetValueRefOrAddDefault(taken, place / SealedGroup.Size, out var isKnown);
            if (!isKnown) texts = Take(session, tree, block.Secret, place / SealedGroup.Size, members[place / SealedGroup.Size]);
            answers.Add(texts is null ? new(id, SealOutcome.OthersMissing)
                : texts[id] is { } text ? new(id, SealOutcome.Proven, text, block.Entry, place, tree.Inclusion(place))
                : new(id, SealOutcome.ChangedSince));
        }
    }

    // The texts of a group's observations, null for those that were changed; null when they are not what was sealed.
    private static Dictionary<long, byte[]?>? Take(ReadSession session, SealedTree tree, byte[] secret, int group, long[] ids)
    {
        var texts = new Dictionary<long, byte[]?>(ids.Length);
        var leaves = new MerkleHash[ids.Length];
        var buffer = new ArrayBufferWriter<byte>(512);
        using var kept = session.Prepare(ReadLeaf);
        using var row = session.Prepare(ReadRow);
        kept.Expect(1, ids);
        row.Expect(1, ids);
        for (var i = 0; i < ids.Length; i++)
        {
            kept.Reset();
            if (kept.Bind(1, ids[i]).Step())
            {
                leaves[i] = new(kept.Blob(0));
                texts[ids[i]] = null;
                continue;
            }

            row.Reset();
            if (!row.Bind(1, ids[i]).Step()) return null;
            leaves[i] = SealedObservation.Leaf(row, secret, buffer);
            texts[ids[i]] = buffer.WrittenSpan.ToArray();
        }

        return tree.TryTake(group, leaves) ? texts : null;
    }

    private static List<Block> Blocks(ReadSession session, DatasetId dataset, long least, long most)
    {
        using var rows = session.Prepare(ReadBlocks);
        rows.Bind(1, dataset.Value).Bind(2, least).Bind(3, most);
        var blocks = new List<Block>();
        while (rows.Step()) blocks.Add(new(rows.Int64(0), rows.Int64(1), rows.Int64(2), (int)rows.Int64(3), rows.Int64(4), rows.Blob(5).ToArray()));
        return blocks;
    }

    private sealed record Block(long Id, long First, long Until, int Count, long Entry, byte[] Secret);
}
