using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>MultiDatastreams in answers, paths and queries (OGC 18-088, 12).</summary>
public class MultiDatastreams_as_they_are_read
{
    [Fact]
    [Requirement(Requirements.MultiDatastreamProperties)]
    [Requirement(Requirements.ControlInformation)]
    public async Task Show_their_properties_with_what_is_derived()
    {
        await using var stoa = await Wind.StartAsync();

        (await stoa.ReadAsync("MultiDatastreams(1)")).ShouldBeJson(200,
            $$"""
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/MultiDatastreams(1)",
              "Thing@iot.navigationLink": "{base}/sensorthings/v1.1/MultiDatastreams(1)/Thing",
              "Sensor@iot.navigationLink": "{base}/sensorthings/v1.1/MultiDatastreams(1)/Sensor",
              "ObservedProperties@iot.navigationLink": "{base}/sensorthings/v1.1/MultiDatastreams(1)/ObservedProperties",
              "Observations@iot.navigationLink": "{base}/sensorthings/v1.1/MultiDatastreams(1)/Observations",
              "name": "Wind",
              "description": "Speed, gust, heating",
              "observationType": "{{Wind.Complex}}",
              "multiObservationDataTypes": {{Wind.Types}},
              "unitOfMeasurements": {{Wind.Units}},
              "observedArea": {"type": "Point", "coordinates": [7.5, 51.9]},
              "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-01T02:00:00Z",
              "properties": {"height": 10}
            }
            """);
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.MultiDatastreamRelations)]
    [Requirement(Requirements.ObservationRelations)]
    public async Task Stand_in_their_Observations_in_place_of_a_Datastream()
    {
        await using var stoa = await Wind.StartAsync();

        (await stoa.ReadAsync("MultiDatastreams(1)/Observations?$top=1")).ShouldBeJson(200,
            """
            {
              "value": [{
                "@iot.id": 1,
                "@iot.selfLink": "{base}/sensorthings/v1.1/Observations(1)",
                "MultiDatastream@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(1)/MultiDatastream",
                "FeatureOfInterest@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(1)/FeatureOfInterest",
                "phenomenonTime": "2026-01-01T00:00:00Z",
                "resultTime": null,
                "result": [3.5, 7, true]
              }],
              "@iot.nextLink": "{base}/sensorthings/v1.1/MultiDatastreams(1)/Observations?$top=1&$skiptoken=AgAGR0hGIEAAAAAAAAAAAAE"
            }
            """);
        (await stoa.ReadAsync("Observations(1)/Datastream")).ShouldBeProblem(404, "not-found");
        (await stoa.ReadAsync("Observations(1)?$expand=Datastream,MultiDatastream($select=name)&$select=id")).ShouldBeJson(200,
            """{"@iot.id": 1, "@iot.selfLink": "{base}/sensorthings/v1.1/Observations(1)", "MultiDatastream": {"name": "Wind"}}""");
    }

    [Theory]
    [Requirement(Requirements.MultiDatastreamRelations)]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Things(1)/MultiDatastreams", "1")]
    [InlineData("Sensors(1)/MultiDatastreams", "1")]
    [InlineData("ObservedProperties(2)/MultiDatastreams", "1")]
    [InlineData("MultiDatastreams(1)/ObservedProperties", "1,2,3")]
    [InlineData("MultiDatastreams(1)/ObservedProperties?$orderby=name", "2,3,1")]
    [InlineData("MultiDatastreams(1)/Observations?$orderby=phenomenonTime desc", "3,2,1")]
    [InlineData("Observations(2)/MultiDatastream/ObservedProperties", "1,2,3")]
    [InlineData("Observations(2)/MultiDatastream/Thing/MultiDatastreams(1)/Observations", "1,2,3")]
    [InlineData("FeaturesOfInterest(1)/Observations", "1,2,3")]
    [InlineData("Datastreams", "")]
    public async Task Are_reached_over_every_relation(string path, string ids)
    {
        await using var stoa = await Wind.StartAsync();

        Assert.Equal(ids, (await stoa.ReadAsync(path)).Ids());
    }

    [Theory]
    [Requirement(Requirements.MultiDatastreamRelations)]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Observations(1)/MultiDatastream/name/$value", "Wind")]
    [InlineData("MultiDatastreams(1)/unitOfMeasurements/0/symbol/$value", "m/s")]
    [InlineData("MultiDatastreams(1)/observedArea/type/$value", "Point")]
    [InlineData("MultiDatastreams(1)/ObservedProperties(2)/name/$value", "Gust")]
    [InlineData("MultiDatastreams(1)/Observations(1)/result/1/$value", "7")]
    [InlineData("MultiDatastreams(1)/Sensor/metadata/$value", "https://example.org/sonic")]
    public async Task Give_single_values(string path, string value)
    {
        await using var stoa = await Wind.StartAsync();

        Assert.Equal(value, (await stoa.ReadAsync(path)).ShouldBe(200).Text);
    }

    [Theory]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Datastreams(-1)")]
    [InlineData("Datastreams(-1)/Observations")]
    [InlineData("Datastreams(1)/Observations")]
    [InlineData("MultiDatastreams(-1)/Observations")]
    [InlineData("MultiDatastreams(2)/Observations?$count=true")]
    [InlineData("MultiDatastreams(1)/ObservedProperties(4)")]
    [InlineData("MultiDatastreams(1)/ObservedProperty")]
    public async Task Are_no_Datastreams_and_have_what_is_theirs_alone(string path)
    {
        await using var stoa = await Wind.StartAsync();

        (await stoa.ReadAsync(path)).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    [Requirement(Requirements.MultiDatastreamConstraints)]
    [Requirement(Requirements.Expand)]
    public async Task Show_their_ObservedProperties_in_the_order_of_units_and_types()
    {
        await using var stoa = await Wind.StartAsync(("limits.topDefault", "2"));
        await stoa.PatchJsonAsync(SensorThings.At("MultiDatastreams(1)"),
            """{"ObservedProperties": [{"@iot.id": 3}, {"@iot.id": 1}, {"@iot.id": 3}]}""");

        (await stoa.ReadAsync("MultiDatastreams(1)?$select=id&$expand=ObservedProperties($select=name;$count=true)")).ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/MultiDatastreams(1)",
              "ObservedProperties@iot.count": 3,
              "ObservedProperties": [{"name": "Heating"}, {"name": "Speed"}],
              "ObservedProperties@iot.nextLink":
                "{base}/sensorthings/v1.1/MultiDatastreams(1)/ObservedProperties?$select=name&$skip=2"
            }
            """);
        (await stoa.ReadAsync("MultiDatastreams(1)/ObservedProperties?$select=name&$count=true&$skip=2")).ShouldBeJson(200,
            """{"@iot.count": 3, "value": [{"name": "Heating"}]}""");
        Assert.Equal("3,3", (await stoa.ReadAsync("MultiDatastreams(1)/ObservedProperties?$filter=name eq 'Heating'")).Ids());
        Assert.Equal("1,3,3", (await stoa.ReadAsync("MultiDatastreams(1)/ObservedProperties?$orderby=id&$top=3")).Ids());
        Assert.Equal("1", (await stoa.ReadAsync("ObservedProperties(3)/MultiDatastreams")).Ids());
    }

    [Theory]
    [Requirement(Requirements.MultiDatastreamRelations)]
    [Requirement(Requirements.Filter)]
    [Requirement(Requirements.OrderBy)]
    [InlineData("Observations?$filter=MultiDatastream/id eq 1", "1,2,3")]
    [InlineData("Observations?$filter=MultiDatastream/id eq -1", "")]
    [InlineData("Observations?$filter=Datastream/id eq -1", "")]
    [InlineData("Observations?$filter=Datastream/id eq 1", "4")]
    [InlineData("Observations?$filter=Datastream/id in (1,-1)", "4")]
    [InlineData("Observations?$filter=MultiDatastream/id in (1,-1)", "1,2,3")]
    [InlineData("Observations?$filter=Datastream/id ne 7", "4")]
    [InlineData("Observations?$filter=not (Datastream/id eq 7)", "4")]
    [InlineData("Observations?$filter=MultiDatastream/id gt 0", "1,2,3")]
    [InlineData("Observations?$filter=Datastream/id eq null", "1,2,3")]
    [InlineData("Observations?$filter=MultiDatastream/name eq null", "4")]
    [InlineData("Observations?$filter=MultiDatastream/name eq 'Wind' and result/0 gt 5", "2")]
    [InlineData("Observations?$filter=result/2 eq true or Datastream/name eq 'Temperature'", "1,4")]
    [InlineData("Observations?$filter=MultiDatastream/ObservedProperties/name eq 'Gust'", "1,2,3")]
    [InlineData("Observations?$filter=not (MultiDatastream/ObservedProperties/name eq 'Gust')", "4")]
    [InlineData("Observations?$orderby=MultiDatastream/id desc,id desc", "3,2,1,4")]
    [InlineData("Observations?$orderby=MultiDatastream/name,id", "4,1,2,3")]
    [InlineData("Observations?$orderby=result/1 desc", "2,1,3,4")]
    [InlineData("Observations?$orderby=phenomenonTime desc&$top=2", "4,3")]
    [InlineData("Things?$filter=MultiDatastreams/Observations/result/0 gt 12", "1")]
    [InlineData("Things?$filter=MultiDatastreams/ObservedProperties/name eq 'Gust'", "1")]
    [InlineData("ObservedProperties?$filter=MultiDatastreams/name eq 'Wind'", "1,2,3")]
    [InlineData("MultiDatastreams?$filter=Observations/phenomenonTime gt 2026-01-01T01:30:00Z", "1")]
    [InlineData("MultiDatastreams?$filter=unitOfMeasurements/0/symbol eq 'm/s' and Thing/name eq 'Mast'", "1")]
    [InlineData("MultiDatastreams?$filter=phenomenonTime lt 2026-01-02T00:00:00Z&$orderby=Sensor/name desc", "1")]
    [InlineData("MultiDatastreams?$filter=st_within(observedArea,geography'POLYGON ((7 51,8 51,8 52,7 52,7 51))')", "1")]
    [InlineData("Datastreams?$filter=Observations/result gt 0", "1")]
    public async Task Are_filtered_and_ordered_through(string query, string ids)
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("Temperature"));
        await stoa.CreateAsync("Datastreams(1)/Observations", Wind.Observation("2026-01-05T00:00:00Z", "20"));

        Assert.Equal(ids, (await stoa.ReadAsync(query)).Ids());
    }

    [Fact]
    [Requirement(Requirements.Count)]
    public async Task Are_counted_apart_from_Datastreams()
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("Temperature"));
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result": 1}""");

        async Task<long> CountAsync(string path) =>
            (await stoa.ReadAsync(path + "?$count=true&$top=0")).ShouldBe(200).Json.GetProperty("@iot.count").GetInt64();

        Assert.Equal(1, await CountAsync("MultiDatastreams"));
        Assert.Equal(3, await CountAsync("MultiDatastreams(1)/Observations"));
        Assert.Equal(1, await CountAsync("Datastreams(1)/Observations"));
        Assert.Equal(4, await CountAsync("Observations"));
        Assert.Equal(1, await CountAsync("Things(1)/MultiDatastreams"));
    }

    [Fact]
    [Requirement(Requirements.Select)]
    public async Task Are_selected_and_expanded_below_their_Things()
    {
        await using var stoa = await Wind.StartAsync();

        (await stoa.ReadAsync(
            "Things?$select=name&$expand=MultiDatastreams($select=name,Sensor;$expand=Observations($top=1;$orderby=phenomenonTime desc;$select=result,MultiDatastream))"))
            .ShouldBeJson(200,
            """
            {"value": [{
              "name": "Mast",
              "MultiDatastreams": [{
                "Sensor@iot.navigationLink": "{base}/sensorthings/v1.1/MultiDatastreams(1)/Sensor",
                "name": "Wind",
                "Observations": [{
                  "MultiDatastream@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(3)/MultiDatastream",
                  "result": [null, 4, false]
                }],
                "Observations@iot.nextLink": "{base}/sensorthings/v1.1/MultiDatastreams(1)/Observations?$top=1&$orderby=phenomenonTime%20desc&$select=result%2CMultiDatastream&$skiptoken=AwAGR0nzR4gAAAAAAAAAAAM"
              }]
            }]}
            """);
    }
}
