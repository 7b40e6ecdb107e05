using System.Globalization;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>An open Datastream whose Sensor, ObservedProperty, Thing or FeatureOfInterest lies in a closed dataset: what is
/// linked stays hidden, and nothing that is derived or ordered by it shows.</summary>
public class Links_across_datasets
{
    private const string Root = "/sensorthings/v1.1/";

    private sealed record City(
        Exchange Stoa, long Thing, long SecretLocation, long Datastream, long SecretSensor, long SecretProperty, long SecretFeature);

    private static async Task<long> CreateAsync(Exchange stoa, string dataset, string path, string json)
    {
        var answer = (await stoa.PostJsonAsync($"/datasets/{dataset}/sensorthings/v1.1/{path}", json)).ShouldBe(201);
        var location = answer.Header("Location");
        return long.Parse(location[(location.LastIndexOf('(') + 1)..^1], CultureInfo.InvariantCulture);
    }

    private static string Place(string name, string coordinates) =>
        $$"""{"name":"{{name}}","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[{{coordinates}}]} }""";

    private static string Datastream(string name, long thing, long sensor, long property) =>
        $$$"""
        {"name":"{{{name}}}","description":"d","unitOfMeasurement":{"name":"n","symbol":"s","definition":"d"},"observationType":"o",
         "Thing":{"@iot.id":{{{thing}}} },"Sensor":{"@iot.id":{{{sensor}}} },"ObservedProperty":{"@iot.id":{{{property}}} }}
        """;

    private static string Sensor(string name) =>
        $$"""{"name":"{{name}}","description":"d","encodingType":"application/pdf","metadata":"{{name}}"}""";

    private static string Property(string name) => $$"""{"name":"{{name}}","definition":"urn:{{name}}","description":"d"}""";

    private static async Task<City> StartAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var location = await CreateAsync(stoa, "closed", "Locations", Place("zz secret place", "77,7"));
        var sensor = await CreateAsync(stoa, "closed", "Sensors", Sensor("zz secret sensor"));
        var property = await CreateAsync(stoa, "closed", "ObservedProperties", Property("zz secret property"));
        var feature = await CreateAsync(stoa, "closed", "FeaturesOfInterest",
            """{"name":"zz secret feature","description":"d","encodingType":"application/geo+json","feature":{"type":"Point","coordinates":[77,7]}}""");
        var thing = await CreateAsync(stoa, "open", "Things",
            $$$"""{"name":"thing","description":"d","Locations":[{"@iot.id":{{{location}}} }]}""");
        var datastream = await CreateAsync(stoa, "open", "Datastreams", Datastream("a", thing, sensor, property));
        var openSensor = await CreateAsync(stoa, "open", "Sensors", Sensor("aa sensor"));
        var openProperty = await CreateAsync(stoa, "open", "ObservedProperties", Property("aa property"));
        await CreateAsync(stoa, "open", "Datastreams", Datastream("b", thing, openSensor, openProperty));
        await CreateAsync(stoa, "open", $"Datastreams({datastream})/Observations",
            $$$"""{"phenomenonTime":"2026-01-01T00:00:00Z","result":1,"FeatureOfInterest":{"@iot.id":{{{feature}}} }}""");
        return new(stoa, thing, location, datastream, sensor, property, feature);
    }

    [Fact]
    public async Task Are_not_followed_where_the_target_may_not_be_seen()
    {
        var city = await StartAsync();
        await using var stoa = city.Stoa;
        string[] hidden =
        [
            $"Datastreams({city.Datastream})/Sensor", $"Datastreams({city.Datastream})/Sensor/name",
            $"Datastreams({city.Datastream})/Sensor/name/$value", $"Datastreams({city.Datastream})/Sensor/$ref",
            $"Datastreams({city.Datastream})/Sensor/Datastreams", $"Datastreams({city.Datastream})/ObservedProperty",
            $"Datastreams({city.Datastream})/ObservedProperty/Datastreams", $"Things({city.Thing})/Locations({city.SecretLocation})",
            $"Datastreams({city.Datastream})/Observations(1)/FeatureOfInterest", "Observations(1)/FeatureOfInterest/feature",
            $"Sensors({city.SecretSensor})/Datastreams", $"FeaturesOfInterest({city.SecretFeature})/Observations",
            $"Locations({city.SecretLocation})/Things",
        ];

        foreach (var path in hidden) (await stoa.GetAsync(Root + path)).ShouldBeProblem(404, "not-found");

        (await stoa.GetAsync(Root + $"Things({city.Thing})/Locations")).ShouldBeJson(200, """{"value":[]}""");
    }

    [Fact]
    public async Task Are_not_expanded_filtered_counted_or_ordered_by()
    {
        var city = await StartAsync();
        await using var stoa = city.Stoa;
        string[] paths =
        [
            "Datastreams?$expand=Sensor,ObservedProperty,Thing/Locations,Thing/HistoricalLocations/Locations",
            "Datastreams?$filter=startswith(Sensor/name,'zz')&$count=true",
            $"Datastreams?$filter=Sensor/id eq {city.SecretSensor}&$count=true",
            $"Datastreams?$filter=ObservedProperty/id eq {city.SecretProperty}&$count=true",
            "Datastreams?$filter=ObservedProperty/definition gt 'urn:z'&$count=true",
            "Datastreams?$filter=Thing/Locations/name gt 'z'&$count=true",
            $"Things?$filter=Locations/id eq {city.SecretLocation}&$count=true",
            "Things?$filter=Datastreams/Sensor/name gt 'z'&$count=true",
            "Things?$filter=st_within(Locations/location,geography'POLYGON((76 6,78 6,78 8,76 8,76 6))')&$count=true",
            "Observations?$filter=FeatureOfInterest/name gt 'z'&$count=true",
            $"Observations?$filter=FeatureOfInterest/id eq {city.SecretFeature}&$count=true",
            "Observations?$expand=FeatureOfInterest,Datastream/Sensor",
            "Things?$expand=Locations($count=true),HistoricalLocations($expand=Locations($count=true))",
        ];

        foreach (var path in paths)
        {
            var answer = (await stoa.GetAsync(Root + path.Replace(" ", "%20", StringComparison.Ordinal))).ShouldBe(200);

            Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
            if (path.Contains("$filter", StringComparison.Ordinal))
                Assert.True(answer.Json.GetProperty("@iot.count").GetInt64() == 0, $"{path}: {answer}");
        }
    }

    [Theory]
    [InlineData("Sensor/name")]
    [InlineData("ObservedProperty/name")]
    [InlineData("Sensor/id")]
    public async Task Do_not_show_their_target_in_an_order(string by)
    {
        var city = await StartAsync();
        await using var stoa = city.Stoa;
        var before = await OrdersAsync(stoa, by);

        // The hidden names now sort before the open ones.
        await stoa.PatchJsonAsync($"{Root}Sensors({city.SecretSensor})", """{"name":"00 secret"}""");
        await stoa.PatchJsonAsync($"{Root}ObservedProperties({city.SecretProperty})", """{"name":"00 secret"}""");

        Assert.Equal(before, await OrdersAsync(stoa, by));
    }

    private static async Task<string> OrdersAsync(Exchange stoa, string by)
    {
        var up = await stoa.GetAsync($"{Root}Datastreams?$select=name&$orderby={by}");
        var down = await stoa.GetAsync($"{Root}Datastreams?$select=name&$orderby={by}%20desc");
        return up.ShouldBe(200).Text + down.ShouldBe(200).Text;
    }

    [Fact]
    public async Task Do_not_show_their_target_in_what_is_derived_from_it()
    {
        var city = await StartAsync();
        await using var stoa = city.Stoa;

        var datastream = (await stoa.GetAsync($"{Root}Datastreams({city.Datastream})")).ShouldBe(200);

        // The port is any number, so the address may hold these digits.
        var text = datastream.Text.Replace(stoa.Address.ToString(), "", StringComparison.Ordinal);
        Assert.DoesNotContain("77", text, StringComparison.Ordinal);
        (await stoa.GetAsync($"{Root}Datastreams({city.Datastream})/observedArea")).ShouldBe(204);
    }

    [Theory]
    [InlineData("open", "closed", "closed")]
    [InlineData("closed", "open", "open")]
    [InlineData("open", "open", "open")]
    [InlineData("closed", "closed", "closed")]
    public async Task Do_not_copy_a_Location_to_where_more_people_may_read(string datastreams, string locations, string expected)
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var location = await CreateAsync(stoa, locations, "Locations", Place("secret place", "77,7"));
        var thing = await CreateAsync(stoa, "open", "Things",
            $$$"""{"name":"thing","description":"d","Locations":[{"@iot.id":{{{location}}} }]}""");
        var sensor = await CreateAsync(stoa, "open", "Sensors", Sensor("sensor"));
        var property = await CreateAsync(stoa, "open", "ObservedProperties", Property("property"));
        var datastream = await CreateAsync(stoa, datastreams, "Datastreams", Datastream("d", thing, sensor, property));

        await CreateAsync(stoa, datastreams, $"Datastreams({datastream})/Observations", """{"result":1}""");
        await CreateAsync(stoa, datastreams, $"Datastreams({datastream})/Observations", """{"result":2}""");

        foreach (var dataset in new[] { "open", "closed" })
        {
            var features = await stoa.GetAsync(
                $"/datasets/{dataset}/sensorthings/v1.1/FeaturesOfInterest?$count=true&$top=0", stoa.AdminToken);
            Assert.Equal(dataset == expected ? 1 : 0, features.ShouldBe(200).Json.GetProperty("@iot.count").GetInt32());
        }
    }

    [Fact]
    public async Task Keep_the_derived_area_right_after_a_removal_too()
    {
        var city = await StartAsync();
        await using var stoa = city.Stoa;
        await CreateAsync(stoa, "open", $"Datastreams({city.Datastream})/Observations",
            """{"result":2,"FeatureOfInterest":{"name":"f","description":"d","encodingType":"application/geo+json","feature":{"type":"Point","coordinates":[3,4]}}}""");
        var extra = await CreateAsync(stoa, "open", $"Datastreams({city.Datastream})/Observations",
            $$$"""{"result":3,"FeatureOfInterest":{"@iot.id":{{{city.SecretFeature}}} }}""");

        (await stoa.DeleteAsync($"{Root}Observations({extra})")).ShouldBe(200);

        var area = (await stoa.GetAsync($"{Root}Datastreams({city.Datastream})/observedArea")).ShouldBe(200);
        Assert.DoesNotContain("7", area.Text, StringComparison.Ordinal);
        Assert.Contains("3", area.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Can_be_made_only_by_those_who_may_read_the_target()
    {
        var city = await StartAsync();
        await using var stoa = city.Stoa;
        var writer = await stoa.GivenTokenAsync("open", "read", "write");
        var body = Datastream("c", city.Thing, city.SecretSensor, city.SecretProperty);
        var absent = Datastream("c", city.Thing, 999_999, city.SecretProperty);

        var hiddenAnswer = await stoa.PostJsonAsync("/datasets/open/sensorthings/v1.1/Datastreams", body, writer);
        var absentAnswer = await stoa.PostJsonAsync("/datasets/open/sensorthings/v1.1/Datastreams", absent, writer);

        Assert.InRange(hiddenAnswer.Status, 400, 499);
        Assert.Equal(
            absentAnswer.Text.Replace("999999", "#", StringComparison.Ordinal),
            hiddenAnswer.Text.Replace(city.SecretSensor.ToString(CultureInfo.InvariantCulture), "#", StringComparison.Ordinal));
    }
}
