using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Tests.Identity;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>What was used of a dataset, under an agreement, by a party: both sides see it by what concerns them, and nobody else.</summary>
public class Showing_usage(UsedCity used) : IClassFixture<UsedCity>
{
    private const string Root = "/api/v1/exchanges";

    [Fact]
    public async Task Names_agreement_purpose_and_decision_by_dataset_by_agreement_and_by_party()
    {
        await used.StartedAsync();

        foreach (var (query, token) in Concerned)
        {
            var records = await JsonAsync(Root + query, token);
            var record = Assert.Single(records);

            Assert.Equal(used.Agreement, record.GetProperty("agreement").GetInt64());
            Assert.Equal("ScientificResearch", record.GetProperty("purpose").GetString());
            Assert.Equal(used.Decision, record.GetProperty("decision").GetString());
            Assert.Equal(used.Service.Value, record.GetProperty("party").GetInt64());
            Assert.Equal("counts", Assert.Single(record.GetProperty("datasets").EnumerateArray()).GetString());
            Assert.Equal(1, record.GetProperty("rows").GetInt64());
        }

        // The decision that it names is the one that was kept, for the party that asked.
        (await used.City.Stoa.GetAsync($"/api/v1/decisions/{used.Decision}", used.ServiceToken)).ShouldBe(200);
    }

    [Fact]
    public async Task Sums_the_same_by_day()
    {
        await used.StartedAsync();

        foreach (var (query, token) in Concerned)
        {
            var row = Assert.Single(await JsonAsync(Root + "/usage" + query, token));

            Assert.Equal((used.Agreement, used.Service.Value), (row.GetProperty("agreement").GetInt64(), row.GetProperty("party").GetInt64()));
            Assert.Equal("ScientificResearch", row.GetProperty("purpose").GetString());
            Assert.Equal((1, 1), (row.GetProperty("accesses").GetInt64(), row.GetProperty("rows").GetInt64()));
        }
    }

    /// <summary>ISO 37156, 9.2 f: of each of the six groups, those that use nothing among them.</summary>
    [Fact]
    public async Task Sums_the_same_by_group_of_users()
    {
        await used.StartedAsync();

        foreach (var (query, token) in Concerned)
        {
            var usage = (await used.City.Stoa.GetAsync(Root + "/usage" + query, token)).ShouldBe(200).Json;

            Assert.Equal("academia", Assert.Single(usage.GetProperty("value").EnumerateArray()).GetProperty("group").GetString());
            Assert.Equal(
                [("city-organization", 0, 0), ("third-sector", 0, 0), ("business", 0, 0), ("citizen", 0, 0), ("academia", 1, 1), ("other-city", 0, 0)],
                usage.GetProperty("groups").EnumerateArray().Select(group => (
                    group.GetProperty("group").GetString()!, group.GetProperty("accesses").GetInt64(), group.GetProperty("rows").GetInt64())));
        }

        // The owner's own reading is of nobody whose group was entered.
        var all = (await used.City.Stoa.GetAsync(Root + "/usage", used.City.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("groups");
        Assert.Equal(7, all.GetArrayLength());
        Assert.False(all[6].TryGetProperty("group", out _));
        Assert.Equal(1, all[6].GetProperty("accesses").GetInt64());
        var page = (await used.OwnerOfficer.GetAsync("/usage?dataset=counts")).ShouldBe(200).Text;
        Assert.Matches("By group of users</h2>[\\s\\S]*A university or institute</th>\\s*<td class=\"right\">1</td>", page);
    }

    [Fact]
    public async Task Gives_the_same_as_a_table()
    {
        await used.StartedAsync();

        foreach (var (query, token) in Concerned)
        {
            var answer = (await used.City.Stoa.GetAsync(Root + "/table" + query, token)).ShouldBe(200);

            Assert.Equal("text/csv", answer.MediaType);
            ShouldBeTheTable(answer.Text);
        }
    }

    [Fact]
    public async Task Is_a_page_for_the_officers_of_both_sides()
    {
        await used.StartedAsync();

        foreach (var (query, about, visitor) in new[]
        {
            ("?dataset=counts", "the dataset counts", used.OwnerOfficer),
            ($"?agreement={used.Agreement}", $"agreement {used.Agreement}", used.OwnerOfficer),
            ($"?agreement={used.Agreement}", $"agreement {used.Agreement}", used.ConsumerOfficer),
            ($"?party={used.Consumer.Value}", "Name of consumer", used.ConsumerOfficer),
        })
        {
            var page = (await visitor.GetAsync("/usage" + query)).ShouldBe(200).Text;

            Assert.Contains($"Use of {about}", page, StringComparison.Ordinal);
            Assert.Contains("ScientificResearch", page, StringComparison.Ordinal);
            Assert.Contains($"/agreements/{used.Agreement}", page, StringComparison.Ordinal);
            ShouldBeTheTable((await visitor.GetAsync("/usage/table" + query)).ShouldBe(200).Text);
        }
    }

    /// <summary>The consumer learns of its own use and not of the dataset's; the owner of its dataset's use and not of the consumer's.</summary>
    [Fact]
    public async Task Is_not_for_others()
    {
        await used.StartedAsync();
        var stoa = used.City.Stoa;
        string[] queries = ["", "?dataset=counts", $"?agreement={used.Agreement}", $"?party={used.Consumer.Value}", $"?party={used.Service.Value}"];
        var refused = queries.Select(query => (Query: query, Token: used.Stranger, Visitor: used.StrangerOfficer))
            .Append(("?dataset=counts", used.ServiceToken, used.ConsumerOfficer)).Append(("", used.ServiceToken, used.ConsumerOfficer))
            .Append(($"?party={used.Consumer.Value}", used.OwnerToken, used.OwnerOfficer))
            .Append(($"?party={used.Service.Value}", used.OwnerToken, used.OwnerOfficer)).Append(("", used.OwnerToken, used.OwnerOfficer));
        foreach (var (query, token, visitor) in refused)
        {
            foreach (var path in new[] { "", "/usage", "/table" })
            {
                var hidden = await stoa.GetAsync(Root + path + query, token);
                var absent = await stoa.GetAsync($"{Root}{path}?dataset=absent", token);
                Assert.True((hidden.Status, hidden.Text) == (404, absent.Text), $"{path}{query}: {hidden}");
            }

            (await visitor.GetAsync("/usage" + query)).ShouldBe(404);
            (await visitor.GetAsync("/usage/table" + query)).ShouldBe(404);
        }

        foreach (var query in queries)
        {
            (await stoa.GetAsync(Root + query)).ShouldBe(401);
            (await stoa.GetAsync("/usage" + query)).ShouldBe(404);
        }
    }

    private (string Query, string Token)[] Concerned =>
    [
        ("?dataset=counts", used.OwnerToken), ($"?agreement={used.Agreement}", used.OwnerToken), ($"?agreement={used.Agreement}", used.ServiceToken),
        ($"?party={used.Service.Value}", used.ServiceToken), ($"?party={used.Consumer.Value}", used.ServiceToken),
        ("?dataset=counts", used.City.Stoa.AdminToken), ($"?party={used.Consumer.Value}", used.City.Stoa.AdminToken),
    ];

    private async Task<JsonElement[]> JsonAsync(string path, string token) =>
        [.. (await used.City.Stoa.GetAsync(path, token)).ShouldBe(200).Json.GetProperty("value").EnumerateArray()];

    private void ShouldBeTheTable(string table)
    {
        var lines = table.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        var row = lines[0].Split(',').Zip(lines[1].Split(',')).ToDictionary(pair => pair.First, pair => pair.Second);
        Assert.Equal(
            (used.Agreement.ToString(CultureInfo.InvariantCulture), "ScientificResearch", "counts", used.Decision, "1", "academia"),
            (row["agreement"], row["purpose"], row["datasets"], row["decision"], row["rows"], row["group"]));
    }
}

/// <summary>A city where a service of a consumer has read once under an agreement, and another dataset was read by the owner's own.</summary>
public sealed class UsedCity : IAsyncLifetime
{
    private readonly List<IDisposable> _visitors = [];
    private GovernedCity? _city;

    internal GovernedCity City => _city ?? throw new InvalidOperationException("Not started.");

    internal PartyId Consumer { get; private set; }

    internal PartyId Service { get; private set; }

    internal long Agreement { get; private set; }

    internal string Decision { get; private set; } = "";

    internal string ServiceToken { get; private set; } = "";

    internal string OwnerToken { get; private set; } = "";

    internal string Stranger { get; private set; } = "";

    internal Visitor OwnerOfficer { get; private set; } = null!; // By StartedAsync, before any test.

    internal Visitor ConsumerOfficer { get; private set; } = null!;

    internal Visitor StrangerOfficer { get; private set; } = null!;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    internal async Task StartedAsync()
    {
        if (_city is not null) return;
        _city = await GovernedCity.StartAsync();
        _visitors.Add(await Visitor.AdministratorAsync(_city.Stoa));
        var (owner, stranger) = (await _city.OrganizationAsync("owner"), await _city.OrganizationAsync("stranger"));
        Consumer = await _city.OrganizationAsync("consumer");
        (await _city.Stoa.PatchJsonAsync($"/api/v1/parties/{Consumer.Value}", """{"category":"academia"}""")).ShouldBe(200);
        (OwnerOfficer, ConsumerOfficer, StrangerOfficer) =
            (await OfficerAsync(owner, "owner"), await OfficerAsync(Consumer, "consumer"), await OfficerAsync(stranger, "stranger"));
        (OwnerToken, Stranger) = (await _city.ServiceTokenAsync(owner), await _city.ServiceTokenAsync(stranger));
        Service = await _city.PartyAsync("service", Consumer);
        ServiceToken = await _city.TokenAsync(Service);
        var dataset = await _city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
        await _city.DatasetAsync("more", SpectrumClass.Closed, "owner");
        await _city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, Consumer);
        Agreement = (await _city.AgreeAsync(owner, Consumer, [dataset])).Id;
        Decision = (await _city.SeeAsync("counts", ServiceToken, "ScientificResearch")).ShouldBe(200).Header("Decision-Id");
        (await _city.SeeAsync("more", OwnerToken)).ShouldBe(200);
        // A record is made when the answer has left, which is after the client has it.
        for (var attempt = 0; attempt < 300; attempt++)
        {
            await _city.Stoa.Services.GetRequiredService<ExchangeLog>().DrainAsync(Now);
            var all = (await _city.Stoa.GetAsync("/api/v1/exchanges", _city.Stoa.AdminToken)).ShouldBe(200).Json;
            if (all.GetProperty("value").GetArrayLength() >= 2) return;
            await Task.Delay(100, Now);
        }

        Assert.Fail("What was read was not recorded.");
    }

    private async Task<Visitor> OfficerAsync(PartyId organization, string name)
    {
        var login = $"officer@{name}.example";
        var made = (await City.Stoa.PostJsonAsync("/api/v1/invitations",
            $$"""{"organization":{{organization.Value}},"login":"{{login}}","roles":["member","data-officer"]}""")).ShouldBe(201).Json;
        var link = new Uri(made.GetProperty("link").GetString()!, UriKind.RelativeOrAbsolute);
        var visitor = new Visitor(City.Stoa);
        _visitors.Add(visitor);
        (await visitor.JoinAsync(link.IsAbsoluteUri ? link.PathAndQuery : link.OriginalString, "Officer of " + name, login)).ShouldBe(303);
        await City.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
        return visitor;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var visitor in _visitors) visitor.Dispose();
        if (_city is not null) await _city.DisposeAsync();
    }
}
