using System.Net;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Stoa.Portal.Charts;
using Stoa.Portal.Pages;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Portal;

public class Chart_series(TownFixture town) : IClassFixture<TownFixture>
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public void Keep_extremes_sum_count_and_order_whatever_comes() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<NonEmptyArray<(uint Step, short Value)>>(),
            Gen.Choose(1, 40).ToArbitrary(),
            (input, width) =>
            {
                var time = 0L;
                var rows = input.Get.Select(row => (Time: time += row.Step, Value: (double)row.Value)).ToArray();
                var sampler = new SeriesSampler(rows[0].Time, rows[^1].Time, width);
                foreach (var (at, value) in rows) sampler.Add(at, value);

                var points = sampler.Points();

                return points.Count <= 2 * width &&
                    points.Sum(point => point.Count) == rows.Length &&
                    points.Min(point => point.Low) == rows.Min(row => row.Value) &&
                    points.Max(point => point.High) == rows.Max(row => row.Value) &&
                    Math.Abs(points.Sum(point => point.Mean * point.Count) - rows.Sum(row => row.Value)) < 1e-3 &&
                    points.Zip(points.Skip(1)).All(pair => pair.First.UnixMicroseconds <= pair.Second.UnixMicroseconds) &&
                    points.All(point => point.UnixMicroseconds >= rows[0].Time && point.UnixMicroseconds <= rows[^1].Time);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Are_broken_where_nothing_was_observed()
    {
        ChartPoint[] points = [.. new[] { 0, 10, 20, 30, 200, 210 }.Select(time => new ChartPoint(time, 1, 1, 1, 1))];

        var runs = Series.Runs(points).Select(run => run.Count);

        Assert.Equal([4, 2], runs);
    }

    [Fact]
    public async Task Come_as_columns_as_observed_when_few()
    {
        using var json = await GetAsync("/charts/datastreams/1?from=2026-03-14T00:00:00Z&to=2026-03-14T12:00:00Z&width=100");

        Assert.Equal(13, json.RootElement.GetProperty("t").GetArrayLength());
        Assert.Equal(13, json.RootElement.GetProperty("count").GetInt32());
        Assert.Equal("µg/m³", json.RootElement.GetProperty("unit").GetString());
        Assert.False(json.RootElement.TryGetProperty("low", out _));
    }

    [Fact]
    public async Task Of_a_year_of_minutes_come_in_one_go_and_keep_a_spike_of_one_minute()
    {
        const int Minutes = 525_600;
        const int SpikeAt = 300_123;
        await using var site = await PortalSite.StartAsync(new StandingClock(PortalSite.End), async small =>
        {
            var dataset = new Town.Description(2, "noise", "Noise", "", InfrastructureSector.Environment, SpectrumClass.Open, 1, "[]");
            await small.OrganizationAsync(1, "office", "Office");
            await small.DatasetAsync(dataset);
            var thing = await small.PlaceAsync(dataset, 0, "Microphone", null);
            var datastream = await small.DatastreamAsync(dataset, thing, "level", "Level", new("decibel", "dB", "dB"));
            var start = Instant.From(PortalSite.End).UnixMicroseconds - Minutes * 60_000_000L;
            await small.AppendAsync(datastream, [.. Enumerable.Range(0, Minutes).Select(i => new BulkObservation(
                new(start + i * 60_000_000L), null, ResultValue.Number(i == SpikeAt ? 140.5 : 50 + i % 7)))]);
        }, 0, Now);

        using var json = JsonDocument.Parse(await site.Client.GetStringAsync("/charts/datastreams/1?width=1000", Now));

        Assert.Equal(Minutes, json.RootElement.GetProperty("count").GetInt32());
        Assert.InRange(json.RootElement.GetProperty("t").GetArrayLength(), 990, 1000);
        Assert.Equal(140.5, json.RootElement.GetProperty("high").EnumerateArray().Max(value => value.GetDouble()));
        Assert.Equal(50, json.RootElement.GetProperty("low").EnumerateArray().Min(value => value.GetDouble()));
    }

    [Theory]
    [InlineData("width=49", "width")]
    [InlineData("width=4001", "width")]
    [InlineData("width=wide", "width")]
    [InlineData("from=yesterday", "from")]
    [InlineData("to=2026-02-30T00:00:00Z", "to")]
    [InlineData("from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "to")]
    public async Task Refuse_what_cannot_be_drawn_and_name_it(string query, string parameter)
    {
        using var answer = await town.Site.Client.GetAsync("/charts/datastreams/1?" + query, Now);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Now));
        Assert.Equal(parameter, problem.RootElement.GetProperty("parameter").GetString());
    }

    [Theory]
    [InlineData("width=50")]
    [InlineData("width=4000")]
    [InlineData("from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z")]
    public async Task Take_the_limits_themselves(string query)
    {
        using var json = await GetAsync("/charts/datastreams/1?" + query);

        Assert.True(json.RootElement.GetProperty("count").GetInt32() > 0);
    }

    private async Task<JsonDocument> GetAsync(string address) =>
        JsonDocument.Parse(await town.Site.Client.GetStringAsync(address, Now));
}
