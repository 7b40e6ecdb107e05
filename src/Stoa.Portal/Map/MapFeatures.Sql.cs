using Stoa.Portal.Pages;
using Stoa.Storage;

namespace Stoa.Portal.Map;

internal static partial class MapFeatures
{
    // A thing's newest Location with a geometry. In order of thing, so that the values of the second statement,
    // in the same order, are merged while writing. One thing is a range of one: the primary key serves both.
    private static readonly EngineText Places = Visible.With(
        """
        SELECT   t.id, t.name, d.slug, d.title, d.sector, l.location
        FROM     thing t
        JOIN     visible v ON v.id = t.dataset_id
        JOIN     dataset d ON d.id = t.dataset_id
        JOIN     location l ON l.id = (
                   SELECT   x.id
                   FROM     thing_location tl
                   JOIN     location x ON x.id = tl.location_id
                   JOIN     visible w ON w.id = x.dataset_id
                   WHERE    tl.thing_id = t.id
                     AND    x.geometry IS NOT NULL
                   ORDER BY x.id DESC
                   LIMIT    1
                 )
        WHERE    t.id BETWEEN @first AND @last
        ORDER BY t.id
        LIMIT    @limit
        """);

    private static readonly EngineText Values = Visible.With(
        $"""
        , series AS MATERIALIZED (
            SELECT    n.id, n.thing_id, n.name, n.unit_of_measurement, n.observed_property_id, t.latest_start, t.latest_id
            FROM      (
                        SELECT ds.id, ds.thing_id, ds.name, ds.unit_of_measurement, ds.observed_property_id,
                               ROW_NUMBER() OVER (PARTITION BY ds.thing_id ORDER BY ds.id) AS place
                        FROM   datastream ds
                        JOIN   visible v ON v.id = ds.dataset_id
                        WHERE  ds.thing_id BETWEEN @first AND @last
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

    private static readonly EngineText Name = Visible.With(
        """
        SELECT t.name
        FROM   thing t
        JOIN   visible v ON v.id = t.dataset_id
        WHERE  t.id = @thing
        """);
}
