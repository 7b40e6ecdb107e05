using System.Text.Json;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>The requester's scope as the first clause of every statement of the portal.</summary>
/// <remarks>
/// The set <c>visible</c> is a handful of rows; every entity that a statement touches is joined to it. A statement that
/// lacks the join would show hidden data, so the tests look at every page and endpoint with a closed dataset beside. Datasets of
/// which a part may be seen are in it for a <see cref="ShownText"/> alone.
/// </remarks>
internal static class Visible
{
    /// <summary>
    /// A further clause of WITH after one named <c>series</c>, which has <c>id</c>, <c>latest_start</c> and <c>latest_id</c>: the latest
    /// observation of each, by the primary key. Nothing else is joined in it, so that it can be asked of machines that have observations
    /// alone.
    /// </summary>
    internal const string Latest =
        """
        latest AS MATERIALIZED (
            SELECT o.datastream_id, o.phenomenon_start, o.result_number, o.result_text, o.result_boolean, o.result_json
            FROM   series s
            JOIN   observation o ON o.datastream_id = s.id AND o.phenomenon_start = s.latest_start AND o.id = s.latest_id
        )
        """;

    /// <summary>
    /// The latest values of the first <c>@perThing</c> datastreams of some things, in the order of things: thing, datastream, name,
    /// unit, time and result where there is one, and dataset. Indexes datastream_thing, then primary keys. Of narrowed datasets time and
    /// result are left to <see cref="NarrowedSeries"/>.
    /// </summary>
    /// <param name="things">What their ids must be, as it follows a column.</param>
    internal static ShownText LatestOf(Func<SqlDialect, string> things) => new(shown =>
        $"""
        , series AS MATERIALIZED (
            SELECT    n.id, n.thing_id, n.name, n.unit_of_measurement, n.observed_property_id, n.dataset_id, t.latest_start, t.latest_id
            FROM      (
                        SELECT ds.id, ds.thing_id, ds.name, ds.unit_of_measurement, ds.observed_property_id, ds.dataset_id,
                               ROW_NUMBER() OVER (PARTITION BY ds.thing_id ORDER BY ds.id) AS place
                        FROM   {shown.Datastream} ds
                        JOIN   visible v ON v.id = ds.dataset_id
                        WHERE  ds.thing_id {things(shown.Sql)}
                      ) n
            LEFT JOIN datastream_state t ON t.datastream_id = n.id AND {shown.Whole("n.dataset_id")}
            WHERE     n.place <= @perThing
        ), {Latest}
        SELECT    s.thing_id, s.id, coalesce(p.name, s.name, 'Datastream ' || s.id), s.unit_of_measurement,
                  o.phenomenon_start, o.result_number, o.result_text, o.result_boolean, o.result_json, s.dataset_id
        FROM      series s
        LEFT JOIN {shown.ObservedProperty} p ON p.id = s.observed_property_id AND p.dataset_id IN (SELECT id FROM visible)
        LEFT JOIN latest o ON o.datastream_id = s.id
        ORDER BY s.thing_id, s.id
        """);

    /// <summary>A statement with the clause before it.</summary>
    internal static EngineText With(string sql) => With(_ => sql);

    /// <summary>A statement with the clause before it, written as the engine has it.</summary>
    internal static EngineText With(Func<SqlDialect, string> write) => new(dialect =>
        $"""
        WITH visible (id) AS MATERIALIZED (
            SELECT id
            FROM   dataset
            WHERE  @everything = 1 OR id IN {dialect.ListOf("@datasets")}
        )
        {write(dialect)}
        """);

    /// <summary>A statement that reads descriptions of datasets alone, which may be read of narrowed ones too.</summary>
    internal static Statement PrepareDescribed(this Session session, EngineText sql, AccessScope scope) =>
        session.Prepare(sql).Bind("@everything", scope.IsEverything).Bind("@datasets", List(scope.AllDatasets));

    internal static Statement Prepare(this Session session, EngineText sql, AccessScope scope) =>
        Bind(session.Prepare(sql), scope);

    /// <summary>The same for a result of any length.</summary>
    internal static Statement PrepareStream(this Session session, EngineText sql, AccessScope scope) =>
        Bind(session.PrepareStream(sql), scope);

    private static Statement Bind(Statement statement, AccessScope scope) =>
        statement.Bind("@everything", scope.IsEverything).Bind("@datasets", List(scope.Datasets));

    /// <summary>Ids as a JSON array, for <see cref="SqlDialect.ListOf"/>.</summary>
    internal static string List(ReadOnlySpan<long> ids)
    {
        var text = new System.Text.StringBuilder("[");
        foreach (var id in ids)
        {
            if (text.Length > 1) text.Append(',');
            text.Append(id);
        }

        return text.Append(']').ToString();
    }

    /// <summary>The keywords of a dataset; none when the text is not an array of texts.</summary>
    internal static IReadOnlyList<string> Strings(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind != JsonValueKind.Array
            ? []
            : [.. document.RootElement.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String)
                .Select(item => item.GetString()!)];
    }
}
