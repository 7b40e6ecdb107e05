using System.Globalization;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Observations in every relation of time to the hours 10 to 20: thirteen intervals and five instants.</summary>
public sealed class HoursExchange : IAsyncLifetime
{
    private static readonly (int Start, int? End)[] Spans =
    [
        (0, 5), // 1 before
        (5, 10), // 2 meets
        (5, 15), // 3 overlaps
        (10, 15), // 4 starts
        (12, 18), // 5 during
        (15, 20), // 6 finishes
        (10, 20), // 7 equals
        (5, 25), // 8 contains
        (10, 25), // 9 is started by
        (5, 20), // 10 is finished by
        (15, 25), // 11 is overlapped by
        (20, 25), // 12 is met by
        (25, 30), // 13 after
        (5, null), (10, null), (15, null), (20, null), (25, null), // 14 to 18
    ];

    public Exchange Stoa { get; private set; } = null!; // Set before any test.

    public static string Hour(int hour) =>
        new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(hour).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    public async ValueTask InitializeAsync()
    {
        Stoa = await Exchange.StartAsync();
        await Stoa.CreateAsync("Things", SensorThings.Station);
        foreach (var (start, end) in Spans)
        {
            var time = end is { } to ? $"{Hour(start)}/{Hour(to)}" : Hour(start);
            var members = end is null ? $"\"resultTime\":\"{time}\"" : $"\"validTime\":\"{time}\"";
            await Stoa.CreateAsync("Datastreams(1)/Observations", $$"""{"phenomenonTime":"{{time}}","result":1,{{members}}}""");
        }
    }

    public ValueTask DisposeAsync() => Stoa.DisposeAsync();
}

/// <summary>Comparisons of instants and intervals, which OGC 18-088 leaves open, as docs/querying.md says.</summary>
[Requirement(Requirements.Filter)]
[Requirement(Requirements.FilterOperations)]
public class Temporal_relations(HoursExchange hours) : IClassFixture<HoursExchange>
{
    private const string All = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18";

    private async Task ShouldFindAsync(string filter, string ids)
    {
        var text = filter.Replace("SPAN", $"{HoursExchange.Hour(10)}/{HoursExchange.Hour(20)}", StringComparison.Ordinal)
            .Replace("MOMENT", HoursExchange.Hour(10), StringComparison.Ordinal);

        var answer = await hours.Stoa.ReadAsync($"Observations?$orderby=id&$filter={Uri.EscapeDataString(text)}");

        Assert.Equal(ids, answer.Ids());
    }

    [Theory]
    [InlineData("eq", "7")]
    [InlineData("ne", "1,2,3,4,5,6,8,9,10,11,12,13,14,15,16,17,18")]
    [InlineData("lt", "1,2,14")]
    [InlineData("gt", "12,13,17,18")]
    [InlineData("le", "1,2,3,4,7,10,14,15")]
    [InlineData("ge", "6,7,9,11,12,13,17,18")]
    [InlineData("before", "1,2,14")]
    [InlineData("after", "12,13,17,18")]
    [InlineData("meets", "2,12,15,17")]
    [InlineData("during", "4,5,6,7,15,16")]
    [InlineData("overlaps", "3,4,5,6,7,8,9,10,11,15,16")]
    [InlineData("starts", "4,7,9,15")]
    [InlineData("finishes", "6,7,10,17")]
    public async Task Hold_between_times_and_an_interval(string relation, string ids)
    {
        var isOperator = relation.Length == 2;

        await ShouldFindAsync(isOperator ? $"phenomenonTime {relation} SPAN" : $"{relation}(phenomenonTime,SPAN)", ids);

        if (isOperator)
        {
            var turned = relation switch { "lt" => "gt", "gt" => "lt", "le" => "ge", "ge" => "le", _ => relation };
            await ShouldFindAsync($"SPAN {turned} phenomenonTime", ids);
        }
    }

    [Theory]
    [InlineData("eq", "15")]
    [InlineData("ne", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,16,17,18")]
    [InlineData("lt", "1,2,14")]
    [InlineData("gt", "5,6,11,12,13,16,17,18")]
    [InlineData("le", "1,2,14,15")]
    [InlineData("ge", "4,5,6,7,9,11,12,13,15,16,17,18")]
    [InlineData("before", "1,2,14")]
    [InlineData("after", "5,6,11,12,13,16,17,18")]
    [InlineData("meets", "2,4,7,9,15")]
    [InlineData("during", "")]
    [InlineData("overlaps", "3,4,7,8,9,10,15")]
    [InlineData("starts", "4,7,9,15")]
    [InlineData("finishes", "2,15")]
    public async Task Hold_between_times_and_a_moment(string relation, string ids)
    {
        var isOperator = relation.Length == 2;

        await ShouldFindAsync(isOperator ? $"phenomenonTime {relation} MOMENT" : $"{relation}(phenomenonTime,MOMENT)", ids);
    }

    [Theory]
    [InlineData("resultTime lt SPAN", "14")]
    [InlineData("resultTime during SPAN", null)]
    [InlineData("during(resultTime,SPAN)", "15,16")]
    [InlineData("meets(resultTime,SPAN)", "15,17")]
    [InlineData("overlaps(SPAN,resultTime)", "15,16")]
    [InlineData("resultTime eq phenomenonTime", "14,15,16,17,18")]
    [InlineData("during(validTime,SPAN)", "4,5,6,7")]
    [InlineData("validTime eq phenomenonTime", "1,2,3,4,5,6,7,8,9,10,11,12,13")]
    [InlineData("starts(phenomenonTime,validTime)", "1,2,3,4,5,6,7,8,9,10,11,12,13")]
    [InlineData("not during(validTime,SPAN)", "1,2,3,8,9,10,11,12,13")]
    [InlineData("validTime eq null", "14,15,16,17,18")]
    [InlineData("during(validTime,SPAN) eq null", "14,15,16,17,18")]
    [InlineData("overlaps(phenomenonTime,Datastream/phenomenonTime)", All)]
    [InlineData("before(phenomenonTime,now()) and after(phenomenonTime,mindatetime())", All)]
    [InlineData("before(phenomenonTime,null)", "")]
    [InlineData("phenomenonTime in (SPAN,MOMENT)", "7,15")]
    [InlineData("phenomenonTime add duration'PT5H' eq MOMENT", "3,8,10,14,2")]
    [InlineData("phenomenonTime sub MOMENT eq duration'PT10H'", "12,17")]
    public async Task Hold_between_columns(string filter, string? ids)
    {
        if (ids is null)
            (await hours.Stoa.ReadAsync("Observations?$filter=" + Uri.EscapeDataString(filter))).ShouldBeProblem(400, "malformed-query");
        else
            await ShouldFindAsync(filter, string.Join(',', ids.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).Order()));
    }
}
