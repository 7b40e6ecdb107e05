using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Corrections;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Corrections that are proposed and variances that are reported: filed by some, decided by the owner, applied as any other change.</summary>
public class Correcting_data
{
    private const string Root = "/datasets/counts/sensorthings/v1.1";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static string? StateOf(Answer answer, int status = 200) => answer.ShouldBe(status).Json.GetProperty("state").GetString();

    /// <summary>A city whose dataset has one Observation; the office publishes, the laboratory is custodian, the shop a user by role.</summary>
    private static async Task<(CityOfRoles City, long Observation)> StartAsync()
    {
        var city = await CityOfRoles.StartAsync();
        var until = city.Clock.GetUtcNow().AddDays(90).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var custody = (await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/roles",
            $$"""{"role":"custodian","party":{{city.Lab.Id}},"purpose":"ScientificResearch","to":"{{until}}T00:00:00Z"}""", city.City.Token))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await city.MoveAsync($"/api/v1/roles/{custody}", "accept", city.Lab.Token)).ShouldBe(200);
        await city.RoleAsync("counts", "user", city.Shop);
        (await city.Stoa.PostJsonAsync($"{Root}/Things",
            """
            {"name":"Bridge","description":"d","Locations":[{"name":"l","description":"d","encodingType":"application/geo+json",
              "location":{"type":"Point","coordinates":[10,50]}}],"Datastreams":[{"name":"Bicycles","description":"d","observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
             "unitOfMeasurement":{"name":"one","symbol":"1","definition":"https://example.org/one"},
             "ObservedProperty":{"name":"count","definition":"https://example.org/count","description":"d"},
             "Sensor":{"name":"loop","description":"d","encodingType":"text/plain","metadata":"m"}}]}
            """, city.City.Token)).ShouldBe(201);
        var datastream = (await city.Stoa.GetAsync($"{Root}/Datastreams", city.City.Token)).ShouldBe(200).Json.GetProperty("value")[0].GetProperty("@iot.id");
        (await city.Stoa.PostJsonAsync($"{Root}/Datastreams({datastream})/Observations",
            """{"phenomenonTime":"2026-01-01T00:00:00Z","result":-7}""", city.City.Token)).ShouldBe(201);
        var observation = (await city.Stoa.GetAsync($"{Root}/Observations", city.City.Token)).ShouldBe(200).Json.GetProperty("value")[0].GetProperty("@iot.id").GetInt64();
        return (city, observation);
    }

    private static Task<Answer> FileAsync(CityOfRoles city, string token, string more, string dataset = "counts") =>
        city.Stoa.PostJsonAsync($"/api/v1/datasets/{dataset}/corrections", $$"""{"reason":"Nobody counts below zero."{{more}}}""", token);

    private static string Of(long observation, string proposed) =>
        $$""","entity":"Observations({{observation}})","field":"result","present":-7,"proposed":{{proposed}}""";

    private static Task<Answer> MoveAsync(CityOfRoles city, long id, string move, string token, string more = "") =>
        city.Stoa.PostJsonAsync($"/api/v1/corrections/{id}/moves", $$"""{"move":"{{move}}"{{more}}}""", token);

    private static async Task<double> ResultAsync(CityOfRoles city, long observation) =>
        (await city.Stoa.GetAsync($"{Root}/Observations({observation})", city.City.Token)).ShouldBe(200).Json.GetProperty("result").GetDouble();

    [Fact]
    public async Task What_is_proposed_and_approved_is_changed_and_every_feed_tells()
    {
        var (city, observation) = await StartAsync();
        await using var own = city;
        using var following = new HttpRequestMessage(HttpMethod.Get, $"{Root}/Observations");
        following.Headers.Authorization = new("Bearer", city.City.Token);
        following.Headers.TryAddWithoutValidation("Prefer", "odata.track-changes");
        var changes = new Uri((await city.Stoa.SendAsync(following)).ShouldBe(200).Json.GetProperty("@iot.deltaLink").GetString()!).PathAndQuery;

        var filed = await FileAsync(city, city.Office.Token, Of(observation, "7") + ",\"evidence\":\"https://example.org/film\"");
        Assert.Equal("proposed", StateOf(filed, 201));
        var id = filed.Json.GetProperty("id").GetInt64();
        var waits = (await city.Stoa.GetAsync("/api/v1/inbox", city.City.Token)).ShouldBe(200).Json.GetProperty("value");
        Assert.Contains(waits.EnumerateArray(), one => one.GetProperty("kind").GetString() == "correction" && one.GetProperty("id").GetInt64() == id &&
            one.TryGetProperty("due", out _));
        Assert.Equal(-7, await ResultAsync(city, observation));
        foreach (var token in new[] { city.Office.Token, city.Stoa.AdminToken })
            (await MoveAsync(city, id, "approve", token)).ShouldBeProblem(403, "not-in-this-capacity");
        Assert.Equal(-7, await ResultAsync(city, observation));
        var tag = (await city.Stoa.GetAsync($"{Root}/Observations({observation})", city.City.Token)).Header("ETag");

        Assert.Equal("applied", StateOf(await MoveAsync(city, id, "approve", city.City.Token, ",\"reason\":\"The film shows seven.\"")));

        Assert.Equal(7, await ResultAsync(city, observation));
        Assert.NotEqual(tag, (await city.Stoa.GetAsync($"{Root}/Observations({observation})", city.City.Token)).Header("ETag"));
        var whole = (await city.Stoa.GetAsync($"/api/v1/corrections/{id}", city.Office.Token)).ShouldBe(200).Json;
        Assert.Equal(("The film shows seven.", -7, 7), (whole.GetProperty("answer").GetString(), whole.GetProperty("present").GetInt32(),
            whole.GetProperty("proposed").GetInt32()));
        Assert.Equal([("file", city.Office.Id.Value), ("approve", city.City.Id.Value)], whole.GetProperty("history").EnumerateArray()
            .Select(one => (one.GetProperty("move").GetString()!, one.GetProperty("party").GetInt64())));
        (await MoveAsync(city, id, "approve", city.City.Token)).ShouldBeProblem(409, "move-not-possible");
        var told = (await city.Stoa.GetAsync(changes, city.City.Token)).ShouldBe(200).Json.GetProperty("value");
        Assert.Equal(7, Assert.Single(told.EnumerateArray()).GetProperty("result").GetInt32());
    }

    [Fact]
    public async Task Of_an_entity_is_applied_too_and_not_once_it_has_changed()
    {
        var (city, _) = await StartAsync();
        await using var own = city;
        var thing = (await city.Stoa.GetAsync($"{Root}/Things", city.City.Token)).Json.GetProperty("value")[0].GetProperty("@iot.id").GetInt64();
        string Description(string proposed) => $$""","entity":"Things({{thing}})","field":"description","proposed":"{{proposed}}" """;
        var first = (await FileAsync(city, city.Lab.Token, Description("The north bridge"))).ShouldBe(201).Json.GetProperty("id").GetInt64();
        var second = (await FileAsync(city, city.Office.Token, Description("The south bridge"))).ShouldBe(201).Json.GetProperty("id").GetInt64();

        Assert.Equal("applied", StateOf(await MoveAsync(city, first, "approve", city.City.Token)));

        var late = await MoveAsync(city, second, "approve", city.City.Token);
        Assert.Equal("changed-since", late.ShouldBeProblem(409, "move-not-possible").Json.GetProperty("condition").GetString());
        Assert.Equal("The north bridge", (await city.Stoa.GetAsync($"{Root}/Things({thing})", city.City.Token)).Json.GetProperty("description").GetString());
        (await MoveAsync(city, second, "refuse", city.City.Token)).ShouldBeProblem(409, "move-not-possible");
        Assert.Equal("refused", StateOf(await MoveAsync(city, second, "refuse", city.City.Token, ",\"reason\":\"It is the north one.\"")));
    }

    [Fact]
    public async Task Let_nobody_read_the_policy_anew()
    {
        var (city, observation) = await StartAsync();
        await using var own = city;
        async Task<long> VersionAsync()
        {
            using var read = await city.Stoa.Database.ReadAsync(Now);
            using var select = read.Prepare("SELECT version FROM governance_state");
            select.Step();
            return select.Int64(0);
        }

        var before = await VersionAsync();
        var id = (await FileAsync(city, city.Lab.Token, Of(observation, "8"))).ShouldBe(201).Json.GetProperty("id").GetInt64();
        Assert.Equal("withdrawn", StateOf(await MoveAsync(city, id, "withdraw", city.Lab.Token)));
        id = (await FileAsync(city, city.Office.Token, Of(observation, "7"))).ShouldBe(201).Json.GetProperty("id").GetInt64();
        Assert.Equal("applied", StateOf(await MoveAsync(city, id, "approve", city.City.Token)));

        Assert.Equal(before, await VersionAsync());
        await city.RoleAsync("counts", "user", city.Office);
        Assert.True(await VersionAsync() > before);
    }

    [Fact]
    public async Task By_an_owner_until_a_day_are_approved_before_it()
    {
        var (city, observation) = await StartAsync();
        await using var own = city;
        var role = (await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/roles",
            $$"""{"role":"owner","party":{{city.Shop.Id}},"to":"2027-01-01T00:00:00Z"}""", city.City.Token)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        Assert.Equal("active", StateOf(await city.MoveAsync($"/api/v1/roles/{role}", "accept", city.Shop.Token)));
        var id = (await FileAsync(city, city.Office.Token, Of(observation, "7"))).ShouldBe(201).Json.GetProperty("id").GetInt64();

        Assert.Equal("applied", StateOf(await MoveAsync(city, id, "approve", city.Shop.Token)));

        Assert.Equal(7, (await city.Stoa.GetAsync($"{Root}/Observations({observation})", city.Shop.Token)).ShouldBe(200).Json.GetProperty("result").GetDouble());
    }

    [Fact]
    public async Task Tell_what_is_stored_to_those_who_govern_and_to_who_named_it()
    {
        var (city, observation) = await StartAsync();
        await using var own = city;
        static int? PresentOf(Answer answer) => answer.Json.TryGetProperty("present", out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;
        var unsaid = (await FileAsync(city, city.Lab.Token, Of(observation, "7").Replace("\"present\":-7,", "", StringComparison.Ordinal))).ShouldBe(201);
        var id = unsaid.Json.GetProperty("id").GetInt64();

        Assert.Null(PresentOf(unsaid));
        Assert.Null(PresentOf((await city.Stoa.GetAsync($"/api/v1/corrections/{id}", city.Lab.Token)).ShouldBe(200)));
        Assert.DoesNotContain("-7", (await city.Stoa.GetAsync("/api/v1/datasets/counts/corrections", city.Lab.Token)).ShouldBe(200).Text, StringComparison.Ordinal);
        foreach (var token in new[] { city.City.Token, city.Office.Token, city.Stoa.AdminToken })
            Assert.Equal(-7, PresentOf((await city.Stoa.GetAsync($"/api/v1/corrections/{id}", token)).ShouldBe(200)));
        Assert.Equal(-7, PresentOf((await FileAsync(city, city.Lab.Token, Of(observation, "8"))).ShouldBe(201)));
        Assert.Equal("applied", StateOf(await MoveAsync(city, id, "approve", city.City.Token)));
    }

    [Fact]
    public async Task Who_uses_the_data_reports_and_is_answered()
    {
        var (city, observation) = await StartAsync();
        await using var own = city;

        (await FileAsync(city, city.Shop.Token, ",\"kind\":\"correction\"")).ShouldBeProblem(403, "not-in-this-capacity");
        var whole = (await FileAsync(city, city.Shop.Token, "")).ShouldBe(201).Json;
        Assert.Equal(("variance", "reported"), (whole.GetProperty("kind").GetString(), whole.GetProperty("state").GetString()));
        var id = whole.GetProperty("id").GetInt64();
        Assert.Equal("nothing-to-apply", (await MoveAsync(city, id, "approve", city.City.Token)).ShouldBeProblem(409, "move-not-possible")
            .Json.GetProperty("condition").GetString());
        (await MoveAsync(city, id, "answer", city.City.Token)).ShouldBeProblem(409, "move-not-possible");
        Assert.Equal("answered", StateOf(await MoveAsync(city, id, "answer", city.City.Token, ",\"reason\":\"The loop was replaced.\"")));
        // The custodian may report as well, and what is reported with a value can be approved.
        var reported = (await FileAsync(city, city.Lab.Token, Of(observation, "8") + ",\"kind\":\"variance\"")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        Assert.Equal("applied", StateOf(await MoveAsync(city, reported, "approve", city.City.Token)));
        Assert.Equal(8, await ResultAsync(city, observation));
        var withdrawn = (await FileAsync(city, city.Lab.Token, "", "counts")).ShouldBeProblem(400, "invalid-property");
        Assert.Equal("proposed", withdrawn.Json.GetProperty("property").GetString());
        var open = (await FileAsync(city, city.Lab.Token, ",\"kind\":\"variance\"")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await MoveAsync(city, open, "withdraw", city.City.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        Assert.Equal("withdrawn", StateOf(await MoveAsync(city, open, "withdraw", city.Lab.Token)));
    }

    [Fact]
    public async Task The_owner_writes_and_files_nothing()
    {
        var (city, observation) = await StartAsync();
        await using var own = city;

        (await FileAsync(city, city.City.Token, Of(observation, "7"))).ShouldBeProblem(409, "owner-corrects");
        (await city.Stoa.PatchJsonAsync($"{Root}/Observations({observation})", """{"result":7}""", city.City.Token)).ShouldBe(200);
        (await city.Stoa.PatchJsonAsync($"{Root}/Observations({observation})", """{"result":9}""", city.Office.Token)).ShouldBe(403);
    }

    [Fact]
    public async Task Others_learn_nothing_and_see_their_own_alone()
    {
        var (city, observation) = await StartAsync();
        await using var own = city;
        await city.DatasetAsync("vault");
        var id = (await FileAsync(city, city.Office.Token, Of(observation, "7"))).ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await FileAsync(city, city.Shop.Token, "")).ShouldBe(201);
        async Task<long> CountAsync(string token) => (await city.Stoa.GetAsync("/api/v1/datasets/counts/corrections", token)).ShouldBe(200).Json.GetProperty("count").GetInt64();

        Assert.Equal((2, 2, 2, 1, 0), (await CountAsync(city.City.Token), await CountAsync(city.Office.Token), await CountAsync(city.Stoa.AdminToken),
            await CountAsync(city.Shop.Token), await CountAsync(city.Lab.Token)));
        var absent = (await city.Stoa.GetAsync("/api/v1/datasets/nowhere/corrections", city.Shop.Token)).ShouldBeProblem(404, "not-found");
        Assert.Equal(absent.Text, (await city.Stoa.GetAsync("/api/v1/datasets/vault/corrections", city.Shop.Token)).ShouldBe(404).Text);
        Assert.Equal(absent.Text, (await FileAsync(city, city.Shop.Token, ",\"entity\":\"Things(1)\"", "vault")).ShouldBe(404).Text);
        Assert.Equal(absent.Text, (await FileAsync(city, city.Shop.Token, "", "nowhere")).ShouldBe(404).Text);
        Assert.Equal(absent.Text, (await city.Stoa.GetAsync($"/api/v1/corrections/{id}", city.Shop.Token)).ShouldBe(404).Text);
        Assert.Equal(absent.Text, (await MoveAsync(city, id, "approve", city.Shop.Token)).ShouldBe(404).Text);
        (await city.Stoa.GetAsync("/api/v1/datasets/counts/corrections")).ShouldBe(401);
        // A user by role has no sight of closed data: the entity that is there and the one that is not are alike.
        var there = await FileAsync(city, city.Shop.Token, $",\"entity\":\"Observations({observation})\"");
        var notThere = await FileAsync(city, city.Shop.Token, ",\"entity\":\"Observations(999999)\"");
        Assert.Equal(notThere.ShouldBeProblem(400, "invalid-property").Text, there.ShouldBeProblem(400, "invalid-property").Text);
    }

    [Fact]
    public async Task Refuse_nonsense_by_its_property()
    {
        var (city, observation) = await StartAsync();
        await using var own = city;
        (string Json, string Property)[] unfit =
        [
            ("\"entity\":\"Observations\"", "entity"), ("\"entity\":\"Observations(1)/Datastream\"", "entity"), ("\"entity\":\"Secrets(1)\"", "entity"),
            ("\"field\":\"result\"", "entity"), ("\"entity\":\"Things(1)\",\"present\":1", "field"), ("\"entity\":\"@\",\"field\":\"id\",\"proposed\":1", "field"),
            ("\"entity\":\"@\",\"field\":\"result\",\"proposed\":-7", "proposed"), ("\"kind\":\"guess\"", "kind"), ("\"evidence\":\"a\\u0000b\"", "evidence"),
        ];

        foreach (var (json, property) in unfit)
        {
            var more = json.Contains("proposed", StringComparison.Ordinal) || json.Contains("kind", StringComparison.Ordinal) ? "" : ",\"kind\":\"variance\"";
            var refused = await FileAsync(city, city.Office.Token, "," + json.Replace("@", $"Observations({observation})", StringComparison.Ordinal) + more);
            Assert.Equal((json, property), (json, refused.ShouldBeProblem(400, "invalid-property").Json.GetProperty("property").GetString()));
        }
    }

    [Fact]
    public async Task Take_what_the_limits_take()
    {
        var (city, observation) = await StartAsync();
        await using var own = city;
        string Long(int length) => $"\"{new string('x', length - 2)}\"";

        (await FileAsync(city, city.Office.Token, Of(observation, Long(CorrectionDraft.ValueLengthMax + 1)))).ShouldBeProblem(400, "invalid-property");
        (await FileAsync(city, city.Office.Token, Of(observation, Long(CorrectionDraft.ValueLengthMax)))).ShouldBe(201);
        (await FileAsync(city, city.Office.Token, Of(observation, "7").Replace("-7", "-8", StringComparison.Ordinal))).ShouldBeProblem(409, "value-differs");
        long last = 0;
        async Task FiledAsync() => last = (await FileAsync(city, city.Lab.Token, ",\"kind\":\"variance\"")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        for (var filed = 0; filed < CorrectionRegister.OpenMax; filed++) await FiledAsync();
        (await FileAsync(city, city.Lab.Token, ",\"kind\":\"variance\"")).ShouldBeProblem(409, "too-many-open");
        // What is withdrawn was filed all the same.
        for (var filed = CorrectionRegister.OpenMax; filed < CorrectionRegister.FiledPerDayMax; filed++)
        {
            (await MoveAsync(city, last, "withdraw", city.Lab.Token)).ShouldBe(200);
            await FiledAsync();
        }

        (await MoveAsync(city, last, "withdraw", city.Lab.Token)).ShouldBe(200);
        (await FileAsync(city, city.Lab.Token, ",\"kind\":\"variance\"")).ShouldBeProblem(409, "too-many-filed");
        city.Clock.Advance(TimeSpan.FromDays(1));
        await FiledAsync();
    }

    /// <summary>Whatever is tried by whomever: the records and the data are what the model says.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Random_moves_in_the_store_lead_where_the_machine_does(int seed)
    {
        var (city, observation) = await StartAsync();
        await using var own = city;
        var random = new Random(seed);
        var writes = city.Stoa.Services.GetRequiredService<CorrectionWrites>();
        static Requester Of(CityParty party) => Requester.ForToken(new(party.Id.Value), "somebody", false, [], [], party.Id);
        (CityParty Party, CorrectionKind? Files)[] everybody =
            [(city.City, null), (city.Office, CorrectionKind.Correction), (city.Lab, CorrectionKind.Correction), (city.Shop, CorrectionKind.Variance)];
        string[] moves = ["approve", "refuse", "answer", "withdraw", "leap"];
        var model = new List<Correction>();
        var (stored, applied) = (-7, 0);
        for (var step = 0; step < 250; step++)
        {
            // The owner decides, so it is tried as often as all others.
            var (who, files) = everybody[random.Next(2) == 0 ? 0 : random.Next(everybody.Length)];
            if (random.Next(3) == 0)
            {
                var value = random.Next(4);
                // The shop sees nothing of closed data.
                var isAbout = random.Next(3) > 0 && who != city.Shop;
                var kind = random.Next(2) == 0 ? CorrectionKind.Correction : CorrectionKind.Variance;
                var draft = new CorrectionDraft
                {
                    Kind = Stoa.Sharing.Recording.Words<CorrectionKind>.Of(kind), Reason = "r",
                    Entity = isAbout ? $"Observations({observation})" : null, Field = isAbout ? "result" : null,
                    Proposed = isAbout ? JsonDocument.Parse(value.ToString(System.Globalization.CultureInfo.InvariantCulture)).RootElement : null,
                };
                var made = await writes.FileAsync(Of(who), "counts", draft, Now);
                var may = files is { } most && most <= kind && (kind == CorrectionKind.Variance || isAbout) && (!isAbout || value != stored);
                Assert.True(made.IsValue == may, $"seed {seed}, step {step}: {who.Id} files {kind} of {value} over {stored}");
                if (made.TryGet(out var view, out _))
                    model.Add(new()
                    {
                        Id = view.Id, Kind = kind, Dataset = default, Party = who.Id, Reason = "r", Entity = draft.Entity, Field = draft.Field,
                        Present = isAbout ? $"{stored}" : null, Proposed = isAbout ? $"{value}" : null,
                        State = kind == CorrectionKind.Correction ? CorrectionState.Proposed : CorrectionState.Reported,
                    });
            }
            else if (model.Count > 0)
            {
                var index = Math.Max(0, model.Count - 1 - random.Next(4));
                var (one, name, reason) = (model[index], moves[random.Next(moves.Length)], random.Next(3) > 0 ? "so" : "");
                var capacity = (who == city.City ? Actor.Owner : 0) | (who == city.Office ? Actor.PrimaryPublisher : 0) |
                    (who.Id == one.Party ? Actor.Proposer : 0);
                var move = Corrections.Machine.Go(one.State, name, new(who.Id, capacity, name == "withdraw" ? null : one.Party),
                    new(one.IsApplicable, one.Present == $"{stored}", reason.Length > 0));
                var may = move.IsMade && capacity != Actor.None;
                var made = await writes.MoveAsync(Of(who), one.Id, new() { Move = name, Reason = reason }, Now);
                Assert.True(made.IsValue == may, $"seed {seed}, step {step}: {name} of {one} by {who.Id}");
                if (!may) continue;
                model[index] = one with { State = move.State };
                if (move.State != CorrectionState.Applied) continue;
                applied++;
                stored = int.Parse(one.Proposed!, System.Globalization.CultureInfo.InvariantCulture); // Applicable, or it had not been applied.
            }

            using var read = await city.Stoa.Database.ReadAsync(Now);
            Assert.Equal(model.Select(one => (one.Id, one.State)),
                GovernedRecords.All(read, Corrections.Type).Select(record => (record.Id, record.Content.State)));
            if (step % 25 == 0) Assert.Equal(stored, await ResultAsync(city, observation));
        }

        Assert.Equal(stored, await ResultAsync(city, observation));
        Assert.True(applied > 3, $"Too little happened: {applied} were applied.");
    }
}
