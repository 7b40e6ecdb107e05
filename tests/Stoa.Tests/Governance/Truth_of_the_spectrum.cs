using Stoa.Sharing.Roles;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Five levels and every kind of caller, over the door through which data leave: the whole table.</summary>
public class Truth_of_the_spectrum(Truth_of_the_spectrum.City city) : IClassFixture<Truth_of_the_spectrum.City>
{
    private static readonly Dictionary<string, SpectrumClass> Levels = new()
    {
        ["closed"] = SpectrumClass.Closed, ["specific"] = SpectrumClass.SharedSpecific, ["group"] = SpectrumClass.SharedGroup,
        ["public"] = SpectrumClass.SharedPublic, ["open"] = SpectrumClass.Open,
    };

    /// <summary>Caller; then what it gets of closed, specific, group, public and open data. A party that may know of the dataset is refused
    /// with reasons (403), others as if it were not there.</summary>
    private const string Table =
        """
        anonymous                        404 404 404 404 200
        device that names nothing of it  404 404 404 404 200
        another organization             404 404 404 403 200
        named, no agreement              404 403 404 403 200
        in the group, no agreement       404 404 404 403 200
        accepted the terms               404 404 404 200 200
        named, with agreement            403 200 403 403 200
        in the group, with agreement     403 403 200 403 200
        agreement alone                  403 403 403 403 200
        owner                            200 200 200 200 200
        person of the owner              200 200 200 200 200
        creator                          200 200 200 200 200
        primary publisher                200 200 200 200 200
        user role alone                  403 403 403 403 200
        token with read                  200 200 200 200 200
        token with write                 404 404 404 404 200
        administrator                    200 200 200 200 200
        """;

    public static TheoryData<string, string, int> Rows()
    {
        var rows = new TheoryData<string, string, int>();
        foreach (var line in Table.Split('\n'))
            foreach (var (level, place) in Levels.Keys.Select((level, place) => (level, place)))
                rows.Add(line[..33].TrimEnd(), level, int.Parse(line[33..].Split(' ')[place], null));
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Is_told_to_each_caller(string caller, string level, int status) =>
        (await city.World.SeeAsync(level, city.Tokens[caller])).ShouldBe(status);

    [Fact]
    public void Is_the_whole_of_it() => Assert.Equal(city.Tokens.Count * Levels.Count, Rows().Count);

    /// <summary>Everyone who may not see gets what is told of a dataset that is not there.</summary>
    [Fact]
    public async Task Is_hidden_from_outsiders_as_what_does_not_exist()
    {
        foreach (var caller in new[] { "anonymous", "another organization", "device that names nothing of it" })
            foreach (var level in new[] { "closed", "specific", "group" })
            {
                var hidden = await city.World.SeeAsync(level, city.Tokens[caller]);
                var absent = await city.World.SeeAsync("absent", city.Tokens[caller]);

                Assert.Equal((absent.Status, absent.Text), (hidden.Status, hidden.Text));
                Assert.Equal(absent.Headers.Keys.Order(), hidden.Headers.Keys.Order());
            }
    }

    /// <summary>Made once, since no test changes it.</summary>
    public sealed class City : IAsyncLifetime
    {
        internal GovernedCity World { get; private set; } = null!; // By InitializeAsync, before any test.

        internal Dictionary<string, string?> Tokens { get; } = [];

        public async ValueTask InitializeAsync()
        {
            World = await GovernedCity.StartAsync();
            var owner = await World.OrganizationAsync("owner");
            var named = await World.OrganizationAsync("named");
            var member = await World.OrganizationAsync("member");
            var accepting = await World.OrganizationAsync("accepting");
            var namedAndAgreed = await World.OrganizationAsync("named-agreed");
            var memberAndAgreed = await World.OrganizationAsync("member-agreed");
            var agreed = await World.OrganizationAsync("agreed");
            var creator = await World.OrganizationAsync("creator");
            var publisher = await World.OrganizationAsync("publisher");
            var user = await World.OrganizationAsync("user");
            var person = await World.PartyAsync("person");
            await World.JoinAsync(person, owner, "member");
            await World.ClaimAsync(member);
            await World.ClaimAsync(memberAndAgreed);
            await World.AcceptAsync(accepting);
            var datasets = new List<DatasetId>();
            foreach (var (slug, level) in Levels)
            {
                var dataset = await World.DatasetAsync(slug, SpectrumClass.Closed, "owner");
                await World.ClassifyAsync(
                    dataset, level, level == SpectrumClass.SharedSpecific ? [named, namedAndAgreed] : []);
                await World.AssignAsync(dataset, DataRole.Creator, creator);
                await World.AssignAsync(dataset, DataRole.PrimaryPublisher, publisher);
                await World.AssignAsync(dataset, DataRole.User, user);
                datasets.Add(dataset);
            }

            foreach (var consumer in new[] { namedAndAgreed, memberAndAgreed, agreed })
                await World.AgreeAsync(owner, consumer, [.. datasets]);
            await World.DatasetAsync("elsewhere", SpectrumClass.Closed);

            Tokens["anonymous"] = null;
            Tokens["device that names nothing of it"] = await World.Stoa.GivenTokenAsync("elsewhere", "read", "write");
            Tokens["another organization"] = await World.ServiceTokenAsync(await World.OrganizationAsync("other"));
            Tokens["named, no agreement"] = await World.ServiceTokenAsync(named);
            Tokens["in the group, no agreement"] = await World.ServiceTokenAsync(member);
            Tokens["accepted the terms"] = await World.ServiceTokenAsync(accepting);
            Tokens["named, with agreement"] = await World.ServiceTokenAsync(namedAndAgreed);
            Tokens["in the group, with agreement"] = await World.ServiceTokenAsync(memberAndAgreed);
            Tokens["agreement alone"] = await World.ServiceTokenAsync(agreed);
            Tokens["owner"] = await World.ServiceTokenAsync(owner);
            Tokens["person of the owner"] = await World.TokenAsync(person);
            Tokens["creator"] = await World.ServiceTokenAsync(creator);
            Tokens["primary publisher"] = await World.ServiceTokenAsync(publisher);
            Tokens["user role alone"] = await World.ServiceTokenAsync(user);
            Tokens["token with read"] = await TokenAsync("read");
            Tokens["token with write"] = await TokenAsync("write");
            Tokens["administrator"] = World.Stoa.AdminToken;
        }

        public ValueTask DisposeAsync() => World.DisposeAsync();

        private async Task<string> TokenAsync(string right)
        {
            var grants = string.Join(',', Levels.Keys.Select(slug => $$"""{"dataset":"{{slug}}","can":["{{right}}"]}"""));
            var made = await World.Stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"named","datasets":[{{grants}}]}""");
            return made.ShouldBe(201).Json.GetProperty("token").GetString()!;
        }
    }
}
