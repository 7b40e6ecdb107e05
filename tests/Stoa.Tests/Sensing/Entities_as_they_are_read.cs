using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>All eight entities with all properties, control information and links (OGC 18-088, 8).</summary>
public class Entities_as_they_are_read(StationExchange station) : IClassFixture<StationExchange>
{
    private Exchange Stoa => station.Stoa;

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    [Requirement(Requirements.ThingProperties)]
    [Requirement(Requirements.ThingRelations)]
    public async Task A_Thing()
    {
        var answer = await Stoa.ReadAsync("Things(1)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/Things(1)",
              "Locations@iot.navigationLink": "{base}/sensorthings/v1.1/Things(1)/Locations",
              "HistoricalLocations@iot.navigationLink": "{base}/sensorthings/v1.1/Things(1)/HistoricalLocations",
              "Datastreams@iot.navigationLink": "{base}/sensorthings/v1.1/Things(1)/Datastreams",
              "MultiDatastreams@iot.navigationLink": "{base}/sensorthings/v1.1/Things(1)/MultiDatastreams",
              "name": "Station",
              "description": "A station",
              "properties": {"owner": {"name": "City"}, "height": 3}
            }
            """);
        Assert.Equal("application/json", answer.MediaType);
    }

    [Fact]
    [Requirement(Requirements.ThingProperties)]
    public async Task A_Thing_without_what_is_optional()
    {
        var answer = await Stoa.ReadAsync("Things(2)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 2,
              "@iot.selfLink": "{base}/sensorthings/v1.1/Things(2)",
              "Locations@iot.navigationLink": "{base}/sensorthings/v1.1/Things(2)/Locations",
              "HistoricalLocations@iot.navigationLink": "{base}/sensorthings/v1.1/Things(2)/HistoricalLocations",
              "Datastreams@iot.navigationLink": "{base}/sensorthings/v1.1/Things(2)/Datastreams",
              "MultiDatastreams@iot.navigationLink": "{base}/sensorthings/v1.1/Things(2)/MultiDatastreams",
              "name": "Bare",
              "description": "Nothing but what must be"
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    [Requirement(Requirements.LocationProperties)]
    [Requirement(Requirements.LocationRelations)]
    public async Task A_Location()
    {
        var answer = await Stoa.ReadAsync("Locations(1)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/Locations(1)",
              "Things@iot.navigationLink": "{base}/sensorthings/v1.1/Locations(1)/Things",
              "HistoricalLocations@iot.navigationLink": "{base}/sensorthings/v1.1/Locations(1)/HistoricalLocations",
              "name": "Square",
              "description": "A square",
              "encodingType": "application/geo+json",
              "location": {"type": "Point", "coordinates": [7.5, 51.9]},
              "properties": {"district": 4}
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    [Requirement(Requirements.HistoricalLocationProperties)]
    [Requirement(Requirements.HistoricalLocationRelations)]
    public async Task A_HistoricalLocation()
    {
        var answer = await Stoa.ReadAsync("HistoricalLocations(1)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/HistoricalLocations(1)",
              "Thing@iot.navigationLink": "{base}/sensorthings/v1.1/HistoricalLocations(1)/Thing",
              "Locations@iot.navigationLink": "{base}/sensorthings/v1.1/HistoricalLocations(1)/Locations",
              "time": "2026-01-31T12:00:00Z"
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    [Requirement(Requirements.DatastreamProperties)]
    [Requirement(Requirements.DatastreamRelations)]
    public async Task A_Datastream_with_what_is_derived_for_it()
    {
        var answer = await Stoa.ReadAsync("Datastreams(1)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/Datastreams(1)",
              "Thing@iot.navigationLink": "{base}/sensorthings/v1.1/Datastreams(1)/Thing",
              "Sensor@iot.navigationLink": "{base}/sensorthings/v1.1/Datastreams(1)/Sensor",
              "ObservedProperty@iot.navigationLink": "{base}/sensorthings/v1.1/Datastreams(1)/ObservedProperty",
              "Observations@iot.navigationLink": "{base}/sensorthings/v1.1/Datastreams(1)/Observations",
              "name": "Temperature",
              "description": "Air temperature",
              "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
              "unitOfMeasurement": {"name": "degree Celsius", "symbol": "°C", "definition": "ucum:Cel"},
              "observedArea": {"type": "Point", "coordinates": [7.5, 51.9]},
              "phenomenonTime": "2026-01-01T09:00:00Z/2026-01-01T10:00:00Z",
              "resultTime": "2026-01-01T09:00:05.25Z/2026-01-01T09:00:05.25Z",
              "properties": {"depth": 0}
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    [Requirement(Requirements.SensorProperties)]
    [Requirement(Requirements.SensorRelations)]
    public async Task A_Sensor()
    {
        var answer = await Stoa.ReadAsync("Sensors(1)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/Sensors(1)",
              "Datastreams@iot.navigationLink": "{base}/sensorthings/v1.1/Sensors(1)/Datastreams",
              "MultiDatastreams@iot.navigationLink": "{base}/sensorthings/v1.1/Sensors(1)/MultiDatastreams",
              "name": "Probe",
              "description": "A probe",
              "encodingType": "application/pdf",
              "metadata": "https://example.org/probe.pdf",
              "properties": {"serial": "A1"}
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    [Requirement(Requirements.ObservedPropertyProperties)]
    [Requirement(Requirements.ObservedPropertyRelations)]
    public async Task An_ObservedProperty()
    {
        var answer = await Stoa.ReadAsync("ObservedProperties(1)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/ObservedProperties(1)",
              "Datastreams@iot.navigationLink": "{base}/sensorthings/v1.1/ObservedProperties(1)/Datastreams",
              "MultiDatastreams@iot.navigationLink": "{base}/sensorthings/v1.1/ObservedProperties(1)/MultiDatastreams",
              "name": "Air temperature",
              "definition": "https://example.org/def/temperature",
              "description": "Temperature of the air",
              "properties": {"medium": "air"}
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    [Requirement(Requirements.ObservationProperties)]
    [Requirement(Requirements.ObservationRelations)]
    public async Task An_Observation()
    {
        var answer = await Stoa.ReadAsync("Observations(1)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/Observations(1)",
              "Datastream@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(1)/Datastream",
              "FeatureOfInterest@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(1)/FeatureOfInterest",
              "phenomenonTime": "2026-01-01T09:00:00Z",
              "resultTime": "2026-01-01T09:00:05.25Z",
              "result": 21.5,
              "resultQuality": {"code": "good"},
              "validTime": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
              "parameters": {"calibrated": true}
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.ObservationProperties)]
    public async Task An_Observation_over_a_span_whose_result_time_is_not_known()
    {
        var answer = await Stoa.ReadAsync("Observations(2)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 2,
              "@iot.selfLink": "{base}/sensorthings/v1.1/Observations(2)",
              "Datastream@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(2)/Datastream",
              "FeatureOfInterest@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(2)/FeatureOfInterest",
              "phenomenonTime": "2026-01-01T09:30:00Z/2026-01-01T10:00:00Z",
              "resultTime": null,
              "result": 3
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    [Requirement(Requirements.FeatureOfInterestProperties)]
    [Requirement(Requirements.FeatureOfInterestRelations)]
    public async Task A_FeatureOfInterest_made_from_a_Location()
    {
        var answer = await Stoa.ReadAsync("FeaturesOfInterest(1)");

        answer.ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/FeaturesOfInterest(1)",
              "Observations@iot.navigationLink": "{base}/sensorthings/v1.1/FeaturesOfInterest(1)/Observations",
              "name": "Square",
              "description": "A square",
              "encodingType": "application/geo+json",
              "feature": {"type": "Point", "coordinates": [7.5, 51.9]},
              "properties": {"district": 4}
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    public async Task Links_lead_where_they_say()
    {
        foreach (var set in new[]
        {
            "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations",
            "FeaturesOfInterest",
        })
        {
            var entity = (await Stoa.ReadAsync(set + "(1)")).ShouldBe(200).Json;
            foreach (var member in entity.EnumerateObject().Where(member => member.Name.EndsWith("Link", StringComparison.Ordinal)))
                (await Stoa.GetAsync(member.Value.GetString()!, Stoa.AdminToken)).ShouldBe(200);
        }
    }
}
