using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Policy;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>What an owner says of a dataset, how the office stops exchange, and files of a series, all on pages.</summary>
public class Facts_and_blocks
{
    private const string Page = "/datasets/counts/facts";

    private static string Body(Answer answer) => WebUtility.HtmlDecode(answer.ShouldBe(200).Text);

    // The clock of the tests does not move: who joined is read when it is asked for.
    private static Task ReloadAsync(CityOfRoles city) =>
        city.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(TestContext.Current.CancellationToken);

    private static string Done(Answer answer) => answer.ShouldBe(303).Header("Location");

    [Fact]
    public async Task Let_an_owner_say_what_the_fields_tell_of_people()
    {
        await using var city = await CityOfRoles.StartAsync();
        await city.DatasetAsync("monthly");
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        using var sam = await Governance_pages.OfficerAsync(city, city.Shop, "sam");
        using var anybody = new Visitor(city.Stoa);
        await ReloadAsync(city);
        (string, string)[] facts =
        [
            ("for", city.City.Id.ToString()), ("listed", "yes"), ("fieldName", "result"), ("fieldPersonal", "none"), ("fieldNeeded", ""),
            ("fieldName", "parameters/plate"), ("fieldPersonal", "personal"), ("fieldNeeded", "ScientificResearch"),
            ("fieldName", ""), ("fieldPersonal", "none"), ("fieldNeeded", ""), ("impact", "approved"), ("risk", "6"), ("accepted", "2027-01-31"),
            ("derivedFrom", "monthly"), ("process", "by hand"), ("reason", "First look."),
        ];
        Assert.StartsWith("/sign-in", Done(await anybody.GetAsync(Page)), StringComparison.Ordinal);
        (await sam.GetAsync(Page)).ShouldBe(404);
        (await sam.SubmitAsync("/access", Page, facts)).ShouldBe(404);

        var refused = (await carla.SubmitAsync(Page, Page, [.. facts.Where(one => one.Item1 != "risk"), ("risk", "99")])).ShouldBe(400).Text;
        Assert.Contains("value=\"parameters/plate\"", refused, StringComparison.Ordinal);
        Assert.Contains("takes 0 to 25", WebUtility.HtmlDecode(refused), StringComparison.Ordinal);
        var sent = await carla.SubmitAsync(Page, Page, facts);
        Assert.True(sent.Status == 303, Regex.Match(sent.Text, "role=\"alert\".*").Value);
        Assert.Equal(Page + "?done=yes", Done(sent));

        var kept = (await city.Stoa.GetAsync("/api/v1/datasets/counts/facts", city.City.Token)).ShouldBe(200).Json;
        Assert.Equal(2, kept.GetProperty("fields").GetArrayLength());
        Assert.Equal("personal", kept.GetProperty("fields")[1].GetProperty("personal").GetString());
        Assert.Equal("ScientificResearch", kept.GetProperty("fields")[1].GetProperty("neededFor")[0].GetString());
        Assert.True(kept.GetProperty("listed").GetBoolean());
        Assert.Equal("2027-02-01T00:00:00Z", kept.GetProperty("riskAcceptedUntil").GetString());
        Assert.Equal("monthly", kept.GetProperty("derivedFrom")[0].GetString());
        var shown = Body(await carla.GetAsync(Page));
        Assert.Contains("value=\"2027-01-31\"", shown, StringComparison.Ordinal);
        Assert.Contains("Now at most: closed.", shown, StringComparison.Ordinal);
        Assert.Contains("href=\"/datasets/counts/facts\"", Body(await carla.GetAsync("/datasets/counts/governance")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Let_the_office_stop_exchange_and_let_it_go_on()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var ada = await Visitor.AdministratorAsync(city.Stoa);
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        (await carla.GetAsync("/blocks")).ShouldBe(404);
        (await carla.SubmitAsync("/access", "/blocks", ("kind", "incident"), ("dataset", "counts"), ("reason", "r"))).ShouldBe(404);
        async Task<string> FirstReasonAsync() => (await city.Stoa.PostJsonAsync("/api/v1/decisions/explain",
            $$"""{"dataset":"counts","party":{{city.City.Id}}}""")).ShouldBe(200).Json.GetProperty("reasons")[0].GetProperty("code").GetString()!;

        (await ada.SubmitAsync("/blocks", "/blocks", ("kind", "incident"), ("reason", "A leak."))).ShouldBe(400);
        (await ada.SubmitAsync("/blocks", "/blocks", ("kind", "incident"), ("dataset", "nowhere"), ("reason", "A leak."))).ShouldBe(400);
        Assert.DoesNotMatch("^B", await FirstReasonAsync());
        Assert.Equal("/blocks?done=blocked", Done(await ada.SubmitAsync("/blocks", "/blocks", ("kind", "incident"), ("dataset", "counts"), ("reason", "A leak."))));

        Assert.Matches("^B", await FirstReasonAsync());
        var shown = Body(await ada.GetAsync("/blocks"));
        Assert.Contains("<strong>Title of counts</strong>, with every party", shown, StringComparison.Ordinal);
        var lift = Regex.Match(shown, "action=\"(/blocks/[0-9]+/lift)\"").Groups[1].Value;
        Assert.Equal("/blocks?done=lifted", Done(await ada.SubmitAsync("/blocks", lift, ("reason", "Closed."))));
        Assert.DoesNotMatch("^B", await FirstReasonAsync());
        Assert.DoesNotContain("/lift", Body(await ada.GetAsync("/blocks")), StringComparison.Ordinal);

        Assert.Equal("/blocks?done=blocked", Done(await ada.SubmitAsync("/blocks", "/blocks", ("kind", "restriction"), ("everything", "yes"), ("reason", "By order."))));
        Assert.Matches("^B", await FirstReasonAsync());
    }

    [Fact]
    public async Task Give_who_signed_in_the_file_of_a_series_and_nobody_else()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        using var sam = await Governance_pages.OfficerAsync(city, city.Shop, "sam");
        using var anybody = new Visitor(city.Stoa);
        await ReloadAsync(city);
        (await city.Stoa.PostJsonAsync("/datasets/counts/sensorthings/v1.1/Things",
            """
            {"name":"Bridge","description":"d",
             "Locations":[{"name":"l","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[7.6,51.9]}}],
             "Datastreams":[{"name":"Bicycles","description":"d","observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
             "unitOfMeasurement":{"name":"n","symbol":"s","definition":"d"},"Sensor":{"name":"s","description":"d","encodingType":"text/plain","metadata":"m"},
             "ObservedProperty":{"name":"p","definition":"https://example.org/p","description":"d"},
             "Observations":[{"phenomenonTime":"2026-01-01T00:00:00Z","result":4711}]}]}
            """)).ShouldBe(201);
        var stream = (await city.Stoa.GetAsync("/datasets/counts/sensorthings/v1.1/Datastreams", city.Stoa.AdminToken)).ShouldBe(200)
            .Json.GetProperty("value")[0].GetProperty("@iot.id").GetInt64();
        var thing = (await city.Stoa.GetAsync("/datasets/counts/sensorthings/v1.1/Things", city.Stoa.AdminToken)).Json.GetProperty("value")[0].GetProperty("@iot.id").GetInt64();
        var path = $"/datasets/counts/datastreams/{stream}/observations.csv";

        Assert.Contains($"href=\"{path}\"", Body(await carla.GetAsync($"/things/{thing}")), StringComparison.Ordinal);
        var file = await carla.GetAsync(path);
        Assert.Contains("4711", file.ShouldBe(200).Text, StringComparison.Ordinal);
        Assert.Contains($"counts-datastream-{stream}.csv", file.Header("Content-Disposition"), StringComparison.Ordinal);
        Assert.Contains("no-store", file.Header("Cache-Control"), StringComparison.Ordinal);
        foreach (var visitor in new[] { sam, anybody })
        {
            var hidden = (await visitor.GetAsync(path)).ShouldBe(404).Text;
            var absent = (await visitor.GetAsync(path.Replace("counts", "nowhere", StringComparison.Ordinal))).ShouldBe(404).Text;
            Assert.Equal(absent, hidden.Replace("counts", "nowhere", StringComparison.Ordinal));
            Assert.DoesNotContain("4711", hidden, StringComparison.Ordinal);
        }

        (await carla.GetAsync($"/datasets/counts/datastreams/{stream + 1}/observations.csv")).ShouldBe(404);
    }
}
