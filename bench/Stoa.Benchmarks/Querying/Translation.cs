using System.Diagnostics;
using Stoa.Benchmarks.Bars;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Benchmarks.Querying;

/// <summary>What it costs to get from the text of a query to SQL: parsing, binding and translating, without the database.</summary>
internal static class Translation
{
    private const int Warmup = 20_000, Rounds = 50_000;

    private static readonly AccessScope Scope = AccessScope.Of([new(2), new(3), new(5)]);

    internal static Task RunAsync(Arguments arguments)
    {
        foreach (var engine in arguments.Engines)
        {
            Console.WriteLine(engine);
            Run(new(SensorThingsMapping.Mapping, engine == StorageEngine.Sqlite ? SqlDialect.Sqlite : SqlDialect.Postgres));
        }

        return Task.CompletedTask;
    }

    private static void Run(QueryTranslator translator)
    {
        var observations = SensorThingsSchema.Datastream.FindNavigation("Observations");
        PathStep[] inDatastream = [new(SensorThingsSchema.Datastream, null, 7), new(SensorThingsSchema.Observation, observations)];
        Measure(translator, "latest", inDatastream, "?$top=1&$orderby=phenomenonTime%20desc");
        Measure(translator, "range", inDatastream,
            "?$top=100&$orderby=phenomenonTime%20asc&$filter=phenomenonTime%20ge%202026-01-01T00%3A00%3A00Z%20and%20phenomenonTime%20lt%202026-01-02T00%3A00%3A00Z");
        Measure(translator, "expand", [new(SensorThingsSchema.Thing, null, 7)],
            "?$expand=Locations%2CDatastreams(%24expand%3DObservations(%24top%3D1%3B%24orderby%3DphenomenonTime%20desc))");
        Measure(translator, "geo", [new(SensorThingsSchema.Location)],
            "?$top=100&$filter=st_within(location%2Cgeography'POLYGON((118.7%2032%2C118.75%2032%2C118.75%2032.02%2C118.7%2032.02%2C118.7%2032))')");
        Measure(translator, "result", [new(SensorThingsSchema.Observation)], "?$top=100&$orderby=phenomenonTime%20desc&$filter=result%20gt%2031.5");
        Measure(translator, "relations", [new(SensorThingsSchema.Thing)],
            "?$filter=Datastreams/ObservedProperty/name%20eq%20'PM10'%20and%20Datastreams/unitOfMeasurement/symbol%20eq%20'%C2%B5g/m%C2%B3'&$orderby=name");
    }

    private static void Measure(QueryTranslator translator, string name, PathStep[] path, string query)
    {
        for (var i = 0; i < Warmup; i++) Translate(translator, path, query);
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Rounds; i++) Translate(translator, path, query);
        var microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Rounds;
        bytes = (GC.GetAllocatedBytesForCurrentThread() - bytes) / Rounds;
        Console.WriteLine($"translate {name,-10} {microseconds,7:F1} us {bytes,7} bytes   (bar: 50 us)");
    }

    private static void Translate(QueryTranslator translator, PathStep[] path, string query)
    {
        if (!ODataQuery.Parse(query, QueryLimits.Default).TryGet(out var options, out var problem) ||
            !QueryBinder.Bind(options, path[^1].Entity, QueryLimits.Default, default).TryGet(out var bound, out problem))
            throw new InvalidOperationException(problem.Detail);
        Translate(translator, new ReadRequest { Path = path, Scope = Scope, Query = bound, Limit = bound.Top + 1, Columns = [new("id")] });
    }

    /// <summary>One statement for each level.</summary>
    private static void Translate(QueryTranslator translator, ReadRequest request)
    {
        translator.Rows(request);
        foreach (var expand in request.Query!.Expand) // Set by the caller above and below.
            Translate(translator, ReadRequest.OfChildren(expand.Navigation, request.Scope) with { Query = expand.Query, Columns = [new("id")] });
    }
}
