using Stoa.Sharing.Records;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Whom the level specific names when it is described: the consumers of the agreements about the dataset, and of no others.</summary>
public class Named_by_agreements
{
    [Fact]
    public async Task Are_the_consumers_of_those_about_the_dataset()
    {
        await using var city = await GovernedCity.StartAsync();
        var owner = await city.OrganizationAsync("owner");
        var (one, both, other) = (await city.OrganizationAsync("one"), await city.OrganizationAsync("both"), await city.OrganizationAsync("other"));
        var counts = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
        var more = await city.DatasetAsync("more", SpectrumClass.Closed, "owner");
        var single = await city.AgreeAsync(owner, one, [counts]);
        await city.AgreeAsync(owner, both, [more, counts]);
        await city.AgreeAsync(owner, other, [more]);
        // Those about one dataset are looked up by it.
        Assert.Equal(counts, RecordTypes.Agreement.KeysOf(single.Content).Dataset);
        async Task<long[]> NamedAsync()
        {
            (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"specific"}""")).ShouldBe(200);
            var list = (await city.Stoa.GetAsync("/api/v1/datasets/counts/classifications", city.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value");
            return [.. list[0].GetProperty("named").EnumerateArray().Select(party => party.GetInt64())];
        }

        Assert.Equal([one.Value, both.Value], await NamedAsync());

        // As they were stored before the dataset was written beside them.
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"closed"}""")).ShouldBe(200);
        await city.Stoa.Database.WriteAsync(
            session =>
            {
                using var update = session.Prepare("UPDATE governed_record SET dataset_id = NULL WHERE kind = @kind")
                    .Bind("@kind", (long)RecordKind.Agreement);
                return update.Execute();
            }, TestContext.Current.CancellationToken);
        Assert.Equal([one.Value, both.Value], await NamedAsync());
    }
}
