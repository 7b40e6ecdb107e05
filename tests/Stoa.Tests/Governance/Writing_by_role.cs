using Stoa.Sharing.Roles;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Who may put data into a dataset: whom its token names, and who holds a role that adds.</summary>
public class Writing_by_role
{
    [Theory]
    [InlineData((int)DataRole.Creator, 201)]
    [InlineData((int)DataRole.Owner, 201)]
    [InlineData((int)DataRole.PrimaryPublisher, 403)]
    [InlineData((int)DataRole.SecondaryPublisher, 403)]
    [InlineData((int)DataRole.User, 403)]
    public async Task Follows_the_table_of_roles(int role, int status)
    {
        await using var city = await GovernedCity.StartAsync();
        var holder = await city.OrganizationAsync("holder");
        var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed);
        await city.AssignAsync(dataset, (DataRole)role, holder);

        var answer = await city.AddAsync("counts", await city.ServiceTokenAsync(holder));

        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData("member", 403)]
    [InlineData("data-officer", 201)]
    [InlineData("administrator", 201)]
    public async Task Needs_an_officer_of_the_organization_that_owns_it(string membership, int status)
    {
        await using var city = await GovernedCity.StartAsync();
        var owner = await city.OrganizationAsync("owner");
        await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
        var person = await city.PartyAsync("person");
        await city.JoinAsync(person, owner, membership);

        var answer = await city.AddAsync("counts", await city.TokenAsync(person));

        answer.ShouldBe(status);
    }

    /// <summary>A device of the owner that only delivers: naming what a token is good for takes the rest away.</summary>
    [Fact]
    public async Task Is_narrowed_to_what_a_token_names()
    {
        await using var city = await GovernedCity.StartAsync();
        var owner = await city.OrganizationAsync("owner");
        await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
        await city.DatasetAsync("plans", SpectrumClass.Closed, "owner");
        var device = await city.PartyAsync("device", owner);
        var made = await city.Stoa.PostJsonAsync("/api/v1/tokens",
            $$"""{"name":"gateway","party":{{device.Value}},"datasets":[{"dataset":"counts","can":["write"]}]}""");
        var token = made.ShouldBe(201).Json.GetProperty("token").GetString()!;

        (await city.AddAsync("counts", token)).ShouldBe(201);
        (await city.SeeAsync("counts", token)).ShouldBe(404);
        (await city.AddAsync("plans", token)).ShouldBe(404);
        (await city.SeeAsync("plans", token)).ShouldBe(404);

        var whole = await city.TokenAsync(device);
        (await city.AddAsync("plans", whole)).ShouldBe(201);
        (await city.SeeAsync("plans", whole)).ShouldBe(200);
    }
}
