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
        , series AS MATERIALIZED (
            SELECT    n.id, n.thing_id, n.name, n.unit_of_measurement, n.observed_property_id, t.latest_start, t.latest_id
            FROM      (
                        SELECT ds.id, ds.thing_id, ds.name, ds.unit_of_measurement, ds.observed_property_id,
                               ROW_NUMBER() OVER (PARTITION BY ds.thing_id ORDER BY ds.id) AS place
                        FROM   datastream ds
                        JOIN   visible v ON v.id = ds.dataset_id
                        WHERE  ds.thing_id IN {sql.ListOf("@things")}
                      ) n
            LEFT JOIN datastream_state t ON t.datastream_id = n.id
            WHERE     n.place <= @perThing
        ), {Visible.Latest}
        SELECT    s.thing_id, s.id, coalesce(p.name, s.name), s.unit_of_measurement,
                  o.phenomenon_start, o.result_number, o.result_text, o.result_boolean, o.result_json
        FROM      series s
        LEFT JOIN observed_property p ON p.id = s.observed_property_id AND p.dataset_id IN (SELECT id FROM visible)
        LEFT JOIN latest o ON o.datastream_id = s.id
        ORDER BY s.thing_id, s.id
        """);
}
