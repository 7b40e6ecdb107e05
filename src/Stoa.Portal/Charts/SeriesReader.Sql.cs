using Stoa.Portal.Pages;
using Stoa.Storage;

namespace Stoa.Portal.Charts;

internal static partial class SeriesReader
{
    private static readonly ShownText ById = new(shown =>
        $"""
        SELECT coalesce(ds.name, 'Datastream ' || ds.id), ds.unit_of_measurement, s.phenomenon_start, s.latest_start, ds.dataset_id
        FROM   {shown.Datastream} ds
        JOIN   visible v ON v.id = ds.dataset_id
        LEFT JOIN datastream_state s ON s.datastream_id = ds.id AND {shown.Whole("ds.dataset_id")}
        WHERE  ds.id = @datastream
        """);

    // The primary key holds the span together and in order: nothing is sorted. Series of whole datasets alone.
    private const string InSpan =
        """
        FROM     observation o
        WHERE    o.datastream_id = @datastream
          AND    EXISTS (
                   SELECT 1
                   FROM   datastream ds
                   JOIN   visible v ON v.id = ds.dataset_id
                   WHERE  ds.id = @datastream
                 )
          AND    o.phenomenon_start BETWEEN @from AND @to
        """;

    private static readonly EngineText Newest = Visible.With(
        $"""
        SELECT   o.phenomenon_start, o.id, o.result_number, o.result_text, o.result_boolean, o.result_json
        {InSpan}
        ORDER BY o.phenomenon_start DESC, o.id DESC
        LIMIT    @limit
        """);

    // Truth values are drawn as 0 and 1.
    private static readonly EngineText Span = Visible.With(
        $"""
        SELECT   o.phenomenon_start, coalesce(o.result_number, o.result_boolean)
        {InSpan}
        ORDER BY o.phenomenon_start, o.id
        """);
}
