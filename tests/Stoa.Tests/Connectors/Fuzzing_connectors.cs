using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Stoa.Sensing.Connectors.Messages;
using Stoa.Sensing.Connectors.Paths;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Sensing.Connectors.Senml;
using Stoa.Tests.Fuzzing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>Whatever text comes in: a path or a problem, readings or a reason come out, soon and never an exception. A second
/// each; STOA_FUZZ_SECONDS makes it longer, STOA_TEST_SEED begins elsewhere.</summary>
public class Fuzzing_connectors
{
    private static readonly Instant Now = Instant.From(new DateTimeOffset(2026, 3, 14, 12, 0, 0, TimeSpan.Zero));

    private static readonly string[] PathPieces =
    [
        "$", "@", ".", "..", "*", "[", "]", "a", "b", "value_type", "'a'", "\"b\"", "'\\u0061'", "'\\'", "0", "-1", "01", "1:", ":2", "::-1", ",",
        " ", "?", "é", "🙂", "\ud800", "\0", "9007199254740991", "9007199254740992", "(", "length",
    ];

    private static readonly string[] JsonPieces =
    [
        "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\":", "\"n\":", "\"v\":", "\"bn\":", "\"bt\":", "\"t\":", "\"u\":", "\"vs\":", "\"vb\":",
        "\"s\":", "\"bver\":", "\"x_\":", "1", "-0", "1e999", "1.5", "true", "null", "\"\\ud800\"", "\"2026-03-14T08:00:00Z\"", "\"urn:dev:a:\"",
        "\"\\u0000\"", "268435456", "-1e300", " ", "\"", "\\", "é", "{\"a\":", "[[[[", "\"device\":\"d\",",
    ];

    private static readonly string[] YamlPieces =
    [
        "device: x\n", "format: json\n", "format: senml\n", "values:\n", "  - path: $.a\n", "    quantity: q\n", "  - { path: '$..*' }\n",
        "topic: a/{device}\n", "time: { value: '{$.t}' }\n", "preset: tasmota\n", "skip: [{ value: '{$.a}', is: x }]\n", "lookups: { a: { b: c } }\n",
        "thing: { location: { longitude: '{$.x}', latitude: '{$.y}' } }\n", "- ", ": ", "{", "}", "[", "&a ", "*a", "!!x ", "? ", "|\n", ">\n", "'", "\"", "#",
        "\t", "\0", "é", "quantities: { a: { factor: 1e30 } }\n", "sample: { payload: '1' }\n", "datastreamsMax: 0\n",
    ];

    private static readonly ConnectorRules[] Rules =
    [
        Read("device: '{$.device ?? $.a}'\nvalues: [{ path: '$..*' }]\ntime: { value: '{$.t}' }"),
        Read("device: d\nvalues: [{ each: '$[*]', path: '@.*', quantity: '{@.a}-{1}-{2}', factor: 0.1, take: [number, text] }]"),
        Read("format: senml"),
        Read("device: d\nformat: number\nquantities: { value: { factor: 2, offset: -1 } }"),
        Read("preset: line-protocol"), Read("preset: the-things-stack"), Read("preset: tasmota\ndevice: d"), Read("preset: sensor-community"),
    ];

    private static ConnectorRules Read(string yaml)
    {
        var outcome = ConnectorReader.Read(Encoding.UTF8.GetBytes(yaml), "c");
        Assert.True(outcome.TryGet(out var rules, out var problem), problem?.Detail);
        return rules;
    }

    private static void Run(int seed, Action<Random> round)
    {
        seed = int.TryParse(Environment.GetEnvironmentVariable("STOA_TEST_SEED"), CultureInfo.InvariantCulture, out var given) ? given : seed;
        var seconds = int.TryParse(Environment.GetEnvironmentVariable("STOA_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out var asked) ? asked : 1;
        var clock = Stopwatch.StartNew();
        for (var i = 0; clock.Elapsed < TimeSpan.FromSeconds(seconds); i++)
        {
            var random = new Random(unchecked(seed + (i * 7919)));
            var begun = clock.Elapsed;
            try
            {
                round(random);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"STOA_TEST_SEED={unchecked(seed + (i * 7919))}", error);
            }

            Assert.True(clock.Elapsed - begun < TimeSpan.FromSeconds(5), $"STOA_TEST_SEED={unchecked(seed + (i * 7919))} took too long.");
        }
    }

    private static string Text(Random random, string[] pieces, int countMax)
    {
        var text = new StringBuilder();
        for (var count = random.Next(countMax); count > 0; count--) text.Append(pieces[random.Next(pieces.Length)]);
        return text.ToString();
    }

    private static string Json(Random random, int depth)
    {
        if (depth == 0 || random.Next(4) == 0) return random.Next(6) switch
        {
            0 => "true",
            1 => "\"t\"",
            2 => "null",
            3 => "1e308",
            _ => random.Next(-5, 100).ToString(CultureInfo.InvariantCulture),
        };
        var names = new[] { "a", "b", "value_type", "é", "n", "v", "t" };
        var inner = Enumerable.Range(0, random.Next(4));
        return random.Next(2) == 0
            ? "[" + string.Join(',', inner.Select(_ => Json(random, depth - 1))) + "]"
            : "{" + string.Join(',', inner.Select(i => $"\"{names[i + random.Next(names.Length - 4)]}{i}\":{Json(random, depth - 1)}")) + "}";
    }

    [Fact]
    public void JSON_paths() => Run(3, random =>
    {
        var text = (random.Next(3) == 0 ? "" : "$") + Text(random, PathPieces, 12);
        if (!JsonPath.TryParse(text, out var path, out var problem))
        {
            Assert.Contains("is not a path", problem, StringComparison.Ordinal);
            return;
        }

        using var document = JsonDocument.Parse(Json(random, 6));
        var matches = new List<JsonMatch>();
        var isWhole = path.TrySelect(document.RootElement, matches, 500);
        Assert.InRange(matches.Count, 0, 500);
        Assert.All(matches, match => Assert.Equal(path.Captures, match.Captures.Length));
        if (!path.IsSingular || !isWhole) return;
        Assert.InRange(matches.Count, 0, 1);
        Assert.Equal(matches.Count == 1, path.TryFirst(document.RootElement, out var first));
        if (matches.Count == 1) Assert.Equal(matches[0].Value.GetRawText(), first.GetRawText());
    });

    [Fact]
    public void SenML_packs() => Run(5, random =>
    {
        var text = "[{" + Text(random, JsonPieces, 20) + (random.Next(2) == 0 ? "}]" : "");
        try
        {
            using var document = JsonDocument.Parse(text);
            var records = new List<SenmlRecord>();
            if (!SenmlPack.TryResolve(document.RootElement, Now, records, out var reason)) Assert.NotEmpty(reason);
            else Assert.All(records, record => Assert.NotEmpty(record.Name));
        }
        catch (JsonException)
        {
            // Not JSON at all: the mapper never lets it come here.
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: the mapper turns it into a reason; see the test of payloads.
        }
    });

    private static readonly string[] LinePieces =
    [
        "m", ",", "=", " ", "\\", "\"", "t=a", " f=1", ",g=2i", " f=\"x\"", " f=true", " 1773478800000000000", "\n", "#", "-1", "1e999", "NaN", "é", "\0", "9u",
        "m,a=b f=1 5\n", "\r\n",
    ];

    [Fact]
    public void Payloads() => Run(7, random =>
    {
        var payload = random.Next(4) switch
        {
            3 => Encoding.UTF8.GetBytes(Text(random, LinePieces, 20)),
            0 => Encoding.UTF8.GetBytes(Text(random, JsonPieces, 30)),
            1 => Encoding.UTF8.GetBytes(Json(random, 6)),
            _ => Enumerable.Range(0, random.Next(40)).Select(_ => (byte)random.Next(256)).ToArray(),
        };
        foreach (var rules in Rules)
        {
            using var mapped = new MessageMapper(rules).Map(random.Next(2) == 0 ? null : "tele/x/SENSOR", payload, Now);
            var fates = (mapped.Rejection is null ? 0 : 1) + (mapped.IsSkipped ? 1 : 0) + (mapped.Readings.Count > 0 ? 1 : 0);
            Assert.Equal(1, fates);
            foreach (var reading in mapped.Readings) Assert.NotNull(reading.Describe());
        }
    });

    [Fact]
    public void Declarations() => Run(11, random =>
    {
        var outcome = ConnectorReader.Read(Encoding.UTF8.GetBytes(Text(random, YamlPieces, 12)), "c");
        if (!outcome.TryGet(out var rules, out var problem)) Assert.Equal("invalid-connector", problem.Type);
        else new MessageMapper(rules).Map(null, "{\"a\":1}"u8.ToArray(), Now).Dispose();
    });

    /// <summary>Real payloads, bent: within a second and in little memory.</summary>
    [Fact]
    public void Payloads_of_devices() => new Fuzzer("connector-payloads.txt", "\"n\":", "..", "{", "}", "[", "]", "1e308", "e").Run(payload =>
    {
        foreach (var rules in Rules)
        {
            using var mapped = new MessageMapper(rules).Map("tele/x/SENSOR", payload, Now);
            foreach (var reading in mapped.Readings) Assert.NotNull(reading.Describe());
        }
    });

    /// <summary>Real declarations, bent; what is taken has to work.</summary>
    [Fact]
    public void Declarations_of_people() => new Fuzzer("connector-declarations.txt", "{$.", "}", "$..*", "preset: ", "??", "|", ": ", "- ").Run(yaml =>
    {
        if (ConnectorReader.Read(yaml, "x").TryGet(out var rules, out var problem))
            new MessageMapper(rules).Map("a/1", "{\"l\":[{\"k\":\"a\",\"v\":1}]}"u8.ToArray(), Now).Dispose();
        else Assert.Equal("invalid-connector", problem.Type);
    });
}
