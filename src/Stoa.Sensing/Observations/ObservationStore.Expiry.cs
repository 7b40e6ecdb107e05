using Stoa.Sensing.Entities;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

internal sealed partial class ObservationStore
{
    // One that reaches back beyond the moment; the table is small beside that of observations.
    private const string FindOlder =
        """
        SELECT   datastream_id
        FROM     datastream_state
        WHERE    phenomenon_start < @cut
        ORDER BY datastream_id
        LIMIT    1
        """;

    // Where the piece ends; by the primary key.
    private const string FindEndOfPiece =
        """
        SELECT   phenomenon_start, id
        FROM     observation
        WHERE    datastream_id = @datastream
          AND    phenomenon_start < @cut
        ORDER BY phenomenon_start, id
        LIMIT    1 OFFSET @limit
        """;

    private const string DeleteOlder =
        """
        DELETE FROM observation
        WHERE  datastream_id = @datastream
          AND  (phenomenon_start, id) < (@start, @id)
        """;

    // Times and areas may say too much until the last piece has gone; nothing that stays lies outside.
    private const string RemoveOlderFromState =
        """
        UPDATE datastream_state
        SET    observation_count = observation_count - @count,
               phenomenon_start = @start
        WHERE  datastream_id = @datastream
        """;

    /// <summary>Removes some of the oldest observations of one Datastream that begin before a moment; null when there are none.</summary>
    /// <remarks>After the last of a Datastream it is derived again from what stays, which reads that. New rows of this
    /// transaction are left to the next piece.</remarks>
    /// <returns>How many were removed.</returns>
    internal long? RemoveBefore(WriteSession session, long cut, int limit)
    {
        FlushSums(session);
        SeriesKey key;
        using (var find = session.Prepare(FindOlder))
        {
            if (!find.Bind("@cut", cut).Step()) return null;
            key = SeriesKey.Stored(find.Int64(0));
        }

        // A state goes with its Datastream.
        var datastream = Find(session, key) ?? throw new InvalidOperationException($"There is a state of {key.Value} and no datastream.");
        (long Start, long Id)? end = null;
        using (var find = session.Prepare(FindEndOfPiece))
            if (find.Bind("@datastream", key.Value).Bind("@cut", cut).Bind("@limit", limit).Step()) end = (find.Int64(0), find.Int64(1));
        long removed;
        using (var delete = session.Prepare(DeleteOlder))
            removed = delete.Bind("@datastream", key.Value).Bind("@start", end?.Start ?? cut).Bind("@id", end?.Id ?? long.MinValue).Execute();
        EntityCounts.Add(session, datastream.Dataset, "Observations", -removed);
        if (end is not { } first)
        {
            Derive(session, datastream);
            return removed;
        }

        using var update = session.Prepare(RemoveOlderFromState);
        update.Bind("@datastream", key.Value).Bind("@count", removed).Bind("@start", first.Start).Execute();
        return removed;
    }
}
