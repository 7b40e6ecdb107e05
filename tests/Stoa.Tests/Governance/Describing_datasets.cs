using Stoa.Catalogue.Datasets;
using Stoa.Identity.Http;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Datasets and organizations over the REST API.</summary>
public class Describing_datasets
{
    private const string Bikes =
        """
        {"slug":"bikes","title":"Bicycle counters","description":"Counts **every** quarter of an hour.","sector":"transport","spectrum":"open","licence":"cc-by-4.0","owner":"traffic","keywords":["Fahrrad","Zählung"]}
        """;

    private static async Task<GovernedExchange> WithOwnerAsync()
    {
        var exchange = await GovernedExchange.StartAsync();
        var answer = await exchange.SendAsync("POST", "/api/v1/organizations", exchange.AdministratorToken,
            """{"slug":"traffic","name":"Office of Mobility","homepage":"https://mobility.example/"}""");
        answer.ShouldBe(201,
            """{"slug":"traffic","name":"Office of Mobility","homepage":"https://mobility.example/","created":"2026-01-31T12:00:00Z"}""");
        return exchange;
    }

    [Fact]
    public async Task Enters_a_dataset_and_shows_it()
    {
        await using var exchange = await WithOwnerAsync();

        var created = await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, Bikes);
        var shown = await exchange.SendAsync("GET", "/api/v1/datasets/bikes");

        const string expected =
            """{"slug":"bikes","title":"Bicycle counters","description":"Counts **every** quarter of an hour.","sector":"transport","spectrum":"open","licence":"CC-BY-4.0","owner":"traffic","keywords":["Fahrrad","Zählung"],"created":"2026-01-31T12:00:00Z","modified":"2026-01-31T12:00:00Z"}""";
        created.ShouldBe(201, expected);
        Assert.Contains("Location: /api/v1/datasets/bikes", created.Headers, StringComparison.Ordinal);
        shown.ShouldBe(200, expected);
    }

    [Fact]
    public async Task Closes_a_dataset_about_which_nothing_was_decided()
    {
        await using var exchange = await GovernedExchange.StartAsync();

        var created = await exchange.SendAsync(
            "POST", "/api/v1/datasets", exchange.AdministratorToken, """{"slug":"new","title":"New"}""");

        created.ShouldBe(201,
            """{"slug":"new","title":"New","description":"","sector":"other","spectrum":"closed","keywords":[],"created":"2026-01-31T12:00:00Z","modified":"2026-01-31T12:00:00Z"}""");
        Assert.Equal(404, (await exchange.SendAsync("GET", "/api/v1/datasets/new")).Status);
    }

    [Fact]
    public async Task Has_an_inbox_from_the_first_start_that_is_closed()
    {
        await using var exchange = await GovernedExchange.StartAsync();

        var inbox = await exchange.SendAsync("GET", "/api/v1/datasets/inbox", exchange.AdministratorToken);

        Assert.Equal(200, inbox.Status);
        Assert.Contains("\"spectrum\":\"closed\"", inbox.Body, StringComparison.Ordinal);
        Assert.Equal(404, (await exchange.SendAsync("GET", "/api/v1/datasets/inbox")).Status);
    }

    [Theory]
    [InlineData("""{"title":"No slug"}""", "slug")]
    [InlineData("""{"slug":"Bad Slug","title":"a"}""", "slug")]
    [InlineData("""{"slug":"-a","title":"a"}""", "slug")]
    [InlineData("""{"slug":"ä","title":"a"}""", "slug")]
    [InlineData("""{"slug":"a"}""", "title")]
    [InlineData("""{"slug":"a","title":"line\nbreak"}""", "title")]
    [InlineData("""{"slug":"a","title":7}""", "title")]
    [InlineData("""{"slug":"a","title":"a","description":"nul \u0000"}""", "description")]
    [InlineData("""{"slug":"a","title":"a","sector":"Transport"}""", "sector")]
    [InlineData("""{"slug":"a","title":"a","spectrum":"secret"}""", "spectrum")]
    [InlineData("""{"slug":"a","title":"a","spectrum":"open"}""", "licence")]
    [InlineData("""{"slug":"a","title":"a","spectrum":"open","licence":"CC-BY-NC-4.0"}""", "licence")]
    [InlineData("""{"slug":"a","title":"a","spectrum":"open","licence":"https://example.org/terms"}""", "licence")]
    [InlineData("""{"slug":"a","title":"a","licence":"two words"}""", "licence")]
    [InlineData("""{"slug":"a","title":"a","licence":"javascript:alert(1)"}""", "licence")]
    [InlineData("""{"slug":"a","title":"a","owner":"nobody"}""", "owner")]
    [InlineData("""{"slug":"a","title":"a","keywords":"one"}""", "keywords")]
    [InlineData("""{"slug":"a","title":"a","keywords":["fine",""]}""", "keywords[1]")]
    [InlineData("""{"slug":"a","title":"a","keywords":[null]}""", "keywords[0]")]
    public async Task Refuses_an_unacceptable_property_and_names_it(string body, string property)
    {
        await using var exchange = await GovernedExchange.StartAsync();

        var answer = await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, body);

        answer.ShouldRefuse(400, "invalid-property");
        Assert.Contains($"\"property\":\"{property}\"", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"slug":"a","title":"a","tilte":"b"}""", "unknown-property", "\"property\":\"tilte\"")]
    [InlineData("""{"slug":"a","Title":"a"}""", "unknown-property", "\"property\":\"Title\"")]
    [InlineData("""{"slug":"a","slug":"b","title":"a"}""", "malformed-json", "names a member twice")]
    [InlineData("""{"slug":"a","title":"a"} tail""", "malformed-json", "\"position\":26")]
    [InlineData("""["a"]""", "malformed-json", "one JSON object")]
    [InlineData("""null""", "malformed-json", "one JSON object")]
    [InlineData("", "malformed-json", "not JSON")]
    [InlineData("""{"slug":"a","title":[[[[[[[[1]]]]]]]]}""", "malformed-json", "deeper than 8 levels")]
    [InlineData("""{"slug":"a","title":"\ud800"}""", "malformed-json", "\"position\":20")]
    [InlineData("""{"\ud800":"a"}""", "malformed-json", "surrogate")]
    public async Task Refuses_a_body_that_is_not_strictly_what_is_known(string body, string type, string says)
    {
        await using var exchange = await GovernedExchange.StartAsync();

        var answer = await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, body);

        answer.ShouldRefuse(400, type);
        Assert.Contains(says, answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_another_media_type_than_JSON()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        using var content = new StringContent("slug=a", System.Text.Encoding.UTF8, "application/x-www-form-urlencoded");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/datasets") { Content = content };
        request.Headers.Authorization = new("Bearer", exchange.AdministratorToken);

        using var response = await exchange.Client.SendAsync(request, TestContext.Current.CancellationToken);

        (await PlainAnswer.ReadAsync(response)).ShouldRefuse(415, "unsupported-media-type");
    }

    [Fact]
    public async Task Takes_a_body_as_large_as_allowed_and_no_larger()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        var fits = """{"slug":"a","title":"a"}""".PadRight(StrictJson.BodyBytesMax);

        Assert.Equal(201, (await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, fits)).Status);
        (await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, fits + " "))
            .ShouldRefuse(413, "body-too-large");
        (await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, fits + " ",
            headers: ("Transfer-Encoding", "chunked"))).ShouldRefuse(413, "body-too-large");
    }

    [Fact]
    public void Takes_texts_as_long_as_allowed_and_no_longer()
    {
        static DatasetDraft Draft(int slug, int title, int description, int keywords, int keyword) => new()
        {
            Slug = new string('s', slug),
            Title = new string('t', title),
            Description = new string('d', description),
            Keywords = [.. Enumerable.Repeat(new string('k', keyword), keywords)],
        };

        Assert.Null(Draft(TextRules.SlugLengthMax, DatasetDraft.TitleLengthMax, DatasetDraft.DescriptionLengthMax,
            DatasetDraft.KeywordsMax, DatasetDraft.KeywordLengthMax).Check());
        Assert.NotNull(Draft(TextRules.SlugLengthMax + 1, 1, 1, 1, 1).Check());
        Assert.NotNull(Draft(1, DatasetDraft.TitleLengthMax + 1, 1, 1, 1).Check());
        Assert.NotNull(Draft(1, 1, DatasetDraft.DescriptionLengthMax + 1, 1, 1).Check());
        Assert.NotNull(Draft(1, 1, 1, DatasetDraft.KeywordsMax + 1, 1).Check());
        Assert.NotNull(Draft(1, 1, 1, 1, DatasetDraft.KeywordLengthMax + 1).Check());
    }

    [Fact]
    public async Task Refuses_a_slug_that_is_taken()
    {
        await using var exchange = await WithOwnerAsync();
        await exchange.GivenDatasetAsync("bikes", "closed");

        (await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, Bikes)).ShouldRefuse(409, "slug-taken");
        (await exchange.SendAsync("POST", "/api/v1/organizations", exchange.AdministratorToken,
            """{"slug":"traffic","name":"Another"}""")).ShouldRefuse(409, "slug-taken");
    }

    [Fact]
    public async Task Changes_what_a_patch_names_and_leaves_the_rest()
    {
        await using var exchange = await WithOwnerAsync();
        await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, Bikes);
        exchange.Clock.Advance(TimeSpan.FromMinutes(1));

        var changed = await exchange.SendAsync("PATCH", "/api/v1/datasets/bikes", exchange.AdministratorToken,
            """{"title":"Bicycles","owner":null,"keywords":["bike"]}""");

        changed.ShouldBe(200,
            """{"slug":"bikes","title":"Bicycles","description":"Counts **every** quarter of an hour.","sector":"transport","spectrum":"open","licence":"CC-BY-4.0","keywords":["bike"],"created":"2026-01-31T12:00:00Z","modified":"2026-01-31T12:01:00Z"}""");
        Assert.Equal(changed.Body, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes")).Body);
    }

    [Theory]
    [InlineData("""{"title":null}""", "invalid-property")]
    [InlineData("""{"slug":"other"}""", "invalid-property")]
    [InlineData("""{"licence":null}""", "invalid-property")]
    [InlineData("""{"size":1}""", "unknown-property")]
    public async Task Refuses_a_patch_after_which_the_dataset_would_not_be_acceptable(string patch, string type)
    {
        await using var exchange = await WithOwnerAsync();
        var created = await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, Bikes);

        (await exchange.SendAsync("PATCH", "/api/v1/datasets/bikes", exchange.AdministratorToken, patch)).ShouldRefuse(400, type);

        Assert.Equal(created.Body, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes")).Body);
    }

    [Fact]
    public async Task Refuses_a_change_when_another_came_between()
    {
        await using var exchange = await WithOwnerAsync();
        var created = await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, Bikes);
        var tag = created.Headers.Split('\n').Single(line => line.StartsWith("ETag: ", StringComparison.Ordinal))[6..];

        Task<PlainAnswer> PatchAsync(string expected) => exchange.SendAsync("PATCH", "/api/v1/datasets/bikes",
            exchange.AdministratorToken, """{"title":"Bicycles"}""", ("If-Match", expected));

        Assert.Equal(200, (await PatchAsync(tag)).Status);
        (await PatchAsync(tag)).ShouldRefuse(412, "changed-meanwhile");
        (await PatchAsync("W/" + tag)).ShouldRefuse(412, "changed-meanwhile");
        (await PatchAsync("not a tag")).ShouldRefuse(412, "changed-meanwhile");
        Assert.Equal(200, (await PatchAsync("*")).Status);
    }

    [Fact]
    public async Task Answers_304_while_the_description_is_the_same()
    {
        await using var exchange = await WithOwnerAsync();
        var created = await exchange.SendAsync("POST", "/api/v1/datasets", exchange.AdministratorToken, Bikes);
        var tag = created.Headers.Split('\n').Single(line => line.StartsWith("ETag: ", StringComparison.Ordinal))[6..];

        (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", headers: ("If-None-Match", tag))).ShouldBe(304, "");

        // The clock stands still, and the tag is another one all the same.
        await exchange.SendAsync("PATCH", "/api/v1/datasets/bikes", exchange.AdministratorToken, """{"title":"Bicycles"}""");
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", headers: ("If-None-Match", tag))).Status);
    }

    [Fact]
    public async Task Does_not_delete_datasets_and_says_what_to_do_instead()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "open");

        (await exchange.SendAsync("DELETE", "/api/v1/datasets/bikes", exchange.AdministratorToken))
            .ShouldRefuse(409, "dataset-not-deletable");
        (await exchange.SendAsync("DELETE", "/api/v1/datasets/absent", exchange.AdministratorToken))
            .ShouldRefuse(404, "not-found");
    }

    [Fact]
    public async Task Shows_what_lies_in_a_dataset_from_the_kept_counts()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "open");
        await exchange.ElsewhereAsync(
            """
            INSERT INTO thing (id, dataset_id, name, description) VALUES (1, 2, 'a', 'a');
            INSERT INTO sensor (id, dataset_id, name, description, encoding_type, metadata) VALUES (1, 2, 'a', 'a', 'a', '""');
            INSERT INTO observed_property (id, dataset_id, name, definition, description) VALUES (1, 2, 'a', 'a', 'a');
            INSERT INTO datastream (id, dataset_id, thing_id, sensor_id, observed_property_id, name, description,
                                    observation_type, unit_of_measurement)
            VALUES (1, 2, 1, 1, 1, 'a', 'a', 'a', '{}');
            INSERT INTO datastream_state
                (datastream_id, dataset_id, observation_count, phenomenon_start, phenomenon_end, latest_start, latest_id)
            VALUES (1, 2, 3, 1000000, 3000000, 3000000, 3);
            INSERT INTO entity_count (dataset_id, entity_set, entities)
            VALUES (2, 'Things', 1), (2, 'Datastreams', 1), (2, 'Observations', 3), (1, 'Things', 50);
            """);

        var answer = await exchange.SendAsync("GET", "/api/v1/datasets/bikes/statistics");

        answer.ShouldBe(200,
            """{"things":1,"datastreams":1,"observations":3,"first":"1970-01-01T00:00:01Z","last":"1970-01-01T00:00:03Z"}""");
    }

    [Fact]
    public async Task Turns_pages_without_losing_the_question()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        foreach (var slug in new[] { "a", "b", "c" }) await exchange.GivenDatasetAsync(slug, "open");

        var first = await exchange.SendAsync("GET", "/api/v1/datasets?limit=2&spectrum=open");
        var second = await exchange.SendAsync("GET", "/api/v1/datasets?spectrum=open&limit=2&skip=2");

        Assert.Contains("\"count\":3", first.Body, StringComparison.Ordinal);
        Assert.Contains("\"nextLink\":\"/api/v1/datasets?spectrum=open&limit=2&skip=2\"", first.Body, StringComparison.Ordinal);
        Assert.Contains("\"slug\":\"c\"", second.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("nextLink", second.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("skip=-1", "skip")]
    [InlineData("skip=100001", "skip")]
    [InlineData("sector=roads", "sector")]
    [InlineData("spectrum=secret", "spectrum")]
    public async Task Refuses_an_unacceptable_parameter_and_names_it(string query, string parameter)
    {
        await using var exchange = await GovernedExchange.StartAsync();

        var answer = await exchange.SendAsync("GET", "/api/v1/datasets?" + query);

        answer.ShouldRefuse(400, "invalid-parameter");
        Assert.Contains($"\"parameter\":\"{parameter}\"", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=1000")]
    [InlineData("skip=100000")]
    public async Task Takes_a_parameter_at_its_limit(string query)
    {
        await using var exchange = await GovernedExchange.StartAsync();

        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets?" + query)).Status);
    }

    [Fact]
    public async Task Changes_an_organization_but_not_its_slug()
    {
        await using var exchange = await WithOwnerAsync();

        var changed = await exchange.SendAsync("PATCH", "/api/v1/organizations/traffic", exchange.AdministratorToken,
            """{"name":"Mobility","homepage":null}""");

        changed.ShouldBe(200, """{"slug":"traffic","name":"Mobility","created":"2026-01-31T12:00:00Z"}""");
        (await exchange.SendAsync("GET", "/api/v1/organizations")).ShouldBe(200, $$"""{"value":[{{changed.Body}}],"count":1}""");
        (await exchange.SendAsync("PATCH", "/api/v1/organizations/traffic", exchange.AdministratorToken, """{"slug":"x"}"""))
            .ShouldRefuse(400, "invalid-property");
        (await exchange.SendAsync("PATCH", "/api/v1/organizations/absent", exchange.AdministratorToken, "{}"))
            .ShouldRefuse(404, "not-found");
    }
}
