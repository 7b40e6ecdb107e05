using System.Globalization;
using System.Text.Json;
using Stoa.Portal.Map;
using Stoa.Portal.Pages;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Tests.Sharing;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>An open dataset of which a rule of the city leaves a part: without any credential, on pages, in charts and on the map.</summary>
public class Narrowed_for_everybody
{
    [Fact]
    public async Task Shows_open_data_as_coarse_as_a_rule_of_the_city_asks()
    {
        await using var town = await SentinelTown.StartAsync(time: TimeProvider.System);
        await CoarseAsync(town);

        var page = (await town.Exchange.GetAsync("/datasets/narrow")).ShouldBe(200).Text;
        Assert.Contains("Without an agreement: all fields; Not finer than cells of 1000 m, steps of 3600 s", page, StringComparison.Ordinal);
        Assert.Contains("771.1", page, StringComparison.Ordinal);
        Assert.Contains("[13.38267,52.519763]", (await town.Exchange.GetAsync("/map/things.geojson")).ShouldBe(200).Text, StringComparison.Ordinal);
        var chart = (await town.Exchange.GetAsync("/charts/datastreams/2")).ShouldBe(200).Json;
        Assert.Equal("[1772694000,1772755200]", chart.GetProperty("t").GetRawText());
        var whole = (await town.Exchange.GetAsync("/charts/datastreams/1")).ShouldBe(200).Json;
        Assert.Equal("[1772704800,1772755200]", whole.GetProperty("t").GetRawText());
        foreach (var address in new[] { "/", "/datasets", "/datasets/narrow", "/things", "/things/2?span=all", "/map/things.geojson", "/map/things/2" })
        {
            var text = (await town.Exchange.GetAsync(address)).ShouldBe(200).Text;
            foreach (var exact in new[] { "07:11", "13.37777", ConsumersOfParts.MomentInSeconds })
                Assert.DoesNotContain(exact, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Reads_few_values_for_the_map_of_everything()
    {
        await using var town = await SentinelTown.StartAsync(time: TimeProvider.System);
        await CoarseAsync(town);
        for (var i = 0; i < 35; i++) await town.CreateAsync("narrow", "Things", Thing(i));

        var everything = await ResultsAsync(town, "/map/things.geojson");
        var dataset = await ResultsAsync(town, "/map/things.geojson?dataset=narrow");

        // Of the dataset that is seen whole there is one more.
        Assert.Equal(MapFeatures.NarrowedValuesOnMapMax + 1, everything.Count(result => result.ValueKind == JsonValueKind.Number));
        Assert.Equal(107, everything.Count);
        Assert.Equal(106, dataset.Count(result => result.ValueKind == JsonValueKind.Number));
    }

    [Fact]
    public async Task Looks_for_the_newest_value_in_an_area_among_few()
    {
        await using var town = await SentinelTown.StartAsync(time: TimeProvider.System);
        await MiddleAsync(town);
        await ElsewhereAsync(town, first: 1, count: NarrowedSeries.LookedAtMax - 1);
        Assert.Equal("1", await NewestAsync(town));

        await ElsewhereAsync(town, first: NarrowedSeries.LookedAtMax, count: 1);

        Assert.Equal("null", await NewestAsync(town));
        Assert.Contains("not counted", (await town.Exchange.GetAsync("/datasets/narrow")).ShouldBe(200).Text, StringComparison.Ordinal);
        (await town.Exchange.GetAsync("/things/2?span=all")).ShouldBe(200);
        (await town.Exchange.GetAsync("/charts/datastreams/2")).ShouldBe(200);
    }

    [Fact]
    public async Task Draws_an_area_from_the_newest_values_however_long_a_span_is_asked_for()
    {
        await using var town = await SentinelTown.StartAsync(time: TimeProvider.System);
        await MiddleAsync(town);
        const string chart = "/charts/datastreams/2?from=2001-01-01T00:00:00Z&to=2026-12-31T00:00:00Z";
        var times = await TimesAsync(town, chart);
        Assert.NotEmpty(times);
        await ElsewhereAsync(town, first: 1, count: NarrowedSeries.ChartedMax - 1);
        Assert.Equal(times[^1..], await TimesAsync(town, chart));

        await ElsewhereAsync(town, first: NarrowedSeries.ChartedMax, count: 1);

        Assert.Empty(await TimesAsync(town, chart));
    }

    private static async Task MiddleAsync(SentinelTown town) => await GovernedCity.Of(town.Exchange).RecordAsync(RecordTypes.Rule, new()
    {
        Name = "The middle alone", Layer = PolicyLayer.City, Datasets = [town.Narrow],
        Restriction = new() { Area = new(13_370_000, 52_500_000, 13_390_000, 52_530_000) },
    });

    private static async Task<List<double>> TimesAsync(SentinelTown town, string chart) =>
        [.. (await town.Exchange.GetAsync(chart)).ShouldBe(200).Json.GetProperty("t").EnumerateArray().Select(time => time.GetDouble())];

    private static async Task CoarseAsync(SentinelTown town) => await GovernedCity.Of(town.Exchange).RecordAsync(RecordTypes.Rule, new()
    {
        Name = "No exact places", Layer = PolicyLayer.City, Datasets = [town.Narrow], Restriction = new() { Granularity = new(1000, 3600, 0) },
    });

    private static async Task<string> NewestAsync(SentinelTown town) =>
        (await town.Exchange.GetAsync("/map/things/2")).ShouldBe(200).Json.GetProperty("streams")[0].GetProperty("result").GetRawText();

    private static async Task<List<JsonElement>> ResultsAsync(SentinelTown town, string address) =>
    [
        .. (await town.Exchange.GetAsync(address)).ShouldBe(200).Json.GetProperty("features").EnumerateArray()
            .SelectMany(feature => feature.GetProperty("properties").GetProperty("streams").EnumerateArray())
            .Select(stream => stream.GetProperty("result")),
    ];

    private static string Thing(int number)
    {
        const string stream =
            """
            {"name":"d","description":"d","observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
             "unitOfMeasurement":{"name":"n","symbol":"s","definition":"d"},"Sensor":{"@iot.id":2},"ObservedProperty":{"@iot.id":2},
             "Observations":[{"phenomenonTime":"2026-03-05T07:11:13Z","result":5,"FeatureOfInterest":{"@iot.id":2} }]}
            """;
        return $$"""
            {"name":"t{{number}}","description":"d",
             "Locations":[{"name":"l","description":"d","encodingType":"application/geo+json",
               "location":{"type":"Point","coordinates":[13.3,52.5]} }],
             "Datastreams":[{{stream}},{{stream}},{{stream}}]}
            """;
    }

    /// <summary>Observations a second apart, newer than all others of the series, of a feature that is not in the area.</summary>
    private static Task<bool> ElsewhereAsync(SentinelTown town, int first, int count) => town.Exchange.Database.WriteAsync(
        session =>
        {
            const long start = 1_772_800_000_000_000; // 2026-03-06T12:26:40Z
            session.MakeRoom(start);
            session.Execute(string.Create(CultureInfo.InvariantCulture,
                $"""
                WITH RECURSIVE n (i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {first + count - 1})
                INSERT INTO observation (datastream_id, phenomenon_start, id, result_number, feature_of_interest_id)
                SELECT 2, {start} + i * 1000000, 1000000 + i, 7, 1
                FROM   n
                """));
            return true;
        },
        TestContext.Current.CancellationToken);
}
