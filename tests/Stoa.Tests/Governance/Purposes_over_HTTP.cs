using System.Text.Json;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Data are used for what was agreed: a request may say for what, and a token can be made for one use alone.</summary>
public class Purposes_over_HTTP
{
    private static readonly PurposeId Mobility = new("ImproveTransportMobility");

    /// <summary>Two datasets of one owner, shared by name with one consumer under an agreement each, for a purpose each.</summary>
    private sealed record Shared(
        GovernedCity City, PartyId Owner, PartyId Consumer, string Token, GovernedRecord<Agreement> Research, GovernedRecord<Agreement> Traffic)
        : IAsyncDisposable
    {
        public static async Task<Shared> StartAsync(TimeProvider? time = null)
        {
            var city = await GovernedCity.StartAsync(time);
            var owner = await city.OrganizationAsync("owner");
            var consumer = await city.OrganizationAsync("consumer");
            var agreements = new List<GovernedRecord<Agreement>>();
            foreach (var (slug, purpose) in new[] { ("counts", GovernedCity.Research), ("routes", Mobility) })
            {
                var dataset = await city.DatasetAsync(slug, SpectrumClass.Closed, "owner");
                await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
                agreements.Add(await city.AgreeAsync(owner, consumer, [dataset], purposes: purpose));
            }

            await city.DatasetAsync("trees", SpectrumClass.Open);
            return new(city, owner, consumer, await city.ServiceTokenAsync(consumer), agreements[0], agreements[1]);
        }

        public async Task<string> BoundAsync(GovernedRecord<Agreement> agreement, string? purpose = null) =>
            (await City.ExchangeAsync(Token, agreement.Id, purpose)).ShouldBe(200).Json.GetProperty("access_token").GetString()!;

        public async Task<string[]> ThingsAsync(string token, string? purpose = null, string? agreement = null) =>
        [
            .. (await City.GetAsync("/sensorthings/v1.1/Things?$select=name", token, purpose, agreement)).ShouldBe(200).Json
                .GetProperty("value").EnumerateArray().Select(thing => thing.GetProperty("name").GetString()!).Order(StringComparer.Ordinal),
        ];

        public ValueTask DisposeAsync() => City.DisposeAsync();
    }

    private static string Reason(Answer answer) => answer.Json.GetProperty("reason").GetString()!;

    private static string[] Allowed(Answer answer) =>
        [.. answer.Json.GetProperty("allowedPurposes").EnumerateArray().Select(purpose => purpose.GetString()!)];

    [Fact]
    public async Task Are_taken_by_name_and_by_address_and_may_be_narrower()
    {
        await using var shared = await Shared.StartAsync();

        foreach (var purpose in new[]
            { null, "ScientificResearch", "dpv:ScientificResearch", "https://w3id.org/dpv#ScientificResearch" })
        {
            var answer = (await shared.City.SeeAsync("counts", shared.Token, purpose)).ShouldBe(200);

            Assert.Equal("ScientificResearch", answer.Header("Purpose"));
            Assert.Equal($"{shared.Research.Id}", answer.Header("Agreement"));
            Assert.Equal(32, answer.Header("Decision-Id").Length);
            Assert.Equal("no-store, private", answer.Header("Cache-Control"));
        }
    }

    [Fact]
    public async Task Are_refused_when_they_are_not_agreed_and_told_which_are()
    {
        await using var shared = await Shared.StartAsync();

        var wrong = await shared.City.SeeAsync("counts", shared.Token, Mobility.Value);
        var unknown = await shared.City.SeeAsync("counts", shared.Token, "Fun");
        var broader = await shared.City.SeeAsync("counts", shared.Token, "ResearchAndDevelopment");
        var german = await shared.City.SeeAsync("counts", shared.Token, Mobility.Value, language: "de-DE, en;q=0.5");

        Assert.Equal("P1-PURPOSE-NOT-AGREED", Reason(wrong.ShouldBeProblem(403, "access-refused")));
        // Those of this agreement, and not of the other.
        Assert.Equal(["ScientificResearch"], Allowed(wrong));
        Assert.Equal("5.5.1", wrong.Json.GetProperty("clause").GetString());
        Assert.Equal(32, wrong.Json.GetProperty("decisionId").GetString()!.Length);
        Assert.NotEqual("", wrong.Json.GetProperty("reasons")[0].GetProperty("remedy").GetString());
        Assert.Equal("P3-PURPOSE-UNKNOWN", Reason(unknown.ShouldBe(403)));
        Assert.Equal("P1-PURPOSE-NOT-AGREED", Reason(broader.ShouldBe(403)));
        Assert.Contains("Zweck", german.ShouldBe(403).Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Narrow_everything_that_is_seen_at_the_root_of_all()
    {
        await using var shared = await Shared.StartAsync();

        Assert.Equal(["Thing of counts", "Thing of routes", "Thing of trees"], await shared.ThingsAsync(shared.Token));
        Assert.Equal(["Thing of counts", "Thing of trees"], await shared.ThingsAsync(shared.Token, "ScientificResearch"));
        Assert.Equal(["Thing of routes", "Thing of trees"],
            await shared.ThingsAsync(shared.Token, agreement: $"{shared.Traffic.Id}"));
    }

    [Fact]
    public async Task Of_an_answer_with_its_licence_are_said_and_only_open_answers_may_be_kept_between()
    {
        await using var shared = await Shared.StartAsync();
        (await shared.City.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"licence":"CC-BY-4.0"}""")).ShouldBe(200);

        foreach (var token in new[] { shared.Token, shared.City.Stoa.AdminToken })
        {
            var closed = (await shared.City.SeeAsync("counts", token)).ShouldBe(200);

            Assert.Equal("no-store, private", closed.Header("Cache-Control"));
            Assert.Equal("<https://spdx.org/licenses/CC-BY-4.0.html>; rel=\"license\"", closed.Header("Link"));
        }

        Assert.Equal("no-cache", (await shared.City.SeeAsync("trees", null)).ShouldBe(200).Header("Cache-Control"));
    }

    [Fact]
    public async Task Are_left_aside_when_nobody_in_particular_says_them()
    {
        await using var shared = await Shared.StartAsync();

        // Browsers say so when they fetch ahead.
        (await shared.City.SeeAsync("trees", null, "prefetch")).ShouldBe(200);
        (await shared.City.SeeAsync("counts", null, "prefetch", "7")).ShouldBe(404);
        (await shared.City.SeeAsync("trees", shared.City.Stoa.AdminToken, "prefetch")).ShouldBe(200);
    }

    [Theory]
    [InlineData("Agreement", "seven")]
    [InlineData("Agreement", "-1")]
    [InlineData("Agreement", "99999999999999999999")]
    public async Task Are_refused_when_they_cannot_be_read(string header, string value)
    {
        await using var shared = await Shared.StartAsync();

        var answer = await shared.City.SeeAsync("counts", shared.Token, null, value);

        Assert.Equal(header, answer.ShouldBeProblem(400, "invalid-header").Json.GetProperty("header").GetString());
        (await shared.City.SeeAsync("counts", shared.Token, new string('x', 501))).ShouldBeProblem(400, "invalid-header");
        (await shared.City.SeeAsync("counts", shared.Token, new string('x', 500))).ShouldBeProblem(403, "access-refused");
    }

    [Fact]
    public async Task Of_the_agreements_of_others_nothing_is_told()
    {
        await using var shared = await Shared.StartAsync();
        var stranger = await shared.City.ServiceTokenAsync(await shared.City.OrganizationAsync("stranger"));

        var foreign = await shared.City.GetAsync("/sensorthings/v1.1/Things", stranger, null, $"{shared.Research.Id}");
        var absent = await shared.City.GetAsync("/sensorthings/v1.1/Things", stranger, null, "999999");

        Assert.Equal("G8-AGREEMENT-OF-OTHERS", Reason(foreign.ShouldBe(403)));
        Assert.Equal(absent.Json.GetProperty("detail").GetString(), foreign.Json.GetProperty("detail").GetString());
        Assert.False(foreign.Json.TryGetProperty("allowedPurposes", out _));
        Assert.Equal(403, (await shared.City.ExchangeAsync(stranger, shared.Research.Id)).Status);
        Assert.Equal(403, (await shared.City.ExchangeAsync(stranger, 999999)).Status);
    }

    [Fact]
    public async Task Bind_a_token_to_the_datasets_of_one_agreement()
    {
        await using var shared = await Shared.StartAsync();

        var made = (await shared.City.ExchangeAsync(shared.Token, shared.Research.Id)).ShouldBe(200);

        var bound = made.Json.GetProperty("access_token").GetString()!;
        Assert.Equal("no-store", made.Header("Cache-Control"));
        Assert.Equal(("Bearer", 600, "urn:ietf:params:oauth:token-type:access_token"), (
            made.Json.GetProperty("token_type").GetString(), made.Json.GetProperty("expires_in").GetInt32(),
            made.Json.GetProperty("issued_token_type").GetString()));
        Assert.Equal($$"""[{"type":"stoa_use","agreement":{{shared.Research.Id}},"purpose":"ScientificResearch","datasets":["counts"]}]""",
            made.Json.GetProperty("authorization_details").GetRawText());
        Assert.Equal(["Thing of counts"], await shared.ThingsAsync(bound));
        (await shared.City.SeeAsync("counts", bound)).ShouldBe(200);
        (await shared.City.SeeAsync("routes", bound)).ShouldBe(403);
        (await shared.City.SeeAsync("trees", bound)).ShouldBe(404);
        Assert.NotEqual(201, (await shared.City.AddAsync("counts", bound)).Status);
        (await shared.City.ExchangeAsync(bound, shared.Traffic.Id)).ShouldBeProblem(403, "token-not-exchangeable");
    }

    [Fact]
    public async Task Of_a_token_may_be_narrowed_and_not_widened()
    {
        await using var shared = await Shared.StartAsync();
        var wide = await shared.City.ChangeAsync(RecordTypes.Agreement, shared.Research, World.Sign(shared.Research.Content with
        {
            Terms = shared.Research.Content.Terms with { Purposes = [new("ResearchAndDevelopment"), Mobility] },
        }));
        (await shared.City.ExchangeAsync(shared.Token, wide.Id)).ShouldBeProblem(400, "invalid-parameter");
        var bound = await shared.BoundAsync(wide, "ResearchAndDevelopment");

        Assert.Equal("ScientificResearch",
            (await shared.City.SeeAsync("counts", bound, "ScientificResearch")).ShouldBe(200).Header("Purpose"));
        Assert.Equal("ResearchAndDevelopment", (await shared.City.SeeAsync("counts", bound, null)).ShouldBe(200).Header("Purpose"));
        // Agreed on, and not what the token is for.
        Assert.Equal("P1-PURPOSE-NOT-AGREED", Reason((await shared.City.SeeAsync("counts", bound, Mobility.Value)).ShouldBe(403)));
        Assert.Equal("G8-AGREEMENT-OF-OTHERS",
            Reason((await shared.City.SeeAsync("counts", bound, null, $"{shared.Traffic.Id}")).ShouldBe(403)));
    }

    [Fact]
    public async Task End_a_token_with_its_agreement_with_its_parent_and_with_its_time()
    {
        var clock = new TestClock();
        await using var shared = await Shared.StartAsync(clock);
        var bound = await shared.BoundAsync(shared.Research);
        (await shared.City.SeeAsync("counts", bound)).ShouldBe(200);

        var suspended = await shared.City.ChangeAsync(RecordTypes.Agreement, shared.Research,
            shared.Research.Content with { State = AgreementState.Suspended });
        Assert.Equal("G2-NOT-ACTIVE", Reason((await shared.City.SeeAsync("counts", bound)).ShouldBe(403)));
        Assert.Equal("G2-NOT-ACTIVE", Reason((await shared.City.GetAsync("/sensorthings/v1.1/Things", bound, null)).ShouldBe(403)));
        await shared.City.ChangeAsync(RecordTypes.Agreement, suspended, shared.Research.Content);
        (await shared.City.SeeAsync("counts", bound)).ShouldBe(200);

        clock.Advance(TimeSpan.FromMinutes(10));
        (await shared.City.SeeAsync("counts", bound)).ShouldBeProblem(401, "invalid-credential");

        bound = await shared.BoundAsync(shared.Research);
        var tokens = (await shared.City.Stoa.GetAsync("/api/v1/tokens", shared.City.Stoa.AdminToken)).ShouldBe(200).Json;
        var held = tokens.GetProperty("value").EnumerateArray().First(token => token.GetProperty("name").GetString() == "held");
        (await shared.City.Stoa.DeleteAsync($"/api/v1/tokens/{held.GetProperty("id").GetInt64()}")).ShouldBe(204);
        clock.Advance(TimeSpan.FromSeconds(1));
        (await shared.City.SeeAsync("counts", bound)).ShouldBeProblem(401, "invalid-credential");
        // Tokens for one use come and go by themselves, and are not listed.
        Assert.Equal(2, tokens.GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("grant_type", "password")]
    [InlineData("agreement", "seven")]
    [InlineData("subject_token_type", "urn:ietf:params:oauth:token-type:jwt")]
    [InlineData("authorization_details", "{")]
    [InlineData("authorization_details", "[]")]
    [InlineData("authorization_details", """[{"type":"other","agreement":1}]""")]
    [InlineData("authorization_details", """[{"type":"stoa_use","agreement":1},{"type":"stoa_use","agreement":2}]""")]
    public async Task Are_not_exchanged_for_nonsense(string name, string value)
    {
        await using var shared = await Shared.StartAsync();

        (await shared.City.ExchangeAsync(shared.Token, shared.Research.Id, null, (name, value))).ShouldBeProblem(400, "invalid-parameter");
    }

    [Fact]
    public async Task Are_exchanged_as_the_standards_write_it()
    {
        await using var shared = await Shared.StartAsync();
        var details = $$"""[{"type":"stoa_use","agreement":{{shared.Research.Id}},"purpose":"dpv:ScientificResearch"}]""";

        (await shared.City.ExchangeAsync(null, 0, null, ("subject_token", shared.Token), ("authorization_details", details))).ShouldBe(200);
        (await shared.City.ExchangeAsync(shared.Token, shared.Research.Id, null, ("grant_type", "client_credentials"))).ShouldBe(200);
        (await shared.City.ExchangeAsync(null, shared.Research.Id)).ShouldBeProblem(401, "credential-required");
        (await shared.City.ExchangeAsync(shared.City.Stoa.AdminToken, shared.Research.Id)).ShouldBeProblem(403, "token-not-exchangeable");
        (await shared.City.Stoa.PostJsonAsync("/api/v1/token-exchange", "{}")).ShouldBeProblem(415, "unsupported-media-type");
        (await shared.City.ExchangeAsync(shared.Token, shared.Research.Id, null, ("purpose", new string('x', 9000))))
            .ShouldBeProblem(413, "body-too-large");
    }

    [Fact]
    public async Task Are_listed_with_the_citys_own()
    {
        await using var city = await GovernedCity.StartAsync();
        await city.RecordAsync(RecordTypes.Purpose, new(new("https://city.example/purposes#flood"), [new("PublicBenefit")], "Floods", "Hochwasser"));

        var purposes = (await city.Stoa.GetAsync("/api/v1/purposes")).ShouldBe(200).Json.GetProperty("value").EnumerateArray().ToArray();
        var reasons = (await city.GetAsync("/api/v1/reasons", null, null, language: "de")).ShouldBe(200);

        Assert.Contains(purposes, purpose => purpose.GetProperty("iri").GetString() == "https://w3id.org/dpv#ScientificResearch");
        Assert.Equal("Hochwasser", purposes.Single(purpose => purpose.GetProperty("name").GetString()!.EndsWith("#flood", StringComparison.Ordinal))
            .GetProperty("german").GetString());
        Assert.Equal("de", reasons.Header("Content-Language"));
        Assert.Contains(reasons.Json.GetProperty("value").EnumerateArray(), reason => reason.GetProperty("code").GetString() == "L1-CLOSED");
    }
}
