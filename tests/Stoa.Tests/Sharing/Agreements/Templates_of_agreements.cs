using Stoa.Tests.Ledger;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>Clauses to begin an agreement with: those of the program, and those that the office makes, changes and retires.</summary>
public class Templates_of_agreements
{
    private const string Root = "/api/v1/agreement-templates";

    private const string Weather = """{"name":"weather","title":"Weather","about":"For forecasts.","days":90,"terms":{"onward":"sameTerms"}}""";

    [Fact]
    public async Task Have_versions_and_agreements_remember_from_which_they_were_made()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;

        (await stoa.PostJsonAsync(Root, Weather, sides.OwnersToken)).ShouldBeProblem(403, "administrator-required");
        var made = (await stoa.PostJsonAsync(Root, Weather)).ShouldBe(201);
        Assert.Equal($"{Root}/weather", made.Header("Location"));
        (await stoa.PostJsonAsync(Root, Weather)).ShouldBeProblem(409, "conflict");
        var names = (await stoa.GetAsync(Root, sides.ConsumersToken)).ShouldBe(200).Json.GetProperty("value").EnumerateArray()
            .Select(one => one.GetProperty("name").GetString());
        Assert.Equal(["plain", "operations", "research", "service", "weather"], names);
        var first = await sides.AgreeAsync(""","template":"weather" """);

        // A further version is for what is drafted from then on.
        const string further = """{"title":"Weather and air","days":30,"terms":{"onward":"none","quality":[{"measure":"timeliness","percentMin":90}]},"reason":"As decided in May.","version":1}""";
        (await stoa.PutJsonAsync($"{Root}/weather", further, sides.OwnersToken)).ShouldBeProblem(403, "administrator-required");
        Assert.Equal(2, (await stoa.PutJsonAsync($"{Root}/weather", further)).ShouldBe(200).Json.GetProperty("version").GetInt32());
        (await stoa.PutJsonAsync($"{Root}/weather", further)).ShouldBeProblem(409, "revision-outdated");
        (await stoa.PutJsonAsync($"{Root}/plain", further)).ShouldBeProblem(409, "conflict");
        (await stoa.PutJsonAsync($"{Root}/nothing", further)).ShouldBeProblem(404, "not-found");
        var second = (await stoa.PostJsonAsync("/api/v1/agreements",
            $$"""{"template":"weather","terms":{"consumer":{{sides.Consumer}},"datasets":["counters"],"purposes":["AcademicResearch"]} }""",
            sides.OwnersToken)).ShouldBe(201).Json;

        Assert.Equal("""{"name":"weather","version":2}""", second.GetProperty("template").GetRawText());
        Assert.Equal("none", second.GetProperty("terms").GetProperty("onward").GetString());
        var before = await sides.AgreementAsync(first);
        Assert.Equal("""{"name":"weather","version":1}""", before.GetProperty("template").GetRawText());
        Assert.Equal("sameTerms", before.GetProperty("terms").GetProperty("onward").GetString());
        // Both are there to be read; what a template never was is not.
        var last = (await stoa.GetAsync($"{Root}/weather", sides.ConsumersToken)).ShouldBe(200).Json;
        Assert.Equal(("Weather and air", 2, "[]"), (last.GetProperty("title").GetString(), last.GetProperty("version").GetInt32(), last.GetProperty("moves").GetRawText()));
        Assert.Equal([(2, "As decided in May."), (1, "")], last.GetProperty("versions").EnumerateArray()
            .Select(one => (one.GetProperty("version").GetInt32(), one.GetProperty("reason").GetString())));
        Assert.Equal("For forecasts.",
            (await stoa.GetAsync($"{Root}/weather?version=1", sides.ConsumersToken)).ShouldBe(200).Json.GetProperty("about").GetString());
        (await stoa.GetAsync($"{Root}/weather?version=3", sides.ConsumersToken)).ShouldBeProblem(404, "not-found");
        (await stoa.GetAsync($"{Root}/weather?version=x", sides.ConsumersToken)).ShouldBeProblem(400, "invalid-parameter");

        await RetireAsync(sides);
        Assert.Equal("""{"name":"weather","version":2}""",
            (await sides.AgreementAsync(second.GetProperty("id").GetInt64(), sides.OwnersToken)).GetProperty("template").GetRawText());
        // Each change stands in the log as all of governance does.
        var entries = (await LogContents.CheckAsync(stoa.Database, "For forecasts", "As decided in May"))
            .Where(entry => entry.Type == "agreement-template.changed").Select(entry => $"{entry.Member("move")} {entry.Member("state")}");
        Assert.Equal(["make inForce", "revise inForce", "retire revoked"], entries);
    }

    private static async Task RetireAsync(TwoSides sides)
    {
        var stoa = sides.Stoa;
        const string retire = """{"move":"retire","reason":"Nobody uses it."}""";
        (await stoa.PostJsonAsync($"{Root}/weather/moves", retire, sides.OwnersToken)).ShouldBeProblem(403, "administrator-required");
        (await stoa.PostJsonAsync($"{Root}/weather/moves", """{"move":"retire"}""")).ShouldBeProblem(400, "invalid-property");
        (await stoa.PostJsonAsync($"{Root}/plain/moves", retire)).ShouldBeProblem(409, "conflict");

        var retired = (await stoa.PostJsonAsync($"{Root}/weather/moves", retire)).ShouldBe(200).Json;

        Assert.Equal(2, retired.GetProperty("version").GetInt32());
        Assert.True(retired.TryGetProperty("retiredAt", out _));
        Assert.Equal(4, (await stoa.GetAsync(Root, sides.ConsumersToken)).Json.GetProperty("count").GetInt64());
        var listed = Assert.Single((await stoa.GetAsync($"{Root}?state=retired", sides.ConsumersToken)).ShouldBe(200).Json.GetProperty("value").EnumerateArray());
        Assert.Equal("weather", listed.GetProperty("name").GetString());
        (await stoa.GetAsync($"{Root}?state=other", sides.ConsumersToken)).ShouldBeProblem(400, "invalid-parameter");
        (await stoa.PostJsonAsync($"{Root}/weather/moves", retire)).ShouldBeProblem(409, "move-not-possible");
        (await stoa.PutJsonAsync($"{Root}/weather", """{"title":"Again","days":1,"terms":{}}""")).ShouldBeProblem(409, "move-not-possible");
        (await stoa.PostJsonAsync(Root, Weather)).ShouldBeProblem(409, "conflict");
        (await stoa.PostJsonAsync("/api/v1/agreements",
            $$"""{"template":"weather","terms":{"consumer":{{sides.Consumer}},"datasets":["counters"],"purposes":["AcademicResearch"]} }""",
            sides.OwnersToken)).ShouldBeProblem(400, "invalid-property");
        (await stoa.GetAsync($"{Root}/weather?version=1", sides.ConsumersToken)).ShouldBe(200);
        await ShouldBeRefusedAsync(stoa);
    }

    // What could not be agreed is not kept to be agreed later.
    private static async Task ShouldBeRefusedAsync(Exchange stoa)
    {
        foreach (var (name, days, terms, problem) in new[]
            {
                ("other", 90, """{"onward":"perhaps"}""", "clause-not-evaluable"), ("other", 90, """{"provider":1}""", "clause-not-evaluable"),
                ("other", 90, """{"quality":[{"measure":"timeliness","percentMin":101}]}""", "clause-not-evaluable"),
                ("other", 90, """{"purposes":["NoSuchPurpose"]}""", "clause-not-evaluable"), ("other", 90, "[]", "invalid-property"),
                ("other", 0, "{}", "invalid-property"), ("Other one", 90, "{}", "invalid-property"),
            })
            (await stoa.PostJsonAsync(Root, $$"""{"name":"{{name}}","title":"T","days":{{days}},"terms":{{terms}}}""")).ShouldBeProblem(400, problem);
        (await stoa.PostJsonAsync(Root, Weather.Replace("weather", "plain", StringComparison.Ordinal))).ShouldBeProblem(409, "conflict");
    }
}
