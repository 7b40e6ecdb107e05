using Stoa.Storage;

namespace Stoa.Sensing.Sealing;

/// <summary>Deletes what is kept of a sealed block when no observation of it is left: with its secret, nobody can try any more what its hashes were of.</summary>
/// <remarks>Whether the observations went on somebody's word, with their Datastream, or because they were old, makes no difference.</remarks>
internal sealed class SealedSecrets(Database database)
{
    // Blocks that are looked at in one reading.
    private const int PieceMax = 100;

    // By the primary key, from one on.
    private const string SelectBlocks =
        """
        SELECT   id, dataset_id, first_id, until_id
        FROM     sealed_block
        WHERE    id > ?1
        ORDER BY id
        LIMIT    ?2
        """;

    // The first that is found ends it; ids lie close together.
    private const string FindObservation =
        """
        SELECT 1
        FROM   observation o
        JOIN   datastream_state s ON s.datastream_id = o.datastream_id
        WHERE  o.id >= ?1 AND o.id < ?2 AND s.dataset_id = ?3
        LIMIT  1
        """;

    private static readonly string[] Forget =
    [
        "DELETE FROM sealed_group WHERE block_id = ?1",
        "DELETE FROM sealed_block WHERE id = ?1",
    ];

    /// <summary>Looks at every block. Cost: for each a search for one observation.</summary>
    /// <returns>How many blocks were forgotten.</returns>
    public async Task<int> ForgetAsync(CancellationToken cancellation)
    {
        var (forgotten, last) = (0, 0L);
        while (true)
        {
            var (empty, end) = await EmptyAfterAsync(last, cancellation);
            // Of a sealed span no observation comes after: what is empty stays so.
            foreach (var block in empty) await database.WriteAsync(session => Delete(session, block), cancellation);
            forgotten += empty.Count;
            if (end is not { } next) return forgotten;
            last = next;
        }
    }

    private async Task<(List<long> Empty, long? End)> EmptyAfterAsync(long last, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        var blocks = new List<(long Id, long Dataset, long First, long Until)>();
        using (var select = session.Prepare(SelectBlocks).Bind(1, last).Bind(2, PieceMax))
            while (select.Step()) blocks.Add((select.Int64(0), select.Int64(1), select.Int64(2), select.Int64(3)));
        var empty = new List<long>();
        foreach (var (id, dataset, first, until) in blocks)
        {
            using var find = session.Prepare(FindObservation).Bind(1, first).Bind(2, until).Bind(3, dataset);
            if (!find.Step()) empty.Add(id);
        }

        return (empty, blocks.Count < PieceMax ? null : blocks[^1].Id);
    }

    private static bool Delete(WriteSession session, long block)
    {
        foreach (var statement in Forget)
        {
            using var delete = session.Prepare(statement).Bind(1, block);
            delete.Execute();
        }

        return true;
    }
}
