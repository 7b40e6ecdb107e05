using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>Counts what would vanish with entities, by set: themselves, and what cannot be without them.</summary>
/// <remarks>OGC 18-088, Table 25; the same rules by which <see cref="EntityStore"/> removes. Reads, and changes nothing.</remarks>
/// <param name="session">What is counted in.</param>
/// <param name="write">Datasets in which may be removed.</param>
/// <param name="refuses">Whether what would go along and lies elsewhere refuses the removal; else it is passed over, so that asking
/// for numbers does not tell that something hidden is there.</param>
internal sealed class RemovalCount(Session session, AccessScope write, bool refuses)
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly HashSet<(string Set, long Id)> _seen = [];

    /// <summary>Numbers of entities by the name of their set; none is zero.</summary>
    internal IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>Counts one Observation; they have nothing below them.</summary>
    internal void AddObservation() => Count("Observations", 1);

    /// <summary>Counts one entity with what goes along; a problem when something of it may not be removed.</summary>
    internal Problem? Add(EntityDescription description, long id)
    {
        if (!_seen.Add((description.Set, id))) return null;
        Count(description.Set, 1);
        return description.Set switch
        {
            "Things" =>
                AddAll("SELECT id, dataset_id FROM datastream WHERE thing_id = @id", id, EntityDescription.Datastream) ??
                AddAll("SELECT id, dataset_id FROM multi_datastream WHERE thing_id = @id", id, EntityDescription.MultiDatastream) ??
                AddAll("SELECT id, dataset_id FROM historical_location WHERE thing_id = @id", id, EntityDescription.HistoricalLocation),
            "Locations" => RefuseThings(id) ?? AddAll(HistoriesOfLocation, id, EntityDescription.HistoricalLocation),
            "Sensors" =>
                AddAll("SELECT id, dataset_id FROM datastream WHERE sensor_id = @id", id, EntityDescription.Datastream) ??
                AddAll("SELECT id, dataset_id FROM multi_datastream WHERE sensor_id = @id", id, EntityDescription.MultiDatastream),
            "ObservedProperties" =>
                AddAll("SELECT id, dataset_id FROM datastream WHERE observed_property_id = @id", id, EntityDescription.Datastream) ??
                AddAll(MultiDatastreamsOfProperty, id, EntityDescription.MultiDatastream),
            "Datastreams" => AddObservations(SeriesKey.OfDatastream(id)),
            "MultiDatastreams" => AddObservations(SeriesKey.OfMultiDatastream(id)),
            "FeaturesOfInterest" => AddFeature(id),
            "HistoricalLocations" => null,
            _ => throw new InvalidOperationException($"Unknown set {description.Set}."),
        };
    }

    private const string HistoriesOfLocation =
        """
        SELECT h.id, h.dataset_id
        FROM   historical_location_location hl
        JOIN   historical_location h ON h.id = hl.historical_location_id
        WHERE  hl.location_id = @id
        """;

    private const string MultiDatastreamsOfProperty =
        """
        SELECT m.id, m.dataset_id
        FROM   multi_datastream_observed_property mp
        JOIN   multi_datastream m ON m.id = mp.multi_datastream_id
        WHERE  mp.observed_property_id = @id
        """;

    private const string ThingsOfLocation =
        """
        SELECT t.dataset_id
        FROM   thing_location tl
        JOIN   thing t ON t.id = tl.thing_id
        WHERE  tl.location_id = @id
        """;

    // The observations of a feature are found through its few series.
    private const string SeriesOfFeature =
        """
        SELECT df.datastream_id, s.dataset_id
        FROM   datastream_feature_of_interest df
        JOIN   datastream_state s ON s.datastream_id = df.datastream_id
        WHERE  df.feature_of_interest_id = @id
        """;

    // Of one series at a time: observations may lie on other servers than what is above.
    private const string CountOfFeature =
        """
        SELECT count(*)
        FROM   observation
        WHERE  datastream_id = @series
          AND  feature_of_interest_id = @id
        """;

    private Problem? AddAll(string sql, long id, EntityDescription description)
    {
        var found = new List<(long Id, DatasetId Dataset)>();
        using (var read = session.Prepare(sql))
        {
            read.Bind("@id", id);
            while (read.Step()) found.Add((read.Int64(0), new(read.Int64(1))));
        }

        foreach (var (child, dataset) in found)
        {
            if (!write.Contains(dataset))
            {
                if (refuses) return EntityStore.StillInUse("entity");
                continue;
            }

            if (Add(description, child) is { } problem) return problem;
        }

        return null;
    }

    private Problem? AddObservations(SeriesKey series)
    {
        using var read = session.Prepare("SELECT observation_count FROM datastream_state WHERE datastream_id = @id");
        if (read.Bind("@id", series.Value).Step()) Count("Observations", read.Int64(0));
        return null;
    }

    private Problem? AddFeature(long id)
    {
        using var read = session.Prepare(SeriesOfFeature);
        read.Bind("@id", id);
        while (read.Step())
        {
            if (write.Contains(new(read.Int64(1)))) Count("Observations", CountOf(read.Int64(0), id));
            else if (refuses) return EntityStore.StillInUse("FeatureOfInterest");
        }

        return null;
    }

    private long CountOf(long series, long feature)
    {
        using var count = session.Prepare(CountOfFeature);
        return count.Bind("@series", series).Bind("@id", feature).Step() ? count.Int64(0) : 0;
    }

    private Problem? RefuseThings(long location)
    {
        using var read = session.Prepare(ThingsOfLocation);
        read.Bind("@id", location);
        while (refuses && read.Step())
            if (!write.Contains(new(read.Int64(0)))) return EntityStore.StillInUse("Location");
        return null;
    }

    private void Count(string set, long more)
    {
        if (more > 0) _counts[set] = _counts.GetValueOrDefault(set) + more;
    }
}
