using FsCheck;
using FsCheck.Fluent;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Spaces;
using Xunit;

namespace Stoa.Tests.Mqtt;

/// <summary>Filters and names (MQTT 5, 4.7); the examples are the standard's.</summary>
public class Matching_topics
{
    [Theory]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player10", false)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("#", "a/b", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("#", "$SYS/a", false)]
    [InlineData("+/a", "$SYS/a", false)]
    [InlineData("$SYS/#", "$SYS/a", true)]
    [InlineData("a/b", "a/b/c", false)]
    [InlineData("a/b/c", "a/b", false)]
    public void Follows_the_examples(string filter, string name, bool isMatch) =>
        Assert.Equal(isMatch, Topics.Matches(filter, name));

    [Theory]
    [InlineData("#", true)]
    [InlineData("+", true)]
    [InlineData("+/tennis/#", true)]
    [InlineData("sport/+/player1", true)]
    [InlineData("/", true)]
    [InlineData("sport/tennis#", false)]
    [InlineData("sport/tennis/#/ranking", false)]
    [InlineData("sport+", false)]
    [InlineData("+a", false)]
    [InlineData("", false)]
    public void Knows_a_filter(string filter, bool isFilter) => Assert.Equal(isFilter, Topics.IsFilter(filter));

    [Fact]
    public void Finds_in_the_tree_what_each_filter_takes_alone()
    {
        var level = Gen.Elements("a", "b", "", "+");
        var filters = Gen.ArrayOf(
            from levels in Gen.NonEmptyListOf(level)
            from isOpen in ArbMap.Default.GeneratorFor<bool>()
            select string.Join('/', levels.Take(4)) + (isOpen ? "/#" : ""));
        var names = from levels in Gen.NonEmptyListOf(Gen.Elements("a", "b", "")) select string.Join('/', levels.Take(5));
        Prop.ForAll(filters.ToArbitrary(), names.ToArbitrary(), (all, name) =>
        {
            var tree = new TopicTree<string>();
            foreach (var filter in all) tree.Add(filter, filter);
            var found = new List<string>();
            tree.ForEachMatch(name, filter =>
            {
                found.Add(filter);
                return true;
            });
            Assert.Equal(all.Where(filter => Topics.Matches(filter, name)).Order(), found.Order());
            foreach (var filter in all) tree.Remove(filter, filter);
            Assert.True(tree.IsEmpty);
        }).QuickCheckThrowOnFailure();
    }
}
