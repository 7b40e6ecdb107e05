using System.Text;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>Declarations over the API: what is taken, what is refused with which words, and when one may be switched on.</summary>
public class Declaring_connectors
{
    private const string Level = """
        topic: gauges/{device}/level
        values: [{ path: $.level, quantity: level }]
        """;

    private const string Path = "/api/v1/datasets/water/connectors/levels";

    private static async Task<(Exchange Stoa, string Token)> StartAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("water", SpectrumClass.Closed);
        return (stoa, await stoa.GivenTokenAsync("water", "read", "write"));
    }

    [Fact]
    public async Task Keeps_them_and_shows_what_they_did()
    {
        var (stoa, token) = await StartAsync();
        await using var _ = stoa;

        var made = await stoa.PutYamlAsync(Path, Level, token);
        var list = await stoa.GetAsync("/api/v1/datasets/water/connectors", token);
        var again = await stoa.PutYamlAsync(Path, Level, token);
        var gone = await stoa.DeleteAsync(Path, token);

        var entry = made.ShouldBe(201).Json;
        Assert.Equal(Path, made.Header("Location"));
        Assert.Equal("no-store", made.Header("Cache-Control"));
        Assert.Equal(("levels", false, Level), (entry.GetProperty("name").GetString(),
            entry.GetProperty("enabled").GetBoolean(), entry.GetProperty("declaration").GetString()));
        Assert.Equal(stoa.Address + "datasets/water/connectors/levels", entry.GetProperty("webhook").GetString());
        Assert.Equal("levels", Assert.Single(list.ShouldBe(200).Json.GetProperty("value").EnumerateArray())
            .GetProperty("name").GetString());
        again.ShouldBe(200);
        gone.ShouldBe(204);
        (await stoa.GetAsync(Path, token)).ShouldBeProblem(404, "not-found");
        (await stoa.DeleteAsync(Path, token)).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task Takes_JSON_as_well()
    {
        var (stoa, token) = await StartAsync();
        await using var _ = stoa;

        var made = await stoa.SendBytesAsync(HttpMethod.Put, Path, """
            {
              "title": "Gauges \u00e4\/\"x\"", "topic": ["gauges/{device}/level", "other/{device}"],
              "values": [ { "path": "$['level in cm']", "quantity": "level", "factor": 0.01, "missing": ["-9999"] } ]
            }
            """u8.ToArray(), "application/json", token);
        var tried = await stoa.PostPayloadAsync(Path + "/test?topic=other/a", """{"level in cm":213}""", token);

        made.ShouldBe(201);
        Assert.Equal("2.13", tried.ShouldBe(200).Json.GetProperty("observations")[0].GetProperty("result").GetString());
    }

    [Fact]
    public async Task Are_switched_on_after_a_test_that_was_understood_or_by_force()
    {
        var (stoa, token) = await StartAsync();
        await using var _ = stoa;
        const string payload = """{"level":2.5}""";

        (await stoa.PutYamlAsync(Path + "?enable=true", Level, token)).ShouldBeProblem(409, "connector-untested");
        (await stoa.PutYamlAsync(Path, Level, token)).ShouldBe(201);
        (await stoa.PostPayloadAsync("/datasets/water/connectors/levels?topic=gauges/a/level", payload, token))
            .ShouldBeProblem(409, "connector-disabled");
        (await stoa.PostJsonAsync(Path + "/enable", "", token)).ShouldBeProblem(409, "connector-untested");
        var failed = await stoa.PostPayloadAsync(Path + "/test?topic=gauges/a/level", """{"wrong":1}""", token);
        Assert.Equal("rejected", failed.ShouldBe(200).Json.GetProperty("outcome").GetString());
        (await stoa.PostJsonAsync(Path + "/enable", "", token)).ShouldBeProblem(409, "connector-untested");
        (await stoa.PostPayloadAsync(Path + "/test?topic=gauges/a/level", payload, token)).ShouldBe(200);
        Assert.True((await stoa.PostJsonAsync(Path + "/enable", "", token)).ShouldBe(200).Json.GetProperty("enabled").GetBoolean());
        (await stoa.PostPayloadAsync("/datasets/water/connectors/levels?topic=gauges/a/level", payload, token)).ShouldBe(200);

        // A declaration that was changed has to be tested anew.
        var changed = (await stoa.PutYamlAsync(Path, Level + "\ntitle: other", token)).ShouldBe(200).Json;
        Assert.False(changed.GetProperty("enabled").GetBoolean());
        Assert.False(changed.TryGetProperty("tested", out var _));
        (await stoa.PostJsonAsync(Path + "/enable?force=true", "", token)).ShouldBe(200);
        Assert.False((await stoa.PostJsonAsync(Path + "/disable", "", token)).ShouldBe(200).Json.GetProperty("enabled").GetBoolean());
        (await stoa.PostJsonAsync(Path + "/enable?force=maybe", "", token)).ShouldBeProblem(400, "invalid-parameter");
    }

    [Fact]
    public async Task Are_tested_by_their_own_sample()
    {
        var (stoa, token) = await StartAsync();
        await using var _ = stoa;

        var good = await stoa.PutYamlAsync(Path + "?enable=true",
            Level + "\nsample: { topic: gauges/a/level, payload: '{\"level\":1}' }", token);
        var bad = await stoa.PutYamlAsync(Path + "?enable=true",
            Level + "\nsample: { topic: gauges/a/level, payload: '{\"depth\":1}' }", token);

        Assert.True(good.ShouldBe(201).Json.GetProperty("enabled").GetBoolean());
        bad.ShouldBeProblem(400, "sample-not-understood");
    }

    [Fact]
    public async Task Test_says_what_would_be_stored_and_stores_nothing()
    {
        var (stoa, token) = await StartAsync();
        await using var _ = stoa;
        (await stoa.PutYamlAsync(Path, Level, token)).ShouldBe(201);

        var tried = await stoa.PostPayloadAsync(Path + "/test?topic=gauges/a/level", """{"level":2.5}""", token);

        Assert.Equal("stored", tried.ShouldBe(200).Json.GetProperty("outcome").GetString());
        Assert.Equal("""[{"key":"a/level","name":"a level","thing":"a","observedProperty":"level","exists":false}]""",
            tried.Json.GetProperty("datastreams").GetRawText());
        Assert.Empty((await stoa.GetAsync("/datasets/water/sensorthings/v1.1/Things", token)).Json.GetProperty("value").EnumerateArray());
        (await stoa.PostPayloadAsync(Path + "/test?topic=elsewhere", "1", token)).ShouldBeProblem(400, "topic-not-taken");

        (await stoa.PostJsonAsync(Path + "/enable", "", token)).ShouldBe(200);
        (await stoa.PostPayloadAsync("/datasets/water/connectors/levels?topic=gauges/a/level", """{"level":1}""", token)).ShouldBe(200);
        tried = await stoa.PostPayloadAsync(Path + "/test?topic=gauges/a/level", """{"level":2.5}""", token);
        Assert.True(tried.ShouldBe(200).Json.GetProperty("datastreams")[0].GetProperty("exists").GetBoolean());
    }

    [Theory]
    [InlineData("values: [{ path: $.a, quantity: a }]", "'device' is missing")]
    [InlineData("device: x", "'values' is missing")]
    [InlineData("device: x\nvalues: [{ path: $.a }]", "'quantity' is missing")]
    [InlineData("device: x\nvalues: [{ path: a.b, quantity: a }]", "line 2: 'a.b' is not a path: it begins with $")]
    [InlineData("device: x\nvalues: [{ path: '@.a', quantity: a }]", "needs 'each'")]
    [InlineData("device: x\nvalues: [{ path: '$.*', quantity: '{2}' }]", "'{2}' stands for a wildcard")]
    [InlineData("device: '{devise}'\nvalues: [{ path: $.a, quantity: a }]", "did you mean 'device'?")]
    [InlineData("device: '{$.a[}'\nvalues: [{ path: $.a, quantity: a }]", "is not a path")]
    [InlineData("device: x\nvalue: []", "unknown key 'value' in the mapping; did you mean 'values'?")]
    [InlineData("preset: tasmotta", "there is no preset 'tasmotta'; there are chirpstack, line-protocol, number, senml")]
    [InlineData("topic: '#'\ndevice: x\nvalues: [{ path: $.a, quantity: a }]", "takes too much")]
    [InlineData("topic: $SYS/x\ndevice: x\nvalues: [{ path: $.a, quantity: a }]", "takes too much")]
    [InlineData("format: number\ndevice: '{$.x}'", "a payload that is plain text has no paths")]
    [InlineData("format: xml\ndevice: x", "'format' is one of json, number, text, senml, lines")]
    [InlineData("name: other\ndevice: x\nformat: text", "the name is 'other' here and 'levels' in the address")]
    [InlineData("device: x\nformat: text\ntime: { value: x, formats: [dd.MM.yyyy] }", "'time.zone' is missing")]
    [InlineData("device: x\nformat: text\nquantities: { a: { factor: ten } }", "is a number with at most 28 digits")]
    [InlineData("device: x\nformat: text\nskip: [{ value: x }]", "has one of is and isNot")]
    [InlineData("device: '{topic|names}'\nformat: text", "'names' is not under 'lookups'")]
    [InlineData("device: x\nformat: text\nvalues: [{ datastream: seven }]", "is the id of a Datastream")]
    [InlineData("device: x\nvalues: [{ path: \"$.\\uD800\", quantity: a }]", "line 2")]
    [InlineData("{", "this is not YAML")]
    [InlineData("- a", "a connector is one YAML document")]
    [InlineData("a: &x 1\nb: *x", "anchors and aliases are not taken")]
    [InlineData("", "a connector is one YAML document")]
    public async Task Refuses_what_means_nothing_with_the_line_and_the_reason(string yaml, string reason)
    {
        var (stoa, token) = await StartAsync();
        await using var _ = stoa;

        var answer = await stoa.PutYamlAsync(Path, yaml, token);

        Assert.Contains(reason, answer.ShouldBeProblem(400, "invalid-connector").Json.GetProperty("detail").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_declarations_beyond_the_limits()
    {
        var (stoa, token) = await StartAsync();
        await using var _ = stoa;
        static string Padded(int bytes) => "device: x\nformat: text\n#".PadRight(bytes, 'x');

        (await stoa.PutYamlAsync(Path, Padded(ConnectorReader.BytesMax), token)).ShouldBe(201);
        (await stoa.PutYamlAsync(Path, Padded(ConnectorReader.BytesMax + 1), token)).ShouldBeProblem(413, "too-large");
        (await stoa.SendBytesAsync(HttpMethod.Put, Path, [0x61, 0x3a, 0xff], "application/yaml", token))
            .ShouldBeProblem(400, "invalid-body");
        (await stoa.PutYamlAsync("/api/v1/datasets/water/connectors/No-Slug", Level, token))
            .ShouldBeProblem(400, "invalid-connector");

        static string Many(string key, string entry, int count) =>
            $"device: x\nformat: text\n{key}: [{string.Join(", ", Enumerable.Range(0, count).Select(i => entry + i))}]";
        Assert.True(ConnectorReader.Read(Encoding.UTF8.GetBytes(Many("topic", "t", ConnectorReader.TopicsMax)), "c").IsValue);
        Assert.False(ConnectorReader.Read(Encoding.UTF8.GetBytes(Many("topic", "t", ConnectorReader.TopicsMax + 1)), "c").IsValue);
        static string Values(int count) => "device: x\nformat: text\nvalues:\n" +
            string.Concat(Enumerable.Range(0, count).Select(i => $"  - {{ quantity: q{i} }}\n"));
        Assert.True(ConnectorReader.Read(Encoding.UTF8.GetBytes(Values(ConnectorReader.ValuesMax)), "c").IsValue);
        Assert.False(ConnectorReader.Read(Encoding.UTF8.GetBytes(Values(ConnectorReader.ValuesMax + 1)), "c").IsValue);
    }

    [Fact]
    public async Task Refuses_more_connectors_than_a_dataset_may_have()
    {
        var (stoa, token) = await StartAsync();
        await using var _ = stoa;
        for (var i = 0; i < Stoa.Sensing.Connectors.Connectors.OfDatasetMax; i++)
            (await stoa.PutYamlAsync($"/api/v1/datasets/water/connectors/c{i}", "device: x\nformat: text", token)).ShouldBe(201);

        (await stoa.PutYamlAsync(Path, Level, token)).ShouldBeProblem(409, "too-many-connectors");
    }

    [Fact]
    public void Presets_can_be_read_and_are_all_sampled()
    {
        foreach (var preset in Presets.Names)
        {
            var sample = ConnectorSamples.Read(preset + ".yaml");

            var outcome = ConnectorReader.Read(Encoding.UTF8.GetBytes(sample), null);

            Assert.True(outcome.TryGet(out var _, out var problem), $"{preset}: {problem?.Detail}");
        }

        Assert.Equal(8, Presets.Names.Count);
        Assert.True(Presets.Quantities.Count > 20);
    }
}
