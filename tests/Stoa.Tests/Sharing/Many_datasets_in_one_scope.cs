using System.Globalization;
using System.Text.Json.Nodes;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>A scope of so many datasets that it goes into statements as bits.</summary>
public class Many_datasets_in_one_scope
{
    private const int Datasets = 90;

    [Fact]
    public async Task Shows_exactly_these()
    {
        await using var stoa = await Exchange.StartAsync();
        var all = Enumerable.Range(0, Datasets).Select(i => string.Create(CultureInfo.InvariantCulture, $"d{i}")).ToArray();
        foreach (var slug in all)
        {
            await stoa.GivenDatasetAsync(slug, SpectrumClass.Closed);
            (await stoa.PostJsonAsync($"/datasets/{slug}{SensorThings.Root}/Things", """
                {"name":"SLUG","description":"x","Datastreams":[{"name":"SLUG","description":"x","observationType":"x",
                 "unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
                 "Sensor":{"name":"s","description":"x","encodingType":"x","metadata":"x"},
                 "ObservedProperty":{"name":"p","definition":"http://x.example/p","description":"x"},
                 "Observations":[{"phenomenonTime":"2026-01-01T00:00:00Z","result":1,"FeatureOfInterest":
                   {"name":"f","description":"x","encodingType":"application/geo+json","feature":{"type":"Point","coordinates":[1,2]}}}]}]}
                """.Replace("SLUG", slug, StringComparison.Ordinal))).ShouldBe(201);
        }

        // More than a list of parameters takes: two of three, which are bits; a run; four runs; a run and bits of the rest.
        await ShownAsync(i => i == 0 || i == Datasets - 1 || i % 3 != 0);
        await ShownAsync(i => i is > 5 and < 80);
        await ShownAsync(i => i is 1 or 3 or > 10 and < 70 or > 80);
        await ShownAsync(i => i is 1 or 3 or 5 or 7 or > 10 and < 70 or > 80);

        async Task ShownAsync(Func<int, bool> isSeen)
        {
            var seen = all.Where((_, i) => isSeen(i)).ToArray();
            var scopes = new JsonArray([.. seen.Select(slug => (JsonNode)new JsonObject { ["dataset"] = slug, ["can"] = new JsonArray("read") })]);
            var token = (await stoa.PostJsonAsync("/api/v1/tokens", new JsonObject { ["name"] = "many", ["datasets"] = scopes }.ToJsonString()))
                .ShouldBe(201).Json.GetProperty("token").GetString()!;

            Assert.Equal(seen, await NamesAsync(token, "/Things?$top=1000&$select=name&$orderby=id", "name"));
            Assert.Equal(seen, await NamesAsync(token, "/Datastreams?$top=1000&$filter=Thing/name ne 'x'&$orderby=id", "name"));
            Assert.Equal(seen.Length, (await stoa.GetAsync(SensorThings.Root + "/Observations?$count=true&$top=1000", token)).ShouldBe(200)
                .Json.GetProperty("value").GetArrayLength());
            Assert.Equal(seen.Order(StringComparer.Ordinal), (await NamesAsync(
                token, "/Observations?$top=1000&$orderby=phenomenonTime desc&$expand=Datastream", "Datastream")).Order(StringComparer.Ordinal));
            Assert.Equal(seen.Length, (await stoa.GetAsync(SensorThings.Root + "/Things?$count=true&$top=0", token)).ShouldBe(200)
                .Json.GetProperty("@iot.count").GetInt64());
        }

        async Task<string[]> NamesAsync(string token, string query, string property)
        {
            var page = (await stoa.GetAsync(SensorThings.Root + query, token)).ShouldBe(200).Json.GetProperty("value");
            return [.. page.EnumerateArray().Select(entity => property == "name"
                ? entity.GetProperty("name").GetString()!
                : entity.GetProperty(property).GetProperty("name").GetString()!)];
        }
    }

    [Fact]
    public void Are_bits_in_the_order_of_their_ids()
    {
        var scope = AccessScope.Of(
            [new(0), new(9), new(63)], [([new(64), new(200)], new ScopeNarrowing { From = new(1) })]);

        Assert.Equal([0, 9, 63], Set(scope.Bits(withNarrowed: false)));
        Assert.Equal([0, 9, 63, 64, 200], Set(scope.Bits(withNarrowed: true)));
        Assert.Equal([0, 9, 63], Set(scope.Whole.Bits(withNarrowed: true)));
        Assert.Empty(Set(AccessScope.Nothing.Bits(withNarrowed: true)));

        static IEnumerable<long> Set(ScopeBits bits) =>
            Enumerable.Range(0, bits.Bytes.Length * 8).Where(i => (bits.Bytes.Span[i / 8] >> (i % 8) & 1) != 0).Select(i => (long)i);
    }

    [Theory]
    [InlineData("", "", 0, 0)]
    [InlineData("5", "5-5", 5, 1)]
    [InlineData("0 1 2 9", "0-2 9-9", 0, 3)]
    [InlineData("1 3 4 8 9", "1-1 3-4 8-9", 3, 2)]
    [InlineData("1 3 5 7 8 9", "1-1 3-3 5-5 7-9", 7, 3)]
    [InlineData("1 3 5 7 9 10", "", 9, 2)]
    [InlineData("2 6 7 8 9 10 11 12 13 14 15 16 17 19 21 40", "", 6, 12)]
    public void Know_those_that_follow_each_other(string ids, string runs, long first, long length)
    {
        var all = ids.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var bits = AccessScope.Of(all.Select(id => new DatasetId(long.Parse(id, CultureInfo.InvariantCulture)))).Bits(withNarrowed: false);

        Assert.Equal((first, length, all.Length), (bits.Longest.First, bits.Longest.Length, bits.Count));
        Assert.Equal(runs, string.Join(' ', bits.Runs.Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.First}-{run.Last}"))));
    }
}
