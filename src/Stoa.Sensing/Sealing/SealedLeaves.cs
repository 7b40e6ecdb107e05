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

    private const string FindSecret =
        """
        SELECT   b.until_id, b.secret
        FROM     sealed_block b
        WHERE    b.dataset_id = (SELECT dataset_id FROM datastream_state WHERE datastream_id = ?1) AND b.first_id <= ?2
        ORDER BY b.first_id DESC
        LIMIT    1
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
            // Before it is sealed nothing but that it was changed is needed.
            leaf = SecretOf(session, series, observation) is { } secret ? SealedObservation.Leaf(row, secret, new ArrayBufferWriter<byte>(256)) : default;
        }

        Span<byte> bytes = stackalloc byte[MerkleHash.Length];
        leaf.CopyTo(bytes);
        using var put = session.Prepare(Put);
        put.Bind(1, observation).Bind(2, series).BindBlob(3, bytes).Execute();
    }

    private static byte[]? SecretOf(WriteSession session, long series, long observation)
    {
        using var block = session.Prepare(FindSecret);
        return block.Bind(1, series).Bind(2, observation).Step() && observation < block.Int64(0) ? block.Blob(1).ToArray() : null;
    }
}
