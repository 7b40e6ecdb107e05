namespace Stoa.Storage.Postgres;

// Written so that Citus takes it too: observations are joined with small tables of the coordinator by IN alone.
internal sealed partial class PartitionRetention
{
    private const string MakeTables =
        """
        DROP TABLE IF EXISTS expiring, remaining, stale_feature, touched;
        CREATE TEMP TABLE expiring (
            datastream_id  bigint  PRIMARY KEY,
            observations   bigint  NOT NULL,
            is_whole       boolean NOT NULL, -- nothing of the datastream stays
            next_start     bigint            -- of the first observation that stays
        );
        CREATE TEMP TABLE remaining (
            datastream_id  bigint PRIMARY KEY,
            result_start   bigint,
            result_end     bigint,
            phenomenon_end bigint NOT NULL
        );
        CREATE TEMP TABLE stale_feature (
            feature_of_interest_id bigint NOT NULL,
            datastream_id          bigint NOT NULL,
            PRIMARY KEY (datastream_id, feature_of_interest_id)
        );
        CREATE TEMP TABLE touched (datastream_id bigint PRIMARY KEY);
        """;

    // Where ids of observations and numbers of changes stand.
    private const string ReadStanding =
        """
        SELECT (SELECT next FROM observation_sequence WHERE one = 1),
               (SELECT coalesce(max(number), 0) FROM entity_change)
        """;

    private static string SumExpiring(string only) =>
        $"""
        INSERT INTO expiring
        SELECT   o.datastream_id, count(*), false, NULL
        FROM     observation o
        WHERE    o.phenomenon_start < @cut {only}
        GROUP BY o.datastream_id
        """;

    private const string MarkWhole =
        """
        UPDATE expiring e
        SET    is_whole = s.observation_count <= e.observations
        FROM   datastream_state s
        WHERE  s.datastream_id = e.datastream_id
        """;

    // Result times and ends of intervals have no index: the rows that stay are read through, of datastreams that have such.
    private static string SumRemaining(string only) =>
        $"""
        INSERT INTO remaining
        SELECT   o.datastream_id, min(o.result_time), max(o.result_time), max(coalesce(o.phenomenon_end, o.phenomenon_start))
        FROM     observation o
        WHERE    o.phenomenon_start >= @cut
          AND    o.datastream_id IN (
                 SELECT e.datastream_id
                 FROM   expiring e
                 JOIN   datastream_state s ON s.datastream_id = e.datastream_id
                 WHERE  NOT e.is_whole
                   AND  (s.result_start IS NOT NULL OR s.phenomenon_end <> s.latest_start)) {only}
        GROUP BY o.datastream_id
        """;

    private static string FindStaleFeatures(string only) =>
        $"""
        INSERT INTO stale_feature
        SELECT o.feature_of_interest_id, o.datastream_id
        FROM   datastream_feature_of_interest o
        WHERE  o.datastream_id IN (SELECT e.datastream_id FROM expiring e WHERE NOT e.is_whole)
          AND  o.datastream_id IN (
               SELECT p.datastream_id FROM datastream_feature_of_interest p GROUP BY p.datastream_id HAVING count(*) > 1)
          AND  NOT EXISTS (
               SELECT 1
               FROM   observation x
               WHERE  x.datastream_id = o.datastream_id
                 AND  x.feature_of_interest_id = o.feature_of_interest_id
                 AND  x.phenomenon_start >= @cut) {only}
        """;

    private const string CountWithoutNext = "SELECT count(*) FROM expiring WHERE next_start IS NULL AND NOT is_whole";

    private const string FindNext =
        """
        UPDATE expiring e
        SET    next_start = n.start
        FROM   (SELECT   o.datastream_id, min(o.phenomenon_start) AS start
                FROM     observation o
                WHERE    o.phenomenon_start BETWEEN @from AND @last
                  AND    o.datastream_id IN (SELECT x.datastream_id FROM expiring x WHERE x.next_start IS NULL AND NOT x.is_whole)
                GROUP BY o.datastream_id) n
        WHERE  n.datastream_id = e.datastream_id
        """;

    // Changed or removed observations stand in the change log with what they belonged to; datastreams derived anew stand there
    // themselves. Besides: new observations of a time that goes, and those of datastreams of which nothing would have stayed.
    private const string FindTouched =
        """
        INSERT INTO touched
        SELECT c.series_id
        FROM   entity_change c
        WHERE  c.number > @number AND c.entity_set = 'Observations' AND c.series_id IS NOT NULL
        UNION
        SELECT CASE c.entity_set WHEN 'Datastreams' THEN c.entity_id ELSE -c.entity_id END
        FROM   entity_change c
        WHERE  c.number > @number AND c.entity_set IN ('Datastreams', 'MultiDatastreams')
        UNION
        SELECT o.datastream_id
        FROM   observation o
        WHERE  o.id >= @next AND o.phenomenon_start < @cut
        UNION
        SELECT e.datastream_id
        FROM   expiring e
        JOIN   datastream_state s ON s.datastream_id = e.datastream_id
        WHERE  e.is_whole AND s.observation_count > e.observations
        """;

    private const string ForgetTouched =
        """
        DELETE FROM expiring WHERE datastream_id IN (SELECT datastream_id FROM touched);
        DELETE FROM remaining WHERE datastream_id IN (SELECT datastream_id FROM touched);
        DELETE FROM stale_feature WHERE datastream_id IN (SELECT datastream_id FROM touched);
        """;

    // By the index on id. A datastream that had no result times or intervals before and has one now is not in remaining: what is
    // kept for it came from the new rows alone.
    private const string AddNewRows =
        """
        WITH fresh AS (
            SELECT   o.datastream_id, min(o.phenomenon_start) AS phenomenon_start,
                     max(coalesce(o.phenomenon_end, o.phenomenon_start)) AS phenomenon_end,
                     min(o.result_time) AS result_start, max(o.result_time) AS result_end
            FROM     observation o
            WHERE    o.id >= @next
              AND    o.phenomenon_start >= @cut
            GROUP BY o.datastream_id),
        begun AS (
            UPDATE expiring e
            SET    next_start = least(e.next_start, f.phenomenon_start)
            FROM   fresh f
            WHERE  f.datastream_id = e.datastream_id
            RETURNING 1)
        UPDATE remaining r
        SET    result_start = least(r.result_start, f.result_start),
               result_end = greatest(r.result_end, f.result_end),
               phenomenon_end = greatest(r.phenomenon_end, f.phenomenon_end)
        FROM   fresh f
        WHERE  f.datastream_id = r.datastream_id
        """;

    private const string KeepNewFeatures =
        """
        DELETE FROM stale_feature
        WHERE  (feature_of_interest_id, datastream_id) IN (
               SELECT o.feature_of_interest_id, o.datastream_id
               FROM   observation o
               WHERE  o.id >= @next
                 AND  o.phenomenon_start >= @cut)
        """;

    // What is told is that the datastreams have changed, kind 2 of the log; what went by its age is not told one by one.
    private const string Apply =
        """
        UPDATE entity_count c
        SET    entities = c.entities - x.observations
        FROM   (SELECT   s.dataset_id, sum(e.observations)::bigint AS observations
                FROM     expiring e
                JOIN     datastream_state s ON s.datastream_id = e.datastream_id
                GROUP BY s.dataset_id) x
        WHERE  c.dataset_id = x.dataset_id
          AND  c.entity_set = 'Observations';

        INSERT INTO entity_change (dataset_id, entity_set, entity_id, kind)
        SELECT   s.dataset_id, CASE WHEN e.datastream_id > 0 THEN 'Datastreams' ELSE 'MultiDatastreams' END, abs(e.datastream_id), 2
        FROM     expiring e
        JOIN     datastream_state s ON s.datastream_id = e.datastream_id
        ORDER BY e.datastream_id;

        DELETE FROM datastream_feature_of_interest
        WHERE  (feature_of_interest_id, datastream_id) IN (SELECT feature_of_interest_id, datastream_id FROM stale_feature);
        DELETE FROM datastream_feature_of_interest
        WHERE  datastream_id IN (SELECT datastream_id FROM expiring WHERE is_whole);

        DELETE FROM datastream_state
        WHERE  datastream_id IN (SELECT datastream_id FROM expiring WHERE is_whole);

        UPDATE datastream_state s
        SET    observation_count = s.observation_count - e.observations,
               phenomenon_start = e.next_start,
               phenomenon_end = coalesce(r.phenomenon_end, s.phenomenon_end),
               result_start = CASE WHEN r.datastream_id IS NULL THEN s.result_start ELSE r.result_start END,
               result_end = CASE WHEN r.datastream_id IS NULL THEN s.result_end ELSE r.result_end END
        FROM   expiring e
        LEFT JOIN remaining r ON r.datastream_id = e.datastream_id
        WHERE  s.datastream_id = e.datastream_id;

        UPDATE datastream_state s
        SET    min_x = a.min_x, max_x = a.max_x, min_y = a.min_y, max_y = a.max_y
        FROM   (SELECT DISTINCT datastream_id FROM stale_feature) t
        LEFT JOIN (
               SELECT   p.datastream_id, min(f.min_x) AS min_x, max(f.max_x) AS max_x, min(f.min_y) AS min_y, max(f.max_y) AS max_y
               FROM     datastream_feature_of_interest p
               JOIN     feature_of_interest f ON f.id = p.feature_of_interest_id
               WHERE    (p.datastream_id, f.dataset_id) IN (
                        SELECT x.datastream_id, x.dataset_id
                        FROM   datastream_state x
                        WHERE  x.datastream_id IN (SELECT datastream_id FROM stale_feature))
               GROUP BY p.datastream_id) a ON a.datastream_id = t.datastream_id
        WHERE  s.datastream_id = t.datastream_id
        """;
}
