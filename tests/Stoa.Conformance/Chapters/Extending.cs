using System.Text.Json;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>Beyond the standard, where several servers agree: tried where it is offered.</summary>
internal static class Extending
{
    private const string JsonBatch = "https://fraunhoferiosb.github.io/FROST-Server/extensions/JsonBatchRequest.html";
    private const string Temporal = "urn:stoa:sensorthings:temporal-functions";
    private const string Words = "urn:stoa:sensorthings:filter-words";
    private const string Csv = "https://github.com/INSIDE-information-systems/SensorThingsAPI/blob/master/CSV-ResultFormat/CSV-ResultFormat.md";
    private const string GeoJson = "https://fraunhoferiosb.github.io/FROST-Server/extensions/GeoJSON-ResultFormat.html";
    private const string FrostFilters = "FROST-Server, filtering";
    private const string OData = "OData 4.01, part 2, 5.1.1";

    private const string Span = "2025-03-01T02:00:00Z/2025-03-01T04:00:00Z";

    // Hours of the intervals of the results 1 to 6.
    private static readonly (int Start, int End)[] Hours = [(0, 2), (4, 6), (2, 4), (3, 4), (2, 3), (1, 5)];

    private static readonly (string Name, string Filter, double[] Expected, string Statement)[] Functions =
    [
        ("before", "before(phenomenonTime,2025-03-01T02:30:00Z/2025-03-01T04:00:00Z)", [1],
            "before: the one ends before the other begins."),
        ("after", "after(phenomenonTime,2025-03-01T00:00:00Z/2025-03-01T03:30:00Z)", [2],
            "after: the one begins after the other ends."),
        ("meets", $"meets(phenomenonTime,{Span})", [1, 2], "meets: the one ends where the other begins."),
        ("during", $"during(phenomenonTime,{Span})", [3, 4, 5], "during: the one lies within the other."),
        ("overlaps", $"overlaps(phenomenonTime,{Span})", [3, 4, 5, 6], "overlaps: both have time in common."),
        ("starts", $"starts(phenomenonTime,{Span})", [3, 5], "starts: both begin together."),
        ("finishes", $"finishes(phenomenonTime,{Span})", [3, 4], "finishes: both end together."),
    ];

    public static IReadOnlyList<Check> Checks { get; } =
    [
        .. Functions.Select(one => Extension("E.temporal." + one.Name, Temporal, FrostFilters, one.Statement, trial =>
            IntervalsAsync(trial, one.Filter, one.Expected))),
        Extension("E.filter.in", Words, OData, "in compares with a list.", trial =>
            NumbersAsync(trial, "result in (3,5,99)", 3, 5)),
        Extension("E.filter.contains", Words, OData, "contains finds text within text.", ContainsAsync),
        Extension("E.filter.null", Words, OData, "eq null and ne null tell what is absent.", NullAsync),
        Extension("E.csv", Csv, "CSV-ResultFormat",
            "$resultFormat=CSV gives a row of names and a row for each entity.", CsvAsync),
        Extension("E.geojson", GeoJson, "GeoJSON-ResultFormat; RFC 7946",
            "$resultFormat=GeoJSON gives a FeatureCollection.", GeoJsonAsync),
        Extension("B6.requests", JsonBatch, "OData JSON 4.01, 19", "A JSON batch answers each request by its id.",
            JsonBatchAsync),
        Extension("B6.references", JsonBatch, "OData JSON 4.01, 19",
            "A request refers to what an earlier one of its group made.", ReferencesAsync),
        Extension("B6.atomic", JsonBatch, "OData JSON 4.01, 19", "A group is done as a whole or not at all.",
            AtomicAsync),
    ];

    private static async Task IntervalsAsync(Trial trial, string filter, double[] expected)
    {
        var station = await trial.StationAsync();
        for (var i = 0; i < Hours.Length; i++)
            await trial.ObserveAsync(station.Datastream, $"{i + 1}",
                $",\"phenomenonTime\":\"2025-03-01T{Hours[i].Start:00}:00:00Z/2025-03-01T{Hours[i].End:00}:00:00Z\"");
        Trial.MustList(expected, await trial.FilteredAsync(station.Datastream, filter), $"The results for {filter}");
    }

    private static async Task NumbersAsync(Trial trial, string filter, params double[] expected) =>
        Trial.MustList(expected, await trial.FilteredAsync((await trial.SampleAsync()).Numbers, filter),
            $"The results for {filter}");

    private static async Task ContainsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustBe(2,
            (await trial.PathsAsync(sample.Station.Path + "/Datastreams?$filter=contains(description,'door')")).Count,
            "The number of Datastreams");
    }

    private static async Task NullAsync(Trial trial)
    {
        await NumbersAsync(trial, "resultTime eq null", 2, 4, 6, 8, 10, 12);
        await NumbersAsync(trial, "resultTime ne null", 1, 3, 5, 7, 9, 11);
    }

    private static async Task CsvAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var reply = (await trial.GetAsync(sample.Numbers.Path +
            "/Observations?$resultFormat=CSV&$select=result&$orderby=result")).Must(200);
        Trial.MustBe("text/csv", reply.MediaType, "The media type");
        var lines = reply.Text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Trial.MustList(["result", "1", "2", "3"], lines.Take(4).Select(line => line.Trim('"')), "The first lines");
        Trial.MustBe(13, lines.Length, "The number of lines");
    }

    private static async Task GeoJsonAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var collection = await trial.ReadAsync(sample.Station.Path + "/Locations?$resultFormat=GeoJSON");
        Trial.MustBe("FeatureCollection", collection.Text("type"), "type");
        var feature = collection.Items("features").Single();
        Trial.MustBe("Feature", feature.Text("type"), "type of the feature");
        Trial.Must(Members.Same(Members.Parse(Bodies.Point("8.4", "49")), feature.Member("geometry")),
            "geometry must be that of the Location.");
    }

    private static async Task<Dictionary<string, JsonElement>> SendAsync(Trial trial, params string[] requests)
    {
        var reply = (await trial.PostAsync("$batch", $$"""{"requests":[{{string.Join(',', requests)}}]}""")).Must(200);
        return reply.Json.Items("responses").ToDictionary(response => response.Text("id"));
    }

    private static Entity Made(Trial trial, JsonElement response)
    {
        Trial.MustBe(201, (int)response.Number("status"), "The status");
        var location = response.Known("location")?.GetString() ??
            response.Member("headers").EnumerateObject().First(header =>
                header.Name.Equals("location", StringComparison.OrdinalIgnoreCase)).Value.GetString()!;
        return trial.Adopt(Entity.At(location));
    }

    private static async Task JsonBatchAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var responses = await SendAsync(trial,
            $$"""{"id":"read","method":"get","url":"{{sample.Station.Path}}"}""",
            $$"""{"id":"make","method":"post","url":"Things","body":{{Bodies.Thing(trial.Name("Thing"))}}}""",
            """{"id":"none","method":"get","url":"Nothings(1)"}""");
        Trial.MustBe(3, responses.Count, "The number of responses");
        Trial.MustBe(200, (int)responses["read"].Number("status"), "The status of the reading");
        Trial.MustBe(sample.Station, responses["read"].Member("body"), "The entity that was read");
        Made(trial, responses["make"]);
        Trial.Must((int)responses["none"].Number("status") is 404 or 400,
            "The status of what does not exist must be 404 or 400.");
    }

    private static async Task ReferencesAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var stream = Bodies.Datastream(trial.Name("Datastream"),
            $$""","Thing":{{sample.Tower.Link}},"Sensor":{"@iot.id":"$sensor1"},"ObservedProperty":{{sample.ObservedProperty.Link}}""");
        var responses = await SendAsync(trial,
            $$"""{"id":"sensor1","atomicityGroup":"g","method":"post","url":"Sensors","body":{{Bodies.Sensor(trial.Name("Sensor"))}}}""",
            $$"""{"id":"stream1","atomicityGroup":"g","method":"post","url":"Datastreams","body":{{stream}}}""");
        Trial.MustBe(Made(trial, responses["sensor1"]),
            await trial.ReadAsync(Made(trial, responses["stream1"]).Path + "/Sensor"), "The Sensor of the Datastream");
    }

    private static async Task AtomicAsync(Trial trial)
    {
        var name = trial.Name("Thing");
        await SendAsync(trial,
            $$"""{"id":"1","atomicityGroup":"g","method":"post","url":"Things","body":{{Bodies.Thing(name)}}}""",
            """{"id":"2","atomicityGroup":"g","method":"post","url":"Things","body":{"description":"without a name"}}""");
        Trial.MustBe(0, (await trial.PathsAsync($"Things?$filter=name eq '{name}'")).Count,
            "The number of Things of a group that failed");
    }
}
