using System.Text;
using Stoa.Tests.Governance;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>Every preset with the payload that such a device sends, over HTTP, read again over SensorThings.</summary>
public class Payloads_of_devices
{
    [Fact]
    public async Task Of_The_Things_Stack_become_observations()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("climate", "climate-ttn", ConnectorSamples.Read("the-things-stack.yaml"));

        var answer = await stoa.PostPayloadAsync(
            "/datasets/climate/connectors/climate-ttn", ConnectorSamples.Read("the-things-stack.json"), token);

        answer.ShouldBeJson(200, """{"observations":5,"duplicates":0,"skipped":false}""");
        Assert.Equal(
            [
                "mb-climate-07 Air temperature 2026-03-14T08:15:02.211487Z 7.5 °C",
                "mb-climate-07 Relative humidity 2026-03-14T08:15:02.211487Z 81.3 %",
                "mb-climate-07 Battery level 2026-03-14T08:15:02.211487Z 94 -",
                "mb-climate-07 status 2026-03-14T08:15:02.211487Z \"ok\" -",
                "mb-climate-07 door.open 2026-03-14T08:15:02.211487Z false -",
            ],
            await stoa.ObservationsAsync("climate"));
        var thing = await stoa.GetAsync(
            "/datasets/climate/sensorthings/v1.1/Things?$select=properties&$expand=Locations($select=location)", stoa.AdminToken);
        thing.ShouldBeJson(200,
            """
            {"value":[{"properties":{"application":"city-climate","devEui":"70B3D57ED0061A07"},
                       "Locations":[{"location":{"type":"Point","coordinates":[9.9872,53.5489]}}]}]}
            """);
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task Of_The_Things_Stack_that_are_no_uplinks_are_passed_over()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("climate", "ttn", "preset: the-things-stack");

        var join = await stoa.PostPayloadAsync("/datasets/climate/connectors/ttn",
            """{"end_device_ids":{"device_id":"d"},"received_at":"2026-03-14T08:00:00Z","join_accept":{"session_key_id":"a"}}""", token);
        var undecoded = await stoa.PostPayloadAsync("/datasets/climate/connectors/ttn",
            """{"end_device_ids":{"device_id":"d"},"uplink_message":{"received_at":"2026-03-14T08:00:00Z","frm_payload":"AQ=="}}""", token);

        join.ShouldBeJson(200, """{"observations":0,"duplicates":0,"skipped":true}""");
        Assert.Contains("no value was found", undecoded.ShouldBe(202).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_ChirpStack_become_observations()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("parking", "parking-chirpstack", ConnectorSamples.Read("chirpstack.yaml"));

        (await stoa.PostPayloadAsync("/datasets/parking/connectors/parking-chirpstack?event=up",
            ConnectorSamples.Read("chirpstack.json"), token)).ShouldBe(200);
        var status = await stoa.PostPayloadAsync("/datasets/parking/connectors/parking-chirpstack?event=status",
            """{"deduplicationId":"1","time":"2026-03-14T08:20:41Z","deviceInfo":{"devEui":"24e1"},"margin":10,"batteryLevel":90.5}""", token);

        status.ShouldBeJson(200, """{"observations":0,"duplicates":0,"skipped":true}""");
        Assert.Equal(
            [
                "harbour-square-12 Occupancy 2026-03-14T08:20:41.528Z true -",
                "harbour-square-12 Battery level 2026-03-14T08:20:41.528Z 100.0 -",
                "harbour-square-12 Air temperature 2026-03-14T08:20:41.528Z 9.1 °C",
            ],
            (await stoa.ObservationsAsync("parking")).Select(row => row.Replace(" 100 ", " 100.0 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Of_Sensor_Community_become_observations_with_the_time_of_arrival()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        var token = await stoa.GivenConnectorAsync("air", "citizen-air", ConnectorSamples.Read("sensor-community.yaml"));
        var now = Instant.From(clock.GetUtcNow()).ToString();

        (await stoa.PostPayloadAsync("/datasets/air/connectors/citizen-air", ConnectorSamples.Read("sensor-community.json"), token))
            .ShouldBe(200);

        Assert.Equal(
            [
                $"Sensor.Community 13597771 PM10 {now} 14.3 µg/m³",
                $"Sensor.Community 13597771 PM2.5 {now} 6.85 µg/m³",
                $"Sensor.Community 13597771 Air temperature {now} 8.42 °C",
                $"Sensor.Community 13597771 Air pressure {now} 1017.3256 hPa",
                $"Sensor.Community 13597771 Relative humidity {now} 77.19 %",
                $"Sensor.Community 13597771 Signal strength {now} -63 dBm",
            ],
            await stoa.ObservationsAsync("air"));
    }

    [Fact]
    public async Task Of_Sensor_Community_may_be_sent_with_user_and_password()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("air", "citizens", "preset: sensor-community");
        var cut = token.LastIndexOf('_');

        var whole = await PostAsync(stoa, "airrohr:" + token);
        var parted = await PostAsync(stoa, token[..cut] + ":" + token[(cut + 1)..]);
        var wrong = await PostAsync(stoa, "airrohr:stoa_wrong");
        var broken = await PostAsync(stoa, "without a colon");

        Assert.Equal((200, 200, 401, 401), (whole.Status, parted.Status, wrong.Status, broken.Status));
        broken.ShouldBeProblem(401, "invalid-credential");

        static async Task<Answer> PostAsync(Exchange stoa, string pair)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/datasets/air/connectors/citizens");
            request.Content = new StringContent(ConnectorSamples.Read("sensor-community.json"));
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
            return await stoa.SendAsync(request);
        }
    }

    [Fact]
    public async Task Of_Tasmota_become_observations_of_every_channel_in_the_zone_of_the_device()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("buildings", "buildings-tasmota", ConnectorSamples.Read("tasmota.yaml"));

        (await stoa.PostPayloadAsync("/datasets/buildings/connectors/buildings-tasmota?topic=tele/library-03/SENSOR",
            ConnectorSamples.Read("tasmota.json"), token)).ShouldBeJson(200, """{"observations":19,"duplicates":0,"skipped":false}""");

        var rows = await stoa.ObservationsAsync("buildings");
        Assert.Contains("library-03 Energy 2026-03-14T08:25:10Z 182.417 kWh", rows);
        Assert.Contains("library-03 Electric power 2026-03-14T08:25:10Z 41 W", rows);
        Assert.Contains("library-03 Air temperature 2026-03-14T08:25:10Z 20.6 °C", rows);
        Assert.Contains("library-03 Air temperature 2026-03-14T08:25:10Z 18.9 °C", rows);
    }

    [Fact]
    public async Task Of_Zigbee2MQTT_become_observations()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("rooms", "rooms-zigbee", ConnectorSamples.Read("zigbee2mqtt.yaml"));

        (await stoa.PostPayloadAsync("/datasets/rooms/connectors/rooms-zigbee?topic=zigbee2mqtt/classroom-2b",
            ConnectorSamples.Read("zigbee2mqtt.json"), token)).ShouldBe(200);

        Assert.Equal(
            [
                "classroom-2b Battery level 2026-03-14T09:02:33Z 88 -",
                "classroom-2b Relative humidity 2026-03-14T09:02:33Z 46.21 %",
                "classroom-2b Link quality 2026-03-14T09:02:33Z 132 -",
                "classroom-2b occupancy 2026-03-14T09:02:33Z false -",
                "classroom-2b Air pressure 2026-03-14T09:02:33Z 1017.3 hPa",
                "classroom-2b Air temperature 2026-03-14T09:02:33Z 21.34 °C",
                "classroom-2b Voltage 2026-03-14T09:02:33Z 2985 -",
            ],
            await stoa.ObservationsAsync("rooms"));
    }

    [Fact]
    public async Task Of_SenML_become_observations_in_their_own_units()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("climate", "weather-senml", ConnectorSamples.Read("senml.yaml"));

        (await stoa.PostPayloadAsync("/datasets/climate/connectors/weather-senml", ConnectorSamples.Read("senml.json"), token))
            .ShouldBe(200);

        const string station = "urn:dev:mac:00163efffe4b2d91";
        Assert.Equal(
            [
                $"{station} air 2026-03-14T09:00:00Z 6.8 Cel",
                $"{station} ground 2026-03-14T09:00:00Z 4.1 Cel",
                $"{station} Relative humidity 2026-03-14T09:00:00Z 79.5 %RH",
                $"{station} rain 2026-03-14T08:59:00Z 0.0002 m",
                $"{station} rain/sum 2026-03-14T08:59:00Z 0.0412 m",
                $"{station} door 2026-03-14T09:00:00Z false -",
                $"{station} firmware 2026-03-14T09:00:00Z \"2.4.1\" -",
            ],
            await stoa.ObservationsAsync("climate"));
    }

    [Fact]
    public async Task Of_Telegraf_become_observations()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("climate", "weather-telegraf", ConnectorSamples.Read("line-protocol.yaml"));

        (await stoa.PostPayloadAsync("/datasets/climate/connectors/weather-telegraf", ConnectorSamples.Read("line-protocol.txt"), token))
            .ShouldBe(200);

        Assert.Equal(
            [
                "roof east Air temperature 2026-03-14T09:00:00Z 7.25 °C", "roof east Relative humidity 2026-03-14T09:00:00Z 82 %",
                "roof east raining 2026-03-14T09:00:00Z false -", "roof west Air temperature 2026-03-14T09:00:00.5Z 7.5 °C",
                "roof west note 2026-03-14T09:00:00.5Z \"calibrated, \\\"ok\\\"\" -",
            ],
            await stoa.ObservationsAsync("climate"));
    }

    [Fact]
    public async Task That_are_plain_numbers_become_observations()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "gauges", ConnectorSamples.Read("number.yaml"));
        const string path = "/datasets/water/connectors/gauges?topic=gauges/inner-harbour/level";

        (await stoa.PostPayloadAsync(path, ConnectorSamples.Read("number.txt"), token)).ShouldBe(200);
        (await stoa.PostPayloadAsync(path, "-9999", token)).ShouldBeJson(200, """{"observations":0,"duplicates":0,"skipped":true}""");
        (await stoa.PostPayloadAsync(path, "high", token)).ShouldBe(202);

        var row = Assert.Single(await stoa.ObservationsAsync("water"));
        Assert.StartsWith("inner-harbour Water level ", row, StringComparison.Ordinal);
        Assert.EndsWith(" 2.13 m", row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_come_twice_are_stored_once()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("climate", "climate-ttn", ConnectorSamples.Read("the-things-stack.yaml"));
        const string path = "/datasets/climate/connectors/climate-ttn";
        var payload = ConnectorSamples.Read("the-things-stack.json");

        (await stoa.PostPayloadAsync(path, payload, token)).ShouldBe(200);
        (await stoa.PostPayloadAsync(path, payload, token)).ShouldBeJson(200, """{"observations":0,"duplicates":5,"skipped":false}""");

        var entry = (await stoa.GetAsync("/api/v1/datasets/climate/connectors/climate-ttn", token)).ShouldBe(200).Json;
        Assert.Equal((2, 5, 5, 5),
            (entry.GetProperty("received").GetInt32(), entry.GetProperty("observations").GetInt32(),
                entry.GetProperty("duplicates").GetInt32(), entry.GetProperty("datastreamsCreated").GetInt32()));
    }

    [Fact]
    public async Task That_move_move_their_Thing_and_noise_does_not()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("buses", "gps",
            """
            device: '{$.bus}'
            thing: { location: { longitude: '{$.lon}', latitude: '{$.lat}', toleranceMetres: 30 } }
            values: [{ path: $.speed, quantity: speed }]
            time: { value: '{$.at}', formats: [unix] }
            """);
        const string path = "/datasets/buses/connectors/gps";

        foreach (var body in new[]
        {
            """{"bus":"7","speed":0,"at":1773478800}""",
            """{"bus":"7","speed":1,"lon":9.98,"lat":53.55,"at":1773478810}""",
            """{"bus":"7","speed":2,"lon":9.9801,"lat":53.5501,"at":1773478820}""",
            """{"bus":"7","speed":3,"lon":9.99,"lat":53.55,"at":1773478830}""",
            """{"bus":"7","speed":4,"lon":999,"lat":0,"at":1773478840}""",
        })
            (await stoa.PostPayloadAsync(path, body, token)).ShouldBeJson(200, """{"observations":1,"duplicates":0,"skipped":false}""");

        var places = await stoa.GetAsync("/datasets/buses/sensorthings/v1.1/Things?$select=name" +
            "&$expand=Locations($select=location),HistoricalLocations($count=true;$top=0)", stoa.AdminToken);
        var thing = places.ShouldBe(200).Json.GetProperty("value")[0];
        Assert.Equal(3, thing.GetProperty("HistoricalLocations@iot.count").GetInt32());
        Assert.Equal("[9.99,53.55]", thing.GetProperty("Locations")[0].GetProperty("location").GetProperty("coordinates").GetRawText());
        await stoa.ShouldBeConsistentAsync();
    }
}
