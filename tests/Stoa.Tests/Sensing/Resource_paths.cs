using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Addresses of entities, properties and links (OGC 18-088, 9.2).</summary>
public class Resource_paths(StationExchange station) : IClassFixture<StationExchange>
{
    private Exchange Stoa => station.Stoa;

    [Fact]
    [Requirement(Requirements.ResourcePath)]
    public async Task Lead_to_a_landing_page_that_lists_every_set_and_what_is_fulfilled()
    {
        var answer = await Stoa.GetAsync(SensorThings.Root);

        answer.ShouldBe(200);
        Assert.Equal(
            [
                "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations",
                "FeaturesOfInterest", "MultiDatastreams",
            ],
            answer.Json.GetProperty("value").EnumerateArray().Select(set => set.GetProperty("name").GetString()));
        Assert.All(answer.Json.GetProperty("value").EnumerateArray(), set => Assert.Equal(
            $"{Stoa.Address}sensorthings/v1.1/{set.GetProperty("name").GetString()}", set.GetProperty("url").GetString()));
        Assert.Contains(
            "http://www.opengis.net/spec/iot_sensing/1.1/req/resource-path/resource-path-to-entities",
            answer.Json.GetProperty("serverSettings").GetProperty("conformance").EnumerateArray().Select(uri => uri.GetString()));
        Assert.Equal(answer.Text, (await Stoa.GetAsync(SensorThings.Root + "/")).Text);
    }

    [Theory]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Things", "1,2")]
    [InlineData("Locations", "1")]
    [InlineData("HistoricalLocations", "1")]
    [InlineData("Datastreams", "1")]
    [InlineData("Sensors", "1")]
    [InlineData("ObservedProperties", "1")]
    [InlineData("Observations", "1,2")]
    [InlineData("FeaturesOfInterest", "1")]
    [InlineData("Things(1)/Locations", "1")]
    [InlineData("Things(1)/HistoricalLocations", "1")]
    [InlineData("Things(1)/Datastreams", "1")]
    [InlineData("Things(2)/Datastreams", "")]
    [InlineData("Locations(1)/Things", "1")]
    [InlineData("Locations(1)/HistoricalLocations", "1")]
    [InlineData("HistoricalLocations(1)/Locations", "1")]
    [InlineData("Datastreams(1)/Observations", "1,2")]
    [InlineData("Sensors(1)/Datastreams", "1")]
    [InlineData("ObservedProperties(1)/Datastreams", "1")]
    [InlineData("FeaturesOfInterest(1)/Observations", "1,2")]
    [InlineData("Observations(2)/Datastream/Thing/Locations", "1")]
    [InlineData("Things(1)/Locations(1)/HistoricalLocations(1)/Locations", "1")]
    [InlineData("Sensors(1)/Datastreams(1)/Observations", "1,2")]
    [InlineData("Locations(1)/Things(1)/Datastreams(1)/Observations", "1,2")]
    [InlineData("FeaturesOfInterest(1)/Observations(1)/Datastream/Observations", "1,2")]
    public async Task Lead_to_sets(string path, string ids)
    {
        var answer = await Stoa.ReadAsync(path);

        Assert.Equal(ids, answer.Ids());
    }

    [Theory]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Datastreams(1)/Thing", "Things(1)")]
    [InlineData("Datastreams(1)/Sensor", "Sensors(1)")]
    [InlineData("Datastreams(1)/ObservedProperty", "ObservedProperties(1)")]
    [InlineData("Observations(2)/Datastream", "Datastreams(1)")]
    [InlineData("Observations(2)/FeatureOfInterest", "FeaturesOfInterest(1)")]
    [InlineData("HistoricalLocations(1)/Thing", "Things(1)")]
    [InlineData("Datastreams(1)/Observations(2)", "Observations(2)")]
    [InlineData("Datastreams(1)/Observations(2)/FeatureOfInterest", "FeaturesOfInterest(1)")]
    [InlineData("Things(1)/Datastreams(1)/Sensor", "Sensors(1)")]
    [InlineData("Observations(1)/Datastream/Thing/Locations(1)", "Locations(1)")]
    public async Task Lead_to_one_entity_with_its_own_address(string path, string entity)
    {
        var answer = await Stoa.ReadAsync(path);

        Assert.Equal((await Stoa.ReadAsync(entity)).Text, answer.ShouldBe(200).Text);
    }

    [Fact]
    [Requirement(Requirements.ResourcePath)]
    public async Task Lead_to_an_empty_set_with_an_empty_array()
    {
        var answer = await Stoa.ReadAsync("Things(2)/Locations?$count=true");

        answer.ShouldBeJson(200, """{"@iot.count": 0, "value": []}""");
        Assert.StartsWith("{\"@iot.count\":0,", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Things(1)/@iot.id", """{"@iot.id": 1}""")]
    [InlineData("Things(1)/id", """{"@iot.id": 1}""")]
    [InlineData("Things(1)/name", """{"name": "Station"}""")]
    [InlineData("Things(1)/properties", """{"properties": {"owner": {"name": "City"}, "height": 3}}""")]
    [InlineData("Things(1)/properties/owner", """{"owner": {"name": "City"}}""")]
    [InlineData("Things(1)/properties/owner/name", """{"name": "City"}""")]
    [InlineData("Things(1)/properties/height", """{"height": 3}""")]
    [InlineData("Locations(1)/location", """{"location": {"type": "Point", "coordinates": [7.5, 51.9]}}""")]
    [InlineData("Locations(1)/location/coordinates", """{"coordinates": [7.5, 51.9]}""")]
    [InlineData("HistoricalLocations(1)/time", """{"time": "2026-01-31T12:00:00Z"}""")]
    [InlineData("Datastreams(1)/unitOfMeasurement/symbol", """{"symbol": "°C"}""")]
    [InlineData("Datastreams(1)/phenomenonTime", """{"phenomenonTime": "2026-01-01T09:00:00Z/2026-01-01T10:00:00Z"}""")]
    [InlineData("Datastreams(1)/observedArea", """{"observedArea": {"type": "Point", "coordinates": [7.5, 51.9]}}""")]
    [InlineData("Sensors(1)/metadata", """{"metadata": "https://example.org/probe.pdf"}""")]
    [InlineData("ObservedProperties(1)/definition", """{"definition": "https://example.org/def/temperature"}""")]
    [InlineData("Observations(1)/result", """{"result": 21.5}""")]
    [InlineData("Observations(1)/resultTime", """{"resultTime": "2026-01-01T09:00:05.25Z"}""")]
    [InlineData("Observations(1)/resultQuality/code", """{"code": "good"}""")]
    [InlineData("Datastreams(1)/Observations(1)/FeatureOfInterest/feature",
        """{"feature": {"type": "Point", "coordinates": [7.5, 51.9]}}""")]
    [InlineData("Observations(1)/Datastream/Thing/name", """{"name": "Station"}""")]
    public async Task Lead_to_a_property_alone(string path, string json)
    {
        var answer = await Stoa.ReadAsync(path);

        answer.ShouldBeJson(200, json);
        Assert.Equal("application/json", answer.MediaType);
    }

    [Theory]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Things(1)/name/$value", "Station", "text/plain")]
    [InlineData("Things(1)/id/$value", "1", "text/plain")]
    [InlineData("Things(1)/properties/$value", """{"owner":{"name":"City"},"height":3}""", "application/json")]
    [InlineData("Things(1)/properties/owner/name/$value", "City", "text/plain")]
    [InlineData("Locations(1)/location/$value", """{"type":"Point","coordinates":[7.5,51.9]}""", "application/json")]
    [InlineData("Observations(1)/result/$value", "21.5", "text/plain")]
    [InlineData("Observations(1)/phenomenonTime/$value", "2026-01-01T09:00:00Z", "text/plain")]
    [InlineData("Observations(2)/phenomenonTime/$value", "2026-01-01T09:30:00Z/2026-01-01T10:00:00Z", "text/plain")]
    [InlineData("Datastreams(1)/unitOfMeasurement/symbol/$value", "°C", "text/plain")]
    public async Task Lead_to_the_raw_value_of_a_property(string path, string text, string mediaType)
    {
        var answer = await Stoa.ReadAsync(path);

        Assert.Equal(text, answer.ShouldBe(200).Text);
        Assert.Equal(mediaType, answer.MediaType);
    }

    [Theory]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Observations(2)/resultTime")]
    [InlineData("Observations(2)/resultTime/$value")]
    [InlineData("Observations(2)/validTime")]
    [InlineData("Observations(2)/parameters")]
    [InlineData("Things(2)/properties")]
    [InlineData("Things(2)/properties/$value")]
    public async Task Lead_to_a_property_that_is_null_with_204(string path)
    {
        var answer = await Stoa.ReadAsync(path);

        Assert.Empty(answer.ShouldBe(204).Bytes);
    }

    [Theory]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Datastreams(1)/Observations/$ref", """
        {"value": [{"@iot.selfLink": "{base}/sensorthings/v1.1/Observations(1)"}, {"@iot.selfLink": "{base}/sensorthings/v1.1/Observations(2)"}]}
        """)]
    [InlineData("Datastreams(1)/Thing/$ref", """{"@iot.selfLink": "{base}/sensorthings/v1.1/Things(1)"}""")]
    [InlineData("Things/$ref?$filter=name eq 'Bare'&$count=true", """
        {"@iot.count": 1, "value": [{"@iot.selfLink": "{base}/sensorthings/v1.1/Things(2)"}]}
        """)]
    [InlineData("Things/$ref?$top=1&$orderby=id desc", """
        {"value": [{"@iot.selfLink": "{base}/sensorthings/v1.1/Things(2)"}],
         "@iot.nextLink": "{base}/sensorthings/v1.1/Things/$ref?$top=1&$orderby=id%20desc&$skiptoken=AwAAAAAAAAAC"}
        """)]
    [InlineData("Things(2)/Datastreams/$ref", """{"value": []}""")]
    public async Task Lead_to_links_alone(string path, string json)
    {
        var answer = await Stoa.ReadAsync(path);

        answer.ShouldBeJson(200, json);
    }

    [Theory]
    [Requirement(Requirements.ResourcePath)]
    [Requirement(Requirements.StatusCode)]
    [InlineData("Things(9223372036854775807)")]
    [InlineData("Things(92233720368547758070)")]
    [InlineData("Things(0)")]
    [InlineData("Things(-1)")]
    [InlineData("Things('one')")]
    [InlineData("Things(3)/Datastreams")]
    [InlineData("Things(3)/Datastreams/$ref")]
    [InlineData("Things(3)/name")]
    [InlineData("Things(2)/Datastreams(1)")]
    [InlineData("Things(2)/Datastreams(1)/Observations")]
    [InlineData("Datastreams(1)/Observations(3)")]
    [InlineData("Locations(1)/Things(2)/Datastreams")]
    [InlineData("Observations(3)/Datastream")]
    [InlineData("Bridges")]
    [InlineData("things")]
    [InlineData("Thing(1)")]
    [InlineData("Things(1)/Thing")]
    [InlineData("Things(1)/Sensor")]
    [InlineData("Things/Datastreams")]
    [InlineData("Things/name")]
    [InlineData("Things(1)/colour")]
    [InlineData("Things(1)/name/first")]
    [InlineData("Things(1)/properties/colour")]
    [InlineData("Things(1)/properties/height/unit")]
    [InlineData("Things(1)/$value")]
    [InlineData("Things(1)/name/$ref")]
    [InlineData("Things(1)//Datastreams")]
    [InlineData("Datastreams(1)/Thing(1)")]
    [InlineData("$ref")]
    [InlineData("MultiDatastreams(1)")]
    [InlineData("MultiDatastreams(-1)/Observations")]
    [InlineData("Datastreams(-1)/Observations")]
    [InlineData("Observations(1)/MultiDatastream")]
    public async Task Lead_nowhere_with_404(string path)
    {
        var answer = await Stoa.ReadAsync(path);

        answer.ShouldBeProblem(404, "not-found");
    }

    [Theory]
    [Requirement(Requirements.StatusCode)]
    [InlineData("/sensorthings/v1.0/Things")]
    [InlineData("/sensorthings/v9/Things")]
    [InlineData("/sensorthings/Things")]
    [InlineData("/datasets/absent/sensorthings/v1.1/Things")]
    public async Task Of_another_version_or_dataset_lead_nowhere(string path)
    {
        var answer = await Stoa.GetAsync(path, Stoa.AdminToken);

        answer.ShouldBeProblem(404, "not-found");
    }

    [Theory]
    [InlineData("Things(1")]
    [InlineData("Things(1)x")]
    [InlineData("Things(1.5)")]
    [InlineData("Things(1,2)")]
    public async Task That_cannot_be_read_are_refused_with_400_and_advice(string path)
    {
        var answer = await Stoa.ReadAsync(path);

        answer.ShouldBeProblem(400, "invalid-path");
    }

    [Theory]
    [InlineData("GET", "Things(1)/name", "PATCH")]
    [InlineData("GET", "Things", "DELETE")]
    [InlineData("GET", "Things", "PATCH")]
    [InlineData("GET", "Things", "PUT")]
    [InlineData("GET", "Things(1)", "POST")]
    [InlineData("GET", "Things/$ref", "POST")]
    public async Task Say_which_methods_fit(string allowed, string path, string method)
    {
        var answer = await Stoa.SendAsync(new HttpMethod(method), SensorThings.At(path), "{}", Stoa.AdminToken);

        answer.ShouldBeProblem(405, "method-not-allowed");
        Assert.Contains(allowed, answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_HEAD_like_GET_without_the_body()
    {
        var answer = await Stoa.SendAsync(HttpMethod.Head, SensorThings.At("Things(1)"), null, Stoa.AdminToken);

        Assert.Empty(answer.ShouldBe(200).Bytes);
        (await Stoa.SendAsync(HttpMethod.Head, SensorThings.At("Things(9)"), null, Stoa.AdminToken)).ShouldBe(404);
    }
}
