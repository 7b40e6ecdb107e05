using Stoa.Query;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Query;

public class Reading_by_path(SampleStore sample) : IClassFixture<SampleStore>
{
    private static readonly AccessScope First = AccessScope.Of([new(1)]);

    [Theory]
    [InlineData("Things(101)", "101", "101")]
    [InlineData("Things(103)", "103", "")]
    [InlineData("Things(9223372036854775807)", "", "")]
    [InlineData("Things(101)/Datastreams", "201 202", "201 202")]
    [InlineData("Things(101)/Datastreams(202)", "202", "202")]
    [InlineData("Things(102)/Datastreams(202)", "", "")] // Not the bridge's.
    [InlineData("Things(101)/Datastreams(202)/Observations", "1009 1010 1011 1012", "1009 1010 1011 1012")]
    [InlineData("Things(102)/Datastreams(202)/Observations", "", "")]
    [InlineData("Things(101)/Datastreams(202)/Observations(1001)", "", "")]
    [InlineData("Datastreams(203)/Observations", "1103 1101 1102", "")]
    [InlineData("Datastreams(203)/Sensor", "401", "")] // Its Datastream is hidden.
    [InlineData("Observations(1001)/Datastream/Thing/Locations", "301", "301")]
    [InlineData("Observations(1101)/Datastream/Thing", "103", "")]
    [InlineData("Locations(301)/Things", "101 102", "101 102")]
    [InlineData("Locations(303)/Things", "103", "")]
    [InlineData("FeaturesOfInterest(601)/Observations(1001)", "1001", "1001")]
    [InlineData("FeaturesOfInterest(601)/Observations(1101)", "1101", "")]
    [InlineData("Observations(1001)/FeatureOfInterest", "601", "601")]
    [InlineData("Sensors(401)/Datastreams", "201 202 203", "201 202")]
    public async Task Gives_what_belongs_to_each_step(string path, string all, string first)
    {
        Assert.Equal(all, await Ids(path, AccessScope.Everything));
        Assert.Equal(all, await Ids(path, AccessScope.Of([new(1), new(2)])));
        Assert.Equal(first, await Ids(path, First));
        Assert.Equal("", await Ids(path, AccessScope.Nothing));
    }

    private async Task<string> Ids(string path, AccessScope scope) =>
        string.Join(' ', await sample.Store.IdsAsync(new ReadRequest { Path = Question.PathOf(path), Scope = scope }));

    [Theory]
    [InlineData("Things(101)", 1, 1)]
    [InlineData("Things(103)", 1, 0)]
    [InlineData("Things(101)/Datastreams(202)", 1, 1)]
    [InlineData("Things(102)/Datastreams(202)", 0, 0)]
    [InlineData("Observations(1101)/Datastream", 1, 0)]
    public async Task Tells_whether_a_parent_exists(string path, long all, long first)
    {
        Assert.Equal(all, await sample.Store.NumberAsync(QueryStore.Translator.Exists(Question.PathOf(path), AccessScope.Everything)));
        Assert.Equal(first, await sample.Store.NumberAsync(QueryStore.Translator.Exists(Question.PathOf(path), First)));
    }

    [Theory]
    [InlineData("Things", "", 3, 2)]
    [InlineData("Observations", "", 15, 12)]
    [InlineData("Observations", "$filter=result gt 3&$top=1&$skip=1", 6, 3)]
    [InlineData("Datastreams(203)/Observations", "", 3, 0)]
    [InlineData("Things(103)/Datastreams(203)/Observations", "", 3, 0)]
    [InlineData("Things(101)/Datastreams(203)/Observations", "", 0, 0)]
    [InlineData("Things(101)/Datastreams", "", 2, 2)]
    [InlineData("Datastreams(201)/Observations", "$filter=result gt 1", 3, 3)]
    public async Task Counts_what_is_visible(string path, string query, long all, long first)
    {
        var steps = Question.PathOf(path);
        var request = new ReadRequest { Path = steps, Scope = AccessScope.Everything, Query = QueryStore.Bind(steps[^1].Entity, query) };

        Assert.Equal(all, await sample.Store.NumberAsync(QueryStore.Translator.Count(request)));
        Assert.Equal(first, await sample.Store.NumberAsync(QueryStore.Translator.Count(request with { Scope = First })));
        Assert.Equal(0, await sample.Store.NumberAsync(QueryStore.Translator.Count(request with { Scope = AccessScope.Nothing })));
    }

    [Fact]
    public async Task Stops_counting_at_a_limit_and_says_so()
    {
        var request = ReadRequest.OfSet(Observation, AccessScope.Everything) with { Query = QueryStore.Bind(Observation, "$filter=id gt 0") };

        var sql = QueryStore.Translator.Count(request, countLimit: 5);

        Assert.False(sql.IsExact);
        Assert.Equal(5, await sample.Store.NumberAsync(sql));
    }

    [Fact]
    public async Task Runs_one_child_statement_for_each_parent()
    {
        var request = ReadRequest.OfChildren(Thing.FindNavigation("Datastreams")!, AccessScope.Everything) with
        {
            Columns = [new("id")],
            Query = QueryStore.Bind(Datastream, "$orderby=id desc&$filter=id ne 203"),
        };
        var sql = QueryStore.Translator.Rows(request);
        using var read = await sample.Store.Database.ReadAsync(TestContext.Current.CancellationToken);
        using var statement = QueryStore.Run(read, sql);

        string Children(long parent)
        {
            statement.Reset();
            statement.Bind(sql.ParentParameter, parent);
            var ids = new List<long>();
            while (statement.Step()) ids.Add(statement.Int64(0));
            return string.Join(' ', ids);
        }

        Assert.Equal("202 201", Children(101));
        Assert.Equal("", Children(102));
        Assert.Equal("202 201", Children(101));
    }

    [Theory]
    [InlineData("Things", "$top=2")]
    [InlineData("Things", "$orderby=id desc&$top=1")]
    [InlineData("Observations", "$top=4")]
    [InlineData("Observations", "$orderby=phenomenonTime desc&$top=4&$filter=result ne 5")]
    [InlineData("Datastreams(201)/Observations", "$orderby=phenomenonTime desc&$top=3")]
    [InlineData("HistoricalLocations", "$orderby=time&$top=3")]
    public async Task Pages_by_key_without_gap_or_repetition(string path, string query)
    {
        await using var store = await QueryStore.OpenAsync(WithEqualTimes());
        var steps = Question.PathOf(path);
        var all = await store.IdsAsync(new ReadRequest
        {
            Path = steps, Scope = AccessScope.Everything, Query = QueryStore.Bind(steps[^1].Entity, query),
        });
        var paged = new List<long>();
        for (var token = ""; token is not null;)
        {
            var bound = QueryStore.Bind(steps[^1].Entity, query + token);
            var sql = QueryStore.Translator.Rows(new ReadRequest
            {
                Path = steps, Scope = AccessScope.Everything, Query = bound, Limit = bound.Top, Columns = [new("id")],
            });
            token = null;
            using var read = await store.Database.ReadAsync(TestContext.Current.CancellationToken);
            using var statement = QueryStore.Run(read, sql);
            while (statement.Step())
            {
                paged.Add(statement.Int64(0));
                var keys = Enumerable.Range(sql.KeysetColumn, sql.KeysetColumns).Select(statement.Int64).ToArray();
                token = "&$skiptoken=" + new PageCursor(bound.OrderBy[0].IsDescending, keys).ToToken();
            }
        }

        Assert.NotEmpty(all);
        Assert.Equal(all, paged);
    }

    private static City WithEqualTimes()
    {
        var city = SampleCity.Make();
        foreach (var observation in city.Of(Observation).Where(o => o.Id is > 1002 and < 1007))
            observation.Values["phenomenonTime"] = city.Of(Observation).First(o => o.Id == 1003).Values["phenomenonTime"];
        for (var id = 701; id < 709; id++)
        {
            var past = city.Add(HistoricalLocation, id, 1);
            past.Values["time"] = new Instant(id / 3);
            City.Link(past, "Thing", city.Of(Thing).First(), "HistoricalLocations");
        }

        return city;
    }
}
