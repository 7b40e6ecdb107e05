using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Query;

public class Reading_query_options
{
    private static Problem Refusal(string query) =>
        ODataQuery.Parse(query, QueryLimits.Default).TryGet(out _, out var problem)
            ? throw new InvalidOperationException($"{query} was taken.")
            : problem;

    private static QueryOptions Options(string query) =>
        ODataQuery.Parse(query, QueryLimits.Default).TryGet(out var options, out var problem)
            ? options
            : throw new InvalidOperationException(problem.Detail);

    [Fact]
    public void Reads_all_options()
    {
        var options = Options("?$filter=id%20gt%201&$orderby=name%20desc,id&$select=name,id&$expand=Datastreams&$top=5&$skip=2&$count=true&$resultFormat=dataArray");

        Assert.Equal("(id gt 1)", Shown.Text(options.Filter!));
        Assert.Equal([("name", true), ("id", false)], options.OrderBy.Select(item => (Shown.Text(item.Expression), item.IsDescending)));
        Assert.Equal(["name", "id"], options.Select!.Select(Shown.Text));
        Assert.Equal(["Datastreams"], options.Expand.Select(item => Shown.Text(item.Path)));
        Assert.Equal((5L, 2L, true, "dataArray"), (options.Top, options.Skip, options.Count, options.ResultFormat));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?&&")]
    [InlineData("access_token=x&other")]
    public void Takes_nothing_for_no_options(string query) => Assert.Equal(QueryOptions.None, Options(query));

    [Fact]
    public void Reads_nested_expand_options()
    {
        var options = Options("$expand=Datastreams($filter=contains(name,'a;b(');$select=name;$expand=Observations($top=1;$orderby=phenomenonTime desc,id;$count=true);$skip=3),Locations");

        var (path, inner) = options.Expand[0];
        Assert.Equal("Datastreams", Shown.Text(path));
        Assert.Equal("contains(name, 'a;b(')", Shown.Text(inner.Filter!));
        Assert.Equal(3, inner.Skip);
        var observations = inner.Expand[0].Options;
        Assert.Equal((1L, true, 2), (observations.Top, observations.Count, observations.OrderBy.Count));
        Assert.Equal("Locations", Shown.Text(options.Expand[1].Path));
    }

    [Fact]
    public void Gives_the_options_of_an_expanded_set_back_for_its_next_page()
    {
        var query = QueryStore.Bind(Thing, "$expand=Datastreams($filter=name eq 'a%26b';$top=2;$expand=Observations($top=1),Sensor)");

        Assert.Equal(
            "$filter=name%20eq%20%27a%26b%27&$top=2&$expand=Observations%28%24top%3D1%29%2CSensor",
            query.Expand[0].OptionsText);
        var again = QueryStore.Bind(Datastream, "$filter=name%20eq%20%27a%26b%27&$top=2&$expand=Observations%28%24top%3D1%29%2CSensor");
        Assert.Equal(2, again.Top);
        Assert.Equal(1, again.Expand[0].Query.Top);
    }

    [Theory]
    [InlineData("$format=json")]
    [InlineData("$foo=1")]
    [InlineData("$Filter=id eq 1")]
    [InlineData("$search=x")]
    public void Answers_501_for_an_option_that_is_not_supported(string query)
    {
        var problem = Refusal(query);

        Assert.Equal(501, problem.Status);
        Assert.Equal("unsupported-query-option", problem.Type);
    }

    [Theory]
    [InlineData("$top=-1", "$top, at character 1: Expected a whole number, zero or more, found '-1'.")]
    [InlineData("$top=1.5", "Expected a whole number")]
    [InlineData("$top=99999999999999999999", "Expected a whole number")]
    [InlineData("$top=", "Expected a whole number")]
    [InlineData("$skip=x", "Expected a whole number")]
    [InlineData("$count=yes", "Expected true or false, found 'yes'.")]
    [InlineData("$count=True", "Expected true or false")]
    [InlineData("$filter=", "found the end")]
    [InlineData("$orderby=", "found the end")]
    [InlineData("$orderby=name up", "Expected an operator or the end, found 'up'.")]
    [InlineData("$select=name,", "Expected the name of a property or relation, found the end.")]
    [InlineData("$expand=", "Expected the name of a relation, found the end.")]
    [InlineData("$expand=Datastreams(", "Expected $filter, $orderby, $select, $expand, $top, $skip or $count, found the end.")]
    [InlineData("$expand=Datastreams()", "found ')'.")]
    [InlineData("$expand=Datastreams($top=1;$top=2)", "Expected each option at most once")]
    [InlineData("$expand=Datastreams($top=1", "Expected ';' or ')'")]
    [InlineData("$expand=Datastreams($resultFormat=x)", "Expected $filter, $orderby")]
    [InlineData("$skiptoken=abc", "not one that was given out here")]
    [InlineData("filter=id eq 1", "The option is written $filter, not filter.")]
    [InlineData("$top=1&$top=2", "$top is given twice")]
    public void Refuses_what_is_malformed(string query, string detail)
    {
        var problem = Refusal(query);

        Assert.Equal(400, problem.Status);
        Assert.Contains(detail, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Never_shows_control_characters_of_the_caller()
    {
        var problem = Refusal("$top=%0d%0aSet-Cookie:%00");

        Assert.DoesNotContain(problem.Detail, char.IsControl);
    }

    [Fact]
    public void Keeps_bytes_that_are_no_text_out() =>
        Assert.Equal("(name eq '\uFFFD')", Shown.Text(Options("$filter=name eq '%ff'").Filter!));

    [Fact]
    public void Reads_back_the_place_of_a_page()
    {
        var cursor = new PageCursor(true, [-5, long.MaxValue]);

        var read = PageCursor.FromToken(cursor.ToToken());

        Assert.NotNull(read);
        Assert.True(read.IsDescending);
        Assert.Equal(cursor.Keys, read.Keys);
        Assert.True(cursor.ToToken().Length <= 24);
    }

    [Theory]
    [InlineData("$orderby=name&$skiptoken=")]
    [InlineData("$orderby=id desc&$skiptoken=")]
    public void Refuses_the_place_of_another_order(string query)
    {
        var token = new PageCursor(false, [7]).ToToken();

        Assert.True(QueryStore.TryBind(Thing, "$skiptoken=" + token, out _, out _));
        Assert.False(QueryStore.TryBind(Thing, query + token, out _, out var problem));
        Assert.Equal(400, problem.Status);
    }
}
