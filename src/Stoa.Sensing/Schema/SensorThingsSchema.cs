using Stoa.Query;

namespace Stoa.Sensing.Schema;

/// <summary>The entity types of SensorThings 1.1 (OGC 18-088, 8.2 and 12) as the query languages see them.</summary>
public static class SensorThingsSchema
{
    /// <summary>All types and relations, in the order of the landing page.</summary>
    public static Stoa.Query.Schema Schema { get; } = Create();

    /// <summary>Thing.</summary>
    public static EntityType Thing { get; } = Type("Thing");

    /// <summary>Location.</summary>
    public static EntityType Location { get; } = Type("Location");

    /// <summary>HistoricalLocation.</summary>
    public static EntityType HistoricalLocation { get; } = Type("HistoricalLocation");

    /// <summary>Datastream.</summary>
    public static EntityType Datastream { get; } = Type("Datastream");

    /// <summary>Sensor.</summary>
    public static EntityType Sensor { get; } = Type("Sensor");

    /// <summary>ObservedProperty.</summary>
    public static EntityType ObservedProperty { get; } = Type("ObservedProperty");

    /// <summary>Observation.</summary>
    public static EntityType Observation { get; } = Type("Observation");

    /// <summary>FeatureOfInterest.</summary>
    public static EntityType FeatureOfInterest { get; } = Type("FeatureOfInterest");

    /// <summary>MultiDatastream.</summary>
    public static EntityType MultiDatastream { get; } = Type("MultiDatastream");

    private static EntityType Type(string name) => Schema.FindType(name)!; // Declared below.

    private static Stoa.Query.Schema Create()
    {
        EntityType[] types =
        [
            new("Thing", "Things", [Id(), Text("name"), Text("description"), Json("properties")]),
            new("Location", "Locations",
                [Id(), Text("name"), Text("description"), Text("encodingType"), Geometry("location"), Json("properties")]),
            new("HistoricalLocation", "HistoricalLocations", [Id(), new("time", ValueKind.Instant) { IsKeyset = true }]),
            new("Datastream", "Datastreams",
            [
                Id(), Text("name"), Text("description"), Text("observationType"), Json("unitOfMeasurement"),
                Area("observedArea"), Interval("phenomenonTime"), Interval("resultTime"), Json("properties"),
            ]),
            new("Sensor", "Sensors",
                [Id(), Text("name"), Text("description"), Text("encodingType"), Json("metadata"), Json("properties")]),
            new("ObservedProperty", "ObservedProperties",
                [Id(), Text("name"), Text("definition"), Text("description"), Json("properties")]),
            new("Observation", "Observations",
            [
                Id(), new("phenomenonTime", ValueKind.Interval) { IsKeyset = true }, Json("result"),
                new("resultTime", ValueKind.Instant), Json("resultQuality"), Interval("validTime"), Json("parameters"),
            ], defaultOrder: "phenomenonTime"),
            new("FeatureOfInterest", "FeaturesOfInterest",
                [Id(), Text("name"), Text("description"), Text("encodingType"), Geometry("feature"), Json("properties")]),
            new("MultiDatastream", "MultiDatastreams",
            [
                Id(), Text("name"), Text("description"), Text("observationType"), Json("multiObservationDataTypes"),
                Json("unitOfMeasurements"), Area("observedArea"), Interval("phenomenonTime"), Interval("resultTime"),
                Json("properties"),
            ]),
        ];
        return new(types,
        [
            new("Thing", "Locations", "Location", true),
            new("Thing", "HistoricalLocations", "HistoricalLocation", true),
            new("Thing", "Datastreams", "Datastream", true),
            new("Thing", "MultiDatastreams", "MultiDatastream", true),
            new("Location", "Things", "Thing", true),
            new("Location", "HistoricalLocations", "HistoricalLocation", true),
            new("HistoricalLocation", "Thing", "Thing", false),
            new("HistoricalLocation", "Locations", "Location", true),
            new("Datastream", "Thing", "Thing", false),
            new("Datastream", "Sensor", "Sensor", false),
            new("Datastream", "ObservedProperty", "ObservedProperty", false),
            new("Datastream", "Observations", "Observation", true),
            new("Sensor", "Datastreams", "Datastream", true),
            new("Sensor", "MultiDatastreams", "MultiDatastream", true),
            new("ObservedProperty", "Datastreams", "Datastream", true),
            new("ObservedProperty", "MultiDatastreams", "MultiDatastream", true),
            new("Observation", "Datastream", "Datastream", false),
            new("Observation", "MultiDatastream", "MultiDatastream", false),
            new("Observation", "FeatureOfInterest", "FeatureOfInterest", false),
            new("FeatureOfInterest", "Observations", "Observation", true),
            new("MultiDatastream", "Thing", "Thing", false),
            new("MultiDatastream", "Sensor", "Sensor", false),
            new("MultiDatastream", "ObservedProperties", "ObservedProperty", true),
            new("MultiDatastream", "Observations", "Observation", true),
        ]);
    }

    private static EntityProperty Id() => new("id", ValueKind.Number) { IsKeyset = true };

    private static EntityProperty Text(string name) => new(name, ValueKind.Text);

    private static EntityProperty Interval(string name) => new(name, ValueKind.Interval);

    private static EntityProperty Json(string name) => new(name, ValueKind.Json) { HasInside = true };

    private static EntityProperty Area(string name) => new(name, ValueKind.Geometry) { HasInside = true, IsDerived = true };

    private static EntityProperty Geometry(string name) => new(name, ValueKind.Geometry) { HasInside = true };
}
