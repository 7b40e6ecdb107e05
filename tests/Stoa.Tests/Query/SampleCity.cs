using NetTopologySuite.IO;
using Stoa.Query;
using Stoa.Vocabulary;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Query;

/// <summary>A fixed city of two datasets: 1 with a tower and a bridge, 2 with a well; ids are told apart by their hundreds.</summary>
internal static class SampleCity
{
    internal const long Tower = 101, Bridge = 102, Well = 103;
    internal const long Temperature = 201, Humidity = 202, Level = 203;

    internal static City Make()
    {
        var city = new City();
        var square = Place(city, Location, 301, 1, "Square", "POINT (8 52)");
        var river = Place(city, Location, 302, 1, "River", "LINESTRING (7 50, 9 51)");
        var yard = Place(city, Location, 303, 2, "Yard", "POLYGON ((6 50, 7 50, 7 51, 6 51, 6 50))");
        var tower = Named(city, Thing, Tower, 1, "Tower", """{"height":96.5,"owner":{"name":"City"},"tags":["old","open"],"open":true,"built":"1450-01-01"}""");
        var bridge = Named(city, Thing, Bridge, 1, "bridge", """{"height":"96.5","open":false}""");
        var well = Named(city, Thing, Well, 2, "Well of ÄRA", null);
        City.Link(tower, "Locations", square, "Things");
        City.Link(bridge, "Locations", river, "Things");
        City.Link(bridge, "Locations", square, "Things");
        City.Link(well, "Locations", yard, "Things");
        var sensor = Named(city, Sensor, 401, 1, "Probe", null);
        sensor.Values["encodingType"] = "text/html";
        sensor.Values["metadata"] = City.Json("\"probe.html\"");
        var air = Named(city, ObservedProperty, 501, 1, "Air temperature", null);
        var water = Named(city, ObservedProperty, 502, 2, "Water level", null);
        air.Values["definition"] = water.Values["definition"] = "";
        var feature = Place(city, FeatureOfInterest, 601, 1, "Old town", "POINT (8 52)");
        var temperature = Stream(city, Temperature, 1, "Temperature", "°C", tower, sensor, air);
        var humidity = Stream(city, Humidity, 1, "Humidity", "%", tower, sensor, air);
        var level = Stream(city, Level, 2, "Level", "m", well, sensor, water);
        string[] results = ["1", "2", "2.5", "10", "\"warm\"", "true", "null", """{"min":1,"max":[3,"x"]}""", "\"3\"", "-4", "11", "12"];
        for (var i = 0; i < results.Length; i++)
            Observe(city, 1001 + i, i < 8 ? temperature : humidity, feature, $"2026-01-01T{i:00}:00:00Z", results[i], i);
        Observe(city, 1101, level, feature, "2026-01-01T05:30:00.25+02:00", "7", 1);
        Observe(city, 1102, level, feature, "2026-01-01T04:00:00Z/2026-01-01T06:00:00Z", "8", 2);
        Observe(city, 1103, level, feature, "1969-12-31T23:59:58.5Z", "9", 0);
        foreach (var stream in new[] { temperature, humidity, level })
        {
            var times = stream.Related["Observations"].Select(o => (TimeInterval)o.Values["phenomenonTime"]!).ToList();
            stream.Values["phenomenonTime"] =
                TimeInterval.TryCreate(times.Min(time => time.Start), times.Max(time => time.End), out var span) ? span : null;
            stream.Values["observedArea"] = new WKTReader().Read("POINT (8 52)");
        }

        return city;
    }

    private static Entity Named(City city, EntityType type, long id, long dataset, string name, string? properties)
    {
        var entity = city.Add(type, id, dataset);
        entity.Values["name"] = name;
        entity.Values["description"] = $" About {name} ";
        entity.Values["properties"] = properties is null ? null : City.Json(properties);
        return entity;
    }

    private static Entity Place(City city, EntityType type, long id, long dataset, string name, string shape)
    {
        var entity = Named(city, type, id, dataset, name, null);
        entity.Values["encodingType"] = "application/geo+json";
        entity.Values[type == Location ? "location" : "feature"] = new WKTReader().Read(shape);
        return entity;
    }

    private static Entity Stream(
        City city, long id, long dataset, string name, string symbol, Entity thing, Entity sensor, Entity observed)
    {
        var stream = Named(city, Datastream, id, dataset, name, null);
        stream.Values["observationType"] = "OM_Observation";
        stream.Values["unitOfMeasurement"] = City.Json($$"""{"name":"{{name}}","symbol":"{{symbol}}","definition":null}""");
        stream.Values["resultTime"] = null;
        City.Link(stream, "Thing", thing, "Datastreams");
        City.Link(stream, "Sensor", sensor, "Datastreams");
        City.Link(stream, "ObservedProperty", observed, "Datastreams");
        return stream;
    }

    private static void Observe(City city, long id, Entity stream, Entity feature, string time, string result, int quality)
    {
        var observation = city.Add(Observation, id, stream.Dataset);
        var phenomenon = TimeInterval.TryParse(time, out var parsed) ? parsed : throw new InvalidOperationException(time);
        observation.Values["phenomenonTime"] = phenomenon;
        observation.Values["result"] = City.Json(result);
        observation.Values["resultTime"] = quality % 3 == 0 ? null : phenomenon.End;
        observation.Values["resultQuality"] = null;
        observation.Values["validTime"] = null;
        observation.Values["parameters"] = City.Json($$"""{"quality":{{quality}}}""");
        City.Link(observation, "Datastream", stream, "Observations");
        City.Link(observation, "FeatureOfInterest", feature, "Observations");
    }
}
