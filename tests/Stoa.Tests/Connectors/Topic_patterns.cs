using Stoa.Sensing.Connectors.Rules;
using Xunit;

namespace Stoa.Tests.Connectors;

public class Topic_patterns
{
    [Theory]
    [InlineData("tele/+/SENSOR", "tele/plug-1/SENSOR", true)]
    [InlineData("tele/+/SENSOR", "tele/plug-1/STATE", false)]
    [InlineData("tele/+/SENSOR", "tele/a/b/SENSOR", false)]
    [InlineData("tele/+/SENSOR", "tele//SENSOR", true)]
    [InlineData("tele/{device}/SENSOR", "tele/plug-1/SENSOR", true)]
    [InlineData("plant/#", "plant", true)]
    [InlineData("plant/#", "plant/a/b", true)]
    [InlineData("plant/#", "plants/a", false)]
    [InlineData("plant/+", "plant", false)]
    [InlineData("plant", "plant/", false)]
    [InlineData("+/x", "$SYS/x", false)]
    [InlineData("{a}/x", "$SYS/x", false)]
    public void Match_as_MQTT_filters_do(string pattern, string topic, bool matches)
    {
        Assert.True(TopicPattern.TryParse(pattern, out var parsed, out var problem), problem);

        Assert.Equal(matches, parsed.Matches(topic, null));
    }

    [Fact]
    public void Take_the_named_levels()
    {
        Assert.True(TopicPattern.TryParse("application/{app}/device/{device}/event/up", out var pattern, out _));
        var levels = new Dictionary<string, string>();

        Assert.True(pattern.Matches("application/7/device/70b3/event/up", levels));

        Assert.Equal("application/+/device/+/event/up", pattern.Filter);
        Assert.Equal(("7", "70b3"), (levels["app"], levels["device"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/#/b")]
    [InlineData("a/b#")]
    [InlineData("a/b+")]
    [InlineData("a/{}/b")]
    [InlineData("a/{b c}")]
    [InlineData("a/{b")]
    [InlineData("a/{b}/{b}")]
    [InlineData("a/\0")]
    public void Are_refused_when_they_mean_nothing(string pattern) =>
        Assert.False(TopicPattern.TryParse(pattern, out _, out _));

    [Fact]
    public void Are_limited_in_bytes_and_levels()
    {
        Assert.True(TopicPattern.TryParse(new string('a', TopicPattern.BytesMax), out _, out _));
        Assert.False(TopicPattern.TryParse(new string('a', TopicPattern.BytesMax + 1), out _, out _));
        var deepest = string.Join('/', Enumerable.Repeat("a", TopicPattern.LevelsMax));
        Assert.True(TopicPattern.TryParse(deepest, out _, out _));
        Assert.False(TopicPattern.TryParse(deepest + "/a", out _, out _));
    }
}
