using System.Text.Json;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 13: many Observations in one compact body, out and in.</summary>
internal static class DataArrays
{
    private const string About = Requirements.DataArray;

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("A1.read", About, "13.1", "$resultFormat=dataArray gives components and rows, grouped by Datastream.",
            ReadAsync),
        Rule("A1.options", About, "13.1", "It works with $filter, $orderby, $select, $top, $skip and $count.",
            OptionsAsync),
        Rule("A1.pages", About, "13.1", "Partial answers have a next link, which keeps the format.", PagesAsync),
        Rule("A1.groups", About, "13.1", "Observations of several Datastreams stand in a group each.", GroupsAsync),
        Rule("A1.expand", About, "13.1", "With $expand it is refused.", ExpandAsync),
        Rule("A2.create", About, "13.2", "CreateObservations makes the Observations of all groups and rows.",
            CreateAsync),
        Rule("A2.feature", About, "13.2", "The component FeatureOfInterest/id links to an existing feature.",
            FeatureAsync),
        Rule("A3.links", About, "13.2", "The answer is 201 with a link for each row, in the order of the request.",
            LinksAsync),
        Rule("A3.error", About, "13.2", "A row that cannot be stored says error in its place; the others are stored.",
            ErrorAsync),
    ];

    private static async Task<IReadOnlyList<JsonElement>> ReadAsync(Trial trial, string address) =>
        (await trial.ReadAsync(address)).Items("value");

    private static int Index(JsonElement group, string component)
    {
        var index = group.Items("components").Select(name => name.GetString()).ToList().IndexOf(component);
        return index >= 0 ? index : throw new CheckFailure($"The component {component} is missing.");
    }

    private static IEnumerable<double> Results(JsonElement group)
    {
        var at = Index(group, "result");
        return group.Items("dataArray").Select(row => row[at].GetDouble());
    }

    private static async Task ReadAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var group = (await ReadAsync(trial, sample.Numbers.Path +
            "/Observations?$resultFormat=dataArray&$orderby=result")).Single();
        Trial.MustBe(sample.Numbers, await trial.ReadAsync(group.Text("Datastream@iot.navigationLink")),
            "What Datastream@iot.navigationLink leads to");
        Trial.MustList(Enumerable.Range(1, 12).Select(n => (double)n), Results(group), "The results");
        var components = group.Items("components").Count;
        Trial.Must(group.Items("dataArray").All(row => row.GetArrayLength() == components),
            "Every row must have a value for each component.");
        var time = group.Items("dataArray")[2][Index(group, "phenomenonTime")].GetString();
        Trial.MustBe(Times.Instant(Sample.TimeOf(3)), Times.Instant(time!), "phenomenonTime of the third row");
        _ = Index(group, "id");
    }

    private static async Task OptionsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var answer = await trial.ReadAsync(sample.Numbers.Path +
            "/Observations?$resultFormat=dataArray&$filter=result gt 3&$orderby=result desc&$select=result,phenomenonTime&$skip=1&$top=2&$count=true");
        var group = answer.Items("value").Single();
        Trial.MustList([11.0, 10], Results(group), "The results");
        Trial.MustList(["phenomenonTime", "result"],
            group.Items("components").Select(name => name.GetString()).Order(StringComparer.Ordinal), "components");
        Trial.Must(answer.Has("@iot.count") || group.Has("@iot.count"), "@iot.count must be there.");
    }

    private static async Task PagesAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var results = new List<double>();
        var next = sample.Numbers.Path + "/Observations?$resultFormat=dataArray&$orderby=result&$top=5";
        for (var page = 0; next.Length > 0 && page < 5; page++)
        {
            var answer = await trial.ReadAsync(next);
            results.AddRange(answer.Items("value").SelectMany(Results));
            next = answer.Known("@iot.nextLink")?.GetString() ?? "";
        }

        Trial.MustList(Enumerable.Range(1, 12).Select(n => (double)n), results, "The results of all pages");
    }

    private static async Task GroupsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var groups = await ReadAsync(trial, "Observations?$resultFormat=dataArray&$orderby=result&$filter=" +
            $"Datastream/id eq {sample.Numbers.Literal} or Datastream/id eq {sample.Decimals.Literal}");
        // A server may begin a new group whenever the order goes back to a Datastream.
        var byStream = groups.GroupBy(group => group.Text("Datastream@iot.navigationLink")).ToList();
        Trial.MustBe(2, byStream.Count, "The number of Datastreams");
        Trial.MustList([3, 12], byStream.Select(stream => stream.Sum(group => group.Items("dataArray").Count)).Order(),
            "The numbers of rows");
    }

    private static async Task ExpandAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        (await trial.GetAsync(sample.Numbers.Path +
            "/Observations?$resultFormat=dataArray&$expand=Datastream")).MustRefuse("$expand is not allowed.");
    }

    private static string Group(Entity datastream, string components, string rows) =>
        $$"""{"Datastream":{{datastream.Link}},"components":[{{components}}],"dataArray":[{{rows}}]}""";

    private static async Task<IReadOnlyList<string>> PostAsync(Trial trial, params string[] groups)
    {
        var reply = (await trial.PostAsync("CreateObservations", $"[{string.Join(',', groups)}]")).Must(201);
        Trial.MustBe(JsonValueKind.Array, reply.Json.ValueKind, "The kind of the answer");
        return [.. reply.Json.EnumerateArray().Select(link => link.GetString() ?? "")];
    }

    private static async Task CreateAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var other = await trial.DatastreamAsync(station.Thing, station.Sensor, station.ObservedProperty);
        await PostAsync(trial,
            Group(station.Datastream, "\"phenomenonTime\",\"result\"",
                """["2025-03-01T00:00:00Z",1],["2025-03-01T01:00:00Z",2]"""),
            Group(other, "\"result\",\"phenomenonTime\",\"resultTime\"",
                """[3,"2025-03-01T00:00:00Z","2025-03-01T00:00:01Z"]"""));
        Trial.MustList([1.0, 2], await trial.ResultsAsync(station.Datastream, "$orderby=result"),
            "The results of the first Datastream");
        var third = (await trial.AllAsync(other.Path + "/Observations")).Single();
        Trial.MustBe(3, third.Number("result"), "The result of the second Datastream");
        Trial.MustBe(Times.Parse("2025-03-01T00:00:01Z", ""), third.Time("resultTime"), "resultTime");
    }

    private static async Task FeatureAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var feature = await trial.CreateAsync("FeaturesOfInterest",
            Bodies.Feature(trial.Name("Feature"), Bodies.Point("1", "2")));
        var link = (await PostAsync(trial, Group(station.Datastream,
            "\"phenomenonTime\",\"result\",\"FeatureOfInterest/id\"",
            $"[\"2025-03-01T00:00:00Z\",1,{feature.IdJson}]"))).Single();
        Trial.MustBe(feature, await trial.ReadAsync(Entity.At(link).Path + "/FeatureOfInterest"), "The feature");
    }

    private static async Task LinksAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var links = await PostAsync(trial, Group(station.Datastream, "\"phenomenonTime\",\"result\"",
            """["2025-03-01T02:00:00Z",1],["2025-03-01T00:00:00Z",2],["2025-03-01T01:00:00Z",3]"""));
        Trial.MustBe(3, links.Count, "The number of links");
        for (var i = 0; i < links.Count; i++)
            Trial.MustBe(i + 1, (await trial.ReadAsync(links[i])).Number("result"), $"The result behind link {i + 1}");
    }

    private static async Task ErrorAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var links = await PostAsync(trial, Group(station.Datastream, "\"phenomenonTime\",\"result\"",
            """["2025-03-01T00:00:00Z",1],["yesterday",2],["2025-03-01T01:00:00Z",3]"""));
        Trial.MustBe(3, links.Count, "The number of places");
        Trial.MustBe("error", links[1], "The place of the row that cannot be stored");
        Trial.MustList([1.0, 3], await trial.ResultsAsync(station.Datastream, "$orderby=result"),
            "The results that were stored");
    }
}
