using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Aggregation;
using Stoa.Sensing.Http;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>The values in which two towns can differ.</summary>
internal sealed record Secrets
{
    public string Result { get; init; } = "771.125";

    public string Parameter { get; init; } = "parmz";

    public string PhenomenonTime { get; init; } = "2026-03-05T07:11:13Z";

    public string ResultTime { get; init; } = "2026-03-05T07:12:14Z";

    public string ValidTime { get; init; } = "2026-03-05T07:13:15Z/2026-03-05T07:14:16Z";

    public string Moved { get; init; } = "2026-03-05T07:15:17Z";

    public string Place { get; init; } = "13.377771,52.516661";

    public string Owner { get; init; } = "ownrz";

    public string ThingName { get; init; } = "thnmz";

    public string UnitSymbol { get; init; } = "unsyz";
}

/// <summary>A running program with datasets of one of each entity, in which every field of <c>narrow</c> has a value of its own.</summary>
/// <remarks>What is asked goes to the readers with a scope made by the test, and comes back as all that would go out: status, headers that
/// depend on data, body.</remarks>
internal sealed class SentinelTown : IAsyncDisposable
{
    private const string Complex = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation";
    private readonly Exchange _stoa;

    private SentinelTown(Exchange stoa) => _stoa = stoa;

    /// <summary>Every field, and what stands in it alone or in those derived from it.</summary>
    internal static readonly (string Field, string Sentinel)[] Fields =
    [
        ("Things/name", "thnmz"), ("Things/description", "thdez"), ("Things/properties/owner", "ownrz"),
        ("Things/properties/height", "thhez"),
        ("Locations/name", "lonmz"), ("Locations/description", "lodez"), ("Locations/location", "13.377771"),
        ("Locations/properties/street", "strez"), ("HistoricalLocations/time", "07:15:17"),
        ("Datastreams/name", "dsnmz"), ("Datastreams/description", "dsdez"), ("Datastreams/unitOfMeasurement/symbol", "unsyz"),
        ("Datastreams/unitOfMeasurement/name", "unnmz"), ("Datastreams/properties/a", "dspaz"),
        ("Sensors/name", "senmz"), ("Sensors/description", "sedez"), ("Sensors/metadata", "semez"), ("Sensors/properties/serial", "sepsz"),
        ("ObservedProperties/name", "opnmz"), ("ObservedProperties/definition", "opdfz"), ("ObservedProperties/description", "opdez"),
        ("Observations/result", "771.125"), ("Observations/resultTime", "07:12:14"), ("Observations/phenomenonTime", "07:11:13"),
        ("Observations/validTime", "07:13:15"), ("Observations/resultQuality", "requz"), ("Observations/parameters/run", "parmz"),
        ("Observations/parameters/by", "pabyz"),
        ("FeaturesOfInterest/name", "fenmz"), ("FeaturesOfInterest/description", "fedez"), ("FeaturesOfInterest/feature", "13.388882"),
        ("FeaturesOfInterest/properties/kind", "fekiz"),
        ("MultiDatastreams/name", "munmz"), ("MultiDatastreams/description", "mudez"), ("MultiDatastreams/unitOfMeasurements", "muunz"),
        ("MultiDatastreams/properties/b", "mupbz"),
    ];

    /// <summary>Fields whose values show those of others.</summary>
    internal static readonly (string Field, string Of)[] Derived =
    [
        ("Datastreams/phenomenonTime", "Observations/phenomenonTime"), ("Datastreams/resultTime", "Observations/resultTime"),
        ("Datastreams/observedArea", "FeaturesOfInterest/feature"),
        ("MultiDatastreams/phenomenonTime", "Observations/phenomenonTime"), ("MultiDatastreams/resultTime", "Observations/resultTime"),
        ("MultiDatastreams/observedArea", "FeaturesOfInterest/feature"),
    ];

    internal Exchange Exchange => _stoa;

    internal DatasetId Whole { get; private set; }

    internal DatasetId Narrow { get; private set; }

    internal static async Task<SentinelTown> StartAsync(
        Secrets? secrets = null, TimeProvider? time = null, SpectrumClass level = SpectrumClass.Open)
    {
        var town = new SentinelTown(await Exchange.StartAsync(time: time ?? new TestClock()));
        try
        {
            town.Whole = await town._stoa.GivenDatasetAsync("whole", SpectrumClass.Open);
            town.Narrow = await town._stoa.GivenDatasetAsync("narrow", level);
            await town.FillAsync("whole", new Secrets
            {
                Result = "5", Parameter = "p", PhenomenonTime = "2026-03-05T10:00:00Z", ResultTime = "2026-03-05T10:00:01Z",
                ValidTime = "2026-03-05T10:00:00Z/2026-03-05T11:00:00Z", Moved = "2026-03-05T10:00:02Z", Place = "13.3,52.5", Owner = "o",
                ThingName = "t", UnitSymbol = "u",
            });
            await town.FillAsync("narrow", secrets ?? new());
            return town;
        }
        catch
        {
            await town.DisposeAsync();
            throw;
        }
    }

    /// <summary>The narrow dataset as far as this leaves it, with the whole one beside it or not.</summary>
    internal AccessScope Scope(ScopeNarrowing narrowing, bool withWhole) =>
        AccessScope.Of(withWhole ? [Whole] : [], [(new[] { Narrow }, narrowing)]);

    internal AccessScope Everything => AccessScope.Of([Whole, Narrow]);

    internal async Task CreateAsync(string slug, string path, string json)
    {
        var answer = await _stoa.PostJsonAsync($"/datasets/{slug}/sensorthings/v1.1/{path}", json);
        Assert.True(answer.Status == 201, answer.Text);
    }

    private async Task FillAsync(string slug, Secrets secret)
    {
        var mark = slug == "narrow";
        string Text(string text) => mark ? text : "x" + text[..2];
        var feature = $$"""
            {"name":"{{Text("fenmz")}}","description":"{{Text("fedez")}}","encodingType":"application/geo+json",
             "feature":{"type":"Point","coordinates":[{{(mark ? "13.388882,52.511116" : "13.31,52.51")}}]},
             "properties":{"kind":"{{Text("fekiz")}}"} }
            """;
        var property = $$"""
            {"name":"{{Text("opnmz")}}","definition":"urn:{{Text("opdfz")}}","description":"{{Text("opdez")}}"}
            """;
        var sensor = $$"""
            {"name":"{{Text("senmz")}}","description":"{{Text("sedez")}}","encodingType":"text/html","metadata":"{{Text("semez")}}",
             "properties":{"serial":"{{Text("sepsz")}}"} }
            """;
        await CreateAsync(slug, "Things", $$"""
            {"name":"{{secret.ThingName}}","description":"{{Text("thdez")}}",
             "properties":{"owner":"{{secret.Owner}}","height":"{{Text("thhez")}}"},
             "Locations":[{"name":"{{Text("lonmz")}}","description":"{{Text("lodez")}}","encodingType":"application/geo+json",
               "location":{"type":"Point","coordinates":[{{secret.Place}}]},"properties":{"street":"{{Text("strez")}}"} }],
             "Datastreams":[{"name":"{{Text("dsnmz")}}","description":"{{Text("dsdez")}}",
               "observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
               "unitOfMeasurement":{"name":"{{Text("unnmz")}}","symbol":"{{secret.UnitSymbol}}","definition":"d"},
               "properties":{"a":"{{Text("dspaz")}}"},"Sensor":{{sensor}},"ObservedProperty":{{property}},
               "Observations":[{{Observation(secret, mark, feature, secret.Result)}}]}]}
            """);
        var ids = mark ? 2 : 1;
        await CreateAsync(slug, "MultiDatastreams", $$"""
            {"name":"{{Text("munmz")}}","description":"{{Text("mudez")}}","observationType":"{{Complex}}",
             "multiObservationDataTypes":["http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"],
             "unitOfMeasurements":[{"name":"{{Text("muunz")}}","symbol":"m","definition":"d"}],"properties":{"b":"{{Text("mupbz")}}"},
             "Thing":{"@iot.id":{{ids}}},"Sensor":{"@iot.id":{{ids}}},"ObservedProperties":[{"@iot.id":{{ids}}}],
             "Observations":[{{Observation(secret, mark, $$"""{"@iot.id":{{ids}}}""", $"[{secret.Result}]")}}]}
            """);
        await CreateAsync(slug, "Datastreams(" + ids + ")/Observations",
            $$"""{"phenomenonTime":"2026-03-06T00:00:00Z","result":1,"FeatureOfInterest":{"@iot.id":{{ids}}} }""");
        var moved = await _stoa.PatchJsonAsync(
            $"/datasets/{slug}/sensorthings/v1.1/HistoricalLocations({ids})", $$"""{"time":"{{secret.Moved}}"}""");
        Assert.True(moved.Status == 200, moved.Text);
    }

    private static string Observation(Secrets secret, bool mark, string feature, string result) => $$"""
        {"phenomenonTime":"{{secret.PhenomenonTime}}","result":{{result}},"resultTime":"{{secret.ResultTime}}",
         "validTime":"{{secret.ValidTime}}","resultQuality":["{{(mark ? "requz" : "q")}}"],
         "parameters":{"run":"{{secret.Parameter}}","by":"{{(mark ? "pabyz" : "b")}}"},"FeatureOfInterest":{{feature}}}
        """;

    /// <summary>GET of an address below the service root, as the readers answer it to who may see this.</summary>
    internal async Task<string> AskAsync(string address, AccessScope scope, string accept = "*/*")
    {
        var (path, query) = address.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at
            ? (address[..at], address[at..])
            : (address, "");
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = _stoa.Services };
        context.Request.Method = "GET";
        context.Request.Headers.Accept = accept;
        context.Request.RouteValues["path"] = path;
        context.Request.QueryString = new(Escaped(query));
        context.Response.Body = body;
        var caller = new Caller(new("http://town/v1.1", null), scope);
        if (path.EndsWith("/$aggregate", StringComparison.Ordinal))
            await _stoa.Services.GetRequiredService<AggregationReads>().AnswerAsync(context, caller, path.AsMemory(0, path.Length - 11));
        else if (ResourcePath.Parse(path).TryGet(out var parsed, out var problem))
            await _stoa.Services.GetRequiredService<EntityReads>().AnswerAsync(context, caller, parsed);
        else
            return $"{problem.Status} {problem.Detail}";
        var answer = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{context.Response.StatusCode}");
        foreach (var (name, value) in context.Response.Headers.OrderBy(header => header.Key, StringComparer.Ordinal))
            answer.Append(CultureInfo.InvariantCulture, $"\n{name}: {value}");
        return answer.Append("\n\n").Append(Encoding.UTF8.GetString(body.ToArray())).ToString();
    }

    private static string Escaped(string query) => query.Replace(" ", "%20", StringComparison.Ordinal)
        .Replace("+", "%2B", StringComparison.Ordinal).Replace("\"", "%22", StringComparison.Ordinal);

    public ValueTask DisposeAsync() => _stoa.DisposeAsync();
}
