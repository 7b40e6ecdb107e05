using System.Diagnostics;
using System.Globalization;
using Stoa.Benchmarks.Servers;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// 10,000 datasets with a Datastream of 20 observations each, of which some are narrowed: the same statements, translated and run to
/// the end, for a scope of whole datasets and for scopes that hide, coarsen and cut off, alternating.
/// </summary>
internal static class NarrowedScopes
{
    internal const int Datasets = 10_000;
    private const int ObservationsEach = 20;
    private const int Narrowed = 100;

    private static readonly string[] Kept =
    [
        "Observations/result", "Observations/phenomenonTime", "Datastreams/name", "Datastreams/phenomenonTime", "Things/name",
        "Things/properties/a", "Locations/location",
    ];

    public static async Task RunAsync(BenchEngine engine, string folder, int rounds)
    {
        var connection = engine.Cluster is { } cluster ? await cluster.DatabaseAsync("narrowed") : null;
        await using var database = await Database.OpenAsync(
            new() { Folder = Path.Combine(folder, "narrowed"), ConnectionString = connection }, CancellationToken.None);
        await database.WriteAsync(Fill, CancellationToken.None);
        if (engine.Cluster is { } server) await server.SettleAsync("narrowed");
        var translator = new QueryTranslator(SensorThingsMapping.Mapping, database.Dialect);
        var observations = SensorThingsSchema.Datastream.FindNavigation("Observations");
        PathStep[] one = [new(SensorThingsSchema.Datastream, null, 5_000), new(SensorThingsSchema.Observation, observations)];
        var questions = new (string Name, PathStep[] Path, string Query)[]
        {
            ("page of one", one, "?$top=100&$orderby=phenomenonTime%20desc"),
            ("datastreams", [new(SensorThingsSchema.Datastream)], "?$top=100"),
            ("things", [new(SensorThingsSchema.Thing)], "?$top=100&$filter=Datastreams/ObservedProperty/id%20eq%205000"),
            ("newest of all", [new(SensorThingsSchema.Observation)], "?$top=100&$orderby=phenomenonTime%20desc"),
        };
        Console.WriteLine($"{Datasets:N0} datasets, {Narrowed} of them narrowed: milliseconds a statement, translated and run");
        foreach (var (name, path, query) in questions)
        {
            using var session = await database.ReadAsync(CancellationToken.None);
            var line = new List<string>();
            foreach (var (kind, scope) in Scopes())
            {
                var times = new List<double>();
                for (var round = -1; round < rounds; round++)
                {
                    var start = Stopwatch.GetTimestamp();
                    Run(session, translator, path, query, scope);
                    if (round >= 0) times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }

                line.Add(string.Create(CultureInfo.InvariantCulture, $"{kind} {Machine.Median(times):N2}"));
            }

            Console.WriteLine($"{name,-14} {string.Join(", ", line)}");
        }
    }

    private static IEnumerable<(string Kind, AccessScope Scope)> Scopes()
    {
        AccessScope Of(Func<int, ScopeNarrowing> narrowing) => AccessScope.Of(
            Enumerable.Range(Narrowed + 2, Datasets - Narrowed).Select(id => new DatasetId(id)),
            Enumerable.Range(0, Narrowed).Select(i => ((IEnumerable<DatasetId>)[new DatasetId(i + 2)], narrowing(i))));
        yield return ("whole", AccessScope.Of(Enumerable.Range(2, Datasets).Select(id => new DatasetId(id))));
        yield return ("fields", Of(_ => new() { Fields = [.. Kept] }));
        yield return ("windows", Of(i => new() { Fields = [.. Kept], From = new(1_700_000_000_000_000 + (i % 10)) }));
        yield return ("coarse", Of(i => new() { Fields = [.. Kept], TimeSeconds = 60 + (i % 10), SpaceMetres = 1000 }));
        yield return ("each its own", Of(i => new() { Fields = [.. Kept, $"Things/properties/p{i}"] }));
    }

    private static void Run(ReadSession session, QueryTranslator translator, PathStep[] path, string query, AccessScope scope)
    {
        if (!ODataQuery.Parse(query, QueryLimits.Default).TryGet(out var options, out var problem) ||
            !QueryBinder.Bind(options, path[^1].Entity, QueryLimits.Default, default).TryGet(out var bound, out problem))
            throw new InvalidOperationException(problem.Detail);
        var sql = translator.Rows(new() { Path = path, Scope = scope, Query = bound, Limit = bound.Top, Columns = [new("id")] });
        using var rows = session.Prepare(sql.Text);
        for (var i = 0; i < sql.Parameters.Count; i++)
            switch (sql.Parameters[i])
            {
                case { Kind: SqlValueKind.Whole } value: rows.Bind(i + 1, value.Whole); break;
                case { Kind: SqlValueKind.Real } value: rows.Bind(i + 1, value.Real); break;
                case { Kind: SqlValueKind.Text } value: rows.Bind(i + 1, value.Text); break;
                case var value: throw new InvalidOperationException(value.Kind.ToString());
            }

        while (rows.Step())
        {
            // To the end.
        }
    }

    /// <summary>Datasets with ids from 2 on, each with a Datastream of the same id and its observations.</summary>
    internal static bool Fill(WriteSession session)
    {
        string Many(int count, string insert, string select) => string.Create(CultureInfo.InvariantCulture,
            $"WITH RECURSIVE n (i) AS (SELECT CAST(2 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {count + 1}) INSERT INTO {insert} SELECT {select} FROM n");
        session.Execute(Many(Datasets, "dataset (id, slug, title, description, sector, spectrum, created, modified)", "i, 'd' || i, '', '', 6, 4, 0, 0"));
        session.Execute(Many(Datasets, "thing (id, dataset_id, name, description, properties)", "i, i, 'thing ' || i, '', '{\"a\":1}'"));
        session.Execute(Many(Datasets, "sensor (id, dataset_id, name, description, encoding_type, metadata)", "i, i, '', '', '', '\"\"'"));
        session.Execute(Many(Datasets, "observed_property (id, dataset_id, name, definition, description)", "i, i, '', '', ''"));
        session.Execute(Many(Datasets,
            "datastream (id, dataset_id, thing_id, sensor_id, observed_property_id, name, description, observation_type, unit_of_measurement)",
            "i, i, i, i, i, '', '', '', '{}'"));
        session.Execute(Many(Datasets, "feature_of_interest (id, dataset_id, name, description, encoding_type, feature)", "i, i, '', '', '', '{}'"));
        if (session.Engine == StorageEngine.Postgres)
            session.Execute("CREATE TABLE observation_bench PARTITION OF observation FOR VALUES FROM (631152000000000) TO (4102444800000000)");
        const string Start = "1750000000000000 + (i % 10000) * 1000000 + (i / 10000) * 86400000000";
        session.Execute(Many(Datasets * ObservationsEach,
            "observation (datastream_id, phenomenon_start, id, result_number, feature_of_interest_id)",
            $"2 + i % {Datasets}, {Start}, i, i % 100, 2 + i % {Datasets}"));
        session.Execute(
            """
            INSERT INTO datastream_state (datastream_id, dataset_id, observation_count, phenomenon_start, phenomenon_end, latest_start, latest_id)
            SELECT   datastream_id, datastream_id, COUNT(*), MIN(phenomenon_start), MAX(phenomenon_start), MAX(phenomenon_start), MAX(id)
            FROM     observation
            GROUP BY datastream_id
            """);
        return true;
    }
}
