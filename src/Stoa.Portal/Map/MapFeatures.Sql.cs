using Stoa.Portal.Pages;
using Stoa.Storage;

namespace Stoa.Portal.Map;

internal static partial class MapFeatures
{
    // A thing's newest Location with a geometry. In order of thing, so that the values of the second statement,
    // in the same order, are merged while writing. One thing is a range of one: the primary key serves both.
    private static readonly ShownText Places = new(shown =>
        $"""
        SELECT   t.id, coalesce(t.name, 'Place ' || t.id), d.slug, d.title, d.sector, l.location
        FROM     {shown.Thing} t
        JOIN     visible v ON v.id = t.dataset_id
        JOIN     dataset d ON d.id = t.dataset_id
        JOIN     {shown.Location} l ON l.id = (
                   SELECT   x.id
                   FROM     thing_location tl
                   JOIN     {shown.Location} x ON x.id = tl.location_id
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

    private static readonly ShownText Values = Visible.LatestOf(_ => "BETWEEN @first AND @last");

    private static readonly ShownText Name = new(shown =>
        $"""
        SELECT coalesce(t.name, 'Place ' || t.id)
        FROM   {shown.Thing} t
        JOIN   visible v ON v.id = t.dataset_id
        WHERE  t.id = @thing
        """);
}
