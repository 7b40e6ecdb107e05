using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 12: Observations of several properties at once.</summary>
internal static class MultiDatastreams
{
    private const string Properties = Requirements.MultiDatastreamProperties;
    private const string Relations = Requirements.MultiDatastreamRelations;
    private const string Constraints = Requirements.MultiDatastreamConstraints;
    private const string Measurement = Bodies.ObservationTypes + "OM_Measurement";
    private const string Category = Bodies.ObservationTypes + "OM_CategoryObservation";

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("D.multi-datastream.properties", Properties, "12.1",
            "MultiDatastreams have name, description, unitOfMeasurements, observationType and multiObservationDataTypes.", PropertiesAsync),
        Rule("D.multi-datastream.relations", Relations, "12.1",
            "MultiDatastreams lead to Thing, Sensor, ObservedProperties and Observations, and back.",
            RelationsAsync),
        Rule("D.multi-datastream.landing-page", Relations, "12", "The landing page lists MultiDatastreams.",
            async trial =>
            Trial.Must((await trial.ReadAsync("")).Items("value").Any(set => set.Text("name") == "MultiDatastreams"),
                "MultiDatastreams must be listed.")),
        Rule("D6.order", Constraints, "12.2", "ObservedProperties, units and types keep their order.", OrderAsync),
        Rule("D6.result", Constraints, "12.2", "A result is an array with one value for each property, in that order.",
            ResultAsync),
        Rule("D6.result-length", Constraints, "12.2", "A result of another length is refused.", ResultLengthAsync),
        Rule("D6.sizes", Constraints, "12.2", "Units, properties and types of different numbers are refused.",
            SizesAsync),
        Rule("D6.deep-insert", Relations, "12", "A MultiDatastream is made inside its Thing.", DeepInsertAsync),
        Rule("D6.expand-filter", Relations, "12", "MultiDatastreams are expanded and filtered like other relations.",
            ExpandAsync),
        Rule("D6.cascade", Relations, "12; 10.4",
            "With a MultiDatastream go its Observations, with its Thing goes the MultiDatastream.", CascadeAsync),
        Rule("D7.one-of-both", Constraints, "12.2",
            "An Observation with both a Datastream and a MultiDatastream is refused.", OneOfBothAsync),
    ];

    private sealed record Wind(Station Station, Entity Direction, Entity Stream);

    private static string Body(string name, string more, string types = $"\"{Measurement}\",\"{Measurement}\"", string units = $"{Bodies.Celsius},{Degree}") => $$"""
        {"name":"{{name}}","description":"Two at once.","observationType":"{{Bodies.ObservationTypes}}OM_ComplexObservation",
         "multiObservationDataTypes":[{{types}}],"unitOfMeasurements":[{{units}}]{{more}}}
        """;

    private const string Degree = """{"name":"degree","symbol":"deg","definition":"http://www.qudt.org/qudt/owl/1.0.0/unit/Instances.html#Degree"}""";

    private static string LinksOf(Station station, Entity second) =>
        $$""","Thing":{{station.Thing.Link}},"Sensor":{{station.Sensor.Link}},"ObservedProperties":[{{second.Link}},{{station.ObservedProperty.Link}}]""";

    private static async Task<Wind> WindAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        // The later one first, so that an order by id shows.
        var direction = await trial.CreateAsync("ObservedProperties", Bodies.ObservedProperty(trial.Name("Direction")));
        var stream = await trial.CreateAsync("MultiDatastreams", Body(trial.Name("Wind"), LinksOf(station, direction)));
        return new Wind(station, direction, stream);
    }

    private static async Task PropertiesAsync(Trial trial)
    {
        var stream = await trial.ReadAsync((await WindAsync(trial)).Stream);
        Trial.Must(stream.Text("name").Length > 0 && stream.Text("description").Length > 0,
            "name and description must be text.");
        Trial.MustBe(Bodies.ObservationTypes + "OM_ComplexObservation", stream.Text("observationType"),
            "observationType");
        Trial.MustList([Measurement, Measurement],
            stream.Items("multiObservationDataTypes").Select(type => type.GetString()), "multiObservationDataTypes");
        Trial.MustList(["degC", "deg"], stream.Items("unitOfMeasurements").Select(unit => unit.Text("symbol")),
            "symbols of unitOfMeasurements");
    }

    private static async Task RelationsAsync(Trial trial)
    {
        var wind = await WindAsync(trial);
        var path = wind.Stream.Path;
        Trial.MustBe(wind.Station.Thing, await trial.ReadAsync(path + "/Thing"), "Thing");
        Trial.MustBe(wind.Station.Sensor, await trial.ReadAsync(path + "/Sensor"), "Sensor");
        Trial.MustBe(2, (await trial.AllAsync(path + "/ObservedProperties")).Count, "The number of ObservedProperties");
        Trial.MustBe(0, (await trial.AllAsync(path + "/Observations")).Count, "The number of Observations");
        foreach (var parent in new[] { wind.Station.Thing, wind.Station.Sensor, wind.Direction,
            wind.Station.ObservedProperty })
            Trial.MustList([path], await trial.PathsAsync(parent.Path + "/MultiDatastreams"),
                $"MultiDatastreams of {parent.Path}");
    }

    private static async Task OrderAsync(Trial trial)
    {
        var wind = await WindAsync(trial);
        string[] expected = [wind.Direction.Path, wind.Station.ObservedProperty.Path];
        Trial.MustList(expected, await trial.PathsAsync(wind.Stream.Path + "/ObservedProperties"),
            "ObservedProperties");
        var expanded = await trial.ReadAsync(wind.Stream.Path + "?$expand=ObservedProperties");
        Trial.MustList(expected, expanded.Items("ObservedProperties").Select(property => Entity.Of(property).Path),
            "Expanded ObservedProperties");
    }

    private static async Task ResultAsync(Trial trial)
    {
        var wind = await WindAsync(trial);
        var made = await trial.CreateAsync(wind.Stream.Path + "/Observations",
            """{"phenomenonTime":"2025-03-01T00:00:00Z","result":[12.5,270]}""");
        var observation = await trial.ReadAsync(made);
        Trial.Must(Members.Same(Members.Parse("[12.5,270]"), observation.Member("result")),
            "The result must be [12.5,270].");
        Trial.MustBe(wind.Stream, await trial.ReadAsync(made.Path + "/MultiDatastream"),
            "The MultiDatastream of the Observation");
        Trial.MustList([made.Path], await trial.PathsAsync(wind.Stream.Path + "/Observations"), "The Observations");
        var linked = await trial.CreateAsync("Observations",
            $$"""{"phenomenonTime":"2025-03-01T01:00:00Z","result":[1,2],"MultiDatastream":{{wind.Stream.Link}}}""");
        Trial.MustBe(wind.Stream, await trial.ReadAsync(linked.Path + "/MultiDatastream"),
            "The MultiDatastream of the linked Observation");
    }

    private static async Task ResultLengthAsync(Trial trial)
    {
        var wind = await WindAsync(trial);
        foreach (var result in new[] { "[1]", "[1,2,3]", "[]", "1" })
            (await trial.PostAsync(wind.Stream.Path + "/Observations",
                $$"""{"result":{{result}}}""")).MustRefuse($"the result {result} has not two values.");
        Trial.MustBe(0, (await trial.AllAsync(wind.Stream.Path + "/Observations")).Count,
            "The number of Observations after refusals");
    }

    private static async Task SizesAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var direction = await trial.CreateAsync("ObservedProperties", Bodies.ObservedProperty(trial.Name("Direction")));
        foreach (var (types, units) in new[]
        {
            ($"\"{Measurement}\"", $"{Bodies.Celsius},{Degree}"), ($"\"{Measurement}\",\"{Category}\"", Bodies.Celsius),
            ($"\"{Measurement}\",\"{Measurement}\",\"{Measurement}\"", $"{Bodies.Celsius},{Degree},{Degree}"),
        })
            (await trial.PostAsync("MultiDatastreams",
                Body(trial.Name("Wind"), LinksOf(station, direction), types, units)))
                .MustRefuse("the numbers of types, units and properties differ.");
    }

    private static async Task DeepInsertAsync(Trial trial)
    {
        var stream = Body(trial.Name("Wind"), $$"""
            ,"Sensor":{{Bodies.Sensor(trial.Name("Sensor"))}},"ObservedProperties":[{{Bodies.ObservedProperty(trial.Name("First"))}},
             {{Bodies.ObservedProperty(trial.Name("Second"))}}],"Observations":[{"phenomenonTime":"2025-03-01T00:00:00Z","result":[1,2]}]
            """);
        var thing = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing"),
            $",\"Locations\":[{Bodies.Location(trial.Name("Location"))}],\"MultiDatastreams\":[{stream}]"));
        var made = (await trial.ReadAsync(thing.Path +
            "/MultiDatastreams?$expand=ObservedProperties,Observations")).Items("value").Single();
        Trial.MustBe(2, made.Items("ObservedProperties").Count, "The number of ObservedProperties");
        Trial.MustBe(1, made.Items("Observations").Count, "The number of Observations");
    }

    private static async Task ExpandAsync(Trial trial)
    {
        var wind = await WindAsync(trial);
        await trial.CreateAsync(wind.Stream.Path + "/Observations",
            """{"phenomenonTime":"2025-03-01T00:00:00Z","result":[12.5,270]}""");
        var thing = await trial.ReadAsync(wind.Station.Thing.Path +
            "?$expand=MultiDatastreams($expand=Observations,Sensor)");
        var stream = thing.Items("MultiDatastreams").Single();
        Trial.MustBe(1, stream.Items("Observations").Count, "The number of expanded Observations");
        Trial.MustBe(wind.Station.Sensor, stream.Member("Sensor"), "The expanded Sensor");
        Trial.MustList([wind.Stream.Path],
            await trial.PathsAsync(
                $"MultiDatastreams?$filter=Thing/id eq {wind.Station.Thing.Literal} and ObservedProperties/id eq {wind.Direction.Literal}"),
            "The MultiDatastreams");
    }

    private static async Task CascadeAsync(Trial trial)
    {
        var wind = await WindAsync(trial);
        var observation = await trial.CreateAsync(wind.Stream.Path + "/Observations", """{"result":[12.5,270]}""");
        (await trial.DeleteAsync(wind.Stream.Path)).Must(200, 204);
        (await trial.GetAsync(observation.Path)).Must(404, 410);
        await trial.ReadAsync(wind.Direction);
        var again = await trial.CreateAsync("MultiDatastreams",
            Body(trial.Name("Wind"), LinksOf(wind.Station, wind.Direction)));
        (await trial.DeleteAsync(wind.Station.Thing.Path)).Must(200, 204);
        (await trial.GetAsync(again.Path)).Must(404, 410);
    }

    private static async Task OneOfBothAsync(Trial trial)
    {
        var wind = await WindAsync(trial);
        (await trial.PostAsync("Observations",
            $$"""{"result":[1,2],"MultiDatastream":{{wind.Stream.Link}},"Datastream":{{wind.Station.Datastream.Link}}}"""))
            .MustRefuse("the Observation names both.");
    }
}
