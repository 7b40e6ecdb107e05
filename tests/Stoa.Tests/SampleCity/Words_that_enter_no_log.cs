using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Catalogue.Datasets;
using Stoa.Host.SampleCity.Model;
using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Sealing;
using Stoa.Sharing.Erasure;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Tests.Governance;
using Stoa.Tests.Identity;
using Stoa.Tests.Ledger;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.SampleCity;

/// <summary>Names, addresses and free texts of a whole city are in its database, and in no entry of any of its logs.</summary>
public sealed class Words_that_enter_no_log
{
    // Shorter ones are found in any text.
    private const int LengthMin = 5;

    private const string People =
        """
        SELECT name FROM party
        UNION SELECT login FROM account
        UNION SELECT login FROM one_time_link WHERE login IS NOT NULL
        UNION SELECT device FROM sign_in_session
        UNION SELECT homepage FROM organization WHERE homepage IS NOT NULL
        UNION SELECT name FROM access_token
        UNION SELECT reason FROM governed_event
        """;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stand_in_the_database_alone()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        await BuildAsync(stoa, clock);
        await ComeTogetherAsync(stoa);

        var words = await WordsAsync(stoa.Database);
        Assert.Contains("Adele Nachtigall", words);
        Assert.Contains("Nachtigall", words);
        Assert.Contains("adele@marenbrueck.example", words);
        Assert.Contains("I count the cars before my door.", words);
        var traces = new Traces(words);
        var entries = await LogContents.CheckAsync(stoa.Database);
        foreach (var type in new[] { "agreement.changed", "access-request.changed", "classification.changed", "party.entered", "dataset.created", "token.created" })
            Assert.Contains(entries, entry => entry.Type == type);

        Assert.Empty(entries.SelectMany(entry => traces.In(entry.Body).Select(found => $"{found}: {entry.Text}")));
    }

    private static async Task BuildAsync(Exchange stoa, TestClock clock)
    {
        var organizations = stoa.Services.GetRequiredService<Organizations>();
        var folder = new global::Stoa.Host.SampleCity.CityFolder(
            organizations, stoa.Services.GetRequiredService<Datasets>(), stoa.Services.GetRequiredService<BulkLoader>(),
            new(organizations, stoa.Services.GetRequiredService<Parties>(), stoa.Database, clock), stoa.Database, clock);
        await folder.BuildAsync(Marenbrueck.City, TimeSpan.FromHours(1), null, Now);
        await stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
    }

    /// <summary>People of the city's organizations: invited, signed in, with what they want.</summary>
    private static async Task ComeTogetherAsync(Exchange stoa)
    {
        var organizations = (await stoa.GetAsync("/api/v1/parties?kind=organization&limit=1000", stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value").EnumerateArray()
            .Select(one => one.GetProperty("id").GetInt64()).ToList();
        foreach (var (name, login, organization) in new[] { ("Adele Nachtigall", "adele@marenbrueck.example", organizations[0]), ("Bartolomäus Zwiesel", "zwiesel@universitaet.example", organizations[^1]) })
        {
            var invited = await stoa.PostJsonAsync("/api/v1/invitations", $$"""{"organization":{{organization}},"login":"{{login}}","roles":["data-officer"]}""");
            using var person = new Visitor(stoa);
            (await person.JoinAsync(new Uri(invited.ShouldBe(201).Json.GetProperty("link").GetString()!).AbsolutePath, name, login)).ShouldBe(303);
            await stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
            (await person.SubmitAsync("/access", "/access/claims", ("type", "profession"), ("value", $"Profession of {name}"), ("for", $"{organization}"))).ShouldBe(303);
            // Whoever owns it is refused, and who does not is not.
            _ = await person.SubmitAsync($"/datasets/{CityDatasets.Noise}/access", $"/datasets/{CityDatasets.Noise}/access",
                ("purpose", "AcademicResearch"), ("statement", "I count the cars before my door."), ("for", $"{organization}"));
        }
    }

    private static async Task<HashSet<string>> WordsAsync(Database database)
    {
        using var read = await database.ReadAsync(Now);
        var texts = new List<string>();
        using (var select = read.Prepare(People))
            while (select.Step()) texts.Add(select.Text(0));
        var names = new List<string>();
        using (var select = read.Prepare("SELECT name FROM party WHERE kind = 2"))
            while (select.Step()) names.AddRange(select.Text(0).Split(' '));
        using (var select = read.PrepareStream("SELECT r.kind, e.content FROM governed_event e JOIN governed_record r ON r.id = e.record_id"))
            while (select.Step())
                texts.AddRange(RecordTexts.Written.GetValueOrDefault((RecordKind)select.Int64(0), []).SelectMany(path => Texts(JsonNode.Parse(select.Text(1)), path.Split('.'))));
        return [.. texts.Concat(names).Select(text => text.Trim()).Where(text => text.Length >= LengthMin)];
    }

    private static IEnumerable<string> Texts(JsonNode? node, string[] path) => (node, path) switch
    {
        (JsonValue value, []) when value.TryGetValue<string>(out var text) => [text],
        (JsonArray list, ["*", .. var rest]) => list.SelectMany(one => Texts(one, rest)),
        (JsonObject record, [var name, .. var rest]) => Texts(record[name], rest),
        _ => [],
    };
}
