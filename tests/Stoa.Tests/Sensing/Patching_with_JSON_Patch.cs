using System.Text;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>JSON Patch (OGC 18-088, 10.3.4; RFC 6902). Things(1)/properties takes the place of the RFC's documents.</summary>
public class Patching_with_JSON_Patch
{
    private const string MediaType = "application/json-patch+json";

    private static async Task<Exchange> StationAsync(string properties = "{}")
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Datastreams(1)/Observations",
            """{"phenomenonTime":"2026-01-01T00:00:00Z","resultTime":"2026-01-01T00:01:00Z","result":1,"parameters":{"a":1}}""");
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), $$"""{"properties":{{properties}}}""")).ShouldBe(200);
        return stoa;
    }

    // RFC 6902, appendix A, by the number of its section; A.5 and others without a change of document are further down.
    [Theory]
    [Requirement(Requirements.UpdateEntityJsonPatch)]
    [InlineData("A.1", """{"foo":"bar"}""", """[{"op":"add","path":"/properties/baz","value":"qux"}]""", """{"baz":"qux","foo":"bar"}""")]
    [InlineData("A.2", """{"foo":["bar","baz"]}""", """[{"op":"add","path":"/properties/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("A.3", """{"baz":"qux","foo":"bar"}""", """[{"op":"remove","path":"/properties/baz"}]""", """{"foo":"bar"}""")]
    [InlineData("A.4", """{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/properties/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("A.5", """{"baz":"qux","foo":"bar"}""", """[{"op":"replace","path":"/properties/baz","value":"boo"}]""", """{"baz":"boo","foo":"bar"}""")]
    [InlineData("A.6", """{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}""",
        """[{"op":"move","from":"/properties/foo/waldo","path":"/properties/qux/thud"}]""",
        """{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}""")]
    [InlineData("A.7", """{"foo":["all","grass","cows","eat"]}""", """[{"op":"move","from":"/properties/foo/1","path":"/properties/foo/3"}]""",
        """{"foo":["all","cows","eat","grass"]}""")]
    [InlineData("A.8", """{"baz":"qux","foo":["a",2,"c"]}""",
        """[{"op":"test","path":"/properties/baz","value":"qux"},{"op":"test","path":"/properties/foo/1","value":2}]""",
        """{"baz":"qux","foo":["a",2,"c"]}""")]
    [InlineData("A.10", """{"foo":"bar"}""", """[{"op":"add","path":"/properties/child","value":{"grandchild":{}}}]""",
        """{"foo":"bar","child":{"grandchild":{}}}""")]
    [InlineData("A.11", """{"foo":"bar"}""", """[{"op":"add","path":"/properties/baz","value":"qux","xyz":123}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData("A.14", """{"/":9,"~1":10}""", """[{"op":"test","path":"/properties/~01","value":10}]""", """{"/":9,"~1":10}""")]
    [InlineData("A.16", """{"foo":["bar"]}""", """[{"op":"add","path":"/properties/foo/-","value":["abc","def"]}]""", """{"foo":["bar",["abc","def"]]}""")]
    [InlineData("copy", """{"a":{"b":1}}""", """[{"op":"copy","from":"/properties/a","path":"/properties/c"},{"op":"replace","path":"/properties/a/b","value":2}]""",
        """{"a":{"b":2},"c":{"b":1}}""")]
    [InlineData("null", """{"a":1}""", """[{"op":"replace","path":"/properties/a","value":null},{"op":"test","path":"/properties/a","value":null}]""", """{"a":null}""")]
    [InlineData("empty name", """{"":1}""", """[{"op":"replace","path":"/properties/","value":2}]""", """{"":2}""")]
    [InlineData("numbers", """{"a":1.0}""", """[{"op":"test","path":"/properties/a","value":1},{"op":"test","path":"/properties/a","value":10e-1}]""", """{"a":1.0}""")]
    [InlineData("onto itself", """{"a":1}""", """[{"op":"move","from":"/properties/a","path":"/properties/a"}]""", """{"a":1}""")]
    [InlineData("nothing", """{"a":1}""", "[]", """{"a":1}""")]
    public async Task Does_what_the_RFC_says(string section, string properties, string patch, string expected)
    {
        await using var stoa = await StationAsync(properties);

        var answer = await stoa.SendAsync("PATCH", "Things(1)", patch, MediaType);

        Assert.True(answer.Status == 200, $"{section}: {answer}");
        (await stoa.ReadAsync("Things(1)?$select=properties")).ShouldBeJson(200, $$"""{"properties":{{expected}}}""");
    }

    [Theory]
    [Requirement(Requirements.UpdateEntityJsonPatch)]
    [InlineData("""[{"op":"test","path":"/properties/baz","value":"bar"}]""")]
    [InlineData("""[{"op":"replace","path":"/name","value":"New"},{"op":"test","path":"/properties/~01","value":"10"}]""")]
    [InlineData("""[{"op":"test","path":"/properties/none","value":null}]""")]
    [InlineData("""[{"op":"add","path":"/properties/baz/bat","value":"qux"}]""")]
    [InlineData("""[{"op":"add","path":"/properties/list/3","value":1}]""")]
    [InlineData("""[{"op":"remove","path":"/properties/list/01"}]""")]
    [InlineData("""[{"op":"remove","path":"/properties/list/-"}]""")]
    [InlineData("""[{"op":"remove","path":"/properties/none"}]""")]
    [InlineData("""[{"op":"replace","path":"/properties/none","value":1}]""")]
    [InlineData("""[{"op":"move","from":"/properties/none","path":"/properties/a"}]""")]
    [InlineData("""[{"op":"copy","from":"/properties/none","path":"/properties/a"}]""")]
    public async Task That_fails_is_refused_as_a_conflict_and_changes_nothing(string patch)
    {
        await using var stoa = await StationAsync("""{"baz":"qux","~1":10,"list":[1,2]}""");
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.SendAsync("PATCH", "Things(1)", patch, MediaType);

        answer.ShouldBeProblem(409, "json-patch-failed");
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [Requirement(Requirements.UpdateEntityJsonPatch)]
    [InlineData("{}", "invalid-json-patch")]
    [InlineData("1", "invalid-json-patch")]
    [InlineData("null", "invalid-json-patch")]
    [InlineData("[null]", "invalid-json-patch")]
    [InlineData("[", "invalid-json")]
    [InlineData("", "invalid-json")]
    [InlineData("""[{"op":"add","path":"/properties/a"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"spam","path":"/name"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":1,"path":"/name"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"remove"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"remove","path":"name"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"remove","path":"/properties/~2"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"remove","path":"/properties/~"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"move","path":"/name"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"move","from":"/properties","path":"/properties/a"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"replace","path":"","value":{}}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"replace","path":"/@iot.id","value":5}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"test","path":"/@iot.id","value":1}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"add","path":"/Locations","value":[{"@iot.id":1}]}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"copy","from":"/Datastreams@iot.navigationLink","path":"/name"}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"add","path":"/other","value":1}]""", "invalid-json-patch")]
    [InlineData("""[{"op":"add","path":"/properties/a","value":{"b":1,"b":2}}]""", "invalid-json")]
    [InlineData("""[{"op":"remove","path":"/name"}]""", "missing-property")]
    [InlineData("""[{"op":"replace","path":"/name","value":5}]""", "invalid-property")]
    [InlineData("""[{"op":"replace","path":"/properties","value":[]}]""", "invalid-property")]
    public async Task That_cannot_be_used_is_refused(string patch, string type)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.SendAsync("PATCH", "Things(1)", patch, MediaType);

        answer.ShouldBe(400);
        Assert.Contains(type == "invalid-json" ? "/problems/invalid-" : "/problems/" + type, answer.Text, StringComparison.Ordinal);
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [Requirement(Requirements.UpdateEntityJsonPatch)]
    [InlineData("Locations(1)", """[{"op":"replace","path":"/location/coordinates/0","value":8.25}]""", "location",
        """{"location":{"type":"Point","coordinates":[8.25,51.9]}}""")]
    [InlineData("HistoricalLocations(1)", """[{"op":"replace","path":"/time","value":"2025-01-01T00:00:00Z"}]""", "time", """{"time":"2025-01-01T00:00:00Z"}""")]
    [InlineData("Datastreams(1)", """[{"op":"replace","path":"/unitOfMeasurement/symbol","value":"K"}]""", "unitOfMeasurement",
        """{"unitOfMeasurement":{"name":"degree Celsius","symbol":"K","definition":"ucum:Cel"}}""")]
    [InlineData("Sensors(1)", """[{"op":"copy","from":"/name","path":"/metadata"}]""", "metadata", """{"metadata":"Probe"}""")]
    [InlineData("ObservedProperties(1)", """[{"op":"remove","path":"/properties"}]""", "properties", """{"properties":null}""")]
    [InlineData("FeaturesOfInterest(1)", """[{"op":"move","from":"/properties/district","path":"/properties/ward"}]""", "properties",
        """{"properties":{"ward":4}}""")]
    [InlineData("Observations(1)", """[{"op":"test","path":"/result","value":1},{"op":"replace","path":"/result","value":{"a":[1]}},{"op":"add","path":"/result/a/-","value":2}]""",
        "result", """{"result":{"a":[1,2]}}""")]
    [InlineData("Observations(1)", """[{"op":"replace","path":"/phenomenonTime","value":"2026-02-01T00:00:00Z"},{"op":"remove","path":"/resultTime"},{"op":"remove","path":"/parameters"}]""",
        "phenomenonTime,resultTime,parameters", """{"phenomenonTime":"2026-02-01T00:00:00Z","resultTime":null,"parameters":null}""")]
    [InlineData("Observations(1)/Datastream/Thing", """[{"op":"add","path":"/properties/by","value":"path"}]""", "properties", """{"properties":{"by":"path"}}""")]
    public async Task Works_on_every_set(string path, string patch, string select, string expected)
    {
        await using var stoa = await StationAsync();

        (await stoa.SendAsync("PATCH", path, patch, MediaType + "; charset=utf-8")).ShouldBe(200);

        (await stoa.ReadAsync($"{path}?$select={select}")).ShouldBeJson(200, expected);
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [InlineData("Observations(1)", """[{"op":"remove","path":"/result"}]""")]
    [InlineData("Observations(1)", """[{"op":"remove","path":"/phenomenonTime"}]""")]
    [InlineData("Datastreams(1)", """[{"op":"remove","path":"/unitOfMeasurement"}]""")]
    public async Task Keeps_what_is_mandatory(string path, string patch)
    {
        await using var stoa = await StationAsync();

        (await stoa.SendAsync("PATCH", path, patch, MediaType)).ShouldBeProblem(400, "missing-property");
    }

    [Theory]
    [InlineData("Datastreams(1)", """[{"op":"replace","path":"/phenomenonTime","value":"2026-01-01T00:00:00Z"}]""")]
    [InlineData("Observations(1)", """[{"op":"replace","path":"/Datastream","value":{"@iot.id":1}}]""")]
    public async Task Leaves_derived_values_and_relations_alone(string path, string patch)
    {
        await using var stoa = await StationAsync();

        (await stoa.SendAsync("PATCH", path, patch, MediaType)).ShouldBeProblem(400, "invalid-json-patch");
    }

    [Theory]
    [InlineData("Things", 405, "method-not-allowed")]
    [InlineData("Things(99)", 404, "not-found")]
    public async Task Belongs_to_one_entity_that_is_there(string path, int status, string type)
    {
        await using var stoa = await StationAsync();

        (await stoa.SendAsync("PATCH", path, "[]", MediaType)).ShouldBeProblem(status, type);
    }

    [Fact]
    public async Task Takes_as_many_operations_as_the_limit_and_not_one_more()
    {
        await using var stoa = await StationAsync("""{"n":0}""");
        static string Operations(int count) =>
            $"[{string.Join(',', Enumerable.Repeat("""{"op":"test","path":"/properties/n","value":0}""", count))}]";

        (await stoa.SendAsync("PATCH", "Things(1)", Operations(1000), MediaType)).ShouldBe(200);
        (await stoa.SendAsync("PATCH", "Things(1)", Operations(1001), MediaType)).ShouldBeProblem(413, "too-large");
    }

    [Fact]
    public async Task That_doubles_again_and_again_ends_soon()
    {
        await using var stoa = await StationAsync("""{"a":{}}""");
        var patch = new StringBuilder("""[{"op":"add","path":"/properties/a/x","value":"0123456789"}""");
        for (var i = 0; i < 60; i++) patch.Append($$""",{"op":"copy","from":"/properties","path":"/properties/a{{i}}"}""");

        var answer = await stoa.SendAsync("PATCH", "Things(1)", patch.Append(']').ToString(), MediaType);

        answer.ShouldBeProblem(413, "too-large");
    }

    [Fact]
    public async Task That_nests_ever_deeper_is_refused()
    {
        await using var stoa = await StationAsync();
        static string Deep(int levels) => string.Concat(Enumerable.Repeat("/a", levels));
        var patch = string.Join(',', Enumerable.Range(1, 62).Select(level => $$$"""{"op":"add","path":"/properties{{{Deep(level)}}}","value":{}}"""));

        (await stoa.SendAsync("PATCH", "Things(1)", $"[{patch}]", MediaType)).ShouldBe(200);
        (await stoa.SendAsync("PATCH", "Things(1)", $$$"""[{"op":"add","path":"/properties{{{Deep(62)}}}/b","value":{"c":{"d":{} } } }]""", MediaType))
            .ShouldBeProblem(413, "too-large");
        (await stoa.SendAsync("PATCH", "Things(1)", $$"""[{"op":"test","path":"/properties{{Deep(64)}}","value":1}]""", MediaType))
            .ShouldBeProblem(400, "invalid-json-patch");
    }

    [Fact]
    public async Task Tells_nothing_to_those_who_may_only_write()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var writer = await stoa.GivenTokenAsync("closed", "write");
        (await stoa.PostJsonAsync("/datasets/closed/sensorthings/v1.1/Things", """{"name":"secret","description":"d"}""")).ShouldBe(201);

        var test = await stoa.SendAsAsync(writer, "PATCH", SensorThings.At("Things(1)"),
            """[{"op":"test","path":"/name","value":"guess"}]""", MediaType);
        var replace = await stoa.SendAsAsync(writer, "PATCH", SensorThings.At("Things(1)"), """{"name":"n"}""");

        test.ShouldBeProblem(403, "may-not-read");
        Assert.Equal("", replace.ShouldBe(200).Header("ETag"));
    }
}
