using Stoa.Catalogue.Search;
using Stoa.Storage;

namespace Stoa.Portal.Pages;

internal static partial class Datasets
{
    // Everything that fits, as small rows: the counts beside each choice are taken from them. Best match first, as in the
    // list of the API.
    private static readonly EngineText Found = Visible.With(sql =>
        $"""
        SELECT   d.id, d.sector, d.spectrum, g.slug, g.name
        FROM     dataset d
        JOIN     visible v ON v.id = d.id
        LEFT JOIN organization g ON g.id = d.owner_organization_id
        WHERE    d.id IN {WordIndex.Holding(sql, "@words")}
        ORDER BY {WordIndex.Rank(sql, "d.id", "@any_word")} DESC, d.title, d.id
        LIMIT    @limit
        """);

    private static readonly EngineText All = Visible.With(
        """
        SELECT   d.id, d.sector, d.spectrum, g.slug, g.name
        FROM     dataset d
        JOIN     visible v ON v.id = d.id
        LEFT JOIN organization g ON g.id = d.owner_organization_id
        ORDER BY d.title, d.id
        LIMIT    @limit
        """);

    // The datasets' own counts: index datastream_dataset and one state row a datastream.
    // Times of whole datasets, and numbers of those of which all rows are seen, alone; what is kept is made of all rows.
    private static string Columns(Shown shown) =>
        $"""
        SELECT   d.id, d.slug, d.title, d.description, d.sector, d.spectrum, d.licence, g.slug, g.name,
                 (SELECT COUNT(*) FROM {shown.Thing} t WHERE t.dataset_id = d.id),
                 COUNT(ds.id), CAST(coalesce(SUM(s.observation_count), 0) AS BIGINT),
                 MIN(CASE WHEN {shown.Whole("d.id")} THEN s.phenomenon_start END),
                 MAX(CASE WHEN {shown.Whole("d.id")} THEN s.latest_start END), d.keywords, d.created, d.modified
        FROM     dataset d
        JOIN     visible v ON v.id = d.id
        LEFT JOIN organization g ON g.id = d.owner_organization_id
        LEFT JOIN {shown.Datastream} ds ON ds.dataset_id = d.id
        LEFT JOIN datastream_state s ON s.datastream_id = ds.id AND {shown.Counted("d.id")}
        """;

    private static readonly ShownText Rows = new(shown =>
        $"""
        {Columns(shown)}
        WHERE    d.id IN {shown.Sql.ListOf("@ids")}
        GROUP BY d.id, g.id
        """);

    private static readonly ShownText ByLiveliness = new(shown =>
        $"""
        {Columns(shown)}
        GROUP BY d.id, g.id
        ORDER BY MAX(s.latest_start) IS NULL, SUM(s.observation_count) DESC, d.title, d.id
        LIMIT    @limit
        """);

    private static readonly ShownText BySlug = new(shown =>
        $"""
        {Columns(shown)}
        WHERE    d.slug = @slug
        GROUP BY d.id, g.id
        """);

    // The datastream that stands for the dataset: numbers, and the most of them. It is looked for among the few that have the most.
    private static readonly EngineText Representative = Visible.With(
        $"""
        , series AS MATERIALIZED (
            SELECT   s.datastream_id AS id, s.latest_start, s.latest_id, s.observation_count
            FROM     datastream x
            JOIN     visible v ON v.id = x.dataset_id
            JOIN     datastream_state s ON s.datastream_id = x.id
            WHERE    x.dataset_id = @dataset
              AND    s.result_max IS NOT NULL
            ORDER BY s.observation_count DESC, s.datastream_id
            LIMIT    100
        ), {Visible.Latest}
        SELECT   ds.id, coalesce(p.name, ds.name), ds.unit_of_measurement, s.latest_start, t.name, t.id
        FROM     series s
        JOIN     latest o ON o.datastream_id = s.id
        JOIN     datastream ds ON ds.id = s.id
        JOIN     thing t ON t.id = ds.thing_id AND t.dataset_id IN (SELECT id FROM visible)
        LEFT JOIN observed_property p ON p.id = ds.observed_property_id AND p.dataset_id IN (SELECT id FROM visible)
        WHERE    o.result_number IS NOT NULL
        ORDER BY s.observation_count DESC, ds.id
        LIMIT    1
        """);

    // The first of a narrowed dataset; which of them reported last is not looked at before it is known what may be seen.
    private static readonly ShownText NarrowedDatastreams = new(shown =>
        $"""
        SELECT   t.id, coalesce(t.name, 'Place ' || t.id), ds.id, coalesce(p.name, ds.name, 'Datastream ' || ds.id), ds.unit_of_measurement
        FROM     {shown.Datastream} ds
        JOIN     {shown.Thing} t ON t.id = ds.thing_id AND t.dataset_id IN (SELECT id FROM visible)
        LEFT JOIN {shown.ObservedProperty} p ON p.id = ds.observed_property_id AND p.dataset_id IN (SELECT id FROM visible)
        WHERE    ds.dataset_id = @dataset
          AND    ds.dataset_id IN (SELECT id FROM visible)
        ORDER BY ds.id
        LIMIT    @limit
        """);

    // The newest observations lie among the newest few of the datastreams that reported last.
    private static readonly EngineText LatestSeries = Visible.With(
        """
        SELECT   t.id, t.name, ds.id, coalesce(p.name, ds.name), ds.unit_of_measurement
        FROM     (
                   SELECT   s.datastream_id
                   FROM     datastream x
                   JOIN     visible v ON v.id = x.dataset_id
                   JOIN     datastream_state s ON s.datastream_id = x.id
                   WHERE    x.dataset_id = @dataset
                   ORDER BY s.latest_start DESC, s.datastream_id
                   LIMIT    @limit
                 ) l
        JOIN     datastream ds ON ds.id = l.datastream_id
        JOIN     thing t ON t.id = ds.thing_id AND t.dataset_id IN (SELECT id FROM visible)
        LEFT JOIN observed_property p ON p.id = ds.observed_property_id AND p.dataset_id IN (SELECT id FROM visible)
        """);

    // The end of the primary key, once for each of a few datastreams that were found visible: no condition of the portal's scope.
    private const string NewestOfSeries =
        """
        SELECT   o.phenomenon_start, o.id, o.result_number, o.result_text, o.result_boolean, o.result_json
        FROM     observation o
        WHERE    o.datastream_id = @datastream
        ORDER BY o.phenomenon_start DESC, o.id DESC
        LIMIT    @limit
        """;
}
