using Stoa.Tests.Identity;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>What a browser downloads under an agreement, and what it is told when it may not.</summary>
public class Downloads_of_agreements
{
    private const string Observations = "observations.csv?purpose=AcademicResearch";
    private const string Things = "things.geojson?purpose=AcademicResearch";

    [Theory]
    [InlineData("")]
    [InlineData(""","terms":{"limits":{"requestsPerMinute":3,"rowsPerDay":100}}""")]
    public async Task Hold_the_data_also_where_use_is_limited(string terms)
    {
        await using var sides = await TwoSides.StartAsync();
        await GiveDataAsync(sides, 3);
        var data = $"/agreements/{await sides.AgreeAsync(terms)}/data/counters/";
        using var consumer = await sides.MemberAsync("university");

        var csv = (await consumer.GetAsync(data + Observations)).ShouldBe(200);
        var places = (await consumer.GetAsync(data + Things)).ShouldBe(200);

        Assert.Equal(4, csv.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("4712", csv.Text, StringComparison.Ordinal);
        Assert.Contains("counters-observations.csv", csv.Header("Content-Disposition"), StringComparison.Ordinal);
        Assert.Equal("Counter at the bridge", places.Json.GetProperty("features")[0].GetProperty("properties").GetProperty("name").GetString());
        if (terms.Length == 0) return;
        (await consumer.GetAsync(data + Observations)).ShouldBe(200);
        (await consumer.GetAsync(data + Observations)).ShouldBe(429);
    }

    [Fact]
    public async Task End_when_the_rows_of_the_day_are_used()
    {
        await using var sides = await TwoSides.StartAsync();
        await GiveDataAsync(sides, 3);
        var data = $"/agreements/{await sides.AgreeAsync(""","terms":{"limits":{"rowsPerDay":4}}""")}/data/counters/";
        using var consumer = await sides.MemberAsync("university");

        (await consumer.GetAsync(data + Observations)).ShouldBe(200);
        var refused = (await consumer.GetAsync(data + Observations)).ShouldBe(429);
        var last = await consumer.GetAsync(data + Things);

        Assert.DoesNotContain("4711", refused.Text, StringComparison.Ordinal);
        Assert.Contains("href=\"/why/Q2-VOLUME\"", refused.Text, StringComparison.Ordinal);
        Assert.Contains("Counter at the bridge", last.ShouldBe(200).Text, StringComparison.Ordinal);
        (await consumer.GetAsync(data + Things)).ShouldBe(429);
    }

    [Fact]
    public async Task Say_on_a_page_why_not()
    {
        await using var sides = await TwoSides.StartAsync();
        var agreement = await sides.AgreeAsync();
        var other = $"/agreements/{agreement}/data/counters/observations.csv?purpose=SellProducts";
        using var consumer = await sides.MemberAsync("university");

        var page = (await consumer.GetAsync(other)).ShouldBe(403);
        using var request = new HttpRequestMessage(HttpMethod.Get, other);
        request.Headers.Accept.Add(new("text/csv"));
        var document = await consumer.SendAsync(request);

        Assert.StartsWith("text/html", page.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Contains("no-store", page.Header("Cache-Control"), StringComparison.Ordinal);
        Assert.Contains("href=\"/why/P1-PURPOSE-NOT-AGREED\"", page.Text, StringComparison.Ordinal);
        Assert.Contains("Declare an agreed purpose", page.Text, StringComparison.Ordinal);
        Assert.Contains("href=\"/why/counters\"", page.Text, StringComparison.Ordinal);
        Assert.Equal("P1-PURPOSE-NOT-AGREED", document.ShouldBeProblem(403, "access-refused").Json.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Tell_of_what_is_hidden_what_they_tell_of_what_is_absent()
    {
        await using var sides = await TwoSides.StartAsync();
        (await sides.Stoa.PostJsonAsync("/api/v1/datasets", """{"slug":"vault","title":"Vault","spectrum":"closed","owner":"traffic"}""")).ShouldBe(201);
        var agreement = await sides.AgreeAsync();
        using var consumer = await sides.MemberAsync("university");
        using var stranger = await sides.MemberAsync("grocer");
        string Of(string slug) => $"/agreements/{agreement}/data/{slug}/{Observations}";

        var hidden = await consumer.GetAsync(Of("vault"));
        var absent = await consumer.GetAsync(Of("nowhere"));

        Assert.Equal(absent.Text, hidden.ShouldBe(absent.Status).Text.Replace("vault", "nowhere", StringComparison.Ordinal));
        Assert.True(hidden.Status is 403 or 404);
        Assert.DoesNotContain("Vault", hidden.Text, StringComparison.Ordinal);
        var strangers = (await stranger.GetAsync(Of("counters"))).ShouldBe(404);
        Assert.Equal((await stranger.GetAsync($"/agreements/99999/data/counters/{Observations}")).ShouldBe(404).Text,
            strangers.Text.Replace($"/agreements/{agreement}/", "/agreements/99999/", StringComparison.Ordinal)
                .Replace($"agreements%2F{agreement}%2F", "agreements%2F99999%2F", StringComparison.Ordinal));
    }

    internal static async Task GiveDataAsync(TwoSides sides, int count)
    {
        var observations = string.Join(',', Enumerable.Range(0, count).Select(i =>
            $$"""{ "result": {{4711 + i}}, "phenomenonTime": "2026-01-01T00:0{{i}}:00Z" }"""));
        (await sides.Stoa.PostJsonAsync("/datasets/counters/sensorthings/v1.1/Things",
            $$"""
            {"name":"Counter at the bridge","description":"Counts.","Locations":[{"name":"Bridge","description":"","encodingType":"application/geo+json",
             "location":{"type":"Point","coordinates":[10.1,54.3] } }],
             "Datastreams":[{"name":"Bicycles","description":"","observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
              "unitOfMeasurement":{"name":"bicycles","symbol":"","definition":"https://example.org/bicycles"},
              "Sensor":{"name":"Loop","description":"","encodingType":"text/html","metadata":""},
              "ObservedProperty":{"name":"Bicycles","definition":"https://example.org/bicycles","description":""},
              "Observations":[{{observations}}]}]}
            """)).ShouldBe(201);
    }
}
