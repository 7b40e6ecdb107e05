using Stoa.Sharing.Batches;
using Stoa.Storage;

namespace Stoa.Sharing.Exchanges;

/// <summary>Makes proofs of single accesses from what is stored of their batches.</summary>
internal static class ExchangeProofs
{
    // Nodes write at the same time, so that batches may lie across one another: more than there are nodes.
    private const int CandidatesMax = 64;

    // By exchange_batch_last.
    private const string SelectBatches =
        """
        SELECT   idx, first_id, last_id, accesses, salt, row_ids, form
        FROM     exchange_batch
        WHERE    last_id >= @id
        ORDER BY last_id, idx
        LIMIT    @limit
        """;

    /// <summary>The proof for an access; null when there is no such access, or rows of its batch are removed.</summary>
    /// <remarks>Cost: reading and hashing the rows of the batch.</remarks>
    public static BatchProof? Find(Session session, ExchangeId id)
    {
        var candidates = new List<(long Index, ExchangeId First, ExchangeId Last, int Count, byte[] Salt, byte[] Rows, BatchForm Form)>();
        using (var select = session.Prepare(SelectBatches).Bind("@id", id.Value).Bind("@limit", CandidatesMax))
            while (select.Step())
                if (select.Int64(1) <= id.Value)
                    candidates.Add((select.Int64(0), new(select.Int64(1)), new(select.Int64(2)), (int)select.Int64(3),
                        select.Blob(4).ToArray(), select.Blob(5).ToArray(), (BatchForm)select.Int64(6)));
        foreach (var (index, first, last, count, salt, packed, form) in candidates)
        {
            var ids = ExchangeBatch.Unpack(packed);
            var rows = Exchanges.Rows(session, first, last, ids);
            if (rows.Count != ids.Count || rows.Find(row => row.Exists(access => access.Id == id)) is not { } own) continue;
            var batch = ExchangeBatch.Of(rows, salt, form);
            if (batch.Count == count && batch.Prove(form == BatchForm.Rows ? own[0].Id : id) is var (leaf, position, path)) return new(index, leaf, position, path);
        }

        return null;
    }
}
