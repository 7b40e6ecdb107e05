using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Roles;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>Every address of the program that names a dataset answers whoever has nothing to do with a closed one as if it were not there:
/// same status, headers, body and counts. The addresses are taken from the route table.</summary>
/// <remarks><see cref="Reading_every_address"/> compares a program that holds a closed dataset with one that does not; this compares two
/// slugs in one program, with all that is governed about the closed one. The time of both is measured by the benchmark "alike".</remarks>
public partial class Absent_and_closed_alike(TownWithClosedData town) : IClassFixture<TownWithClosedData>
{
    // Of the same length, so that lengths and hashes of lengths can be compared.
    private const string Closed = "closed";
    private const string Absent = "absent";

    private static readonly string[] Accepts = ["application/json", "text/html"];

    private static readonly string[] Queries = ["", "?limit=1&$count=true&page=1"];

    // What is new in each answer: proofs of forms, names of decisions.
    [GeneratedRegex("""(?<=stoa-form=|name="form" value="|"decisionId":")[A-Za-z0-9_-]{32,54}""")]
    private static partial Regex OfEachAnswer();

    [Theory]
    [InlineData("nobody")]
    [InlineData("a service of another organization")]
    [InlineData("a token for another dataset")]
    [InlineData("an officer of another organization")]
    public async Task Is_what_is_answered(string caller)
    {
        await town.StartedAsync();
        var ask = town.CallerOf(caller);
        var different = new List<string>();
        var paths = Paths("{slug}").ToArray();
        foreach (var path in paths)
        {
            foreach (var query in Queries)
            {
                foreach (var accept in Accepts)
                {
                    var closed = await AnswerAsync(ask, path, query, accept, Closed);
                    var absent = await AnswerAsync(ask, path, query, accept, Absent);
                    if (closed != absent) different.Add($"{path}{query} as {accept}\n  closed: {closed}\n  absent: {absent}");
                    Assert.DoesNotContain(TownWithClosedData.Secret, closed, StringComparison.Ordinal);
                }
            }
        }

        TwinExchanges.ShouldBeNone(different);
        // Data, descriptions, governance and pages: else the table of routes was not read.
        Assert.InRange(paths.Length, 20, int.MaxValue);
    }

    /// <summary>The bait: the same comparison finds the dataset for who owns it.</summary>
    [Fact]
    public async Task Is_not_what_the_owner_is_answered()
    {
        await town.StartedAsync();
        var ask = town.CallerOf("the owner");
        var different = 0;
        foreach (var path in Paths("{slug}"))
            if (await AnswerAsync(ask, path, "", Accepts[0], Closed) != await AnswerAsync(ask, path, "", Accepts[0], Absent)) different++;

        Assert.InRange(different, 10, int.MaxValue);
    }

    /// <summary>Every GET with the place of a slug, once for each number that means something about the closed dataset.</summary>
    private IEnumerable<string> Paths(string slug) => town.Numbers
        .SelectMany(number => RouteTable.Of(town.City.Stoa, parameter => parameter switch
        {
            "slug" or "dataset" => slug,
            "path" or "rest" or "resource" => "Things",
            "name" => "gauges",
            _ => number,
        }))
        .Where(route => route.Method is "GET" or "HEAD" && route.Path.Contains(slug, StringComparison.Ordinal))
        .Select(route => route.Path).Distinct();

    private static async Task<string> AnswerAsync(
        Func<HttpRequestMessage, Task<Answer>> ask, string path, string query, string accept, string slug)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path.Replace("{slug}", slug, StringComparison.Ordinal) + query);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        var answer = await ask(request);
        var text = new StringBuilder().Append(answer.Status).Append('\n');
        foreach (var (name, value) in answer.Headers.OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
            // A tag of a body that holds the slug differs by that; the body is compared itself.
            if (name is not ("Date" or "Connection") && !(name == "ETag" && answer.Text.Contains(slug, StringComparison.Ordinal)))
                text.Append(name).Append(": ").Append(value).Append('\n');
        return OfEachAnswer().Replace(text.Append(answer.Text).ToString(), "{new}").Replace(slug, "{slug}", StringComparison.Ordinal);
    }
}

/// <summary>A closed dataset with data, a connector, roles, a level decided, an agreement, a request and a correction; and callers.</summary>
public sealed class TownWithClosedData : IAsyncLifetime
{
    /// <summary>Stands in every text of the closed dataset, and nowhere else.</summary>
    public const string Secret = "zq7secret";

    private readonly Dictionary<string, string?> _tokens = [];
    private GovernedCity? _city;
    private Visitor? _officer;

    internal GovernedCity City => _city ?? throw new InvalidOperationException("Not started.");

    /// <summary>Ids of what belongs to the closed dataset, and one that nothing has.</summary>
    internal IReadOnlyList<string> Numbers { get; private set; } = [];

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    internal async Task StartedAsync()
    {
        if (_city is not null) return;
        _city = await GovernedCity.StartAsync();
        var stoa = _city.Stoa;
        var (owner, consumer, other) = (
            await _city.OrganizationAsync("owner"), await _city.OrganizationAsync("consumer"), await _city.OrganizationAsync("other"));
        var closed = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        (await stoa.PatchJsonAsync("/api/v1/datasets/closed", $$"""{"owner":"owner","title":"{{Secret}}"}""")).ShouldBe(200);
        await FillAsync(stoa);
        var ownerToken = await _city.ServiceTokenAsync(owner);
        var level = await _city.ClassifyAsync(closed, SpectrumClass.Closed);
        var agreement = await _city.AgreeAsync(owner, consumer, [closed]);
        // It may read, and so report what seems wrong.
        await _city.AssignAsync(closed, DataRole.Custodian, consumer);
        var correction = (await stoa.PostJsonAsync("/api/v1/datasets/closed/corrections",
            $$"""{"entity":"Things(1)","field":"description","proposed":"{{Secret}}","reason":"{{Secret}}"}""", await _city.ServiceTokenAsync(consumer))).ShouldBe(201).Json;
        _tokens["nobody"] = null;
        _tokens["the owner"] = ownerToken;
        _tokens["a service of another organization"] = await _city.ServiceTokenAsync(other);
        _tokens["a token for another dataset"] = await stoa.GivenTokenAsync("open", "read", "write");
        Numbers = ["1", "2", $"{level.Id}", $"{agreement.Id}", $"{correction.GetProperty("id").GetInt64()}", "999999"];
        _officer = await OfficerAsync(other);
    }

    /// <summary>Sends requests as somebody.</summary>
    internal Func<HttpRequestMessage, Task<Answer>> CallerOf(string caller)
    {
        if (_officer is { } officer && caller == "an officer of another organization") return officer.SendAsync;
        var token = _tokens[caller];
        return request =>
        {
            if (token is not null) request.Headers.Authorization = new("Bearer", token);
            return SendAsync(City.Stoa, request);
        };
    }

    // A stream has no end; what flows in it is tested for itself.
    private static async Task<Answer> SendAsync(Exchange stoa, HttpRequestMessage request)
    {
        using var response = await stoa.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Now);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return new((int)response.StatusCode, headers, isStream ? [] : await response.Content.ReadAsByteArrayAsync(Now), stoa.Address);
    }

    private static async Task FillAsync(Exchange stoa)
    {
        (await stoa.PostJsonAsync("/datasets/closed/sensorthings/v1.1/Things", $$$"""
            {"name":"{{{Secret}}}","description":"x","Locations":[{"name":"l","description":"x","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[1,2]} }],
             "Datastreams":[{"name":"d","description":"x","observationType":"x","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
              "Sensor":{"name":"s","description":"x","encodingType":"x","metadata":"x"},
              "ObservedProperty":{"name":"p","definition":"http://x.example/p","description":"x"},
              "Observations":[{"phenomenonTime":"2026-01-01T00:00:00Z","result":1}]}]} 
            """)).ShouldBe(201);
        const string declaration = $"title: {Secret}\ntopic: t/{{device}}\nvalues: [{{ path: $.v, quantity: v }}]";
        (await stoa.PutJsonAsync("/api/v1/datasets/closed/connectors/gauges?enable=true&force=true", declaration)).ShouldBe(201);
    }

    private async Task<Visitor> OfficerAsync(PartyId organization)
    {
        using var administrator = await Visitor.AdministratorAsync(City.Stoa);
        var made = (await City.Stoa.PostJsonAsync("/api/v1/invitations",
            $$"""{"organization":{{organization.Value}},"login":"officer@other.example","roles":["member","data-officer"]}""")).ShouldBe(201).Json;
        var link = new Uri(made.GetProperty("link").GetString()!, UriKind.RelativeOrAbsolute);
        var visitor = new Visitor(City.Stoa);
        (await visitor.JoinAsync(link.IsAbsoluteUri ? link.PathAndQuery : link.OriginalString, "Officer", "officer@other.example")).ShouldBe(303);
        await City.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
        return visitor;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _officer?.Dispose();
        if (_city is not null) await _city.DisposeAsync();
    }
}
