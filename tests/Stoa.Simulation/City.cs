using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stoa.Simulation;

/// <summary>The dataset and the entities that the load writes to.</summary>
internal sealed class City
{
    public const string Slug = "simulation";
    public const string Path = $"/datasets/{Slug}/sensorthings/v1.1";
    public const int DatastreamsPerThing = 2;
    private const int ThingsMade = 12;

    private readonly long _sensor;
    private readonly long _property;
    private long[] _datastreams = [];

    private City(long sensor, long property)
    {
        _sensor = sensor;
        _property = property;
    }

    public long[] Things { get; private set; } = [];

    public long FirstDatastream => _datastreams[0];

    public long AnyDatastream(Random random) => _datastreams[random.Next(_datastreams.Length)];

    public static async Task<City> BuildAsync(HttpClient http, CancellationToken cancellation)
    {
        await PostAsync(http, "/api/v1/datasets", new JsonObject
        {
            ["slug"] = Slug,
            ["title"] = "Simulation",
            ["description"] = "Written while the server is killed.",
            ["spectrum"] = "open",
            ["licence"] = "CC0-1.0",
        }, cancellation);
        var sensor = await PostAsync(http, $"{Path}/Sensors", new JsonObject
        {
            ["name"] = "Sensor",
            ["description"] = "A sensor",
            ["encodingType"] = "application/pdf",
            ["metadata"] = "https://example.org/sensor.pdf",
        }, cancellation);
        var property = await PostAsync(http, $"{Path}/ObservedProperties", new JsonObject
        {
            ["name"] = "Count",
            ["definition"] = "https://example.org/count",
            ["description"] = "A count",
        }, cancellation);
        var city = new City(sensor, property);
        var things = new List<long>();
        for (var thing = 0; thing < ThingsMade; thing++)
            things.Add(await PostAsync(http, $"{Path}/Things", city.Thing($"fixed {thing}"), cancellation));
        city.Things = [.. things];
        var page = await http.GetFromJsonAsync<JsonElement>(new Uri($"{Path}/Datastreams?$top=1000", UriKind.Relative), cancellation);
        city._datastreams = [.. page.GetProperty("value").EnumerateArray().Select(entity => entity.GetProperty("@iot.id").GetInt64())];
        return city;
    }

    /// <summary>The results of all observations at an address, in the order of their ids.</summary>
    public static async Task<List<int>> ResultsAsync(HttpClient http, string observations, CancellationToken cancellation)
    {
        var results = new List<int>();
        for (string? page = observations + "?$select=result&$orderby=id&$top=10000"; page is not null;)
        {
            var answer = await http.GetFromJsonAsync<JsonElement>(new Uri(page, UriKind.Relative), cancellation);
            results.AddRange(answer.GetProperty("value").EnumerateArray().Select(row => row.GetProperty("result").GetInt32()));
            // Links begin with the address that the city has given its servers; the client knows another.
            page = answer.TryGetProperty("@iot.nextLink", out var link) ? new Uri(link.GetString()!).PathAndQuery : null;
        }

        return results;
    }

    /// <summary>A Thing that brings its Location and its Datastreams along.</summary>
    public JsonObject Thing(string name) => new()
    {
        ["name"] = name,
        ["description"] = "A station",
        ["Locations"] = new JsonArray(new JsonObject
        {
            ["name"] = $"Place of {name}",
            ["description"] = "A place",
            ["encodingType"] = "application/geo+json",
            ["location"] = new JsonObject { ["type"] = "Point", ["coordinates"] = new JsonArray(7.6, 51.96) },
        }),
        ["Datastreams"] = new JsonArray([.. Enumerable.Range(0, DatastreamsPerThing).Select(number => Datastream($"{name} {number}"))]),
    };

    private JsonObject Datastream(string name) => new()
    {
        ["name"] = name,
        ["description"] = "A datastream",
        ["observationType"] = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CountObservation",
        ["unitOfMeasurement"] = new JsonObject { ["name"] = "count", ["symbol"] = "", ["definition"] = "https://example.org/one" },
        ["Sensor"] = new JsonObject { ["@iot.id"] = _sensor },
        ["ObservedProperty"] = new JsonObject { ["@iot.id"] = _property },
    };

    private static async Task<long> PostAsync(HttpClient http, string path, JsonObject body, CancellationToken cancellation)
    {
        using var answer = await http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, cancellation);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException(
                $"POST {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellation)}");
        var location = answer.Headers.Location!.ToString();
        return location.EndsWith(')') ? long.Parse(location.Split('(')[^1].TrimEnd(')'), CultureInfo.InvariantCulture) : 0;
    }
}
