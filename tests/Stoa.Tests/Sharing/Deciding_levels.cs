using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Classifications over the REST API: toward open by two, toward closed at once; and what was derived.</summary>
public class Deciding_levels
{
    private static string State(Answer answer) => answer.ShouldBe(200).Json.GetProperty("state").GetString()!;

    private static Task<Answer> DraftAsync(CityOfRoles city, string json, string token, string dataset = "counts") =>
        city.Stoa.PostJsonAsync($"/api/v1/datasets/{dataset}/classifications", json, token);

    private static async Task OpenAsync(CityOfRoles city, string dataset)
    {
        var id = await city.SubmittedAsync(dataset, CityOfRoles.Toward("open", ",\"licence\":\"cc-by-4.0\""));
        Assert.Equal("effective", State(await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.Office.Token)));
    }

    [Fact]
    public async Task Toward_open_takes_the_owner_and_the_primary_publisher_and_acts_at_once_then()
    {
        await using var city = await CityOfRoles.StartAsync();
        (await city.Stoa.GetAsync("/api/v1/datasets/counts")).ShouldBe(404);
        var id = await city.SubmittedAsync("counts", CityOfRoles.Toward("open", ",\"licence\":\"cc-by-4.0\""));

        (await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.City.Token)).ShouldBeProblem(403, "who-asks-does-not-decide");
        (await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.Stoa.AdminToken)).ShouldBeProblem(403, "not-in-this-capacity");
        (await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.Shop.Token)).ShouldBeProblem(404, "not-found");
        (await city.Stoa.GetAsync($"/api/v1/classifications/{id}", city.Shop.Token)).ShouldBeProblem(404, "not-found");
        (await city.Stoa.GetAsync("/api/v1/datasets/counts")).ShouldBe(404);
        Assert.Equal("effective", State(await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.Office.Token)));

        Assert.Equal("open", (await city.Stoa.GetAsync("/api/v1/datasets/counts")).ShouldBe(200).Json.GetProperty("spectrum").GetString());
        (await city.Stoa.GetAsync("/api/v1/datasets/counts/classification")).ShouldBeJson(200,
            $$"""{"id":{{id}},"dataset":"counts","level":"open","state":"effective","licence":"CC-BY-4.0","reviewBy":"2027-01-31"}""");
        var whole = (await city.Stoa.GetAsync($"/api/v1/classifications/{id}", city.City.Token)).Json;
        Assert.Equal(["draft", "submit", "approve", "takeEffect"],
            whole.GetProperty("history").EnumerateArray().Select(one => one.GetProperty("move").GetString()));
        Assert.Equal("low", whole.GetProperty("harm").GetProperty("asset").GetString());
    }

    [Fact]
    public async Task Toward_closed_acts_at_once_and_takes_the_place_of_what_was_in_force()
    {
        await using var city = await CityOfRoles.StartAsync();
        await OpenAsync(city, "counts");
        const string closed = """{"level":"closed","reason":"A fault was found.","move":"close"}""";

        (await DraftAsync(city, closed, city.Shop.Token)).ShouldBeProblem(404, "not-found");
        Assert.Equal("effective", (await DraftAsync(city, closed, city.Office.Token)).ShouldBe(201).Json.GetProperty("state").GetString());

        (await city.Stoa.GetAsync("/api/v1/datasets/counts")).ShouldBe(404);
        Assert.Equal("closed", await city.LevelAsync("counts"));
        var all = (await city.Stoa.GetAsync("/api/v1/datasets/counts/classifications", city.City.Token)).ShouldBe(200).Json.GetProperty("value");
        Assert.Equal(["effective", "superseded"], all.EnumerateArray().Select(one => one.GetProperty("state").GetString()));
        (await DraftAsync(city, CityOfRoles.Toward("open", ",\"licence\":\"CC-BY-4.0\"", "close"), city.City.Token))
            .ShouldBeProblem(409, "move-not-possible");
    }

    [Theory]
    [InlineData("""{"level":"open","licence":"CC-BY-NC-4.0","reason":"r","reviewBy":"2027-01-31","move":"submit"}""", "licence")]
    [InlineData("""{"level":"open","licence":"CC-BY-4.0","reason":"r","move":"submit"}""", "looked at again")]
    [InlineData("""{"level":"specific","reason":"r","reviewBy":"2027-01-31","move":"submit"}""", "by name")]
    [InlineData("""{"level":"group","reason":"r","reviewBy":"2027-01-31","move":"submit"}""", "criterion")]
    [InlineData("""{"level":"public","reason":"r","reviewBy":"2027-01-31","move":"submit"}""", "terms")]
    [InlineData("""{"level":"closed","move":"submit"}""", "why")]
    public async Task Asks_for_what_a_level_needs(string json, string advice)
    {
        await using var city = await CityOfRoles.StartAsync();

        var refused = await DraftAsync(city, json, city.City.Token);

        refused.ShouldBeProblem(409, "move-not-possible");
        Assert.Contains(advice, refused.Json.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        Assert.Equal("incomplete", refused.Json.GetProperty("condition").GetString());
        Assert.Equal(0, (await city.Stoa.GetAsync("/api/v1/datasets/counts/classifications", city.City.Token)).Json.GetProperty("count").GetInt64());
    }

    [Theory]
    [InlineData("", "checklist-open", "checklist")]
    [InlineData("", "no-harm-check", "harm")]
    public async Task Toward_open_asks_for_harm_and_law(string more, string condition, string without)
    {
        await using var city = await CityOfRoles.StartAsync();
        var node = System.Text.Json.Nodes.JsonNode.Parse(CityOfRoles.Toward("open", ",\"licence\":\"CC-BY-4.0\"" + more))!.AsObject();
        node.Remove(without);
        var id = await city.SubmittedAsync("counts", node.ToJsonString());

        var refused = await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.Office.Token);

        refused.ShouldBeProblem(409, "move-not-possible");
        Assert.Equal(condition, refused.Json.GetProperty("condition").GetString());
    }

    [Fact]
    public async Task Is_returned_written_anew_and_withdrawn()
    {
        await using var city = await CityOfRoles.StartAsync();
        var id = await city.SubmittedAsync("counts", CityOfRoles.Toward("open", ",\"licence\":\"CC-BY-4.0\""));
        var anew = CityOfRoles.Toward("specific", $",\"named\":[{city.Lab.Id}]").Replace("\"move\":\"submit\",", "", StringComparison.Ordinal);

        (await city.Stoa.PutJsonAsync($"/api/v1/classifications/{id}", anew, city.City.Token)).ShouldBeProblem(409, "move-not-possible");
        Assert.Equal("draft", State(await city.MoveAsync($"/api/v1/classifications/{id}", "return", city.Office.Token)));
        Assert.Equal("specific", (await city.Stoa.PutJsonAsync($"/api/v1/classifications/{id}", anew, city.City.Token))
            .ShouldBe(200).Json.GetProperty("level").GetString());
        (await city.MoveAsync($"/api/v1/classifications/{id}", "withdraw", city.Office.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        Assert.Equal("superseded", State(await city.MoveAsync($"/api/v1/classifications/{id}", "withdraw", city.City.Token)));
    }

    [Fact]
    public async Task Is_frozen_by_one_and_released_by_an_officer()
    {
        await using var city = await CityOfRoles.StartAsync();
        await OpenAsync(city, "counts");
        var id = (await city.Stoa.GetAsync("/api/v1/datasets/counts/classification")).Json.GetProperty("id").GetInt64();

        Assert.Equal("frozen", State(await city.MoveAsync($"/api/v1/classifications/{id}", "freeze", city.City.Token)));
        (await city.Stoa.GetAsync("/api/v1/datasets/counts")).ShouldBe(404);
        (await city.MoveAsync($"/api/v1/classifications/{id}", "release", city.City.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        // Nor does the owner end it by deciding the same once more, or a little less.
        foreach (var level in new[] { ("open", ",\"licence\":\"CC-BY-4.0\""), ("specific", $",\"named\":[{city.Lab.Id}]") })
            (await DraftAsync(city, CityOfRoles.Toward(level.Item1, level.Item2, "close"), city.City.Token)).ShouldBeProblem(409, "move-not-possible");
        (await city.Stoa.GetAsync("/api/v1/datasets/counts")).ShouldBe(404);
        Assert.Equal("effective", State(await city.MoveAsync($"/api/v1/classifications/{id}", "release", city.Stoa.AdminToken)));
        (await city.Stoa.GetAsync("/api/v1/datasets/counts")).ShouldBe(200);
    }

    [Fact]
    public async Task Toward_closed_lets_nobody_in_whom_the_former_level_did_not()
    {
        await using var city = await CityOfRoles.StartAsync();
        const string group = ",\"criteria\":[{\"claimType\":\"member-of\",\"values\":[\"lab\"]}]";
        var id = await city.SubmittedAsync("counts", CityOfRoles.Toward("group", group));
        Assert.Equal("effective", State(await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.Office.Token)));
        var claim = (await city.Stoa.PostJsonAsync($"/api/v1/parties/{city.Lab.Id}/claims", """{"type":"member-of","value":"lab"}""", city.Lab.Token))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        string Named(params CityParty[] parties) =>
            CityOfRoles.Toward("specific", $",\"named\":[{string.Join(',', parties.Select(party => party.Id))}]", "close");

        // Asserted is not verified; and one stranger among the named is one too many, whoever of the two decides alone.
        foreach (var token in new[] { city.City.Token, city.Office.Token })
            foreach (var refused in new[] { Named(city.Lab), Named(city.Shop), Named(city.Lab, city.Shop) })
                Assert.Equal("toward-open", (await DraftAsync(city, refused, token)).ShouldBeProblem(409, "move-not-possible").Json.GetProperty("condition").GetString());
        (await city.MoveAsync($"/api/v1/claims/{claim}", "verify", city.Stoa.AdminToken)).ShouldBe(200);
        Assert.Equal("toward-open", (await DraftAsync(city, Named(city.Lab, city.Shop), city.City.Token)).ShouldBeProblem(409, "move-not-possible")
            .Json.GetProperty("condition").GetString());
        Assert.Equal("effective", (await DraftAsync(city, Named(city.Lab), city.City.Token)).ShouldBe(201).Json.GetProperty("state").GetString());

        // Named anew takes both, as anything toward open.
        var both = await city.SubmittedAsync("counts", Named(city.Lab, city.Shop).Replace("\"close\"", "\"submit\"", StringComparison.Ordinal));
        Assert.Equal("effective", State(await city.MoveAsync($"/api/v1/classifications/{both}", "approve", city.Office.Token)));
    }

    [Fact]
    public async Task Toward_closed_does_not_revive_what_a_missed_review_has_ended()
    {
        await using var city = await CityOfRoles.StartAsync();
        await OpenAsync(city, "counts");
        city.Clock.Advance(new DateTimeOffset(2027, 3, 1, 0, 0, 0, TimeSpan.Zero) - city.Clock.GetUtcNow());
        string Specific(string reviewBy) => CityOfRoles.Toward("specific", $",\"named\":[{city.Shop.Id}]", "close")
            .Replace("2027-01-31", reviewBy, StringComparison.Ordinal);

        Assert.Equal("toward-open", (await DraftAsync(city, Specific("2028-01-31"), city.City.Token)).ShouldBeProblem(409, "move-not-possible")
            .Json.GetProperty("condition").GetString());
        (await DraftAsync(city, Specific("2027-01-31"), city.City.Token)).ShouldBe(201);
    }

    [Fact]
    public async Task Keeps_the_description_from_saying_something_else()
    {
        await using var city = await CityOfRoles.StartAsync();
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"open","licence":"CC0-1.0"}""")).ShouldBe(200);
        // What was open by its description alone is closed at once too.
        (await DraftAsync(city, """{"level":"closed","reason":"r","move":"close"}""", city.City.Token)).ShouldBe(201);

        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"open"}""")).ShouldBeProblem(409, "level-classified");
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"title":"Another"}""")).ShouldBe(200);
        Assert.Equal("closed", await city.LevelAsync("counts"));
    }

    [Fact]
    public async Task Of_what_was_derived_stays_within_its_inputs()
    {
        await using var city = await CityOfRoles.StartAsync();
        await city.DatasetAsync("monthly");
        await city.RoleAsync("monthly", "primaryPublisher", city.Office);
        await OpenAsync(city, "counts");
        await OpenAsync(city, "monthly");
        Task<Answer> FactsAsync(string dataset, string from) => city.Stoa.PutJsonAsync($"/api/v1/datasets/{dataset}/facts",
            $$"""{"derivedFrom":["{{from}}"],"process":"sums of a month"}""", city.City.Token);

        var facts = (await FactsAsync("monthly", "counts")).ShouldBe(200).Json;
        Assert.Equal("open", facts.GetProperty("levelMax").GetString());
        Assert.Equal(city.City.Id.Value, facts.GetProperty("processOwner").GetInt64());
        (await FactsAsync("counts", "monthly")).ShouldBeProblem(400, "invalid-property");
        (await FactsAsync("counts", "nowhere")).ShouldBeProblem(400, "invalid-property");
        (await DraftAsync(city, """{"level":"closed","reason":"r","move":"close"}""", city.City.Token)).ShouldBe(201);

        // The input was closed, and with it what was made from it; it opens again only with a declassification.
        Assert.Equal("closed", await city.LevelAsync("monthly"));
        Assert.Equal("closed", (await city.Stoa.GetAsync("/api/v1/datasets/monthly/facts", city.City.Token)).Json.GetProperty("levelMax").GetString());
        var draft = await city.SubmittedAsync("monthly", CityOfRoles.Toward("open", ",\"licence\":\"CC0-1.0\""));
        var refused = await city.MoveAsync($"/api/v1/classifications/{draft}", "approve", city.Office.Token);
        Assert.Equal("beyond-inputs", refused.ShouldBeProblem(409, "move-not-possible").Json.GetProperty("condition").GetString());
        const string declassified = """{"levelMax":"open","grounds":"Sums of a month tell nothing of a day."}""";
        (await city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/declassification", declassified, city.City.Token))
            .ShouldBeProblem(403, "not-in-this-capacity");
        (await city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/declassification", declassified)).ShouldBe(200);
        Assert.Equal("open", await city.LevelAsync("monthly"));
        (await city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/declassification", """{"grounds":"It did."}""")).ShouldBe(200);
        Assert.Equal("closed", await city.LevelAsync("monthly"));
    }

    [Theory]
    [InlineData("none", true, false)]
    [InlineData("named", true, false)]
    [InlineData("sameTerms", true, true)]
    public async Task Of_what_was_derived_stay_within_the_clause_on_onward_sharing(string onward, bool mayName, bool mayGroup)
    {
        await using var city = await CityOfRoles.StartAsync();
        // The laboratory makes weekly sums of what the city lets it have under an agreement.
        (await city.Stoa.PostJsonAsync("/api/v1/datasets", """{"slug":"weekly","title":"Weekly sums","owner":"lab"}""")).ShouldBe(201);
        var proposed = (await city.Stoa.PostJsonAsync("/api/v1/datasets/weekly/roles", $$"""{"role":"primaryPublisher","party":{{city.Office.Id}}}""", city.Lab.Token))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await city.MoveAsync($"/api/v1/roles/{proposed}", "accept", city.Office.Token)).ShouldBe(200);
        var group = await city.SubmittedAsync("counts", CityOfRoles.Toward("group", ",\"criteria\":[{\"claimType\":\"member-of\",\"values\":[\"lab\"]}]"));
        Assert.Equal("effective", State(await city.MoveAsync($"/api/v1/classifications/{group}", "approve", city.Office.Token)));
        var claim = (await city.Stoa.PostJsonAsync($"/api/v1/parties/{city.Lab.Id}/claims", """{"type":"member-of","value":"lab"}""", city.Lab.Token))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await city.MoveAsync($"/api/v1/claims/{claim}", "verify", city.Stoa.AdminToken)).ShouldBe(200);
        var to = onward == "named" ? $",\"onwardTo\":[{city.Office.Id}]" : "";
        var agreement = (await city.Stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""
            {"template":"plain","offer":true,"terms":{"consumer":{{{city.Lab.Id}}},"datasets":["counts"],"purposes":["AcademicResearch"],"onward":"{{{onward}}}"{{{to}}}}}
            """, city.City.Token)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        foreach (var token in new[] { city.City.Token, city.Lab.Token })
        {
            var hash = (await city.Stoa.GetAsync($"/api/v1/agreements/{agreement}", token)).ShouldBe(200).Json.GetProperty("hash").GetString();
            (await city.Stoa.PostJsonAsync($"/api/v1/agreements/{agreement}/signatures", $$"""{"hash":"{{hash}}"}""", token)).ShouldBe(200);
        }

        (await city.Stoa.PutJsonAsync("/api/v1/datasets/weekly/facts", """{"derivedFrom":["counts"],"process":"sums of a week"}""", city.Lab.Token)).ShouldBe(200);
        async Task<Answer> DecideAsync(string json)
        {
            var made = (await city.Stoa.PostJsonAsync("/api/v1/datasets/weekly/classifications", json, city.Lab.Token)).ShouldBe(201).Json.GetProperty("id").GetInt64();
            return await city.MoveAsync($"/api/v1/classifications/{made}", "approve", city.Office.Token);
        }

        async Task ShouldBeRefusedAsync(string json)
        {
            var refused = (await DecideAsync(json)).ShouldBeProblem(409, "move-not-possible").Json;
            Assert.Equal(("onward-sharing", agreement, "onward"), (refused.GetProperty("condition").GetString(), refused.GetProperty("agreement").GetInt64(),
                refused.GetProperty("clause").GetString()));
            Assert.Contains($"'{onward}'", refused.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        }

        var toShop = CityOfRoles.Toward("specific", $",\"named\":[{city.Shop.Id}]");
        var toGroup = CityOfRoles.Toward("group", ",\"criteria\":[{\"claimType\":\"member-of\",\"values\":[\"club\"]}]");
        if (onward == "sameTerms") Assert.Equal("effective", State(await DecideAsync(toShop)));
        else await ShouldBeRefusedAsync(toShop);
        var known = onward == "named" ? $"{city.City.Id},{city.Office.Id}" : $"{city.City.Id}";
        Assert.Equal(mayName, State(await DecideAsync(CityOfRoles.Toward("specific", $",\"named\":[{known}]"))) == "effective");
        if (mayGroup) Assert.Equal("effective", State(await DecideAsync(toGroup)));
        else await ShouldBeRefusedAsync(toGroup);
        // Nor by an agreement on the derived data, nor by the description.
        if (onward != "sameTerms")
        {
            var further = await city.Stoa.PostJsonAsync("/api/v1/agreements",
                $$$"""{"template":"plain","terms":{"consumer":{{{city.Shop.Id}}},"datasets":["weekly"],"purposes":["AcademicResearch"]}}""", city.Lab.Token);
            Assert.Contains("onward", further.ShouldBeProblem(400, "clause-not-evaluable").Json.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        }

        // A declassification says that nothing of the inputs is left.
        (await city.Stoa.PutJsonAsync("/api/v1/datasets/weekly/declassification", """{"levelMax":"group","grounds":"Sums of a week tell nothing."}""")).ShouldBe(200);
        Assert.Equal("effective", State(await DecideAsync(toGroup.Replace("club", "society", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Of_what_was_derived_keep_to_that_clause_whatever_lies_between_and_for_units_too()
    {
        await using var city = await GovernedCity.StartAsync();
        var (owner, lab) = (await city.OrganizationAsync("owner"), await city.OrganizationAsync("lab"));
        var (shop, unit) = (await city.OrganizationAsync("shop"), await city.PartyAsync("unit", lab));
        var input = await city.DatasetAsync("input", SpectrumClass.Closed, "owner");
        var between = await city.DatasetAsync("between", SpectrumClass.Closed, "lab");
        var far = await city.DatasetAsync("far", SpectrumClass.Closed, "shop");
        var near = await city.DatasetAsync("near", SpectrumClass.Closed);
        await city.AssignAsync(near, DataRole.Creator, unit);
        var agreement = await city.AgreeAsync(owner, lab, [input], terms => terms with { Onward = OnwardSharing.None });
        foreach (var (made, from, by) in new[] { (near, input, unit), (between, input, lab), (far, between, shop) })
            await city.RecordAsync(Lineages.Type, new(0, made, from, by, "sums"));
        async Task<long?> FaultAsync(DatasetId dataset, PartyId party)
        {
            using var read = await city.Stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
            var place = GovernedPlace.Find(read, dataset);
            Assert.NotNull(place);
            return OnwardClauses.Fault(read, place, SpectrumClass.SharedSpecific, [party])?.Agreement.Value;
        }

        Assert.Equal((agreement.Id, agreement.Id), (await FaultAsync(near, shop), await FaultAsync(far, shop)));
        Assert.Equal((null, null), (await FaultAsync(near, owner), await FaultAsync(far, lab)));
        Assert.Null(await FaultAsync(input, shop));

        // Nothing of the input is left in what lies between.
        await city.RecordAsync(Lineages.DeclassificationType, new(0, between, SpectrumClass.SharedSpecific, "Sums tell nothing.", owner));
        Assert.Null(await FaultAsync(far, shop));
        Assert.Equal(agreement.Id, await FaultAsync(near, shop));
    }

    [Fact]
    public async Task By_the_description_are_provisional_until_owner_and_publisher_decide()
    {
        await using var city = await CityOfRoles.StartAsync();
        (await city.Stoa.PutJsonAsync("/api/v1/datasets/counts/facts", """{"fields":[{"name":"plate","personal":"personal"}]}""", city.City.Token)).ShouldBe(200);
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"open","licence":"CC0-1.0"}""")).ShouldBeProblem(409, "people-not-open");
        (await city.Stoa.PutJsonAsync("/api/v1/datasets/counts/facts", """{"fields":[]}""", city.City.Token)).ShouldBe(200);

        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"open","licence":"CC0-1.0"}""")).ShouldBe(200);

        var inForce = (await city.Stoa.GetAsync("/api/v1/datasets/counts/classification")).ShouldBe(200).Json;
        Assert.Equal(("open", "effective", true), (inForce.GetProperty("level").GetString(), inForce.GetProperty("state").GetString(),
            inForce.GetProperty("provisional").GetBoolean()));
        Assert.Equal(city.Clock.GetUtcNow().AddMonths(12).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), inForce.GetProperty("reviewBy").GetString());
        var whole = (await city.Stoa.GetAsync($"/api/v1/classifications/{inForce.GetProperty("id")}", city.City.Token)).ShouldBe(200).Json;
        Assert.Equal(["describe"], whole.GetProperty("history").EnumerateArray().Select(one => one.GetProperty("move").GetString()));
        // The office may say otherwise as long as it is provisional; nobody comes in by a name alone after it.
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"public"}""")).ShouldBe(200);
        var named = CityOfRoles.Toward("specific", $",\"named\":[{city.Shop.Id}]", "close");
        Assert.Equal("toward-open", (await DraftAsync(city, named, city.City.Token)).ShouldBeProblem(409, "move-not-possible").Json.GetProperty("condition").GetString());
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"open"}""")).ShouldBe(200);
        Assert.Equal("open", await city.LevelAsync("counts"));
        // What is frozen is not thawed by a description.
        var id = (await city.Stoa.GetAsync("/api/v1/datasets/counts/classification")).Json.GetProperty("id").GetInt64();
        Assert.Equal("frozen", State(await city.MoveAsync($"/api/v1/classifications/{id}", "freeze", city.City.Token)));
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"public"}""")).ShouldBeProblem(409, "level-classified");
        Assert.Equal("effective", State(await city.MoveAsync($"/api/v1/classifications/{id}", "release", city.Stoa.AdminToken)));
        // And when they have decided it is theirs.
        Assert.Equal("effective", (await DraftAsync(city, named, city.City.Token)).ShouldBe(201).Json.GetProperty("state").GetString());
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"open"}""")).ShouldBeProblem(409, "level-classified");
    }

    [Theory]
    [InlineData("""{"level":"open","conditions":{"colour":"red"}}""", "conditions")]
    [InlineData("""{"level":"open","conditions":{"purposes":["Curiosity"]}}""", "conditions")]
    [InlineData("""{"level":"public","terms":{"name":"a\u0000b","version":1}}""", "terms")]
    [InlineData("""{"level":"specific","named":[999]}""", "named")]
    [InlineData("""{"level":"group","criteria":[null]}""", "criteria")]
    [InlineData("""{"level":"open","checklist":[{"name":"a","state":"maybe"}]}""", "checklist")]
    [InlineData("""{"level":"open","harm":{"person":"some"}}""", "harm")]
    [InlineData("""{"level":"open","reviewBy":"soon"}""", "reviewBy")]
    [InlineData("""{"level":"open","reason":"a\u0000b"}""", "reason")]
    public async Task Refuses_nonsense_by_its_property(string json, string property)
    {
        await using var city = await CityOfRoles.StartAsync();

        var refused = await DraftAsync(city, json, city.City.Token);

        Assert.Equal(property, refused.ShouldBeProblem(400, "invalid-property").Json.GetProperty("property").GetString());
        (await city.Stoa.GetAsync("/api/v1/datasets/%01/roles", city.City.Token)).ShouldBe(404);
        (await city.Stoa.GetAsync("/api/v1/terms/%01/versions/1")).ShouldBe(404);
    }

    [Fact]
    public async Task Takes_what_is_known_of_a_dataset_within_limits()
    {
        await using var city = await CityOfRoles.StartAsync();
        string Fields(int count) => string.Join(',', Enumerable.Range(0, count).Select(number => $"{{\"name\":\"f{number}\"}}"));
        Task<Answer> PutAsync(string json, string token) => city.Stoa.PutJsonAsync("/api/v1/datasets/counts/facts", json, token);

        (await PutAsync($$"""{"fields":[{{Fields(256)}}]}""", city.City.Token)).ShouldBe(200);
        (await PutAsync($$"""{"fields":[{{Fields(257)}}]}""", city.City.Token)).ShouldBeProblem(400, "invalid-property");
        (await PutAsync("""{"fields":[{"name":"a"},{"name":"a"}]}""", city.City.Token)).ShouldBeProblem(400, "invalid-property");
        (await PutAsync("""{"fields":[{"name":"a","neededFor":["Curiosity"]}]}""", city.City.Token)).ShouldBeProblem(400, "invalid-property");
        (await PutAsync("""{"residualRisk":26}""", city.City.Token)).ShouldBeProblem(400, "invalid-property");
        (await PutAsync("""{"fields":[]}""", city.Office.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        (await PutAsync("""{"fields":[]}""", city.Shop.Token)).ShouldBeProblem(404, "not-found");
        (await PutAsync("""{"fields":[{"name":"plate","personal":"personal","neededFor":["ScientificResearch"]}]}""", city.City.Token)).ShouldBe(200);
        var draft = await DraftAsync(city, CityOfRoles.Toward("open", ",\"licence\":\"CC0-1.0\""), city.City.Token);
        Assert.Contains("about people", draft.ShouldBeProblem(409, "move-not-possible").Json.GetProperty("detail").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_nobodys_word_for_consent_that_cannot_be_looked_up()
    {
        await using var city = await CityOfRoles.StartAsync();
        const string plate = "\"fields\":[{\"name\":\"plate\",\"personal\":\"personal\",\"neededFor\":[\"AcademicResearch\"]}]";
        Task<Answer> PutAsync(string json, string token) => city.Stoa.PutJsonAsync("/api/v1/datasets/counts/facts", json, token);

        foreach (var token in new[] { city.City.Token, city.Stoa.AdminToken })
        {
            var refused = await PutAsync($$"""{"consentRecords":true,{{plate}}}""", token);
            Assert.Equal("consentRecords", refused.ShouldBeProblem(400, "clause-not-evaluable").Json.GetProperty("clause").GetString());
        }

        var facts = (await PutAsync($$"""{"consentRecords":false,{{plate}}}""", city.City.Token)).ShouldBe(200).Json;
        Assert.False(facts.GetProperty("consentRecords").GetBoolean());
        // What was stored as said before counts no more either.
        var outcome = await city.Stoa.Database.TryWriteAsync(session =>
        {
            var record = GovernedPlace.Find(session, "counts")!.Facts(session)!;
            return GovernedRecords.Update(session, RecordTypes.Dataset, record, record.Content with { HasConsentRecords = true },
                RecordAct.OfClock("describe"), record.Modified);
        }, TestContext.Current.CancellationToken);
        Assert.True(outcome.IsValue);
        await city.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(city.Stoa.Services.GetRequiredService<AccessPolicy>().Snapshot.Content.Datasets, one => one.HasConsentRecords);
        var agreement = await city.Stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""
            {"template":"plain","terms":{"consumer":{{{city.Lab.Id}}},"datasets":["counts"],"purposes":["AcademicResearch"],"fields":["plate"],
             "legalBasis":"consent","notice":"compatible","retention":{"start":"receipt","days":30,"then":"delete"} } }
            """, city.City.Token);
        Assert.Equal("legalBasis", agreement.ShouldBeProblem(400, "clause-not-evaluable").Json.GetProperty("clause").GetString());
    }

    [Fact]
    public async Task Stop_nobody_by_conditions_that_name_nothing()
    {
        await using var city = await CityOfRoles.StartAsync();
        foreach (var conditions in new[] { """{"fields":[null]}""", """{"fieldsLeftOut":[null]}""", """{"jurisdictions":[null]}""" })
        {
            var json = $$"""{"level":"closed","reason":"x","conditions":{{conditions}},"move":"close"}""";
            (await DraftAsync(city, json, city.City.Token)).ShouldBeProblem(400, "invalid-property");
        }
    }
}
