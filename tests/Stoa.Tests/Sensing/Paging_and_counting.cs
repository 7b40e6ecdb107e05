using System.Globalization;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>$top, $skip, $count and nextLink (OGC 18-088, 9.3.3).</summary>
public class Paging_and_counting(SeriesExchange series) : IClassFixture<SeriesExchange>
{
    private Exchange Stoa => series.Stoa;

    [Theory]
    [Requirement(Requirements.Top)]
    [InlineData("Things?$top=0", "", false)]
    [InlineData("Things?$top=1", "1", true)]
    [InlineData("Things?$top=3", "1,2,3", true)]
    [InlineData("Things?$top=4", "1,2,3,4", false)]
    [InlineData("Things?$top=5", "1,2,3,4", false)]
    [InlineData("Things?$top=9223372036854775807", "1,2,3,4", false)]
    [InlineData("Things?$top=2&$filter=id ge 3", "3,4", false)]
    public async Task Top_ends_a_page_and_shows_whether_there_is_more(string path, string ids, bool hasMore)
    {
        var answer = await Stoa.ReadAsync(path);

        Assert.Equal(ids, answer.Ids());
        Assert.Equal(hasMore, answer.Json.TryGetProperty("@iot.nextLink", out _));
    }

    [Theory]
    [Requirement(Requirements.Skip)]
    [InlineData("Things?$skip=0", "1,2,3,4")]
    [InlineData("Things?$skip=3", "4")]
    [InlineData("Things?$skip=4", "")]
    [InlineData("Things?$skip=99", "")]
    [InlineData("Things?$skip=9223372036854775807", "")]
    [InlineData("Things?$top=2&$skip=1", "2,3")]
    [InlineData("Things?$skip=1&$top=2&$orderby=id desc", "3,2")]
    public async Task Skip_leaves_out_the_first(string path, string ids)
    {
        var answer = await Stoa.ReadAsync(path);

        Assert.Equal(ids, answer.Ids());
    }

    [Theory]
    [Requirement(Requirements.Count)]
    [InlineData("Things?$count=true", 4)]
    [InlineData("Things?$count=true&$top=1&$skip=2", 4)]
    [InlineData("Things?$count=true&$top=0", 4)]
    [InlineData("Things?$count=true&$filter=id gt 2", 2)]
    [InlineData("Things?$count=true&$filter=id gt 99", 0)]
    [InlineData("Things?$count=true&$expand=Datastreams", 4)]
    [InlineData("Observations?$count=true", 18)]
    [InlineData("Observations?$count=true&$filter=result gt 3", 9)]
    [InlineData("Datastreams(1)/Observations?$count=true", 12)]
    [InlineData("Things(1)/Datastreams(1)/Observations?$count=true", 12)]
    [InlineData("Datastreams(3)/Observations?$count=true", 0)]
    [InlineData("Things(1)/Locations?$count=true", 1)]
    [InlineData("FeaturesOfInterest(1)/Observations?$count=true", 12)]
    [InlineData("Observations/$ref?$count=true&$top=1", 18)]
    public async Task Count_counts_what_the_filter_leaves(string path, long count)
    {
        var answer = await Stoa.ReadAsync(path);

        Assert.Equal(count, answer.ShouldBe(200).Json.GetProperty("@iot.count").GetInt64());
    }

    [Fact]
    [Requirement(Requirements.Count)]
    public async Task Count_is_left_out_unless_asked_for()
    {
        Assert.False((await Stoa.ReadAsync("Things")).Json.TryGetProperty("@iot.count", out _));
        Assert.False((await Stoa.ReadAsync("Things?$count=false")).Json.TryGetProperty("@iot.count", out _));
    }

    [Theory]
    [Requirement(Requirements.Top)]
    [Requirement(Requirements.Skip)]
    [Requirement(Requirements.Count)]
    [InlineData("$top=-1")]
    [InlineData("$top=1.5")]
    [InlineData("$top=ten")]
    [InlineData("$top=")]
    [InlineData("$top=99999999999999999999")]
    [InlineData("$top=1&$top=2")]
    [InlineData("$skip=-1")]
    [InlineData("$skip=x")]
    [InlineData("$count=TRUE")]
    [InlineData("$count=1")]
    [InlineData("$count")]
    [InlineData("$skiptoken=abc")]
    [InlineData("top=1")]
    public async Task Values_that_mean_nothing_are_refused(string query)
    {
        var answer = await Stoa.ReadAsync("Things?" + query);

        answer.ShouldBeProblem(400, "malformed-query");
    }

    [Theory]
    [Requirement(Requirements.QueryStatusCode)]
    [InlineData("$search=a")]
    [InlineData("$apply=groupby((name))")]
    [InlineData("$format=json")]
    [InlineData("$Top=1")]
    [InlineData("$=1")]
    public async Task An_option_that_is_not_supported_fails_with_501(string query)
    {
        var answer = await Stoa.ReadAsync("Things?" + query);

        answer.ShouldBeProblem(501, "unsupported-query-option");
    }

    [Theory]
    [Requirement(Requirements.Pagination)]
    [InlineData("Observations")]
    [InlineData("Observations?$orderby=phenomenonTime desc")]
    [InlineData("Observations?$orderby=id desc")]
    [InlineData("Observations?$orderby=result desc,id")]
    [InlineData("Observations?$orderby=resultTime")]
    [InlineData("Observations?$orderby=Datastream/Thing/name desc")]
    [InlineData("Observations?$orderby=phenomenonTime,id desc")]
    [InlineData("Datastreams(1)/Observations?$filter=result ne 4&$orderby=phenomenonTime desc")]
    [InlineData("FeaturesOfInterest(1)/Observations")]
    [InlineData("Things?$expand=Datastreams/Observations")]
    [InlineData("Locations(1)/Things?$skip=0")]
    public async Task Pages_of_every_size_hold_every_row_once_and_in_order(string path)
    {
        var join = path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        var whole = await Stoa.AllIdsAsync(path);

        foreach (var top in new[] { 1, 2, 3, 5, 7 })
            Assert.Equal(whole, await Stoa.AllIdsAsync(string.Create(CultureInfo.InvariantCulture, $"{path}{join}$top={top}")));
    }

    [Fact]
    [Requirement(Requirements.Pagination)]
    public async Task A_next_link_keeps_filter_order_selection_and_expansion()
    {
        var first = (await Stoa.ReadAsync(
            "Things?$top=1&$filter=properties/height gt 0&$orderby=name desc&$select=name&$expand=Datastreams($select=name)&$count=true"))
            .ShouldBeJson(200,
                """
                {
                  "@iot.count": 2,
                  "value": [{"name": "beta", "Datastreams": [{"name": "kinds"}]}],
                  "@iot.nextLink": "{base}/sensorthings/v1.1/Things?$top=1&$filter=properties/height%20gt%200&$orderby=name%20desc&$select=name&$expand=Datastreams($select=name)&$skip=1"
                }
                """);

        var second = await Stoa.GetAsync(first.Json.GetProperty("@iot.nextLink").GetString()!, Stoa.AdminToken);

        // The count is on the first page; counting again on each would cost more than the pages.
        second.ShouldBeJson(200, """{"value": [{"name": "Alpha", "Datastreams": [{"name": "numbers"}]}]}""");
    }

    [Fact]
    [Requirement(Requirements.Pagination)]
    public async Task A_place_belongs_to_its_order()
    {
        var next = (await Stoa.ReadAsync("Observations?$top=1")).Json.GetProperty("@iot.nextLink").GetString()!;

        var answer = await Stoa.GetAsync(next + "&$orderby=result", Stoa.AdminToken);

        answer.ShouldBeProblem(400, "malformed-query");
    }

    [Fact]
    [Requirement(Requirements.Pagination)]
    public async Task Rows_with_equal_times_come_once_while_others_are_inserted()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        foreach (var hour in new[] { 1, 1, 1, 1, 2, 2, 2, 3 })
            await stoa.GivenObservationsAsync(($"2026-01-01T0{hour}:00:00Z", "1"));
        var seen = new List<long>();
        var answer = await stoa.ReadAsync("Datastreams(1)/Observations?$top=3");
        while (true)
        {
            seen.AddRange(answer.ShouldBe(200).Json.GetProperty("value").EnumerateArray().Select(row => row.GetProperty("@iot.id").GetInt64()));
            if (!answer.Json.TryGetProperty("@iot.nextLink", out var next)) break;
            // One before everything, so that pages counted from the beginning would shift.
            await stoa.GivenObservationsAsync(("2025-12-31T00:00:00Z", "0"));
            answer = await stoa.GetAsync(next.GetString()!, stoa.AdminToken);
        }

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], seen);
    }

    [Fact]
    [Requirement(Requirements.Order)]
    public async Task Options_apply_in_the_order_of_the_standard_however_they_are_written()
    {
        // Filter to 3…12, count, sort downwards, skip 12 and 11, take two, then show the result alone.
        const string expected =
            """
            {
              "@iot.count": 10,
              "value": [{"result": 10}, {"result": 9}]
            }
            """;
        string[] options =
            ["$select=result", "$top=2", "$skip=2", "$orderby=result desc", "$count=true", "$filter=Datastream/id eq 1 and result ge 3"];

        foreach (var query in new[] { string.Join('&', options), string.Join('&', options.Reverse()) })
        {
            var answer = (await Stoa.ReadAsync("Observations?" + query)).ShouldBe(200);

            var page = System.Text.Json.Nodes.JsonNode.Parse(answer.Text)!.AsObject();
            Assert.True(page.Remove("@iot.nextLink"));
            Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(System.Text.Json.Nodes.JsonNode.Parse(expected), page), page.ToString());
        }
    }

    [Fact]
    [Requirement(Requirements.Top)]
    [Requirement(Requirements.Pagination)]
    public async Task A_page_is_never_larger_than_the_server_allows()
    {
        await using var stoa = await Exchange.StartAsync(settings: [("limits.topMax", "3"), ("limits.topDefault", "2")]);
        for (var i = 0; i < 5; i++) await stoa.CreateAsync("Things", """{"name":"t","description":"d"}""");

        Assert.Equal("1,2", (await stoa.ReadAsync("Things")).Ids());
        Assert.Equal("1,2,3", (await stoa.ReadAsync("Things?$top=4")).Ids());
        Assert.Equal("1,2,3", (await stoa.ReadAsync("Things?$top=3")).Ids());
        Assert.Equal([1, 2, 3, 4, 5], await stoa.AllIdsAsync("Things?$top=1000"));
        Assert.Equal([1, 2, 3, 4, 5], await stoa.AllIdsAsync("Things"));
    }
}
