using System.Text.Json;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 8.2: entities, their properties and relations.</summary>
internal static class DataModel
{
    private static readonly string[] ResultTypes =
        ["OM_CategoryObservation", "OM_CountObservation", "OM_Measurement", "OM_Observation", "OM_TruthObservation"];

    public static IReadOnlyList<Check> Checks { get; } =
    [
        .. EntityShape.All.SelectMany(ShapeChecks),
        Rule("D.thing.optional", Requirements.ThingProperties, "8.2.1",
            "The properties of a Thing come back as they were sent.",
            trial => KeepsPropertiesAsync(trial, "Things", more => Bodies.Thing(trial.Name("Thing"), more))),
        Rule("D.location.optional", Requirements.LocationProperties, "8.2.2",
            "The properties of a Location come back as they were sent.",
            trial => KeepsPropertiesAsync(trial, "Locations", more =>
                Bodies.Location(trial.Name("Location"), more: more))),
        Rule("D.sensor.optional", Requirements.SensorProperties, "8.2.5",
            "The properties of a Sensor come back as they were sent.",
            trial => KeepsPropertiesAsync(trial, "Sensors", more => Bodies.Sensor(trial.Name("Sensor"), more))),
        Rule("D.observed-property.optional", Requirements.ObservedPropertyProperties, "8.2.6",
            "The properties of an ObservedProperty come back as they were sent.",
            trial => KeepsPropertiesAsync(trial, "ObservedProperties", more =>
                Bodies.ObservedProperty(trial.Name("ObservedProperty"), more))),
        Rule("D.feature-of-interest.optional", Requirements.FeatureOfInterestProperties, "8.2.8",
            "The properties of a FeatureOfInterest come back as they were sent.",
            trial => KeepsPropertiesAsync(trial, "FeaturesOfInterest",
                more => Bodies.Feature(trial.Name("Feature"), Bodies.Point("1", "2"), more))),
        Rule("D.datastream.optional", Requirements.DatastreamProperties, "8.2.4",
            "The properties of a Datastream come back as they were sent.",
            DatastreamPropertiesAsync),
        Rule("D.observation.optional", Requirements.ObservationProperties, "8.2.7",
            "resultTime, validTime, resultQuality and parameters of an Observation come back as they were sent.",
                ObservationAsync),
        Rule("D1.geojson-location", Requirements.LocationProperties, "8.2.2",
            "A Location in application/geo+json keeps its geometry.", trial =>
                GeoJsonAsync(trial, "application/geo+json")),
        Advice("D1.older-geojson-type", Requirements.LocationProperties, "8.2.2",
            "A Location in application/vnd.geo+json, as version 1.0 wrote it, is taken too.", trial =>
                GeoJsonAsync(trial, "application/vnd.geo+json")),
        Rule("D1.geojson-feature", Requirements.FeatureOfInterestProperties, "8.2.8",
            "A FeatureOfInterest in application/geo+json keeps its geometry.", GeoJsonFeatureAsync),
        Rule("D2.sensor-encodings", Requirements.SensorProperties, "8.2.5",
            "A Sensor takes PDF, SensorML and HTML as encodingType, with metadata as address or as content.",
                SensorEncodingsAsync),
        .. ResultTypes.Select(type => Rule("D3." + type, Requirements.ObservationProperties, "8.2.4",
            $"A result of {type} comes back in the JSON type in which it was sent.", trial =>
                ResultTypeAsync(trial, type))),
        Rule("D4.one-place", Requirements.ThingRelations, "8.2.2",
            "Several Locations of a Thing may be different encodings of the same place.", EncodingsAsync),
        Rule("D5.phenomenon-time", Requirements.DatastreamProperties, "8.2.4",
            "phenomenonTime of a Datastream, where it is given, covers its Observations, also after update and delete.",
            trial => DerivedTimeAsync(trial, "phenomenonTime")),
        Rule("D5.result-time", Requirements.DatastreamProperties, "8.2.4",
            "resultTime of a Datastream, where it is given, covers its Observations, also after update and delete.",
            trial => DerivedTimeAsync(trial, "resultTime")),
        Rule("D5.observed-area", Requirements.DatastreamProperties, "8.2.4",
            "observedArea of a Datastream, where it is given, covers the features of its Observations.",
                ObservedAreaAsync),
        Rule("D7.one-datastream", Requirements.ObservationRelations, "8.2.7",
            "An Observation belongs to exactly one Datastream: without one it is refused.", OneDatastreamAsync),
    ];

    private static IEnumerable<Check> ShapeChecks(EntityShape shape)
    {
        var requirement = $"iot_sensing/1.1/req/datamodel/{shape.Class}/";
        var relations = string.Join(", ", shape.Single.Concat(shape.Many));
        yield return Rule($"D.{shape.Class}.properties", requirement + "properties", shape.Clause,
            $"{shape.Set} have {string.Join(", ", shape.Mandatory)}, none of them null.", trial =>
                HasPropertiesAsync(trial, shape));
        yield return Rule($"D.{shape.Class}.relations", requirement + "relations", shape.Clause,
            $"{shape.Set} lead to {relations}, and back.", trial => HasRelationsAsync(trial, shape));
    }

    private static async Task HasPropertiesAsync(Trial trial, EntityShape shape)
    {
        var entity = await trial.ReadAsync(await shape.OneAsync(trial, await trial.SampleAsync()));
        foreach (var property in shape.Mandatory)
            Trial.Must(entity.Known(property) is not null, $"The mandatory property {property} is missing or null.");
        foreach (var text in shape.Mandatory.Where(property =>
            property is "name" or "description" or "definition" or "observationType"))
            Trial.Must(entity.Text(text).Length > 0, $"{text} must be text.");
        foreach (var time in shape.Mandatory.Where(property =>
            property is "time" or "phenomenonTime")) _ = entity.Time(time);
        if (shape.Set == "Datastreams")
            foreach (var part in new[] { "name", "symbol", "definition" })
                _ = entity.Member("unitOfMeasurement").Text(part);
    }

    private static async Task HasRelationsAsync(Trial trial, EntityShape shape)
    {
        var one = await shape.OneAsync(trial, await trial.SampleAsync());
        foreach (var relation in shape.Single)
        {
            var target = Entity.Of(await trial.ReadAsync($"{one.Path}/{relation}"));
            Trial.MustBe(EntityShape.SetOf(relation), target.Set, $"The set of {relation}");
            await LeadsBackAsync(trial, target, one);
        }

        foreach (var relation in shape.Many)
        {
            var targets = (await trial.ReadAsync($"{one.Path}/{relation}")).Items("value");
            Trial.Must(targets.Count > 0, $"{one.Path} must have {relation}.");
            await LeadsBackAsync(trial, Entity.Of(targets[0]), one);
        }
    }

    private static async Task LeadsBackAsync(Trial trial, Entity from, Entity to)
    {
        var shape = EntityShape.All.First(shape => shape.Set == from.Set);
        var single = shape.Single.FirstOrDefault(relation => EntityShape.SetOf(relation) == to.Set);
        if (single is not null)
            Trial.MustBe(to, await trial.ReadAsync($"{from.Path}/{single}"), $"{single} of {from.Path}");
        else
            Trial.Must((await trial.PathsAsync($"{from.Path}/{to.Set}")).Contains(to.Path),
                $"{to.Set} of {from.Path} must hold {to.Path}.");
    }

    private static async Task KeepsPropertiesAsync(Trial trial, string set, Func<string, string> body)
    {
        const string properties = """{"owner":{"name":"Öl & Gas","since":1999},"list":[1,"two",true,null],"ratio":0.25}""";
        var entity = await trial.ReadAsync(await trial.CreateAsync(set, body(",\"properties\":" + properties)));
        Trial.Must(Members.Same(Members.Parse(properties), entity.Member("properties")),
            $"properties must be {properties}.");
    }

    private static async Task DatastreamPropertiesAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var links = Bodies.LinksOf(station.Thing, station.Sensor, station.ObservedProperty);
        await KeepsPropertiesAsync(trial, "Datastreams", more =>
            Bodies.Datastream(trial.Name("Datastream"), links + more));
    }

    private static async Task ObservationAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var made = await trial.ObserveAsync(station.Datastream, "1", """
            ,"phenomenonTime":"2025-03-01T00:00:00Z/2025-03-01T01:00:00Z","resultTime":"2025-03-01T02:00:00Z",
            "validTime":"2025-03-01T00:00:00Z/2025-03-02T00:00:00Z","parameters":{"depth":2.5},"resultQuality":"good"
            """);
        var observation = await trial.ReadAsync(made);
        Trial.MustBe(Times.Parse("2025-03-01T00:00:00Z/2025-03-01T01:00:00Z", ""), observation.Time("phenomenonTime"),
            "phenomenonTime");
        Trial.MustBe(Times.Parse("2025-03-01T02:00:00Z", ""), observation.Time("resultTime"), "resultTime");
        Trial.MustBe(Times.Parse("2025-03-01T00:00:00Z/2025-03-02T00:00:00Z", ""), observation.Time("validTime"),
            "validTime");
        Trial.MustBe(2.5, observation.Member("parameters").Number("depth"), "parameters/depth");
        Trial.Must(observation.Known("resultQuality") is not null, "resultQuality must come back.");
    }

    private static async Task GeoJsonAsync(Trial trial, string type)
    {
        const string geometry = """{"type":"LineString","coordinates":[[8.25,49.5],[8.5,49.75]]}""";
        var made = await trial.CreateAsync("Locations", $$"""
            {"name":"{{trial.Name("Line")}}","description":"d","encodingType":"{{type}}","location":{{geometry}}}
            """);
        var location = await trial.ReadAsync(made);
        Trial.Must(Members.Same(Members.Parse(geometry), location.Member("location")), $"location must be {geometry}.");
    }

    private static async Task GeoJsonFeatureAsync(Trial trial)
    {
        var geometry = Bodies.Polygon("[0,0],[1,0],[1,1],[0,0]");
        var feature = await trial.ReadAsync(await trial.CreateAsync("FeaturesOfInterest",
            Bodies.Feature(trial.Name("Area"), geometry)));
        Trial.Must(Members.Same(Members.Parse(geometry), feature.Member("feature")), $"feature must be {geometry}.");
        Trial.MustBe(Bodies.GeoJson, feature.Text("encodingType"), "encodingType");
    }

    private static async Task SensorEncodingsAsync(Trial trial)
    {
        foreach (var (type, metadata) in new[]
        {
            ("application/pdf", "\"https://example.org/probe.pdf\""), ("text/html", "\"<p>A probe</p>\""),
            ("http://www.opengis.net/doc/IS/SensorML/2.0", "\"<sml:PhysicalComponent/>\""),
        })
        {
            var made = await trial.CreateAsync("Sensors", $$"""
                {"name":"{{trial.Name("Sensor")}}","description":"d","encodingType":"{{type}}","metadata":{{metadata}}}
                """);
            var sensor = await trial.ReadAsync(made);
            Trial.MustBe(type, sensor.Text("encodingType"), "encodingType");
            Trial.Must(Members.Same(Members.Parse(metadata), sensor.Member("metadata")),
                $"metadata must be {metadata}.");
        }
    }

    private static async Task ResultTypeAsync(Trial trial, string type)
    {
        var station = await trial.StationAsync();
        var unit = type == "OM_Measurement" ? Bodies.Celsius : Bodies.NoUnit;
        var stream = await trial.DatastreamAsync(station.Thing, station.Sensor, station.ObservedProperty, type, unit);
        string[] results = type switch
        {
            "OM_CategoryObservation" => ["\"https://example.org/codes/rain\""],
            "OM_CountObservation" => ["0", "12345678901"],
            "OM_Measurement" => ["0.125", "-3.5", "21"],
            "OM_TruthObservation" => ["true", "false"],
            _ => ["\"text\"", "1", "2.5", "true", """{"min":1,"max":[2,3]}""", """["a",1]"""],
        };
        foreach (var result in results)
        {
            var observation = await trial.ReadAsync(await trial.ObserveAsync(stream, result));
            Trial.Must(Members.Same(Members.Parse(result), observation.Member("result")),
                $"The result must be {result}.");
        }
    }

    private static async Task EncodingsAsync(Trial trial)
    {
        var made = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing"), $$"""
            ,"Locations":[{{Bodies.Location(trial.Name("GeoJSON"))}},
             {"name":"{{trial.Name("Text")}}","description":"d","encodingType":"text/plain","location":"On the square"}]
            """));
        var locations = await trial.AllAsync(made.Path + "/Locations");
        Trial.MustList(["application/geo+json", "text/plain"],
            locations.Select(location => location.Text("encodingType")).Order(StringComparer.Ordinal),
                "The encodings of the place");
    }

    private static async Task DerivedTimeAsync(Trial trial, string property)
    {
        var station = await trial.StationAsync();
        string Times(string day) =>
            $",\"phenomenonTime\":\"2025-03-{day}T00:00:00Z\",\"resultTime\":\"2025-03-{day}T00:00:00Z\"";
        await trial.ObserveAsync(station.Datastream, "1", Times("02"));
        var last = await trial.ObserveAsync(station.Datastream, "2", Times("05"));
        await CoversAsync(trial, station.Datastream, property, "2025-03-02T00:00:00Z", "2025-03-05T00:00:00Z");
        (await trial.PatchAsync(last.Path, $"{{{Times("08")[1..]}}}")).Must(200, 204);
        await CoversAsync(trial, station.Datastream, property, "2025-03-02T00:00:00Z", "2025-03-08T00:00:00Z");
        (await trial.DeleteAsync(last.Path)).Must(200, 204);
        await CoversAsync(trial, station.Datastream, property, "2025-03-02T00:00:00Z", "2025-03-02T00:00:00Z");
    }

    private static async Task CoversAsync(Trial trial, Entity datastream, string property, string start, string end)
    {
        var entity = await trial.ReadAsync(datastream);
        // The property is optional (table 7): a server may leave it out, but not let it be wrong.
        if (entity.Known(property) is null) return;
        Trial.MustBe((Times.Instant(start), Times.Instant(end)), entity.Time(property), property);
    }

    private static async Task ObservedAreaAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        async Task AddAsync(string longitude) => await trial.ObserveAsync(station.Datastream, "1",
            ",\"FeatureOfInterest\":" + Bodies.Feature(trial.Name("Feature"), Bodies.Point(longitude, "2")));
        await AddAsync("1");
        await AddAsync("3");
        var entity = await trial.ReadAsync(station.Datastream);
        if (entity.Known("observedArea") is not { } area) return;
        var numbers = Numbers(area.Member("coordinates")).ToList();
        Trial.Must(numbers.Count >= 2, "observedArea must have coordinates.");
        var longitudes = numbers.Where((_, i) => i % 2 == 0).ToList();
        Trial.Must(longitudes.Min() <= 1 && longitudes.Max() >= 3,
            "observedArea must cover the features at longitude 1 and 3.");
    }

    private static IEnumerable<double> Numbers(JsonElement coordinates) => coordinates.ValueKind == JsonValueKind.Array
        ? coordinates.EnumerateArray().SelectMany(Numbers)
        : [coordinates.GetDouble()];

    private static async Task OneDatastreamAsync(Trial trial) =>
        (await trial.PostAsync("Observations", """{"phenomenonTime":"2025-01-01T00:00:00Z","result":1}"""))
            .MustRefuse("an Observation without a Datastream.");
}
