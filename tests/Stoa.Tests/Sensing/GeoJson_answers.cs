using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>$resultFormat=GeoJSON: entities as features (RFC 7946).</summary>
public class GeoJson_answers(SeriesExchange series) : IClassFixture<SeriesExchange>
{
    private Exchange Stoa => series.Stoa;

    [Fact]
    public async Task Show_a_Location_at_its_place_with_flat_properties()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Locations",
            """
            {"name":"L","description":"d","encodingType":"application/geo+json",
             "location":{"type":"Polygon","coordinates":[[[7,51],[8,51],[8,52],[7,51]]]},
             "properties":{"owner":{"name":"City","tags":[1,{"a":2}]},"a/b":"x~y","empty":{},"none":null}}
            """);

        var answer = (await stoa.ReadAsync("Locations?$resultFormat=GeoJSON&$count=true")).ShouldBe(200);

        Assert.Equal("application/geo+json", answer.MediaType);
        answer.ShouldBeJson(200,
            """
            {"type":"FeatureCollection","@iot.count":1,"features":[{
              "type":"Feature","id":1,
              "properties":{"id":1,"name":"L","description":"d","encodingType":"application/geo+json",
                "properties/owner/name":"City","properties/owner/tags":[1,{"a":2}],"properties/a~1b":"x~y","properties/none":null},
              "geometry":{"type":"Polygon","coordinates":[[[7,51],[8,51],[8,52],[7,51]]]}
            }]}
            """);
    }

    [Theory]
    [InlineData("Things(1)", "[7,51]")]
    [InlineData("HistoricalLocations(1)", "[7,51]")]
    [InlineData("Datastreams(1)", "[7,51]")]
    [InlineData("Datastreams(3)", "[9,53]")]
    [InlineData("Observations(1)", "[7,51]")]
    [InlineData("FeaturesOfInterest(1)", "[7,51]")]
    [InlineData("Locations(2)?$select=name", "[8,52]")]
    [InlineData("Sensors(1)?$expand=Datastreams", "[7,51]")]
    [InlineData("ObservedProperties(1)?$expand=Datastreams($filter=id eq 3;$expand=Thing/Locations)", "[9,53]")]
    public async Task Find_the_place_of_an_entity(string path, string coordinates)
    {
        var separator = path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        var answer = (await Stoa.ReadAsync($"{path}{separator}$resultFormat=GeoJSON")).ShouldBe(200);

        var feature = Assert.Single(answer.Json.GetProperty("features").EnumerateArray());
        Assert.Equal("Point", feature.GetProperty("geometry").GetProperty("type").GetString());
        Assert.Equal(coordinates, feature.GetProperty("geometry").GetProperty("coordinates").GetRawText().Replace(" ", "", StringComparison.Ordinal));
        Assert.False(feature.GetProperty("properties").TryGetProperty("location", out _));
    }

    [Theory]
    [InlineData("Things(4)")]
    [InlineData("Sensors(1)")]
    [InlineData("ObservedProperties(1)")]
    public async Task Have_no_geometry_where_there_is_no_place(string path)
    {
        var feature = (await Stoa.ReadAsync(path + "?$resultFormat=GeoJSON")).ShouldBe(200).Json.GetProperty("features")[0];

        Assert.Equal("null", feature.GetProperty("geometry").GetRawText());
    }

    [Fact]
    public async Task Flatten_what_is_expanded()
    {
        (await Stoa.ReadAsync(
            "Datastreams(1)?$select=name,unitOfMeasurement&$resultFormat=GeoJSON&$expand=Thing($select=name;$expand=Locations($select=id))," +
            "Observations($select=result,parameters;$orderby=phenomenonTime desc;$top=2)")).ShouldBeJson(200,
            """
            {"type":"FeatureCollection","features":[{"type":"Feature","id":1,"properties":{
              "name":"numbers","unitOfMeasurement/name":null,"unitOfMeasurement/symbol":null,"unitOfMeasurement/definition":null,
              "Thing/name":"Alpha","Thing/Locations/0/id":1,
              "Observations/0/result":12,"Observations/0/parameters/i":12,"Observations/1/result":11,"Observations/1/parameters/i":11},
              "geometry":{"type":"Point","coordinates":[7,51]}}]}
            """);
    }

    [Fact]
    public async Task Keep_a_location_in_another_encoding_among_the_properties()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Locations",
            """{"name":"L","description":"d","encodingType":"text/plain","location":{"type":"Point","coordinates":"behind the church"}}""");

        (await stoa.ReadAsync("Locations?$resultFormat=GeoJSON&$select=location")).ShouldBeJson(200,
            """
            {"type":"FeatureCollection","features":[{"type":"Feature","id":1,
              "properties":{"location/type":"Point","location/coordinates":"behind the church"},"geometry":null}]}
            """);
    }

    [Fact]
    public async Task Lead_to_the_next_page_inside_the_collection()
    {
        var answer = (await Stoa.ReadAsync("Things?$resultFormat=GeoJSON&$top=3&$select=id")).ShouldBe(200).Json;

        var link = answer.GetProperty("links")[0];
        Assert.Equal(answer.GetProperty("@iot.nextLink").GetString(), link.GetProperty("href").GetString());
        var next = (await Stoa.GetAsync(link.GetProperty("href").GetString()!, Stoa.AdminToken)).ShouldBe(200).Json;
        Assert.Equal(4, next.GetProperty("features")[0].GetProperty("id").GetInt64());
        Assert.False(next.TryGetProperty("links", out _));
    }
}
