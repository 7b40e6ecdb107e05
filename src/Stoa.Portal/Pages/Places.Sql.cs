using Stoa.Storage;

namespace Stoa.Portal.Pages;

internal static partial class Places
{
    // Index thing_dataset; things are some hundreds to some thousands, and names are not indexed.
    private static readonly EngineText Page = Visible.With(sql =>
        $"""
        SELECT   t.id, t.name, d.slug, d.title, d.sector
        FROM     thing t
        JOIN     visible v ON v.id = t.dataset_id
        JOIN     dataset d ON d.id = t.dataset_id
        WHERE    (@sector IS NULL OR d.sector = @sector)
          AND    (@words IS NULL OR {sql.Position("lower(t.name)", "lower(@words)")} > 0)
        ORDER BY t.name, t.id
        LIMIT    @limit OFFSET @skip
        """);

    private static readonly EngineText Count = Visible.With(sql =>
        $"""
        SELECT COUNT(*)
        FROM   thing t
        JOIN   visible v ON v.id = t.dataset_id
        JOIN   dataset d ON d.id = t.dataset_id
        WHERE  (@sector IS NULL OR d.sector = @sector)
          AND  (@words IS NULL OR {sql.Position("lower(t.name)", "lower(@words)")} > 0)
        """);

    // One place of every dataset in turn, so that the first screen shows what kinds there are.
    private static readonly EngineText Mixed = Visible.With(
        """
        SELECT   t.id, t.name, d.slug, d.title, d.sector
        FROM     (
                   SELECT id, dataset_id, ROW_NUMBER() OVER (PARTITION BY dataset_id ORDER BY id) AS turn
                   FROM   thing
                   WHERE  dataset_id IN (SELECT id FROM visible)
                 ) t0
        JOIN     thing t ON t.id = t0.id
        JOIN     dataset d ON d.id = t.dataset_id
        WHERE    (@sector IS NULL OR d.sector = @sector)
        ORDER BY t0.turn, d.sector, t.id
        LIMIT    @limit
        """);

    // The latest value of the first datastreams of some things: indexes datastream_thing, then primary keys.
    private static readonly EngineText Latest = Visible.With(sql =>
        $"""
        SELECT   s.thing_id, s.id, coalesce(p.name, s.name), s.unit_of_measurement,
                 o.phenomenon_start, o.result_number, o.result_text, o.result_boolean, o.result_json
        FROM     (
                   SELECT   ds.*, ROW_NUMBER() OVER (PARTITION BY ds.thing_id ORDER BY ds.id) AS place
                   FROM     datastream ds
                   JOIN     visible v ON v.id = ds.dataset_id
                   WHERE    ds.thing_id IN {sql.ListOf("@things")}
                 ) s
        LEFT JOIN observed_property p ON p.id = s.observed_property_id AND p.dataset_id IN (SELECT id FROM visible)
        LEFT JOIN datastream_state t ON t.datastream_id = s.id
        LEFT JOIN observation o
               ON o.datastream_id = s.id AND o.phenomenon_start = t.latest_start AND o.id = t.latest_id
        WHERE    s.place <= @perThing
        ORDER BY s.thing_id, s.id
        """);
}
