using Stoa.Storage;

namespace Stoa.Portal.Pages;

internal static partial class MultiDatastreams
{
    // Index multi_datastream_thing.
    private static readonly ShownText OfThing = new(shown =>
        $"""
        SELECT   m.id, coalesce(m.name, 'MultiDatastream ' || m.id), m.description, m.unit_of_measurements, m.dataset_id
        FROM     {shown.MultiDatastream} m
        JOIN     visible v ON v.id = m.dataset_id
        WHERE    m.thing_id = @id
        ORDER BY m.id
        LIMIT    @limit
        """);

    private static readonly ShownText Components = new(shown =>
        $"""
        SELECT   p.name
        FROM     multi_datastream_observed_property c
        JOIN     {shown.ObservedProperty} p ON p.id = c.observed_property_id
        JOIN     visible v ON v.id = p.dataset_id
        WHERE    c.multi_datastream_id = @id
          AND    p.name IS NOT NULL
        ORDER BY c.position
        """);

    // The key of its observations is minus its id; the newest stand at the end of the primary key. Of whole datasets alone.
    private static readonly EngineText Newest = Visible.With(
        """
        SELECT   o.phenomenon_start, o.id, NULL, NULL, NULL, o.result_json
        FROM     observation o
        WHERE    o.datastream_id = (
                   SELECT -m.id
                   FROM   multi_datastream m
                   JOIN   visible v ON v.id = m.dataset_id
                   WHERE  m.id = @id
                 )
        ORDER BY o.phenomenon_start DESC, o.id DESC
        LIMIT    @limit
        """);
}
