using Microsoft.OpenApi;

namespace Stoa.Host.Operations.ApiDescription;

/// <summary>One of the nine entity types as people read about it.</summary>
internal sealed record SensorThingsEntity(
    string Name, string Set, string Singular, string Plural, string Meaning,
    IReadOnlyList<SensorThingsProperty> Properties, IReadOnlyList<SensorThingsRelation> Relations, string Example)
{
    private static readonly SensorThingsProperty NameText = new("name", "Name for people.");
    private static readonly SensorThingsProperty Description = new("description", "What it is.");
    private static readonly SensorThingsProperty EncodingType =
        new("encodingType", "Media type of the value beside it, such as application/geo+json.");
    private static readonly SensorThingsProperty Bag =
        new("properties", "Anything else, as a JSON object.", JsonSchemaType.Object) { IsMandatory = false };

    /// <summary>OGC 18-088, 8.2 and 12.</summary>
    public static readonly IReadOnlyList<SensorThingsEntity> All =
    [
        new("Thing", "Things", "a Thing", "Things",
            "An object of the physical or information world: a station, a lamp, a bin.",
            [NameText, Description, Bag],
            [new("Locations", true), new("HistoricalLocations", true), new("Datastreams", true), new("MultiDatastreams", true)],
            """{ "name": "Station Harbour", "description": "Air quality station", "properties": { "operator": "City" } }"""),
        new("Location", "Locations", "a Location", "Locations", "Where Things are, last known.",
            [NameText, Description, EncodingType,
                new("location", "GeoJSON geometry or feature, WGS 84.", JsonSchemaType.Object), Bag],
            [new("Things", true), new("HistoricalLocations", true)],
            """{ "name": "Harbour", "description": "Quay 3", "encodingType": "application/geo+json", "location": { "type": "Point", "coordinates": [7.63, 51.95] } }"""),
        new("HistoricalLocation", "HistoricalLocations", "a HistoricalLocation", "HistoricalLocations",
            "Where a Thing was, and since when.",
            [new("time", "When it was known there.") { Format = "date-time" }],
            [new("Thing", false), new("Locations", true)],
            """{ "time": "2026-01-01T00:00:00Z", "Thing": { "@iot.id": 1 }, "Locations": [{ "@iot.id": 1 }] }"""),
        new("Datastream", "Datastreams", "a Datastream", "Datastreams",
            "Observations of one property by one sensor at one thing.",
            [
                NameText, Description,
                new("observationType", "Kind of result, as an O&M type address."),
                new("unitOfMeasurement", "Object with name, symbol and definition.", JsonSchemaType.Object),
                new("observedArea", "Where its features are; kept by the server.",
                    JsonSchemaType.Object) { IsMandatory = false },
                new("phenomenonTime", "Span of its observations; kept by the server.") { IsMandatory = false },
                new("resultTime", "Span of its results; kept by the server.") { IsMandatory = false },
                Bag,
            ],
            [new("Thing", false), new("Sensor", false), new("ObservedProperty", false), new("Observations", true)],
            """
            {
              "name": "Air temperature", "description": "At 2 m, each quarter of an hour",
              "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
              "unitOfMeasurement": { "name": "degree Celsius", "symbol": "°C", "definition": "http://qudt.org/vocab/unit/DEG_C" },
              "Thing": { "@iot.id": 1 }, "Sensor": { "@iot.id": 1 }, "ObservedProperty": { "@iot.id": 1 }
            }
            """),
        new("Sensor", "Sensors", "a Sensor", "Sensors", "The instrument or procedure that observes.",
            [NameText, Description, EncodingType, new("metadata", "Description of the sensor in that encoding."), Bag],
            [new("Datastreams", true), new("MultiDatastreams", true)],
            """{ "name": "T-100", "description": "Thermometer", "encodingType": "application/pdf", "metadata": "https://example.org/t-100.pdf" }"""),
        new("ObservedProperty", "ObservedProperties", "an ObservedProperty", "ObservedProperties",
            "What is observed: temperature, bicycles, level.",
            [NameText, new("definition", "Address of its definition.") { Format = "uri" }, Description, Bag],
            [new("Datastreams", true), new("MultiDatastreams", true)],
            """{ "name": "Air temperature", "definition": "http://qudt.org/vocab/quantitykind/Temperature", "description": "Temperature of the air" }"""),
        new("Observation", "Observations", "an Observation", "Observations", "One value at one time.",
            [
                new("phenomenonTime", "When it was so: a time, or start/end. The time of arrival, if left out.") { IsMandatory = false },
                new("result", "A number, text, truth value or JSON value.", null),
                new("resultTime", "When the result was made.") { IsMandatory = false, Format = "date-time" },
                new("resultQuality", "Quality of the result.", null) { IsMandatory = false },
                new("validTime", "Span in which it may be used.") { IsMandatory = false },
                new("parameters", "Conditions of the observation.", JsonSchemaType.Object) { IsMandatory = false },
            ],
            [new("Datastream", false), new("MultiDatastream", false), new("FeatureOfInterest", false)],
            """{ "phenomenonTime": "2026-01-01T00:00:00Z", "result": 20.5, "Datastream": { "@iot.id": 1 } }"""),
        new("FeatureOfInterest", "FeaturesOfInterest", "a FeatureOfInterest", "FeaturesOfInterest",
            "What is observed there; made from the Thing's Location if left out.",
            [NameText, Description, EncodingType,
                new("feature", "GeoJSON geometry or feature, WGS 84.", JsonSchemaType.Object), Bag],
            [new("Observations", true)],
            """{ "name": "Quay 3", "description": "The quay", "encodingType": "application/geo+json", "feature": { "type": "Point", "coordinates": [7.63, 51.95] } }"""),
        new("MultiDatastream", "MultiDatastreams", "a MultiDatastream", "MultiDatastreams",
            "Observations of several properties at once: each result is an array with an element for each of them.",
            [
                NameText, Description,
                new("observationType", "OM_ComplexObservation; may be left out.") { IsMandatory = false },
                new("multiObservationDataTypes", "Kind of each element of a result, as O&M type addresses.", JsonSchemaType.Array),
                new("unitOfMeasurements", "Unit of each element: objects with name, symbol and definition.", JsonSchemaType.Array),
                new("observedArea", "Where its features are; kept by the server.",
                    JsonSchemaType.Object) { IsMandatory = false },
                new("phenomenonTime", "Span of its observations; kept by the server.") { IsMandatory = false },
                new("resultTime", "Span of its results; kept by the server.") { IsMandatory = false },
                Bag,
            ],
            [new("Thing", false), new("Sensor", false), new("ObservedProperties", true), new("Observations", true)],
            """
            {
              "name": "Wind", "description": "Mean and gust",
              "multiObservationDataTypes": [
                "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
                "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"],
              "unitOfMeasurements": [
                { "name": "metre per second", "symbol": "m/s", "definition": "ucum:m/s" },
                { "name": "metre per second", "symbol": "m/s", "definition": "ucum:m/s" }],
              "Thing": { "@iot.id": 1 }, "Sensor": { "@iot.id": 1 }, "ObservedProperties": [{ "@iot.id": 1 }, { "@iot.id": 2 }]
            }
            """),
    ];
}

/// <summary>A property with what it means; no type stands for any JSON value.</summary>
internal sealed record SensorThingsProperty(string Name, string Meaning, JsonSchemaType? Type = JsonSchemaType.String)
{
    public bool IsMandatory { get; init; } = true;

    public string? Format { get; init; }
}

/// <summary>A relation to one or many others.</summary>
internal sealed record SensorThingsRelation(string Name, bool IsMany);
