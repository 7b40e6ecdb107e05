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

    private static readonly EngineText Values = Visible.LatestOf(_ => "BETWEEN @first AND @last");

    private static readonly EngineText Name = Visible.With(
        """
        SELECT t.name
        FROM   thing t
        JOIN   visible v ON v.id = t.dataset_id
        WHERE  t.id = @thing
        """);
}
