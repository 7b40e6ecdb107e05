using System.Globalization;

namespace Stoa.Tests.Sensing;

/// <summary>A mast with a MultiDatastream of speed, gust and whether the sensor is heated; on an empty store every id is 1.</summary>
internal static class Wind
{
    public const string Complex = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation";

    public const string Units =
        """
        [{"name": "metre per second", "symbol": "m/s", "definition": "ucum:m/s"},
         {"name": "metre per second", "symbol": "m/s", "definition": "ucum:m/s"},
         {"name": null, "symbol": null, "definition": null}]
        """;

    public const string Types =
        """
        ["http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
         "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
         "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_TruthObservation"]
        """;

    /// <summary>What a MultiDatastream needs besides relations.</summary>
    public const string Properties =
        $$"""
        "name": "Wind", "description": "Speed, gust, heating", "observationType": "{{Complex}}",
        "multiObservationDataTypes": {{Types}}, "unitOfMeasurements": {{Units}}, "properties": {"height": 10}
        """;

    private const string Sensor =
        """{"name": "Sonic", "description": "d", "encodingType": "text/html", "metadata": "https://example.org/sonic"}""";

    /// <summary>A Thing with a place and the MultiDatastream.</summary>
    public const string Mast =
        $$$"""
        {"name": "Mast", "description": "d",
         "Locations": [{"name": "Hill", "description": "d", "encodingType": "application/geo+json",
                        "location": {"type": "Point", "coordinates": [7.5, 51.9]}}],
         "MultiDatastreams": [{
           {{{Properties}}},
           "Sensor": {{{Sensor}}},
           "ObservedProperties": [
             {"name": "Speed", "definition": "urn:speed", "description": "d"},
             {"name": "Gust", "definition": "urn:gust", "description": "d"},
             {"name": "Heating", "definition": "urn:heating", "description": "d"}]}]}
        """;

    /// <summary>A MultiDatastream of one number, linked to what is there.</summary>
    public static string Single(string name, long thing = 1, long sensor = 1, long property = 1) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        {"name": "{{name}}", "description": "d", "multiObservationDataTypes": ["{{SensorThings.Measurement}}"],
         "unitOfMeasurements": [{"name": "n", "symbol": "s", "definition": "d"}], "Thing": {"@iot.id": {{thing}} },
         "Sensor": {"@iot.id": {{sensor}} }, "ObservedProperties": [{"@iot.id": {{property}} }]}
        """);

    public static string Observation(string time, string result) => $$"""{"phenomenonTime": "{{time}}", "result": {{result}}}""";

    /// <summary>A program with the mast and three observations: ids 1 to 3, an hour apart.</summary>
    public static async Task<Exchange> StartAsync(params (string Key, string Value)[] settings)
    {
        var stoa = await Exchange.StartAsync(settings: settings);
        await stoa.CreateAsync("Things", Mast);
        await stoa.CreateAsync("MultiDatastreams(1)/Observations", Observation("2026-01-01T00:00:00Z", "[3.5, 7, true]"));
        await stoa.CreateAsync("MultiDatastreams(1)/Observations", Observation("2026-01-01T01:00:00Z", "[12.25, 20, null]"));
        await stoa.CreateAsync("MultiDatastreams(1)/Observations", Observation("2026-01-01T02:00:00Z", "[null, 4, false]"));
        return stoa;
    }
}
