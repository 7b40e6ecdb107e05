using Xunit;

namespace Stoa.Tests.Import;

public class Importing_features
{
    private const string Points =
        """
        {"type":"FeatureCollection","features":[
          {"type":"Feature","id":7,"geometry":{"type":"Point","coordinates":[7.5,51.5]},"properties":{"name":"Well","depth":12.5,"note":null,"tags":["a"]}},
          {"type":"Feature","id":"x","geometry":null,"properties":{"depth":1}}]}
        """;

    private const string Places =
        """
        SELECT t.external_key, t.name, t.properties, l.location
        FROM   thing t
        LEFT JOIN thing_location tl ON tl.thing_id = t.id
        LEFT JOIN location l ON l.id = tl.location_id
        ORDER BY t.external_key
        """;

    [Fact]
    public async Task Makes_things_with_geometry_and_properties()
    {
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportFeaturesAsync(null, stoa.Given("wells.geojson", Points)));

        Assert.Equal((2, 2, 0), (summary.Rows, summary.Things, summary.Rejected));
        Assert.Equal(
            ["""wells/7|Well|{"name":"Well","depth":12.5,"tags":["a"]}|{"type":"Point","coordinates":[7.5,51.5]}""", """wells/x|wells/x|{"depth":1}|"""],
            await stoa.QueryAsync(Places));
    }

    [Fact]
    public async Task Names_them_as_the_mapping_says_and_adds_none_twice()
    {
        await using var stoa = await Importer.StartAsync();
        var mapping = System.Text.Encoding.UTF8.GetBytes(
            """
            thing:
              key: 'w{feature.id}'
              name: '{name ?? feature.id} ({depth})'
              copy: none
              properties: { metres: { value: '{depth}', type: number } }
            """);
        var file = stoa.Given("wells.geojson", Points);

        Importer.Summary(await stoa.ImportFeaturesAsync(mapping, file));
        Importer.Summary(await stoa.ImportFeaturesAsync(mapping, file));

        Assert.Equal(
            ["""w7|Well (12.5)|{"metres":12.5}|{"type":"Point","coordinates":[7.5,51.5]}""", """wx|x (1)|{"metres":1}|"""],
            await stoa.QueryAsync(Places));
    }

    [Fact]
    public async Task Knows_features_without_an_id_again_by_what_they_are()
    {
        await using var stoa = await Importer.StartAsync();
        var file = stoa.Given("a.geojson", """{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{}}]}""");

        Importer.Summary(await stoa.ImportFeaturesAsync(null, file));
        Importer.Summary(await stoa.ImportFeaturesAsync(null, file));

        Assert.Equal(1, await stoa.NumberAsync("SELECT count(*) FROM thing"));
    }

    [Theory]
    [InlineData("""{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[1,2]},"properties":null}""")]
    [InlineData("""{"type":"Point","coordinates":[1,2]}""")]
    [InlineData("""{"coordinates":[1,2],"type":"Point"}""")]
    public async Task Takes_a_single_feature_or_geometry_as_well(string text)
    {
        await using var stoa = await Importer.StartAsync();

        Importer.Summary(await stoa.ImportFeaturesAsync(null, stoa.Given("one.geojson", text)));

        Assert.Equal(["""{"type":"Point","coordinates":[1,2]}"""], await stoa.QueryAsync("SELECT location FROM location"));
    }

    [Fact]
    public async Task Refuses_metres_with_advice_before_anything_is_stored_and_converts_them_when_told()
    {
        await using var stoa = await Importer.StartAsync();
        var file = stoa.Given("a.geojson",
            """{"type":"FeatureCollection","features":[{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[500000,5761038.212467]},"properties":{}}]}""");

        var problem = Importer.Refusal(await stoa.ImportFeaturesAsync(null, file));
        Importer.Summary(await stoa.ImportFeaturesAsync(null, file, "EPSG:25832"));

        Assert.Equal("unsupported-crs", problem.Type);
        Assert.Contains("--crs EPSG:25832", problem.Detail, StringComparison.Ordinal);
        Assert.Equal(["""{"type":"Point","coordinates":[9,52]}"""], await stoa.QueryAsync("SELECT location FROM location"));
    }

    [Theory]
    [InlineData("urn:ogc:def:crs:EPSG::25832", true)]
    [InlineData("EPSG:31467", false)]
    public async Task Believes_the_system_that_the_file_states_also_behind_its_features(string name, bool isKnown)
    {
        await using var stoa = await Importer.StartAsync();
        var file = stoa.Given("a.geojson",
            "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":1,\"geometry\":{\"type\":\"Point\",\"coordinates\":[500000,5761038.212467]}," +
            "\"properties\":{}}],\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"" + name + "\"}}}");

        var outcome = await stoa.ImportFeaturesAsync(null, file);

        Assert.Equal(isKnown, outcome.TryGet(out _, out var problem));
        Assert.Equal(isKnown ? null : "unsupported-crs", problem?.Type);
        Assert.Equal(isKnown ? 1 : 0, await stoa.NumberAsync("SELECT count(*) FROM thing"));
    }

    [Fact]
    public async Task Rejects_features_one_by_one()
    {
        await using var stoa = await Importer.StartAsync();
        var file = stoa.Given("a.geojson",
            """
            {"type":"FeatureCollection","features":[
              {"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[1,2]},"properties":{}},
              {"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[3,4]},"properties":{}},
              {"type":"Feature","id":2,"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]},"properties":{}},
              {"type":"Feature","id":3,"geometry":{"type":"Point","coordinates":[1,2]},"properties":{"a":"\ud800"}},
              5]}
            """);

        var summary = Importer.Summary(await stoa.ImportFeaturesAsync(null, file));

        Assert.Equal((5, 1, 4), (summary.Rows, summary.Things, summary.Rejected));
        Assert.Equal(
            ["the key 'a/1' comes a second time; thing.key must tell the features apart",
                "a ring is not closed: its first and last position differ",
             "a text is not valid Unicode", "it is not a Feature"],
            summary.Files[0].Rejections.Select(rejection => rejection.Reason));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\"")]
    [InlineData("{\"type\":\"FeatureCollection\",\"features\":[{]}")]
    [InlineData("when,level\n1,2\n")]
    [InlineData("{\"\\ud800\":1}")]
    public async Task Refuses_what_is_not_GeoJSON(string text)
    {
        await using var stoa = await Importer.StartAsync();

        Assert.Equal("invalid-geojson", Importer.Refusal(
            await stoa.ImportFeaturesAsync(null, stoa.Given("a.geojson", text))).Type);
    }

    [Fact]
    public async Task Refuses_a_file_with_bytes_that_are_no_text()
    {
        await using var stoa = await Importer.StartAsync();
        byte[] bytes = [.. """{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"name":"M"""u8, 0xFC, .. """nster"}}"""u8];

        var problem = Importer.Refusal(await stoa.ImportFeaturesAsync(null, stoa.Given("a.geojson", bytes)));

        Assert.Equal("invalid-geojson", problem.Type);
        Assert.Contains("not Unicode", problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(71)]
    [InlineData(72)]
    public async Task Answers_hostile_text_with_a_problem_or_rejections(int seed)
    {
        var random = new Random(seed);
        await using var stoa = await Importer.StartAsync();
        const string signs = "{}[]\",:0eE-.\\u";
        for (var round = 0; round < 150; round++)
        {
            var text = Points.ToCharArray();
            for (var change = random.Next(1, 6); change > 0; change--) text[random.Next(text.Length)] =
                signs[random.Next(signs.Length)];

            var outcome = await stoa.ImportFeaturesAsync(null, stoa.Given("a.geojson", new string(text)));

            if (!outcome.TryGet(out _, out var problem)) Assert.Contains(problem.Type,
                new[] { "invalid-geojson", "unsupported-crs" });
        }
    }
}
