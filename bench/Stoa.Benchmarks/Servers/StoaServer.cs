using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stoa.Benchmarks.Servers;

/// <summary>The real program on a folder of its own, with one dataset and a token that may do everything.</summary>
internal sealed class StoaServer : IAsyncDisposable
{
    public const string Slug = "bench";
    public const string Path = $"/datasets/{Slug}/sensorthings/v1.1";

    private readonly HttpClient _http;

    private StoaServer(ServerProcess process, string token, string folder)
    {
        Process = process;
        Token = token;
        Folder = folder;
        _http = new HttpClient { BaseAddress = process.Address, Timeout = TimeSpan.FromMinutes(5) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public ServerProcess Process { get; }

    public string Token { get; }

    public string Folder { get; }

    public HttpClient Http => _http;

    public static async Task<StoaServer> StartAsync(
        string folder, PostgresCluster? database, params (string Name, string Value)[] environment)
    {
        var program = Repository.StoaProgram;
        var process = await ServerProcess.StartAsync(
            program, address => ["serve", "--data", folder, "--urls", address.ToString().TrimEnd('/')], "/health/ready", database, environment);
        try
        {
            return await PrepareAsync(process, program, folder, environment);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static async Task<StoaServer> PrepareAsync(
        ServerProcess process, string program, string folder, (string Name, string Value)[] environment)
    {
        var tokenFile = System.IO.Path.Combine(folder, "bench-token");
        if (!File.Exists(tokenFile)) await File.WriteAllTextAsync(tokenFile, await CreateTokenAsync(program, folder, environment));
        var server = new StoaServer(process, await File.ReadAllTextAsync(tokenFile), folder);
        await server.EnsureDatasetAsync();
        return server;
    }

    private static async Task<string> CreateTokenAsync(
        string program, string folder, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, ["token", "create", "--data", folder, "--name", "bench", "--admin"])
        {
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var command = System.Diagnostics.Process.Start(start)!;
        var output = await command.StandardOutput.ReadToEndAsync();
        await command.WaitForExitAsync();
        var token = output.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
        return command.ExitCode == 0 && token is not null ? token : throw new InvalidOperationException("No token: " + output);
    }

    private async Task EnsureDatasetAsync()
    {
        using var found = await _http.GetAsync(new Uri($"/api/v1/datasets/{Slug}", UriKind.Relative));
        if (found.IsSuccessStatusCode) return;
        await PostAsync("/api/v1/datasets", new JsonObject
        {
            ["slug"] = Slug,
            ["title"] = "Benchmark",
            ["description"] = "What the benchmarks write.",
            ["spectrum"] = "open",
            ["licence"] = "CC0-1.0",
        });
    }

    /// <summary>Makes Things with their Datastreams and returns the ids of the Datastreams.</summary>
    public async Task<long[]> CreateDatastreamsAsync(int datastreams, int perThing = 10)
    {
        var sensor = await CreateAsync($"{Path}/Sensors", new JsonObject
        {
            ["name"] = "Sensor",
            ["description"] = "A sensor",
            ["encodingType"] = "application/pdf",
            ["metadata"] = "https://example.org/sensor.pdf",
        });
        var property = await CreateAsync($"{Path}/ObservedProperties", new JsonObject
        {
            ["name"] = "Temperature",
            ["definition"] = "https://example.org/temperature",
            ["description"] = "Air temperature",
        });
        var things = Enumerable.Range(0, datastreams / perThing).ToArray();
        await Parallel.ForEachAsync(things, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (thing, _) =>
        {
            await CreateAsync($"{Path}/Things", Thing(thing, perThing, sensor, property));
        });
        return await ReadIdsAsync("Datastreams");
    }

    private static JsonObject Thing(int thing, int datastreams, long sensor, long property) => new()
    {
        ["name"] = $"Thing {thing}",
        ["description"] = "A station",
        ["Locations"] = new JsonArray(new JsonObject
        {
            ["name"] = $"Place {thing}",
            ["description"] = "A place",
            ["encodingType"] = "application/geo+json",
            ["location"] = new JsonObject
            {
                ["type"] = "Point",
                ["coordinates"] = new JsonArray(7.5 + (thing % 100 * 0.002), 51.9 + (thing / 100 * 0.002)),
            },
        }),
        ["Datastreams"] = new JsonArray([.. Enumerable.Range(0, datastreams).Select(datastream => new JsonObject
        {
            ["name"] = $"Datastream {thing}-{datastream}",
            ["description"] = "Temperature",
            ["observationType"] = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            ["unitOfMeasurement"] = new JsonObject
            {
                ["name"] = "degree Celsius",
                ["symbol"] = "°C",
                ["definition"] = "ucum:Cel",
            },
            ["Sensor"] = new JsonObject { ["@iot.id"] = sensor },
            ["ObservedProperty"] = new JsonObject { ["@iot.id"] = property },
        })]),
    };

    public async Task<long[]> ReadIdsAsync(string set)
    {
        var ids = new List<long>();
        for (var next = $"{Path}/{set}?$top=1000"; next is not null;)
        {
            var page = await _http.GetFromJsonAsync<JsonElement>(new Uri(next, UriKind.RelativeOrAbsolute));
            ids.AddRange(page.GetProperty("value").EnumerateArray().Select(entity => entity.GetProperty("@iot.id").GetInt64()));
            next = page.TryGetProperty("@iot.nextLink", out var link)
                ? new Uri(link.GetString()!, UriKind.RelativeOrAbsolute) is { IsAbsoluteUri: true } uri ? uri.PathAndQuery : link.GetString()
                : null;
        }

        return [.. ids];
    }

    /// <summary>A token that reads these datasets.</summary>
    public async Task<string> CreateReaderTokenAsync(params string[] slugs)
    {
        using var answer = await PostAsync("/api/v1/tokens", new JsonObject
        {
            ["name"] = "reader",
            ["datasets"] = new JsonArray(
                [.. slugs.Select(slug => new JsonObject { ["dataset"] = slug, ["can"] = new JsonArray("read") })]),
        });
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return body.GetProperty("token").GetString()!;
    }

    /// <summary>Makes a service of an organization, and a token that it holds.</summary>
    public async Task<string> CreateServiceTokenAsync(string organization)
    {
        var parties = await _http.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/parties?kind=organization&limit=1000", UriKind.Relative));
        var parent = parties.GetProperty("value").EnumerateArray().Single(one => one.GetProperty("name").GetString() == organization);
        using var made = await PostAsync("/api/v1/parties", new JsonObject
        {
            ["kind"] = "service", ["name"] = "A service", ["parent"] = parent.GetProperty("id").GetInt64(),
        });
        var service = await made.Content.ReadFromJsonAsync<JsonElement>();
        using var answer = await PostAsync("/api/v1/tokens", new JsonObject { ["name"] = "held", ["party"] = service.GetProperty("id").GetInt64() });
        var token = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return token.GetProperty("token").GetString()!;
    }

    public async Task<long> CreateAsync(string path, JsonObject body)
    {
        using var answer = await PostAsync(path, body);
        var location = answer.Headers.Location!.ToString();
        return long.Parse(location[(location.LastIndexOf('(') + 1)..^1], CultureInfo.InvariantCulture);
    }

    public async Task<HttpResponseMessage> PostAsync(string path, JsonObject body)
    {
        var answer = await _http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body);
        return answer.IsSuccessStatusCode
            ? answer
            : throw new InvalidOperationException($"POST {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public async Task PatchAsync(string path, JsonObject body)
    {
        using var answer = await _http.PatchAsJsonAsync(new Uri(path, UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Process.DisposeAsync();
    }
}
