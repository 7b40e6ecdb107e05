using Stoa.Storage;

namespace Stoa.Sensing.Observations;

internal sealed partial class ObservationStore
{
    private const string Columns =
        "datastream_id, phenomenon_start, id, phenomenon_end, phenomenon_offset, result_time, " +
        "result_number, result_text, result_boolean, result_json, " +
        "feature_of_interest_id, valid_start, valid_end, result_quality, parameters, result_offset, valid_offset";

    private const string FindDatastream =
        """
        SELECT    d.dataset_id, d.thing_id, d.properties, s.latest_start
        FROM      datastream d
        LEFT JOIN datastream_state s ON s.datastream_id = d.id
        WHERE     d.id = @id
        """;

    private const string FindMultiDatastream =
        """
        SELECT    d.dataset_id, d.thing_id, d.properties, s.latest_start, d.multi_observation_data_types
        FROM      multi_datastream d
        LEFT JOIN datastream_state s ON s.datastream_id = -d.id
        WHERE     d.id = @id
        """;

    // The first of that time; by the primary key.
    private const string FindAtSql =
        """
        SELECT   id, phenomenon_end, result_time
        FROM     observation
        WHERE    datastream_id = @datastream
          AND    phenomenon_start = @start
          AND    coalesce(phenomenon_end, phenomenon_start) = @end
        ORDER BY id
        LIMIT    1
        """;

    // The feature generated from the Location that FindLocation prefers; index feature_of_interest_generated.
    private const string FindGeneratedFeature =
        """
        SELECT   f.id
        FROM     feature_of_interest f
        WHERE    f.generated_from_location_id = (
                 SELECT   l.id
                 FROM     thing_location tl
                 JOIN     location l ON l.id = tl.location_id
                 WHERE    tl.thing_id = @thing
                 ORDER BY l.geometry IS NULL, l.id DESC
                 LIMIT    1)
        ORDER BY f.id DESC
        LIMIT    1
        """;

    // Several Locations are several encodings of one place: the one with a geometry is preferred (OGC 18-088, 10.2).
    private const string FindLocation =
        """
        SELECT   l.id, l.name, l.description, l.encoding_type, l.location, l.geometry, l.dataset_id, l.properties
        FROM     thing_location tl
        JOIN     location l ON l.id = tl.location_id
        WHERE    tl.thing_id = @thing
        ORDER BY l.geometry IS NULL, l.id DESC
        LIMIT    1
        """;

    private const string FindFeatureBox =
        """
        SELECT dataset_id, min_x, max_x, min_y, max_y
        FROM   feature_of_interest
        WHERE  id = @id
        """;

    private const string StateColumns =
        "datastream_id, observation_count, phenomenon_start, phenomenon_end, result_start, result_end, " +
        "latest_start, latest_id, min_x, max_x, min_y, max_y, dataset_id, result_min, result_max";

    private const string AddToState =
        """
        ON CONFLICT (datastream_id) DO UPDATE SET
            observation_count = kept.observation_count + excluded.observation_count,
            phenomenon_start  = CASE WHEN excluded.phenomenon_start < kept.phenomenon_start
                                THEN excluded.phenomenon_start ELSE kept.phenomenon_start END,
            phenomenon_end    = CASE WHEN excluded.phenomenon_end > kept.phenomenon_end
                                THEN excluded.phenomenon_end ELSE kept.phenomenon_end END,
            result_start      = CASE WHEN kept.result_start IS NULL OR excluded.result_start < kept.result_start
                                THEN excluded.result_start ELSE kept.result_start END,
            result_end        = CASE WHEN kept.result_end IS NULL OR excluded.result_end > kept.result_end
                                THEN excluded.result_end ELSE kept.result_end END,
            latest_id         = CASE WHEN excluded.latest_start >= kept.latest_start
                                THEN excluded.latest_id ELSE kept.latest_id END,
            latest_start      = CASE WHEN excluded.latest_start > kept.latest_start
                                THEN excluded.latest_start ELSE kept.latest_start END,
            min_x             = CASE WHEN kept.min_x IS NULL OR excluded.min_x < kept.min_x
                                THEN excluded.min_x ELSE kept.min_x END,
            max_x             = CASE WHEN kept.max_x IS NULL OR excluded.max_x > kept.max_x
                                THEN excluded.max_x ELSE kept.max_x END,
            min_y             = CASE WHEN kept.min_y IS NULL OR excluded.min_y < kept.min_y
                                THEN excluded.min_y ELSE kept.min_y END,
            max_y             = CASE WHEN kept.max_y IS NULL OR excluded.max_y > kept.max_y
                                THEN excluded.max_y ELSE kept.max_y END,
            result_min        = CASE WHEN kept.result_min IS NULL OR excluded.result_min < kept.result_min
                                THEN excluded.result_min ELSE kept.result_min END,
            result_max        = CASE WHEN kept.result_max IS NULL OR excluded.result_max > kept.result_max
                                THEN excluded.result_max ELSE kept.result_max END
        """;

    // What is derived comes from the rows themselves after a change or a removal: this reads those of one datastream. Each
    // statement reads observations of one datastream or other tables, never both, so that observations may lie on other servers.
    private const string SumUp =
        """
        SELECT count(*), min(o.phenomenon_start), max(coalesce(o.phenomenon_end, o.phenomenon_start)),
               min(o.result_time), max(o.result_time), min(o.result_number), max(o.result_number)
        FROM   observation o
        WHERE  o.datastream_id = @datastream
        """;

    // The end of the primary key.
    private const string FindLatest =
        """
        SELECT   o.phenomenon_start, o.id
        FROM     observation o
        WHERE    o.datastream_id = @datastream
        ORDER BY o.phenomenon_start DESC, o.id DESC
        LIMIT    1
        """;

    // Features of another dataset say nothing about the area, since whoever sees the Datastream need not see them.
    private const string SumUpArea =
        """
        SELECT min(f.min_x), max(f.max_x), min(f.min_y), max(f.max_y)
        FROM   datastream_feature_of_interest df
        JOIN   feature_of_interest f ON f.id = df.feature_of_interest_id
        WHERE  df.datastream_id = @datastream
          AND  f.dataset_id = @dataset
        """;

    private const string FeaturesOf =
        """
        SELECT feature_of_interest_id
        FROM   datastream_feature_of_interest
        WHERE  datastream_id = @datastream
        """;

    private const string HasFeature =
        """
        SELECT 1
        FROM   observation
        WHERE  datastream_id = @datastream
          AND  feature_of_interest_id = @feature
        LIMIT  1
        """;

    private const string DropFeature =
        """
        DELETE FROM datastream_feature_of_interest
        WHERE  datastream_id = @datastream
          AND  feature_of_interest_id = @feature
        """;

    // By the index observation_id.
    private const string FindPlace =
        """
        SELECT datastream_id, phenomenon_start, phenomenon_end, result_time
        FROM   observation
        WHERE  id = @id
        """;

    private const string DeleteAt =
        """
        DELETE FROM observation
        WHERE  datastream_id = @datastream
          AND  phenomenon_start = @start
          AND  id = @id
        """;

    private const string SelectWhole =
        $"""
        SELECT {Columns}
        FROM   observation
        WHERE  datastream_id = @datastream
          AND  phenomenon_start = @start
          AND  id = @id
        """;

    // One place only: whether another observation still names the feature would need a search.
    private const string RemoveInside =
        """
        UPDATE datastream_state
        SET    observation_count = observation_count - 1
        WHERE  datastream_id = @datastream
          AND  latest_id <> @id
          AND  phenomenon_start < @start
          AND  phenomenon_end > @end
          AND  (@resultTime IS NULL OR (result_start < @resultTime AND result_end > @resultTime))
          AND  (SELECT count(*) FROM datastream_feature_of_interest df WHERE df.datastream_id = @datastream) = 1
        """;

    private const string WidenResultsSql =
        """
        UPDATE datastream_state
        SET    result_min = CASE WHEN result_min <= @least THEN result_min ELSE @least END,
               result_max = CASE WHEN result_max >= @most THEN result_max ELSE @most END
        WHERE  datastream_id = @datastream
        """;

    private const string DeleteState = "DELETE FROM datastream_state WHERE datastream_id = @datastream";

    // By the primary key.
    private static readonly EngineText FindStarts = new(sql =>
        $"""
        SELECT phenomenon_start
        FROM   observation
        WHERE  datastream_id = @datastream
          AND  phenomenon_start IN {sql.ListOf("@starts")}
        """);
}
