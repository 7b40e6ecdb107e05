namespace Stoa.Sensing.Feed;

internal sealed partial class FeedOfOtherNodes
{
    // The primary key.
    private const string SelectChanges =
        """
        SELECT   number, entity_set, entity_id, dataset_id, kind
        FROM     entity_change
        WHERE    number >= @first
          AND    number <= @last
        ORDER BY number
        LIMIT    @limit
        """;

    // The index on the id of each partition.
    private const string SelectObservations =
        """
        SELECT   o.id, o.datastream_id, coalesce(d.dataset_id, m.dataset_id), f.dataset_id,
                 o.phenomenon_start, o.phenomenon_end, o.phenomenon_offset, o.result_time, o.result_offset,
                 o.valid_start, o.valid_end, o.result_number, o.result_text, o.result_boolean, o.result_json,
                 o.feature_of_interest_id, o.valid_offset, o.result_quality, o.parameters
        FROM     observation o
        LEFT JOIN datastream d          ON d.id = o.datastream_id
        LEFT JOIN multi_datastream m    ON m.id = -o.datastream_id
        LEFT JOIN feature_of_interest f ON f.id = o.feature_of_interest_id
        WHERE    o.id >= @first
          AND    o.id <= @last
        ORDER BY o.id
        LIMIT    @limit
        """;
}
