using System.Text.Json;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>The requester's scope as the first clause of every statement of the portal.</summary>
/// <remarks>
/// The set <c>visible</c> is a handful of rows; every entity that a statement touches is joined to it. A statement that
/// lacks the join would show hidden data, so the tests look at every page and endpoint with a closed dataset beside.
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
