namespace Stoa.Sensing.Observations;

internal sealed partial class ObservationStore
{
    // Parameters by index, because this runs for every observation: the order is that of the columns.
    private const string Insert =
        """
        INSERT INTO observation (
            datastream_id, phenomenon_start, id, phenomenon_end, phenomenon_offset, result_time,
            result_number, result_text, result_boolean, result_json,
            feature_of_interest_id, valid_start, valid_end, result_quality, parameters, result_offset, valid_offset)
        VALUES (@datastream, @start, @id, @end, @offset, @resultTime,
            @number, @text, @boolean, @json,
            @feature, @validStart, @validEnd, @quality, @parameters, @resultOffset, @validOffset)
        """;

    private const string FindDatastream =
        """
        SELECT dataset_id, thing_id, properties
        FROM   datastream
        WHERE  id = @id
        """;

    private const string FindMultiDatastream =
        """
        SELECT dataset_id, thing_id, properties, multi_observation_data_types
        FROM   multi_datastream
        WHERE  id = @id
        """;

    // The first of that time; by the primary key.
    private const string FindAtSql =
        """
        SELECT   id, result_time
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

    private const string AddFeatureOfDatastream =
        """
        INSERT INTO datastream_feature_of_interest (feature_of_interest_id, datastream_id)
        VALUES (@feature, @datastream)
        ON CONFLICT DO NOTHING
        """;

    private const string AddToState =
        """
        INSERT INTO datastream_state (
            datastream_id, observation_count, phenomenon_start, phenomenon_end, result_start, result_end,
            latest_start, latest_id, min_x, max_x, min_y, max_y, dataset_id, result_min, result_max)
        VALUES (@datastream, @count, @start, @end, @resultStart, @resultEnd,
            @latestStart, @latestId, @minX, @maxX, @minY, @maxY, @dataset, @resultMin, @resultMax)
        ON CONFLICT (datastream_id) DO UPDATE SET
            observation_count = observation_count + excluded.observation_count,
            phenomenon_start  = min(phenomenon_start, excluded.phenomenon_start),
            phenomenon_end    = max(phenomenon_end, excluded.phenomenon_end),
            result_start      = min(coalesce(result_start, excluded.result_start), coalesce(excluded.result_start, result_start)),
            result_end        = max(coalesce(result_end, excluded.result_end), coalesce(excluded.result_end, result_end)),
            latest_id         = CASE WHEN excluded.latest_start >= latest_start THEN excluded.latest_id ELSE latest_id END,
            latest_start      = max(latest_start, excluded.latest_start),
            min_x             = min(coalesce(min_x, excluded.min_x), coalesce(excluded.min_x, min_x)),
            max_x             = max(coalesce(max_x, excluded.max_x), coalesce(excluded.max_x, max_x)),
            min_y             = min(coalesce(min_y, excluded.min_y), coalesce(excluded.min_y, min_y)),
            max_y             = max(coalesce(max_y, excluded.max_y), coalesce(excluded.max_y, max_y)),
            result_min        = min(coalesce(result_min, excluded.result_min), coalesce(excluded.result_min, result_min)),
            result_max        = max(coalesce(result_max, excluded.result_max), coalesce(excluded.result_max, result_max))
        """;

    // From the rows themselves, after a change or a removal. Features of another dataset say nothing about the area, since
    // whoever sees the Datastream need not see them. Times and the latest come from both ends of the primary
    // key; the end of intervals, result times and areas need the rows of this one datastream.
    private const string DeriveState =
        """
        INSERT OR REPLACE INTO datastream_state (
            datastream_id, observation_count, phenomenon_start, phenomenon_end, result_start, result_end,
            latest_start, latest_id, min_x, max_x, min_y, max_y, dataset_id, result_min, result_max)
        WITH own_feature AS (
            SELECT f.min_x, f.max_x, f.min_y, f.max_y
            FROM   datastream_feature_of_interest df
            JOIN   feature_of_interest f ON f.id = df.feature_of_interest_id
            WHERE  df.datastream_id = @datastream
              AND  f.dataset_id = @dataset)
        SELECT @datastream, count(*), min(o.phenomenon_start), max(coalesce(o.phenomenon_end, o.phenomenon_start)),
               min(o.result_time), max(o.result_time),
               (SELECT l.phenomenon_start FROM observation l WHERE l.datastream_id = @datastream
                ORDER BY l.phenomenon_start DESC, l.id DESC LIMIT 1),
               (SELECT l.id FROM observation l WHERE l.datastream_id = @datastream
                ORDER BY l.phenomenon_start DESC, l.id DESC LIMIT 1),
               (SELECT min(f.min_x) FROM own_feature f),
               (SELECT max(f.max_x) FROM own_feature f),
               (SELECT min(f.min_y) FROM own_feature f),
               (SELECT max(f.max_y) FROM own_feature f),
               @dataset,
               min(o.result_number) - abs(min(o.result_number)) * 1e-15,
               max(o.result_number) + abs(max(o.result_number)) * 1e-15
        FROM   observation o
        WHERE  o.datastream_id = @datastream
        HAVING count(*) > 0
        """;

    private const string DropStaleFeatures =
        """
        DELETE FROM datastream_feature_of_interest
        WHERE  datastream_id = @datastream
          AND  NOT EXISTS (
               SELECT 1 FROM observation o
               WHERE  o.datastream_id = @datastream
                 AND  o.feature_of_interest_id = datastream_feature_of_interest.feature_of_interest_id)
        """;

    // One place only: whether another observation still names the feature would need a search.
    private const string RemoveInside =
        """
        UPDATE datastream_state
        SET    observation_count = observation_count - 1
        WHERE  datastream_id = @datastream
          AND  latest_id <> @id
          AND  EXISTS (
               SELECT 1 FROM observation o
               WHERE  o.id = @id
                 AND  o.phenomenon_start > datastream_state.phenomenon_start
                 AND  coalesce(o.phenomenon_end, o.phenomenon_start) < datastream_state.phenomenon_end
                 AND  (o.result_time IS NULL OR (o.result_time > datastream_state.result_start
                                                 AND o.result_time < datastream_state.result_end)))
          AND  (SELECT count(*) FROM datastream_feature_of_interest df WHERE df.datastream_id = @datastream) = 1
        """;

    private const string WidenResultsSql =
        """
        UPDATE datastream_state
        SET    result_min = min(coalesce(result_min, @least), @least),
               result_max = max(coalesce(result_max, @most), @most)
        WHERE  datastream_id = @datastream
        """;

    private const string DeleteState = "DELETE FROM datastream_state WHERE datastream_id = @datastream";

    private const string HasTime =
        """
        SELECT 1
        FROM   observation
        WHERE  datastream_id = @datastream
          AND  phenomenon_start = @start
        LIMIT  1
        """;
}
