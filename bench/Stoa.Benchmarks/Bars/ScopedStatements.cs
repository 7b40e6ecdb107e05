using System.Globalization;
using Stoa.Benchmarks.Servers;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// What a scope of thousands of datasets adds to a statement, translated and run in this process, in turns: for an administrator, for a scope of all
/// datasets, which is a run of numbers, and for one of a quarter, which is bits.
/// </summary>
/// <remarks>Of whole requests a few microseconds cannot be told from what sockets and threads cost; here they can, on a busy machine too.</remarks>
internal static class ScopedStatements
{
    private const int Rounds = 60;

    // Code that is compiled anew while it is used would count for what is asked last.
    private const int WarmUp = 20;

    /// <returns>By question, how many microseconds of both a scope of all datasets adds.</returns>
    public static async Task<Dictionary<string, double>> RunAsync(BenchEngine engine, string folder)
    {
        var added = new Dictionary<string, double>();
        var connection = engine.Cluster is { } cluster ? await cluster.DatabaseAsync("statements") : null;
        await using var database = await Database.OpenAsync(
            new() { Folder = Path.Combine(folder, "statements"), ConnectionString = connection }, CancellationToken.None);
        await database.WriteAsync(NarrowedScopes.Fill, CancellationToken.None);
        if (engine.Cluster is { } server) await server.SettleAsync("statements");
        var translator = new QueryTranslator(SensorThingsMapping.Mapping, database.Dialect);
        var groups = new KnownGroups(SensorThingsMapping.Mapping, database.Dialect, TimeProvider.System);
        PathStep[] one = [new(SensorThingsSchema.Datastream, null, 5_000), new(SensorThingsSchema.Observation, SensorThingsSchema.Datastream.FindNavigation("Observations"))];
        var questions = new (string Name, PathStep[] Path, string Query, int Times)[]
        {
            ("page of one", one, "?$top=20&$orderby=phenomenonTime%20desc", 200),
            ("latest", one, "?$top=1&$orderby=phenomenonTime%20desc", 200),
            ("100 datastreams", [new(SensorThingsSchema.Datastream)], "?$top=100", 50),
            ("things by filter", [new(SensorThingsSchema.Thing)], "?$filter=Datastreams/id%20eq%205000", 200),
            ("newest of all", [new(SensorThingsSchema.Observation)], "?$top=100&$orderby=phenomenonTime%20desc", 20),
        };
        AccessScope[] scopes =
        [
            AccessScope.Everything,
            AccessScope.Of(Enumerable.Range(2, NarrowedScopes.Datasets).Select(id => new DatasetId(id))),
            AccessScope.Of(Enumerable.Range(1, NarrowedScopes.Datasets / 4).Select(id => new DatasetId(id * 4))),
        ];
        Console.WriteLine("microseconds of this process + the database a statement: everything, all datasets, a quarter of them");
        foreach (var (name, path, query, times) in questions)
        {
            var results = scopes.Select(_ => new List<(double Own, double Database)>()).ToArray();
            for (var round = -WarmUp; round < Rounds; round++)
                for (var turn = 0; turn < scopes.Length; turn++)
                {
                    var at = (turn + round + WarmUp) % scopes.Length;
                    var (own, others) = (ProcessTimes.OfThread(), engine.Cluster?.CpuTime ?? default);
                    // The thread's own time is asked for: it must not be left.
                    for (var time = 0; time < times; time++) Run(database, translator, groups, path, query, scopes[at]);
                    if (round >= 0)
                        results[at].Add(((ProcessTimes.OfThread() - own).TotalMicroseconds / times,
                            ((engine.Cluster?.CpuTime ?? default) - others).TotalMicroseconds / times));
                }

            Console.WriteLine($"  {name,-16} " + string.Join(", ", results.Select(result => string.Create(CultureInfo.InvariantCulture,
                $"{Machine.Median(result.Select(r => r.Own)):N1} + {Machine.Median(result.Select(r => r.Database)):N1}"))));
            added[name] = Machine.Median(results[1].Zip(results[0], (some, all) => some.Own + some.Database - all.Own - all.Database));
        }

        return added;
    }

    private static void Run(Database database, QueryTranslator translator, KnownGroups groups, PathStep[] path, string query, AccessScope scope)
    {
        var reading = database.ReadAsync(CancellationToken.None);
        if (!reading.IsCompletedSuccessfully) throw new InvalidOperationException("Nobody else reads.");
        using var session = reading.Result;
        if (!ODataQuery.Parse(query, QueryLimits.Default).TryGet(out var options, out var problem) ||
            !QueryBinder.Bind(options, path[^1].Entity, QueryLimits.Default, default).TryGet(out var bound, out problem))
            throw new InvalidOperationException(problem.Detail);
        var request = new ReadRequest { Path = path, Scope = scope, Query = bound, Limit = bound.Top + 1L, Columns = [new("id")] };
        var sql = translator.Rows(request with { Groups = groups.Of(session, request) });
        using var rows = session.Prepare(sql.Text);
        for (var i = 0; i < sql.Parameters.Count; i++)
            switch (sql.Parameters[i])
            {
                case { Kind: SqlValueKind.Whole } value: rows.Bind(i + 1, value.Whole); break;
                case { Kind: SqlValueKind.Blob } value: rows.BindBlob(i + 1, value.Blob.Span); break;
                case var value: throw new InvalidOperationException(value.Kind.ToString());
            }

        while (rows.Step())
        {
            // To the end.
        }
    }
}
