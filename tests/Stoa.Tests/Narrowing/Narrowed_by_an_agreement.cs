using System.Globalization;
using Stoa.Sensing.Schema;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage.Translation;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>What a consumer gets over HTTP of a dataset of which an agreement leaves some fields, hours and cells of a map.</summary>
public class Narrowed_by_an_agreement(Narrowed_by_an_agreement.City city) : IClassFixture<Narrowed_by_an_agreement.City>
{
    private const string Root = "/datasets/air/sensorthings/v1.1/";

    private Task<Answer> GetAsync(string path, string? token = null) => city.World.Stoa.GetAsync(path, token ?? city.Token);

    [Fact]
    public async Task Shows_the_agreed_fields_and_no_others()
    {
        (await GetAsync(Root + "Observations(1)?$resultMetadata=none")).ShouldBeJson(200,
            """{"@iot.id":1,"phenomenonTime":"2026-03-05T07:00:00Z","result":771.125}""");
        (await GetAsync(Root + "Things(1)?$resultMetadata=none&$expand=Locations")).ShouldBeJson(200,
            """
            {"@iot.id":1,"properties":{"district":"north"},
             "Locations":[{"@iot.id":1,"location":{"type":"Point","coordinates":[13.38267,52.519763]}}]}
            """);
        Assert.Equal("771.125", (await GetAsync(Root + "Observations(1)/result/$value")).ShouldBe(200).Text);
        (await GetAsync(Root + "Observations(1)/parameters")).ShouldBe(204);
        (await GetAsync(Root + "Things(1)/properties/owner")).ShouldBe(404);
    }

    [Fact]
    public async Task Shows_everything_to_the_owner()
    {
        var observation = (await GetAsync(Root + "Observations(1)", city.OwnerToken)).ShouldBe(200);

        Assert.Contains("07:11:13", observation.Text, StringComparison.Ordinal);
        Assert.Contains("secret run", observation.Text, StringComparison.Ordinal);
        Assert.NotEqual("", observation.Header("ETag"));
    }

    [Theory]
    [InlineData("datasets/air/sensorthings/v1.1/")]
    [InlineData("sensorthings/v1.1/")]
    public async Task Refuses_to_filter_by_other_fields_and_says_which(string root)
    {
        var refused = (await GetAsync($"/{root}Observations?$filter=parameters/run eq 'x'")).ShouldBe(403);

        Assert.Equal("/problems/field-not-readable", refused.Json.GetProperty("type").GetString());
        Assert.Equal("Observations/parameters/run", refused.Json.GetProperty("field").GetString());
        (await GetAsync($"/{root}Observations?$filter=result gt 5&$select=id,result&$resultMetadata=none&$count=true")).ShouldBeJson(200,
            """{"@iot.count":1,"value":[{"@iot.id":1,"result":771.125}]}""");
    }

    [Fact]
    public async Task Has_no_entity_tag_whatever_is_asked_of_one()
    {
        var answer = (await GetAsync(Root + "Observations(1)")).ShouldBe(200);

        Assert.Equal("", answer.Header("ETag"));
    }

    [Fact]
    public async Task Is_not_followed_and_not_counted_by_statistics()
    {
        foreach (var (header, value) in new[] { ("Prefer", "odata.track-changes"), ("Accept", "text/event-stream") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Root + "Observations");
            request.Headers.TryAddWithoutValidation(header, value);
            request.Headers.Authorization = new("Bearer", city.Token);
            using var answer = await city.World.Stoa.Http.SendAsync(request, TestContext.Current.CancellationToken);

            Assert.Equal(400, (int)answer.StatusCode);
            Assert.Contains("changes-not-followed",
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        (await GetAsync("/api/v1/datasets/air/statistics")).ShouldBe(403);
        (await GetAsync("/api/v1/datasets/air/statistics", city.OwnerToken)).ShouldBe(200);
        (await GetAsync("/api/v1/datasets/air")).ShouldBe(200);
        Assert.Contains("\"air\"", (await GetAsync("/api/v1/datasets")).ShouldBe(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_out_what_lies_before_the_agreed_time()
    {
        (await GetAsync(Root + "Observations(2)")).ShouldBe(404);
        (await GetAsync(Root + "Observations?$count=true&$top=0")).ShouldBeJson(200, """{"@iot.count":1,"value":[]}""");
        (await GetAsync(Root + "Observations?$count=true&$top=0", city.OwnerToken)).ShouldBeJson(200, """{"@iot.count":2,"value":[]}""");
    }

    [Fact]
    public async Task Comes_in_batches_the_same()
    {
        var batch = (await city.World.Stoa.PostJsonAsync(Root + "$batch",
            """{"requests":[{"id":"1","method":"get","url":"Observations(1)"},{"id":"2","method":"get","url":"Observations?$orderby=parameters"}]}""",
            city.Token)).ShouldBe(200);

        Assert.DoesNotContain("secret run", batch.Text, StringComparison.Ordinal);
        Assert.Contains("771.125", batch.Text, StringComparison.Ordinal);
        Assert.Contains("field-not-readable", batch.Text, StringComparison.Ordinal);
    }

    /// <summary>Made once, since no test changes it.</summary>
    public sealed class City : IAsyncLifetime
    {
        internal GovernedCity World { get; private set; } = null!; // By InitializeAsync, before any test.

        internal string Token { get; private set; } = "";

        internal string OwnerToken { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            World = await GovernedCity.StartAsync();
            var owner = await World.OrganizationAsync("owner");
            var lab = await World.OrganizationAsync("lab");
            var dataset = await World.Stoa.GivenDatasetAsync("air", SpectrumClass.Closed);
            (await World.Stoa.PatchJsonAsync("/api/v1/datasets/air", """{"owner":"owner"}""")).ShouldBe(200);
            (await World.Stoa.PostJsonAsync(Root + "Things",
                """
                {"name":"secret thing","description":"d","properties":{"owner":"secret owner","district":"north"},
                 "Locations":[{"name":"l","description":"d","encodingType":"application/geo+json",
                   "location":{"type":"Point","coordinates":[13.377771,52.516661]}}],
                 "Datastreams":[{"name":"d","description":"d",
                   "observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
                   "unitOfMeasurement":{"name":"n","symbol":"s","definition":"d"},
                   "Sensor":{"name":"s","description":"d","encodingType":"text/html","metadata":"m"},
                   "ObservedProperty":{"name":"o","definition":"urn:o","description":"d"},
                   "Observations":[
                     {"phenomenonTime":"2026-03-05T07:11:13Z","result":771.125,"parameters":{"run":"secret run"}},
                     {"phenomenonTime":"2026-01-01T00:00:00Z","result":1,"parameters":{"run":"secret run"}}]}]}
                """)).ShouldBe(201);
            await World.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, lab);
            string[] members = ["Things/properties/owner", "Things/properties/district"];
            var names = SensorThingsSchema.Schema.Types.SelectMany(type => type.Properties.Where(property => property != type.Id)
                .Select(property => NarrowedFields.NameOf(type, property))).Where(name => name != "Things/properties").Concat(members);
            await World.RecordAsync(RecordTypes.Dataset, new GovernedDataset
            {
                Id = dataset, Fields = [.. names.Select(name => new DatasetField(name, Personal.None, []))],
            });
            Assert.True(Instant.TryParse("2026-02-01T00:00:00Z", out var from), "A time.");
            await World.AgreeAsync(owner, lab, [dataset], terms => terms with
            {
                Fields = ["Observations/result", "Observations/phenomenonTime", "Things/properties/district", "Locations/location"],
                Granularity = new(1000, 3600, 0),
                DataFrom = from,
            });
            Token = await World.ServiceTokenAsync(lab);
            OwnerToken = await World.ServiceTokenAsync(owner);
        }

        public ValueTask DisposeAsync() => World.DisposeAsync();
    }
}
