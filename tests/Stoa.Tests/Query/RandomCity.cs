using System.Globalization;
using System.Text.Json;
using Geometry = NetTopologySuite.Geometries.Geometry;
using GeometryFactory = NetTopologySuite.Geometries.GeometryFactory;
using NetTopologySuite.IO;
using Stoa.Query;
using Stoa.Vocabulary;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Query;

/// <summary>A small city made at random: few different values, so that conditions meet something.</summary>
internal static class RandomCity
{
    internal const int Datasets = 4;

    internal static readonly string[] Texts = ["alpha", "Beta", "", "it's", "äÖ", "日本", "🙂x", " a b ", "alphabet", "2", "2.5", "x%y_z"];

    internal static readonly string[] Documents =
    [
        """{"a":1,"b":"alpha","c":true,"d":{"e":[1,2.5,"x"]}}""", """{"a":2.5,"b":"2","c":false}""", """{"a":"1","b":null}""",
        """{"a":true,"b":7,"d":{"e":[]}}""", """{"b":"2026-01-01T05:00:00Z","a":-3}""", "{}", """{"a":3.0,"d":{"e":["alpha",null]}}""",
    ];

    internal static readonly string[] Results =
        ["1", "2", "2.5", "-3", "10", "100.125", "\"alpha\"", "\"2\"", "\"Beta\"", "true", "false", "null", """{"x":1}""", """{"x":"alpha"}""", "[1,2]", "1e400"];

    private static readonly string[] Shapes =
    [
        "POINT (1 1)", "POINT (2 2)", "POINT (5 5)", "LINESTRING (0 0, 4 4)", "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))",
        "POLYGON ((2 2, 6 2, 6 6, 2 6, 2 2))", "POINT (7.25 1.5)", "MULTIPOINT ((1 1), (5 5))",
    ];

    internal static City Make(Random random)
    {
        var city = new City();
        var nextId = 1L;
        Entity New(EntityType type, long? dataset = null) => city.Add(type, nextId++, dataset ?? 1 + random.Next(Datasets));
        List<Entity> Some(EntityType type, int count) => [.. Enumerable.Range(0, count).Select(_ => Named(random, New(type)))];

        var locations = Some(Location, 5);
        var things = Some(Thing, 5);
        var sensors = Some(Sensor, 3);
        var observed = Some(ObservedProperty, 3);
        var features = Some(FeatureOfInterest, 5);
        foreach (var thing in things)
            for (var i = random.Next(3); i > 0; i--) City.Link(thing, "Locations", Pick(random, locations), "Things");
        for (var i = 0; i < 6; i++)
        {
            var past = New(HistoricalLocation);
            past.Values["time"] = Time(random).Start;
            City.Link(past, "Thing", Pick(random, things), "HistoricalLocations");
            City.Link(past, "Locations", Pick(random, locations), "HistoricalLocations");
        }

        var streams = Some(Datastream, 7);
        foreach (var stream in streams)
        {
            City.Link(stream, "Thing", Pick(random, things), "Datastreams");
            City.Link(stream, "Sensor", Pick(random, sensors), "Datastreams");
            City.Link(stream, "ObservedProperty", Pick(random, observed), "Datastreams");
        }

        // With the ids of Datastreams, so that one taken for the other shows.
        foreach (var twin in streams.Take(3).ToList())
        {
            var multi = Named(random, city.Add(MultiDatastream, twin.Id, 1 + random.Next(Datasets)));
            City.Link(multi, "Thing", Pick(random, things), "MultiDatastreams");
            City.Link(multi, "Sensor", Pick(random, sensors), "MultiDatastreams");
            for (var i = random.Next(1, 5); i > 0; i--) City.Append(multi, "ObservedProperties", Pick(random, observed), "MultiDatastreams");
            streams.Add(multi);
        }

        for (var i = 0; i < 60; i++)
        {
            var stream = Pick(random, streams);
            var observation = New(Observation, stream.Dataset);
            City.Link(observation, stream.Type.Name, stream, "Observations");
            City.Link(observation, "FeatureOfInterest", Pick(random, features), "Observations");
            Fill(random, observation);
        }

        foreach (var stream in streams) Derive(random, stream);
        return city;
    }

    private static T Pick<T>(Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    private static Entity Named(Random random, Entity entity)
    {
        foreach (var property in entity.Type.Properties.Skip(1))
            entity.Values[property.Name] = property.Kind switch
            {
                ValueKind.Text => Pick(random, Texts),
                ValueKind.Json when property.Name == "metadata" => City.Json(JsonSerializer.Serialize(Pick(random, Texts))),
                ValueKind.Json when property.Name is "unitOfMeasurement" or "unitOfMeasurements" or "multiObservationDataTypes" => City.Json(Pick(random, Documents)),
                ValueKind.Json => random.Next(4) == 0 ? null : City.Json(Pick(random, Documents)),
                ValueKind.Geometry when entity.Type != Datastream && entity.Type != MultiDatastream => random.Next(8) == 0 ? null : Shape(random),
                _ => null,
            };
        return entity;
    }

    internal static string ShapeText(Random random) => Pick(random, Shapes);

    private static Geometry Shape(Random random) => new WKTReader().Read(Pick(random, Shapes));

    private static void Fill(Random random, Entity observation)
    {
        observation.Values["phenomenonTime"] = Time(random);
        observation.Values["result"] = City.Json(Pick(random, Results));
        observation.Values["resultTime"] = random.Next(3) == 0 ? null : Time(random).Start;
        observation.Values["resultQuality"] = random.Next(2) == 0 ? null : City.Json(Pick(random, Documents));
        observation.Values["validTime"] = random.Next(2) == 0 ? null : Time(random);
        observation.Values["parameters"] = random.Next(2) == 0 ? null : City.Json(Pick(random, Documents));
    }

    private static void Derive(Random random, Entity stream)
    {
        var observations = stream.Related["Observations"];
        stream.Values["phenomenonTime"] = null;
        stream.Values["resultTime"] = null;
        stream.Values["observedArea"] = null;
        if (observations.Count == 0) return;
        var times = observations.Select(o => (TimeInterval)o.Values["phenomenonTime"]!).ToList();
        stream.Values["phenomenonTime"] = Interval(times.Min(t => t.Start), times.Max(t => t.End));
        var results = observations.Select(o => o.Values["resultTime"]).OfType<Instant>().ToList();
        if (results.Count > 0) stream.Values["resultTime"] = Interval(results.Min(), results.Max());
        if (random.Next(4) > 0) stream.Values["observedArea"] = GeometryFactory.Default.ToGeometry(Shape(random).EnvelopeInternal);
    }

    private static TimeInterval Interval(Instant start, Instant end) =>
        TimeInterval.TryCreate(start with { OffsetMinutes = 0 }, end, out var interval) ? interval : throw new InvalidOperationException();

    private static TimeInterval Time(Random random) =>
        TimeInterval.TryParse(TimeText(random), out var time) ? time : throw new InvalidOperationException();

    /// <summary>A time or an interval out of few hours, some with an offset, fractions or before 1970.</summary>
    internal static string TimeText(Random random)
    {
        var start = random.Next(24);
        if (random.Next(12) == 0) return "1969-12-31T23:59:59.25Z";
        var text = string.Create(CultureInfo.InvariantCulture, $"2026-01-01T{start:00}:00:00{Pick(random, ["Z", "Z", ".5Z", "+02:00"])}");
        return random.Next(3) > 0 ? text
            : string.Create(CultureInfo.InvariantCulture, $"{text}/2026-01-0{2 + random.Next(2)}T{random.Next(24):00}:30:00Z");
    }
}
