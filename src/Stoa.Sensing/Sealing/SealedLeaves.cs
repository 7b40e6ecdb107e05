using System.Buffers;
using Stoa.Ledger.Merkle;
using Stoa.Storage;

namespace Stoa.Sensing.Sealing;

/// <summary>Keeps the leaf of an observation that is changed or removed, so that what was sealed with it can still be proven.</summary>
/// <remarks>What goes in bulk (a Datastream, a dataset, what is older than the setting says) leaves none: blocks that it lay in give no proofs any more.</remarks>
internal static class SealedLeaves
{
    private const string Find =
        $"""
        SELECT {SealedObservation.Columns}
        FROM   observation o
        WHERE  o.id = ?1
        """;

    private const string Put =
        """
        INSERT INTO sealed_leaf AS kept (observation_id, datastream_id, hash, changes) VALUES (?1, ?2, ?3, 1)
        ON CONFLICT (observation_id) DO UPDATE SET changes = kept.changes + 1
        """;

    /// <summary>To be called before the change, in its transaction.</summary>
    public static void Keep(WriteSession session, long observation)
    {
        MerkleHash leaf;
        long series;
        using (var row = session.Prepare(Find))
        {
            row.Bind(1, observation);
            if (!row.Step()) return;
            series = row.Int64(1);
            leaf = SealedObservation.Leaf(row, new ArrayBufferWriter<byte>(256));
        }

        Span<byte> bytes = stackalloc byte[MerkleHash.Length];
        leaf.CopyTo(bytes);
        using var put = session.Prepare(Put);
        put.Bind(1, observation).Bind(2, series).BindBlob(3, bytes).Execute();
    }
}
