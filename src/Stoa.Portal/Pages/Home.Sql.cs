using Stoa.Storage;

namespace Stoa.Portal.Pages;

internal static partial class Home
{
    private static readonly EngineText CountDatasets = Visible.With(
        """
        SELECT COUNT(*)
        FROM   visible
        """);

    // Index thing_dataset, covering.
    private static readonly ShownText CountThings = new(shown =>
        $"""
        SELECT   d.sector, COUNT(*)
        FROM     {shown.Thing} t
        JOIN     visible v ON v.id = t.dataset_id
        JOIN     dataset d ON d.id = t.dataset_id
        GROUP BY d.sector
        ORDER BY d.sector
        """);

    // Kept sums, one row a datastream; a value dated ahead (a forecast) is not an arrival. Datasets of which rows are left out are not in
    // the sum, those that are narrowed not in the time.
    private static readonly ShownText SumDatastreams = new(shown =>
        $"""
        SELECT COUNT(*), CAST(coalesce(SUM(s.observation_count), 0) AS BIGINT),
               MAX(s.latest_start) FILTER (WHERE s.latest_start <= @now AND {shown.Whole("ds.dataset_id")})
        FROM   {shown.Datastream} ds
        JOIN   visible v ON v.id = ds.dataset_id
        LEFT JOIN datastream_state s ON s.datastream_id = ds.id AND {shown.Counted("ds.dataset_id")}
        """);

    // What is newest of everything can be found by what is kept alone: of whole datasets.

    private static readonly EngineText Arrivals = Visible.With(
        $"""
        , series AS MATERIALIZED (
            SELECT   s.datastream_id AS id, s.latest_start, s.latest_id
            FROM     datastream_state s
            JOIN     datastream x ON x.id = s.datastream_id
            JOIN     visible v ON v.id = x.dataset_id
            WHERE    s.latest_start <= @now
            ORDER BY s.latest_start DESC, s.latest_id DESC
            LIMIT    @limit
        ), {Visible.Latest}
        SELECT   t.id, t.name, d.sector, ds.id, coalesce(p.name, ds.name), ds.unit_of_measurement,
                 o.phenomenon_start, o.result_number, o.result_text, o.result_boolean, o.result_json
        FROM     series l
        JOIN     datastream ds ON ds.id = l.id
        JOIN     thing t ON t.id = ds.thing_id AND t.dataset_id IN (SELECT id FROM visible)
        JOIN     dataset d ON d.id = ds.dataset_id
        LEFT JOIN observed_property p ON p.id = ds.observed_property_id AND p.dataset_id IN (SELECT id FROM visible)
        JOIN     latest o ON o.datastream_id = l.id
        ORDER BY l.latest_start DESC, l.latest_id DESC
        """);
}
