using Stoa.Query;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Query;

/// <summary>How statements are run: by index, never over all observations, and with one text for one shape.</summary>
public class Statements(SampleStore sample) : IClassFixture<SampleStore>
{
    private static readonly PathStep[] InDatastream = [new(Datastream, null, 201), new(Observation, Datastream.FindNavigation("Observations"))];

    public static readonly TheoryData<string> Scopes = ["all", "one", "some", "many"];

    private static AccessScope Scope(string name) => name switch
    {
        "all" => AccessScope.Everything,
        "one" => AccessScope.Of([new(1)]),
        "some" => AccessScope.Of([new(1), new(2), new(3)]),
        _ => AccessScope.Of(Enumerable.Range(1, 40).Select(id => new DatasetId(id))),
    };

    private static SqlText Rows(IReadOnlyList<PathStep> path, string query, AccessScope scope) =>
        QueryStore.Translator.Rows(new ReadRequest
        {
            Path = path, Scope = scope, Query = QueryStore.Bind(path[^1].Entity, query), Limit = 101, Columns = [new("id")],
        });

    private async Task<string> Plan(IReadOnlyList<PathStep> path, string query, string scope) =>
        await sample.Store.PlanAsync(Rows(path, query, Scope(scope)));

    [Theory, MemberData(nameof(Scopes)), Trait("Engine", "SQLite")]
    public async Task The_latest_observation_of_a_datastream_is_read_from_the_end_of_its_key(string scope)
    {
        var plan = await Plan(InDatastream, "$top=1&$orderby=phenomenonTime desc", scope);

        Assert.Contains("SEARCH t0 USING PRIMARY KEY (datastream_id=?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Scopes)), Trait("Engine", "SQLite")]
    public async Task The_latest_observation_of_a_multi_datastream_is_read_from_the_end_of_its_key(string scope)
    {
        PathStep[] path = [new(MultiDatastream, null, 201), new(Observation, MultiDatastream.FindNavigation("Observations"))];

        var plan = await Plan(path, "$top=1&$orderby=phenomenonTime desc", scope);

        Assert.Contains("SEARCH t0 USING PRIMARY KEY (datastream_id=?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("COUNT",
            QueryStore.Translator.Count(new ReadRequest { Path = path, Scope = Scope(scope) }).Text, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Scopes)), Trait("Engine", "SQLite")]
    public async Task A_span_of_a_datastream_is_one_range_of_its_key(string scope)
    {
        var plan = await Plan(InDatastream,
            "$top=100&$orderby=phenomenonTime asc&$filter=phenomenonTime ge 2026-01-01T00:00:00Z and phenomenonTime lt 2026-01-02T00:00:00Z", scope);

        Assert.Contains(
            "SEARCH t0 USING PRIMARY KEY (datastream_id=? AND phenomenon_start>? AND phenomenon_start<?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Scopes)), Trait("Engine", "SQLite")]
    public async Task A_deep_page_is_entered_by_its_key(string scope)
    {
        var token = new PageCursor(true, [1, 2]).ToToken();

        Assert.Contains("PRIMARY KEY (datastream_id=? AND (phenomenon_start,id)<(?,?))",
            await Plan(InDatastream, "$orderby=phenomenonTime desc&$skiptoken=" + token, scope), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Scopes)), Trait("Engine", "SQLite")]
    public async Task All_observations_by_time_are_read_by_windows_of_each_datastream(string scope)
    {
        var token = new PageCursor(true, [1, 2]).ToToken();
        foreach (var query in new[]
        {
            "", "$orderby=phenomenonTime desc", "$top=100&$orderby=phenomenonTime desc&$filter=result gt 31.5",
            "$orderby=phenomenonTime desc&$skiptoken=" + token,
        })
        {
            var plan = await Plan([new(Observation)], query, scope);

            Assert.Contains(
                "SEARCH t0 USING PRIMARY KEY (datastream_id=? AND phenomenon_start>? AND phenomenon_start<?)", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("SCAN t0", plan, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Scopes)), Trait("Engine", "SQLite")]
    public async Task Places_are_found_in_the_tree_of_boxes(string scope)
    {
        const string Box = "geography'POLYGON((118.7 32,118.75 32,118.75 32.02,118.7 32.02,118.7 32))'";
        foreach (var (type, query) in new[]
        {
            (Location, $"$top=100&$filter=st_within(location,{Box})"), (Thing, $"$filter=geo.intersects(Locations/location,{Box})"),
            (Location, $"$filter=geo.distance(location,{Box}) lt 0.1"), (FeatureOfInterest, $"$filter=st_within(feature,{Box})"),
            (Observation, $"$filter=st_within(FeatureOfInterest/feature,{Box})"),
        })
        {
            var plan = await Plan([new(type)], query, scope);

            Assert.Contains("_box VIRTUAL TABLE INDEX 2", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("SCAN t0", plan, StringComparison.Ordinal);
        }
    }

    [Theory, Trait("Engine", "SQLite")]
    [InlineData("$filter=Datastream/id eq 5", "all")]
    [InlineData("$filter=Datastream/id eq 5", "some")]
    [InlineData("$filter=5 eq Datastream/id", "some")]
    [InlineData("$filter=Datastream/id in (5,6)", "all")]
    [InlineData("$filter=MultiDatastream/id eq 5", "all")]
    [InlineData("$filter=MultiDatastream/id in (5,6)", "some")]
    [InlineData("$filter=MultiDatastream/name eq 'x'", "one")]
    [InlineData("$filter=MultiDatastream/ObservedProperties/name eq 'x'", "some")]
    [InlineData("$filter=Datastream/name eq 'x'", "all")]
    [InlineData("$filter=Datastream/name eq 'x'", "some")]
    [InlineData("$filter=Datastream/Thing/id eq 5", "one")]
    [InlineData("$filter=Datastream/Thing/Locations/name eq 'x'", "some")]
    [InlineData("$filter=FeatureOfInterest/id eq 5", "some")]
    [InlineData("$filter=id eq 5", "some")]
    public async Task A_condition_on_a_relation_chooses_the_observations(string query, string scope)
    {
        var plan = await Plan([new(Observation)], query, scope);

        Assert.DoesNotContain("SCAN t0", plan, StringComparison.Ordinal);
        Assert.Matches("SEARCH t0 USING (PRIMARY KEY|COVERING INDEX observation_id)", plan);
    }

    [Theory, Trait("Engine", "SQLite")]
    [InlineData("Datastreams/Observations/resultTime ge 2026-01-01T00:00:00Z")]
    [InlineData("Datastreams/Observations/result gt 5 and Datastreams/name eq 'x'")]
    [InlineData("not (Datastreams/Observations/FeatureOfInterest/id eq 5)")]
    public async Task A_condition_over_observations_looks_them_up_by_datastream(string filter)
    {
        var plan = await Plan([new(Thing)], $"$filter={filter}", "some");

        Assert.DoesNotMatch("SCAN t[1-9]", plan);
        Assert.Contains("USING PRIMARY KEY (datastream_id=?)", plan, StringComparison.Ordinal);
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task The_observations_of_a_feature_are_found_through_its_datastreams()
    {
        var plan = await Plan([new(FeatureOfInterest, null, 601), new(Observation, FeatureOfInterest.FindNavigation("Observations"))], "", "one");

        Assert.Contains("SEARCH t0 USING PRIMARY KEY (datastream_id=?)", plan, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_that_are_kept_are_not_counted()
    {
        Assert.DoesNotContain("COUNT", QueryStore.Translator.Count(ReadRequest.OfSet(Observation, Scope("some"))).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "COUNT", QueryStore.Translator.Count(new ReadRequest { Path = InDatastream, Scope = Scope("one") }).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$filter=name eq 'a' and id gt 5&$top=3", "$filter=name eq 'it''s; DROP TABLE thing' and id gt 7&$top=5")]
    [InlineData("$filter=name in ('a','b','c')", "$filter=name in ('x','y','z','w')")]
    [InlineData("$filter=properties/a/b eq 1", "$filter=properties/c eq 1")]
    public void One_shape_gives_one_text(string first, string second)
    {
        var one = Rows([new(Thing)], first, AccessScope.Of([new(1), new(2), new(3)]));
        var other = Rows([new(Thing)], second, AccessScope.Of([new(4), new(5), new(6), new(7)]));

        Assert.Equal(one.Text, other.Text);
        Assert.DoesNotContain("DROP", other.Text, StringComparison.Ordinal);
    }

    [Theory, Trait("Engine", "SQLite")]
    [InlineData(16, 62, "+t0.dataset_id IN (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)", false)]
    [InlineData(16, 62, "(?1 >> t0.dataset_id & 1)", true)]
    [InlineData(17, 62, "(+t0.dataset_id BETWEEN ?1 AND ?2 OR +t0.dataset_id BETWEEN ?3 AND ?4)", false)]
    [InlineData(62, 62, "(?1 >> t0.dataset_id & 1)", true)]
    [InlineData(62, 63, "(+t0.dataset_id BETWEEN ?1 AND ?2 OR +t0.dataset_id BETWEEN ?3 AND ?4)", false)]
    [InlineData(70, 70, "WHERE (+t0.dataset_id BETWEEN ?1 AND ?2) ORDER BY", true)]
    public async Task A_scope_stands_in_the_statement_as_is_cheapest(int datasets, int last, string condition, bool isLow)
    {
        var ids = Enumerable.Range(1, datasets - 1).Append(isLow ? last : last + 1).Select(id => new DatasetId(id));
        var scope = AccessScope.Of(ids);

        var sql = Rows([new(Thing)], "", scope);

        Assert.Contains(condition, sql.Text, StringComparison.Ordinal);
        Assert.Equal([101, 102, 103], await sample.Store.IdsAsync(Thing, "", scope));
    }

    [Theory, Trait("Engine", "SQLite")]
    [InlineData(3, "(+t0.dataset_id BETWEEN ?1 AND ?2 OR +t0.dataset_id BETWEEN ?3 AND ?4 OR +t0.dataset_id BETWEEN ?5 AND ?6 OR +t0.dataset_id BETWEEN ?7 AND ?8)")]
    [InlineData(4, "(+t0.dataset_id BETWEEN ?1 AND ?2 OR stoa_in_bits(?3, t0.dataset_id))")]
    public async Task Datasets_in_more_than_four_runs_are_one_run_and_bits(int further, string condition)
    {
        var scope = AccessScope.Of(Enumerable.Range(1, 60).Concat(Enumerable.Range(1, further).Select(i => 100 * i)).Select(id => new DatasetId(id)));

        Assert.Contains(condition, Rows([new(Thing)], "", scope).Text, StringComparison.Ordinal);
        Assert.Equal([101, 102, 103], await sample.Store.IdsAsync(Thing, "", scope));
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Scattered_datasets_are_bits_alone()
    {
        var scope = AccessScope.Of(Enumerable.Range(1, 3).Concat(Enumerable.Range(2, 20).Select(i => 4 * i)).Select(id => new DatasetId(id)));

        Assert.Contains("WHERE stoa_in_bits(?1, t0.dataset_id) ORDER BY", Rows([new(Thing)], "", scope).Text, StringComparison.Ordinal);
        Assert.Equal([101, 102, 103], await sample.Store.IdsAsync(Thing, "", scope));
    }

    [Fact, Trait("Engine", "SQLite")]
    public void Every_entity_of_a_statement_is_held_to_the_scope()
    {
        var sql = Rows(
            [new(Thing, null, 1), new(Datastream, Thing.FindNavigation("Datastreams"))],
            "$filter=Sensor/name eq 'a' and Observations/FeatureOfInterest/name eq 'b'&$orderby=ObservedProperty/name", Scope("one"));

        // Datastream, its Thing, Sensor, ObservedProperty, and FeatureOfInterest twice: in the key and in the groups of keys.
        // Observations follow their Datastream.
        Assert.Equal(6, sql.Text.Split("dataset_id & 1").Length - 1);
    }
}
