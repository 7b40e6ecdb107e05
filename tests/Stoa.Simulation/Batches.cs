using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Stoa.Simulation;

/// <summary>Batches in both forms: single observations, which stand or fall by themselves, around a change set, which is whole or absent.</summary>
internal sealed partial class Batches(Ledger ledger, City city)
{
    public async Task PostMultipartAsync(HttpClient http, Random random)
    {
        var (singles, set) = Send(random);
        var text = new StringBuilder();
        foreach (var single in singles) Part(text, "b", single.Results[0], city.AnyDatastream(random));
        text.Append("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n");
        foreach (var result in set.Results) Part(text, "c", result, city.AnyDatastream(random));
        text.Append("--c--\r\n--b--\r\n");
        using var message = new HttpRequestMessage(HttpMethod.Post, Load.Address($"{City.Path}/$batch"));
        message.Content = new StringContent(text.ToString());
        message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/mixed; boundary=b");
        using var answer = await http.SendAsync(message);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            Refuse(answer, singles, set);
            return;
        }

        var statuses = StatusLine().Matches(await answer.Content.ReadAsStringAsync())
            .Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).ToArray();
        Enter(singles, set, statuses);
    }

    public async Task PostJsonAsync(HttpClient http, Random random)
    {
        var (singles, set) = Send(random);
        var requests = new JsonArray();
        foreach (var single in singles) requests.Add(Json($"s{single.Results[0]}", single.Results[0], random, null));
        foreach (var result in set.Results) requests.Add(Json($"c{result}", result, random, "set"));
        using var message = new HttpRequestMessage(HttpMethod.Post, Load.Address($"{City.Path}/$batch"))
        {
            Content = JsonContent.Create(new JsonObject { ["requests"] = requests }),
        };
        using var answer = await http.SendAsync(message);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            Refuse(answer, singles, set);
            return;
        }

        var responses = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("responses");
        Enter(singles, set, [.. responses.EnumerateArray().Select(response => response.GetProperty("status").GetInt32())]);
    }

    /// <summary>A JSON batch of one change set that writes all of a request.</summary>
    public JsonObject ChangeSet(Request request, Random random) => new()
    {
        ["requests"] = new JsonArray([.. request.Results.Select(result => Json($"c{result}", result, random, "set"))]),
    };

    private (Request[] Singles, Request Set) Send(Random random) =>
        ([.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => ledger.SendObservations(1))],
            ledger.SendObservations(random.Next(2, 12), RequestKind.ChangeSet));

    private JsonObject Json(string id, long result, Random random, string? group)
    {
        var request = new JsonObject
        {
            ["id"] = id,
            ["method"] = "post",
            ["url"] = string.Create(CultureInfo.InvariantCulture, $"Datastreams({city.AnyDatastream(random)})/Observations"),
            ["body"] = new JsonObject { ["phenomenonTime"] = Load.NextTime(), ["result"] = result },
        };
        if (group is not null) request["atomicityGroup"] = group;
        return request;
    }

    private static void Part(StringBuilder text, string boundary, long result, long datastream) => text.Append(
        CultureInfo.InvariantCulture,
        $"--{boundary}\r\nContent-Type: application/http\r\n\r\nPOST Datastreams({datastream})/Observations HTTP/1.1\r\n\r\n" +
        $"{{\"phenomenonTime\":\"{Load.NextTime()}\",\"result\":{result}}}\r\n");

    private static void Refuse(HttpResponseMessage answer, Request[] singles, Request set)
    {
        Load.ExpectShedding(answer);
        foreach (var single in singles) single.IsRefused = true;
        set.IsRefused = true;
    }

    // A change set that fails is one refusal in multipart and one for each request in JSON.
    private static void Enter(Request[] singles, Request set, int[] statuses)
    {
        for (var i = 0; i < singles.Length; i++) Enter(singles[i], statuses[i]);
        Enter(set, statuses[singles.Length..].Max());
    }

    private static void Enter(Request request, int status)
    {
        if (status == (int)HttpStatusCode.Created) request.IsAcknowledged = true;
        else if (status is 429 or 424 or 503 or 507) request.IsRefused = true;
        else throw new InvalidOperationException($"A valid part of a batch was answered with {status}.");
    }

    [GeneratedRegex(@"^HTTP/1\.1 (\d{3}) ", RegexOptions.Multiline)]
    private static partial Regex StatusLine();
}
