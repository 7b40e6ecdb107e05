using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stoa.Simulation;

/// <summary>Several clients that write as fast as they can, and enter into the ledger what they sent and what was acknowledged.</summary>
internal sealed class Load(Ledger ledger, City city, int seed)
{
    private const int Workers = 8;
    private static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Batches _batches = new(ledger, city);
    private static long _clock;

    /// <summary>Runs until it is told to stop or the server is gone.</summary>
    public Task RunAsync(HttpClient http, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(http, worker, stop), CancellationToken.None)));

    private async Task WorkAsync(HttpClient http, int worker, CancellationToken stop)
    {
        var random = new Random(HashCode.Combine(seed, worker));
        var mine = new List<Request>();
        try
        {
            await RepeatAsync(http);
            while (!stop.IsCancellationRequested)
                await OneAsync(http, worker, random, mine);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException or SocketException)
        {
            // The server was killed or has stopped, perhaps between connecting and looking at the connection: whatever was in flight is neither acknowledged nor refused.
        }
    }

    // Every way to write has its share; the ways that do not go over HTTP take theirs from the single observations.
    private async Task OneAsync(HttpClient http, int worker, Random random, List<Request> mine)
    {
        switch (random.Next(100))
        {
            case < 42: await PostSingleAsync(http, random, mine); break;
            case < 58: await PostArrayAsync(http, random, mine); break;
            case < 64: await PostThingAsync(http); break;
            case < 71: await PatchThingAsync(http, worker); break;
            case < 79: await _batches.PostMultipartAsync(http, random); break;
            case < 87: await _batches.PostJsonAsync(http, random); break;
            case < 95: await PostOnceAsync(http, random); break;
            default: await DeleteObservationAsync(http, random, mine); break;
        }
    }

    private async Task PostSingleAsync(HttpClient http, Random random, List<Request> mine) =>
        AddAcknowledged(mine, await PostSingleAsync(http, city.AnyDatastream(random)));

    private async Task PostArrayAsync(HttpClient http, Random random, List<Request> mine) =>
        AddAcknowledged(mine, await PostArrayAsync(http, city.AnyDatastream(random), random.Next(2, 60)));

    private static void AddAcknowledged(List<Request> mine, Request request)
    {
        if (request.IsAcknowledged) mine.Add(request);
    }

    /// <summary>One observation.</summary>
    public async Task<Request> PostSingleAsync(HttpClient http, long datastream)
    {
        var request = ledger.SendObservations(1);
        var body = new JsonObject
        {
            ["phenomenonTime"] = NextTime(),
            ["result"] = request.Results[0],
            ["Datastream"] = Reference(datastream),
        };
        await SendAsync(http, request, HttpMethod.Post, $"{City.Path}/Observations", body);
        return request;
    }

    /// <summary>One array of two parts.</summary>
    public async Task<Request> PostArrayAsync(HttpClient http, long datastream, int rows)
    {
        var request = ledger.SendObservations(rows);
        var half = rows / 2;
        var body = new JsonArray(Rows(datastream, request.Results[..half]), Rows(datastream, request.Results[half..]));
        await SendAsync(http, request, HttpMethod.Post, $"{City.Path}/CreateObservations", body);
        return request;
    }

    private static JsonObject Rows(long datastream, long[] results) => new()
    {
        ["Datastream"] = Reference(datastream),
        ["components"] = new JsonArray("phenomenonTime", "result"),
        ["dataArray@iot.count"] = results.Length,
        ["dataArray"] = new JsonArray([.. results.Select(result => new JsonArray(NextTime(), result))]),
    };

    /// <summary>A request with an Idempotency-Key; what became of it may stay unknown, then it is sent again after the next start.</summary>
    private async Task PostOnceAsync(HttpClient http, Random random)
    {
        var repeat = random.Next(3) switch
        {
            0 => Once(1, $"{City.Path}/Observations", request => new JsonObject
            {
                ["phenomenonTime"] = NextTime(), ["result"] = request.Results[0], ["Datastream"] = Reference(city.AnyDatastream(random)),
            }),
            1 => Once(random.Next(2, 20), $"{City.Path}/CreateObservations",
                request => new JsonArray(Rows(city.AnyDatastream(random), request.Results))),
            _ => Once(random.Next(2, 20), $"{City.Path}/$batch", request => _batches.ChangeSet(request, random)),
        };
        ledger.Unanswered.TryAdd(repeat.Key, repeat);
        var first = await SendOnceAsync(http, repeat);
        if (first is null || random.Next(2) == 0) return;
        if (await SendOnceAsync(http, repeat) is { } second && second != first)
            throw new InvalidOperationException($"A repeated request was answered {second} and not {first}.");
    }

    private Repeat Once(int results, string path, Func<Request, JsonNode> body)
    {
        var request = ledger.SendObservations(results);
        return new Repeat(request, Guid.NewGuid().ToString(), path, body(request).ToJsonString());
    }

    // Those that a kill left without an answer: sent again, each is done once, whatever it was.
    private async Task RepeatAsync(HttpClient http)
    {
        foreach (var repeat in ledger.Unanswered.Values)
        {
            ledger.CountRepeat();
            await SendOnceAsync(http, repeat);
        }
    }

    /// <summary>The answer, as far as it must be the same each time; null when the server was too busy.</summary>
    private async Task<string?> SendOnceAsync(HttpClient http, Repeat repeat)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Address(repeat.Path));
        message.Content = new StringContent(repeat.Body, System.Text.Encoding.UTF8, "application/json");
        message.Headers.Add("Idempotency-Key", repeat.Key);
        using var answer = await http.SendAsync(message);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode || text.Contains("\"status\":429", StringComparison.Ordinal))
        {
            if (!answer.IsSuccessStatusCode) ExpectShedding(answer);
            return null;
        }

        if (text.Contains("\"status\":4", StringComparison.Ordinal)) throw new InvalidOperationException($"A valid request was answered {text}.");
        repeat.Request.IsAcknowledged = true;
        ledger.Unanswered.TryRemove(repeat.Key, out _);
        // The port of the server, and with it its links, changes with every start.
        return $"{(int)answer.StatusCode} {answer.Headers.Location?.ToString().Split('/')[^1]} {text}";
    }

    private async Task PostThingAsync(HttpClient http)
    {
        var request = ledger.SendThing();
        await SendAsync(http, request, HttpMethod.Post, $"{City.Path}/Things", city.Thing(request.Name));
    }

    private async Task PatchThingAsync(HttpClient http, int worker)
    {
        // One Thing a worker, so that the versions of a Thing follow each other.
        var version = ledger.VersionOf(city.Things[worker]);
        version.Sent++;
        var body = new JsonObject { ["properties"] = new JsonObject { ["version"] = version.Sent } };
        using var message = new HttpRequestMessage(HttpMethod.Patch, Address($"{City.Path}/Things({version.Id})")) { Content = JsonContent.Create(body) };
        using var answer = await http.SendAsync(message);
        if (answer.IsSuccessStatusCode) version.Acknowledged = version.Sent;
        else ExpectShedding(answer);
    }

    private static async Task DeleteObservationAsync(HttpClient http, Random random, List<Request> mine)
    {
        var candidates = mine.Where(request => request.Results.Length == 1 && !request.IsRemovalSent).ToArray();
        if (candidates.Length == 0) return;
        var request = candidates[random.Next(candidates.Length)];
        request.IsRemovalSent = true;
        using var answer = await http.DeleteAsync(Address($"{City.Path}/Observations({request.Id})"));
        if (answer.IsSuccessStatusCode) request.IsRemoved = true;
        else ExpectShedding(answer);
    }

    private static async Task SendAsync(HttpClient http, Request request, HttpMethod method, string path, JsonNode body)
    {
        using var message = new HttpRequestMessage(method, Address(path)) { Content = JsonContent.Create(body) };
        using var answer = await http.SendAsync(message);
        if (answer.StatusCode != HttpStatusCode.Created)
        {
            ExpectShedding(answer);
            request.IsRefused = true;
            return;
        }

        request.Id = request.Results.Length == 1
            ? long.Parse(answer.Headers.Location!.ToString().Split('(')[^1].TrimEnd(')'), CultureInfo.InvariantCulture)
            : 0;
        if (request.Results.Length > 1)
        {
            var links = await answer.Content.ReadFromJsonAsync<JsonElement[]>();
            if (links!.Any(link => link.GetString()!.StartsWith("error", StringComparison.OrdinalIgnoreCase)))
                throw new InvalidOperationException("A row of a valid array was refused.");
        }

        request.IsAcknowledged = true;
    }

    // A server under load or about to stop may refuse; what it may not do is fail or mistake a valid request for a wrong one.
    internal static void ExpectShedding(HttpResponseMessage answer)
    {
        if (answer.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.InsufficientStorage))
            throw new InvalidOperationException($"A valid request was answered with {(int)answer.StatusCode}.");
    }

    internal static string NextTime() =>
        Beginning.AddSeconds(Interlocked.Increment(ref _clock)).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    internal static JsonObject Reference(long id) => new() { ["@iot.id"] = id };

    internal static Uri Address(string path) => new(path, UriKind.Relative);
}
