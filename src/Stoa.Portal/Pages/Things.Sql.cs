using Stoa.Storage;

namespace Stoa.Portal.Pages;

internal static partial class Things
{
    private static readonly ShownText ById = new(shown =>
        $"""
        SELECT t.id, coalesce(t.name, 'Place ' || t.id), t.description, t.properties, d.slug, d.title, d.sector, g.name
        FROM   {shown.Thing} t
        JOIN   visible v ON v.id = t.dataset_id
        JOIN   dataset d ON d.id = t.dataset_id
        LEFT JOIN organization g ON g.id = d.owner_organization_id
        WHERE  t.id = @id
        """);

    // The Location that has a geometry; index thing_location, then primary keys.
    private static readonly ShownText Where = new(shown =>
        $"""
        SELECT   l.name, l.location
        FROM     thing_location tl
        JOIN     {shown.Location} l ON l.id = tl.location_id
        JOIN     visible v ON v.id = l.dataset_id
        WHERE    tl.thing_id = @id
          AND    l.geometry IS NOT NULL
        ORDER BY l.id DESC
        LIMIT    1
        """);

    private static readonly ShownText CountDatastreams = new(shown =>
        $"""
        SELECT COUNT(*)
        FROM   {shown.Datastream} ds
        JOIN   visible v ON v.id = ds.dataset_id
        WHERE  ds.thing_id = @id
        """);

    private static readonly ShownText Datastreams = new(shown =>
        $"""
        , series AS MATERIALIZED (
            SELECT    ds.id, ds.name, ds.description, ds.unit_of_measurement, ds.observed_property_id, ds.dataset_id,
                      s.phenomenon_start, s.latest_start, s.latest_id
            FROM      {shown.Datastream} ds
            JOIN      visible v ON v.id = ds.dataset_id
            LEFT JOIN datastream_state s ON s.datastream_id = ds.id AND {shown.Whole("ds.dataset_id")}
            WHERE     ds.thing_id = @id
            ORDER BY  ds.id
            LIMIT     @limit
        ), {Visible.Latest}
        SELECT    s.id, coalesce(p.name, s.name, 'Datastream ' || s.id), s.unit_of_measurement,
                  o.phenomenon_start, o.result_number, o.result_text, o.result_boolean, o.result_json,
                  s.name, s.description, s.phenomenon_start, s.latest_start, s.dataset_id
        FROM      series s
        LEFT JOIN {shown.ObservedProperty} p ON p.id = s.observed_property_id AND p.dataset_id IN (SELECT id FROM visible)
        LEFT JOIN latest o ON o.datastream_id = s.id
        ORDER BY  s.id
        """);
}
