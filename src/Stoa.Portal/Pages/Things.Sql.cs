using Stoa.Storage;

namespace Stoa.Portal.Pages;

internal static partial class Things
{
    private static readonly EngineText ById = Visible.With(
        """
        SELECT t.id, t.name, t.description, t.properties, d.slug, d.title, d.sector, g.name
        FROM   thing t
        JOIN   visible v ON v.id = t.dataset_id
        JOIN   dataset d ON d.id = t.dataset_id
        LEFT JOIN organization g ON g.id = d.owner_organization_id
        WHERE  t.id = @id
        """);

    // Box of the Location that has a geometry; index thing_location, then primary keys.
    private static readonly EngineText Where = Visible.With(
        """
        SELECT   l.name, (b.min_x + b.max_x) / 2, (b.min_y + b.max_y) / 2
        FROM     thing_location tl
        JOIN     location l ON l.id = tl.location_id
        JOIN     visible v ON v.id = l.dataset_id
        JOIN     location_box b ON b.id = l.id
        WHERE    tl.thing_id = @id
        ORDER BY l.id DESC
        LIMIT    1
        """);

    private static readonly EngineText CountDatastreams = Visible.With(
        """
        SELECT COUNT(*)
        FROM   datastream ds
        JOIN   visible v ON v.id = ds.dataset_id
        WHERE  ds.thing_id = @id
        """);

    private static readonly EngineText Datastreams = Visible.With(
        $"""
        , series AS MATERIALIZED (
            SELECT    ds.id, ds.name, ds.description, ds.unit_of_measurement, ds.observed_property_id,
                      s.phenomenon_start, s.latest_start, s.latest_id
            FROM      datastream ds
            JOIN      visible v ON v.id = ds.dataset_id
            LEFT JOIN datastream_state s ON s.datastream_id = ds.id
            WHERE     ds.thing_id = @id
            ORDER BY  ds.id
            LIMIT     @limit
        ), {Visible.Latest}
        SELECT    s.id, coalesce(p.name, s.name), s.unit_of_measurement,
                  o.phenomenon_start, o.result_number, o.result_text, o.result_boolean, o.result_json,
                  s.name, s.description, s.phenomenon_start, s.latest_start
        FROM      series s
        LEFT JOIN observed_property p ON p.id = s.observed_property_id AND p.dataset_id IN (SELECT id FROM visible)
        LEFT JOIN latest o ON o.datastream_id = s.id
        ORDER BY  s.id
        """);
}
