using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Sealing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>Removing many in pieces that keep no other writer waiting; after each piece all that is derived is right.</summary>
internal sealed partial class EntityStore
{
    // Observations that may be removed while the rows that bound their series stay: first, last, latest. Primary key.
    private const string InsideOfSeries =
        """
        SELECT o.id
        FROM   observation o
        JOIN   datastream_state s ON s.datastream_id = o.datastream_id
        WHERE  o.datastream_id = @id
          AND  o.phenomenon_start > s.phenomenon_start
          AND  o.phenomenon_start < s.latest_start
        LIMIT  @limit
        """;

    /// <summary>Removes observations by their ids, each if it is still there and may be removed.</summary>
    /// <param name="session">The writer's session.</param>
    /// <param name="ids">Not more than one transaction should take.</param>
    /// <param name="rights">What may be removed.</param>
    /// <param name="atEdges">Takes those that bound what is derived for their series, to be removed last, since then it is derived anew
    /// from all that remain; null: they are removed now.</param>
    /// <returns>How many were removed.</returns>
    internal long DeleteObservations(WriteSession session, IReadOnlyList<long> ids, WriteRights rights, List<long>? atEdges)
    {
        observations.FlushSums(session);
        var removed = 0L;
        var stale = new HashSet<DatastreamEntry>();
        foreach (var id in ids)
        {
            if (ObservationStore.PlaceOf(session, id) is not { } place || SeriesAt(session, place) is not { } series ||
                !rights.Sees(series.Dataset) || !rights.Change.Contains(series.Dataset)) continue;
            if (!observations.TryRemoveInside(session, place))
            {
                if (atEdges is not null)
                {
                    atEdges.Add(id);
                    continue;
                }

                stale.Add(series);
            }

            SealedLeaves.Keep(session, place.Id);
            ObservationStore.Delete(session, place);
            EntityCounts.Add(session, series.Dataset, "Observations", -1);
            Changes.Add(session, "Observations", id, series.Dataset, ChangeKind.Deleted, series.Key);
            removed++;
        }

        foreach (var series in stale) observations.Derive(session, series);
        return removed;
    }

    /// <summary>Removes some of the observations of a series that is about to go; zero when the rest has to go with it.</summary>
    internal long ThinOut(WriteSession session, SeriesKey series, WriteRights rights, int limit)
    {
        observations.FlushSums(session);
        var ids = new List<long>(limit);
        using (var read = session.Prepare(InsideOfSeries))
        {
            read.Bind("@id", series.Value).Bind("@limit", limit);
            while (read.Step()) ids.Add(read.Int64(0));
        }

        return DeleteObservations(session, ids, rights, []);
    }
}
