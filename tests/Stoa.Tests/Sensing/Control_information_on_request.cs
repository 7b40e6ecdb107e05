using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>$resultMetadata: how much control information an answer holds.</summary>
public class Control_information_on_request(SeriesExchange series) : IClassFixture<SeriesExchange>
{
    private Exchange Stoa => series.Stoa;

    [Theory]
    [InlineData("minimal", true)]
    [InlineData("none", true)]
    [InlineData("off", false)]
    public async Task Links_are_left_out(string amount, bool hasNext)
    {
        var answer = (await Stoa.ReadAsync(
            $"Things?$top=1&$count=true&$select=name,id&$expand=Datastreams($select=id,name)&$resultMetadata={amount}")).ShouldBe(200);

        Assert.Equal(hasNext, answer.Json.TryGetProperty("@iot.nextLink", out _));
        Assert.Equal(4, answer.Json.GetProperty("@iot.count").GetInt32());
        Assert.Equal(
            """{"@iot.id":1,"name":"Alpha","Datastreams":[{"@iot.id":1,"name":"numbers"}]}""",
            answer.Json.GetProperty("value")[0].GetRawText());
    }

    [Fact]
    public async Task Links_are_there_when_all_is_asked_for()
    {
        Assert.Equal(
            (await Stoa.ReadAsync("Things(1)?$expand=Locations")).Text,
            (await Stoa.ReadAsync("Things(1)?$expand=Locations&$resultMetadata=full")).Text);
        Assert.DoesNotContain("Link", (await Stoa.ReadAsync("Things(1)?$expand=Locations&$resultMetadata=minimal")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("some")]
    [InlineData("")]
    [InlineData("FULL")]
    public async Task Other_amounts_are_refused(string amount) =>
        (await Stoa.ReadAsync($"Things?$resultMetadata={amount}")).ShouldBeProblem(400, "malformed-query");
}
