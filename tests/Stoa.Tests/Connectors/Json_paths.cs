using System.Text.Json;
using Stoa.Sensing.Connectors.Paths;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>The part of RFC 9535 that connectors take.</summary>
public class Json_paths
{
    private const string Store =
        """
        { "store": {
            "book": [
              { "category": "reference", "price": 8.95 }, { "category": "fiction", "price": 12.99 },
              { "category": "fiction", "isbn": "0-553-21311-3", "price": 8.99 }, { "category": "fiction", "price": 22.99 } ],
            "bicycle": { "color": "red", "price": 399 } },
          "o": {"j j": {"k.k": 3}}, "'": {"@": 2}, "a": [3, 5, 1, 2, 4, 6], "ä": 1, "empty": {}, "null": null }
        """;

    private static string Select(string path, string json)
    {
        Assert.True(JsonPath.TryParse(path, out var parsed, out var problem), problem);
        using var document = JsonDocument.Parse(json);
        var matches = new List<JsonMatch>();
        Assert.True(parsed.TrySelect(document.RootElement, matches, 1000));
        return string.Join(" ", matches.Select(match => JsonSerializer.Serialize(match.Value)));
    }

    [Theory]
    [InlineData("$.store.bicycle.color", "\"red\"")]
    [InlineData("$['store']['bicycle'][\"color\"]", "\"red\"")]
    [InlineData("$ .store [ 'bicycle' ] .color", "\"red\"")]
    [InlineData("$.o['j j']['k.k']", "3")]
    [InlineData("$[\"'\"]['@']", "2")]
    [InlineData("$['\\'']['\\u0040']", "2")]
    [InlineData("$.ä", "1")]
    [InlineData("$.store.book[0].price", "8.95")]
    [InlineData("$.store.book[-1].price", "22.99")]
    [InlineData("$.store.book[*].price", "8.95 12.99 8.99 22.99")]
    [InlineData("$.store..price", "8.95 12.99 8.99 22.99 399")]
    [InlineData("$..isbn", "\"0-553-21311-3\"")]
    [InlineData("$.store.book[0, 2].price", "8.95 8.99")]
    [InlineData("$.store.book[:2].price", "8.95 12.99")]
    [InlineData("$.store.bicycle.*", "\"red\" 399")]
    [InlineData("$.store.bicycle['price','color']", "399 \"red\"")]
    [InlineData("$.a[1:3]", "5 1")]
    [InlineData("$.a[4:]", "4 6")]
    [InlineData("$.a[1:5:2]", "5 2")]
    [InlineData("$.a[5:1:-2]", "6 2")]
    [InlineData("$.a[::-1]", "6 4 2 1 5 3")]
    [InlineData("$.a[-2:]", "4 6")]
    [InlineData("$.a[1:3:0]", "")]
    [InlineData("$.a[9]", "")]
    [InlineData("$.a.length", "")]
    [InlineData("$.absent.far[0]", "")]
    [InlineData("$.empty.*", "")]
    [InlineData("$.null", "null")]
    [InlineData("$.null.x", "")]
    [InlineData("$.store.book.0", null)]
    [InlineData("$.store.book[01]", null)]
    [InlineData("$.store.book[-0]", null)]
    [InlineData("$.store.book[9007199254740992]", null)]
    [InlineData("$.a[?@ > 1]", null)]
    [InlineData("store.book", null)]
    [InlineData("$.", null)]
    [InlineData("$..", null)]
    [InlineData("$...a", null)]
    [InlineData("$[", null)]
    [InlineData("$['a", null)]
    [InlineData("$['\\ud800']", null)]
    [InlineData("$.a ", null)]
    [InlineData("$.a-b", null)]
    [InlineData("$a", null)]
    [InlineData("", null)]
    public void Select_what_RFC_9535_says(string path, string? expected)
    {
        if (expected is null)
        {
            Assert.False(JsonPath.TryParse(path, out _, out var problem));
            Assert.Contains("is not a path", problem, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(expected, Select(path, Store));
    }

    [Theory]
    [InlineData("$.a", true, 0)]
    [InlineData("$.a[0]['b']", true, 0)]
    [InlineData("$.*", false, 1)]
    [InlineData("$.*.x[*]", false, 2)]
    [InlineData("$..a", false, 1)]
    [InlineData("$['a','b']", false, 1)]
    public void Know_whether_they_select_one_node_and_how_many_names_they_catch(string path, bool isSingular, int captures)
    {
        Assert.True(JsonPath.TryParse(path, out var parsed, out _));

        Assert.Equal((isSingular, captures), (parsed.IsSingular, parsed.Captures));
    }

    [Theory]
    [InlineData("$.*.Temperature", "AM2301")]
    [InlineData("$.*.*", "AM2301,Temperature|AM2301,Nested")]
    [InlineData("$..Temperature", "AM2301.Temperature")]
    [InlineData("$.AM2301..*", "Temperature|Nested|Nested.0|Nested.1")]
    [InlineData("$.AM2301.Nested[::-1]", "1|0")]
    public void Catch_the_names_that_wildcards_match(string path, string expected)
    {
        Assert.True(JsonPath.TryParse(path, out var parsed, out _));
        using var document = JsonDocument.Parse("""{"AM2301":{"Temperature":1,"Nested":[2,3]}}""");
        var matches = new List<JsonMatch>();

        Assert.True(parsed.TrySelect(document.RootElement, matches, 100));

        Assert.Equal(expected, string.Join('|', matches.Select(match => string.Join(',', match.Captures))));
    }

    [Fact]
    public void Are_limited_in_length_and_segments()
    {
        var longest = "$" + string.Concat(Enumerable.Repeat(".a", JsonPath.SegmentsMax));
        Assert.True(JsonPath.TryParse(longest, out _, out _));
        Assert.False(JsonPath.TryParse(longest + ".a", out _, out _));
        Assert.True(JsonPath.TryParse("$." + new string('a', JsonPath.CharactersMax - 2), out _, out _));
        Assert.False(JsonPath.TryParse("$." + new string('a', JsonPath.CharactersMax - 1), out _, out _));
    }

    [Fact]
    public void Do_not_look_at_more_nodes_than_allowed()
    {
        // Four descents over 300 branches, each 20 deep, would look at millions.
        var json = "[" + string.Join(',', Enumerable.Repeat("[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", 300)) + "]";
        Assert.True(JsonPath.TryParse("$..*..*..*..*", out var path, out _));
        using var document = JsonDocument.Parse(json);

        Assert.False(path.TrySelect(document.RootElement, [], int.MaxValue));
    }

    [Fact]
    public void Do_not_give_more_matches_than_wanted()
    {
        Assert.True(JsonPath.TryParse("$[*]", out var path, out _));
        using var document = JsonDocument.Parse("[1,2,3]");

        Assert.True(path.TrySelect(document.RootElement, [], 3));
        Assert.False(path.TrySelect(document.RootElement, [], 2));
    }
}
