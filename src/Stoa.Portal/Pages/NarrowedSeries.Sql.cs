using Stoa.Storage.Translation;

namespace Stoa.Portal.Pages;

internal sealed partial class NarrowedSeries
{
    // The series is one of the dataset, and seen: what the tables show goes by this dataset alone. The primary key holds a series together
    // in the order of time; bounds on the time as it is stored lie where the shown time changes.
    private static string Seen(Shown shown) =>
        $"""
        FROM     {shown.Observation} o
        WHERE    o.datastream_id = @series
          AND    o.{ShownTables.StoredMoment} >= @since
          AND    o.{ShownTables.StoredMoment} < @until
          AND    EXISTS (
                   SELECT 1
                   FROM   {shown.Datastream} ds
                   JOIN   visible v ON v.id = ds.dataset_id
                   WHERE  ds.id = @series
                   UNION ALL
                   SELECT 1
                   FROM   {shown.MultiDatastream} m
                   JOIN   visible v ON v.id = m.dataset_id
                   WHERE  -m.id = @series
                 )
        """;

    private static readonly ShownText NewestRows = new(shown =>
        $"""
        SELECT   o.phenomenon_start, o.id, o.result_number, o.result_text, o.result_boolean, o.result_json
        {Seen(shown)}
        ORDER BY o.phenomenon_start DESC, o.id DESC
        LIMIT    @limit
        """);

    // Finds where to begin, never what is shown: it goes out as the multiple of the step below it alone.
    private static readonly ShownText Back = new(shown =>
        $"""
        SELECT   o.{ShownTables.StoredMoment}
        {Seen(shown)}
        ORDER BY o.{ShownTables.StoredMoment} DESC
        LIMIT    1 OFFSET @skip
        """);

    private static readonly ShownText First = new(shown =>
        $"""
        SELECT   o.phenomenon_start
        {Seen(shown)}
        ORDER BY o.{ShownTables.StoredMoment}
        LIMIT    1
        """);

    // Truth values are drawn as 0 and 1.
    private static readonly ShownText Numbers = new(shown =>
        $"""
        SELECT   o.phenomenon_start, coalesce(o.result_number, o.result_boolean)
        {Seen(shown)}
        ORDER BY o.phenomenon_start, o.id
        """);

    // As the kept counts of other datasets are shown: of Datastreams.
    private static readonly ShownText CountRows = new(shown =>
        $"""
        SELECT COUNT(*)
        FROM   (
                 SELECT 1
                 FROM   {shown.Observation} o
                 WHERE  o.datastream_id IN (
                          SELECT ds.id
                          FROM   {shown.Datastream} ds
                          JOIN   visible v ON v.id = ds.dataset_id
                        )
                 LIMIT  @limit
               ) AS found
        """);
}
