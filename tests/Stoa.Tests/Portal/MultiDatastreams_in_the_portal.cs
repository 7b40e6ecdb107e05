using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>A Thing's page shows the newest observations of its MultiDatastreams, each component in a column.</summary>
public class MultiDatastreams_in_the_portal
{
    private static async Task<Exchange> StartAsync(SpectrumClass spectrum)
    {
        var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("wind", spectrum);
        const string root = "/datasets/wind/sensorthings/v1.1/";
        (await stoa.PostJsonAsync(root + "Things", Wind.Mast)).ShouldBe(201);
        foreach (var (hour, result) in new[] { (1, "[3.5, 7, true]"), (2, "[null, 1e400, false]") })
            (await stoa.PostJsonAsync(root + "MultiDatastreams(1)/Observations", Wind.Observation($"2026-01-01T0{hour}:00:00Z", result)))
                .ShouldBe(201);
        return stoa;
    }

    [Fact]
    public async Task Are_tables_of_their_newest_observations()
    {
        await using var stoa = await StartAsync(SpectrumClass.Open);

        var page = (await stoa.GetAsync("/things/1")).ShouldBe(200).Text;

        foreach (var text in new[] { "<h3>Wind</h3>", "Speed", "Gust", "Heating", "m/s", ">3.5<", ">7<", ">yes<", ">no<", ">1e400<", "2026-01-01" })
            Assert.Contains(text, page, StringComparison.Ordinal);
        Assert.True(page.IndexOf(">no<", StringComparison.Ordinal) < page.IndexOf(">yes<", StringComparison.Ordinal), "The newest comes first.");
        Assert.DoesNotContain("Nothing is measured here yet", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leave_all_other_pages_as_they_are()
    {
        await using var stoa = await StartAsync(SpectrumClass.Open);
        await stoa.CreateAsync("MultiDatastreams", Wind.Single("empty"));

        foreach (var path in new[] { "/", "/things", "/datasets", "/datasets/wind", "/map/things.geojson" }) (await stoa.GetAsync(path)).ShouldBe(200);
        var statistics = (await stoa.GetAsync("/api/v1/datasets/wind/statistics")).ShouldBe(200).Text;
        Assert.Contains("2026-01-01T02:00:00Z", statistics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Do_not_show_what_is_closed()
    {
        await using var stoa = await StartAsync(SpectrumClass.Closed);
        // An open Thing with a closed MultiDatastream, and an open one whose second ObservedProperty is closed.
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        const string open = "/datasets/open/sensorthings/v1.1/";
        (await stoa.PostJsonAsync(open + "Things", """{"name":"Guest house","description":"d"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/datasets/wind/sensorthings/v1.1/MultiDatastreams", Wind.Single("zz secret", thing: 2))).ShouldBe(201);
        (await stoa.PostJsonAsync(open + "MultiDatastreams", Wind.Single("open one", thing: 2, property: 2))).ShouldBe(201);

        (await stoa.GetAsync("/things/1")).ShouldBe(404);
        var page = (await stoa.GetAsync("/things/2")).ShouldBe(200).Text;

        Assert.Contains("open one", page, StringComparison.Ordinal);
        Assert.DoesNotContain("zz secret", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Gust", page, StringComparison.Ordinal);
    }
}
