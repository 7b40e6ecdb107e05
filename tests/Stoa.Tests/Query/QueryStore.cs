using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Query;

/// <summary>A real database with a city in it, and queries run against it the way the interface runs them.</summary>
internal sealed class QueryStore : IAsyncDisposable
{
    internal static readonly Instant Moment = Instant.TryParse("2026-01-02T03:04:05Z", out var now) ? now : default;

    internal static readonly QueryTranslator Translator = new(SensorThingsMapping.Mapping, TestDatabases.Dialect);

    /// <summary>The same, and on PostgreSQL with other bounds between its ways to read a large set in the order of time.</summary>
    internal static readonly IReadOnlyList<QueryTranslator> Translators = TestDatabases.Engine == StorageEngine.Sqlite
        ? [Translator]
        : [Translator, new(SensorThingsMapping.Mapping, new PostgresDialect(3)), new(SensorThingsMapping.Mapping, new PostgresDialect(0))];

    private readonly TemporaryFolder _folder;
    private readonly Database _database;

    /// <summary>What may be known of groups, on PostgreSQL: all of them, and the last ones alone.</summary>
    internal IReadOnlyList<(QueryTranslator Translator, KnownGroups Known)> Knowing { get; } = TestDatabases.Engine == StorageEngine.Sqlite
        ? []
        : [.. Translators.Skip(1).Zip([new PostgresDialect(3), new PostgresDialect(0)], (translator, dialect) => (translator, new KnownGroups(
            SensorThingsMapping.Mapping, dialect, TimeProvider.System) { SpanMax = dialect.FewGroupsMax > 0 ? KnownGroups.GroupsMax : 5 }))];

    private QueryStore(TemporaryFolder folder, Database database)
    {
        _folder = folder;
        _database = database;
    }

    internal Database Database => _database;

    internal static async Task<QueryStore> OpenAsync(City city, int datasets = RandomCity.Datasets)
    {
        var folder = new TemporaryFolder();
        var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, TestContext.Current.CancellationToken);
        await database.WriteAsync(
            session =>
            {
                city.Store(session, datasets);
                return true;
            },
            TestContext.Current.CancellationToken);
        return new(folder, database);
    }

    internal static BoundQuery Bind(EntityType type, string query) =>
        TryBind(type, query, out var bound, out var problem) ? bound : throw new InvalidOperationException($"{query}: {problem.Detail}");

    internal static bool TryBind(
        EntityType type, string query, [NotNullWhen(true)] out BoundQuery? bound, [NotNullWhen(false)] out Problem? problem,
        QueryLimits? limits = null)
    {
        bound = null;
        return ODataQuery.Parse(query, limits ?? QueryLimits.Default).TryGet(out var options, out problem) &&
            QueryBinder.Bind(options, type, limits ?? QueryLimits.Default, Moment).TryGet(out bound, out problem);
    }

    /// <summary>Ids of the rows, in order.</summary>
    internal async Task<List<long>> IdsAsync(ReadRequest request, QueryTranslator? translator = null, KnownGroups? known = null)
    {
        using var read = await _database.ReadAsync(TestContext.Current.CancellationToken);
        var sql = (translator ?? Translator).Rows(request with { Columns = [new("id")], Groups = known?.Of(read, request) });
        using var statement = Run(read, sql);
        var ids = new List<long>();
        while (statement.Step()) ids.Add(statement.Int64(0));
        return ids;
    }

    internal Task<List<long>> IdsAsync(EntityType type, string query, AccessScope? scope = null)
    {
        var bound = Bind(type, query);
        return IdsAsync(ReadRequest.OfSet(type, scope ?? AccessScope.Everything) with { Query = bound, Limit = bound.Top });
    }

    internal async Task<long> NumberAsync(SqlText sql)
    {
        using var read = await _database.ReadAsync(TestContext.Current.CancellationToken);
        using var statement = Run(read, sql);
        Assert.True(statement.Step());
        return statement.Int64(0);
    }

    /// <summary>The lines of EXPLAIN QUERY PLAN.</summary>
    internal async Task<string> PlanAsync(SqlText sql)
    {
        using var read = await _database.ReadAsync(TestContext.Current.CancellationToken);
        using var statement = Run(read, sql with { Text = "EXPLAIN QUERY PLAN " + sql.Text });
        var lines = new List<string>();
        while (statement.Step()) lines.Add(statement.Text(3));
        return string.Join('\n', lines);
    }

    internal static Statement Run(Session session, SqlText sql)
    {
        var statement = session.Prepare(sql.Text);
        for (var i = 0; i < sql.Parameters.Count; i++)
        {
            var value = sql.Parameters[i];
            switch (value.Kind)
            {
                case SqlValueKind.Null: statement.BindNull(i + 1); break;
                case SqlValueKind.Whole: statement.Bind(i + 1, value.Whole); break;
                case SqlValueKind.Real: statement.Bind(i + 1, value.Real); break;
                case SqlValueKind.Text: statement.Bind(i + 1, value.Text); break;
                case SqlValueKind.Blob: statement.BindBlob(i + 1, value.Blob.Span); break;
                default: throw new InvalidOperationException(value.Kind.ToString());
            }
        }

        return statement;
    }

    internal static string Show(IEnumerable<PathStep> path) => string.Join('/', path.Select(step =>
        (step.Via?.Name ?? step.Entity.SetName) + (step.Key is { } key ? string.Create(CultureInfo.InvariantCulture, $"({key})") : "")));

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }
}
