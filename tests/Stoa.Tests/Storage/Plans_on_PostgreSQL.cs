using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;
using Stoa.Tests.Query;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>Which indexes PostgreSQL finds for the questions that people ask of many observations.</summary>
/// <remarks>The tables are empty, so scans are forbidden where an index would do: what is left shows whether one can be used.</remarks>
[Trait("Engine", "Postgres")]
public class Plans_on_PostgreSQL(EmptyDatabase empty) : IClassFixture<EmptyDatabase>
{
    private const string Span = "phenomenonTime ge 2026-03-01T00:00:00Z and phenomenonTime lt 2026-03-08T00:00:00Z";
    private const string Box = "geography'POLYGON((7 51,8 51,8 52,7 52,7 51))'";

    private static readonly QueryTranslator Translator = new(SensorThingsMapping.Mapping, SqlDialect.Postgres);

    private static readonly AccessScope Some = AccessScope.Of([new(1), new(2), new(3)]);

    private static SqlText Rows(string question, AccessScope scope) => Translator.Rows(Question.Read(question, scope));

    private async Task<string> PlanAsync(SqlText sql)
    {
        using var read = await empty.Database.ReadAsync(TestContext.Current.CancellationToken);
        foreach (var way in new[] { "enable_seqscan = off", "enable_bitmapscan = off", "plan_cache_mode = force_generic_plan" })
            read.Execute("SET LOCAL " + way);
        using var explain = QueryStore.Run(read, sql with { Text = "EXPLAIN (COSTS OFF) " + sql.Text });
        var lines = new List<string>();
        while (explain.Step()) lines.Add(explain.Text(0));
        return string.Join('\n', lines);
    }

    public static readonly TheoryData<string> Scopes = ["all", "some"];

    private static AccessScope Scope(string name) => name == "all" ? AccessScope.Everything : Some;

    [Theory, MemberData(nameof(Scopes))]
    public async Task The_latest_observations_of_a_datastream_are_read_from_the_end_of_its_key(string scope)
    {
        var plan = await PlanAsync(Rows("Datastreams(1)/Observations?$orderby=phenomenonTime desc&$top=1", Scope(scope)));

        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
        Assert.Contains("Index Scan Backward using observation_late_pkey", plan.Replace("Only ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("Index Cond: (datastream_id = ", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$orderby=phenomenonTime desc", "Index Only Scan Backward using observation_late_phenomenon_start_id_idx")]
    [InlineData("", "Index Only Scan using observation_early_phenomenon_start_id_idx")]
    public async Task All_observations_are_read_along_the_index_on_time(string options, string scan)
    {
        var plan = await PlanAsync(Rows("Observations?" + options, AccessScope.Everything));

        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
        Assert.Contains(scan, plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deep_page_is_entered_by_its_key_and_passes_over_partitions()
    {
        var token = new PageCursor(true, [1_772_323_200_000_000, 2]).ToToken();

        var plan = await PlanAsync(Rows("Observations?$orderby=phenomenonTime desc&$skiptoken=" + token, AccessScope.Everything));

        Assert.Contains("ROW(phenomenon_start, id) < ROW(", plan, StringComparison.Ordinal);
        Assert.Matches("Subplans Removed: 1|observation_early", plan);
        Assert.DoesNotContain("observation_late", plan, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Scopes))]
    public async Task A_span_of_a_datastream_is_one_range_of_its_key(string scope)
    {
        foreach (var question in new[] { $"Datastreams(1)/Observations?$filter={Span}", $"Observations?$filter=Datastream/id eq 1 and {Span}" })
        {
            var sql = Rows(question.Replace("2026-03", "2126-03", StringComparison.Ordinal), Scope(scope));

            var plan = await PlanAsync(sql);

            Assert.True(plan.Split('\n').Any(line => line.Contains("Index Cond: ", StringComparison.Ordinal) && line.Contains("(datastream_id = ", StringComparison.Ordinal) &&
                line.Contains("(phenomenon_start >= ", StringComparison.Ordinal) && line.Contains("(phenomenon_start < ", StringComparison.Ordinal)), plan);
        }
    }

    [Theory, MemberData(nameof(Scopes))]
    public async Task Places_are_found_by_the_index_on_shapes(string scope)
    {
        foreach (var question in new[]
        {
            $"Locations?$top=100&$filter=st_within(location,{Box})", $"Things?$filter=geo.intersects(Locations/location,{Box})",
            $"Locations?$filter=geo.distance(location,{Box}) lt 0.1", $"FeaturesOfInterest?$filter=st_within(feature,{Box})",
            $"Observations?$filter=st_within(FeatureOfInterest/feature,{Box})",
        })
            Assert.Matches("using (location|feature_of_interest)_shape", await PlanAsync(Rows(question, Scope(scope))));
    }

    [Theory, MemberData(nameof(Scopes))]
    public async Task An_observation_is_found_by_its_id(string scope)
    {
        var plan = await PlanAsync(Rows("Observations?$filter=id eq 5", Scope(scope)));

        Assert.Contains("_id_idx", plan, StringComparison.Ordinal);
        Assert.Contains("Index Cond: (id = ", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Few_datastreams_are_read_each_by_itself()
    {
        var plan = await PlanAsync(Rows("Observations?$orderby=phenomenonTime desc", Some));

        Assert.Contains("CTE few_groups", plan, StringComparison.Ordinal);
        Assert.Equal(2, plan.Split("One-Time Filter").Length - 1); // The branch that is not wanted is not begun.
        Assert.Matches(@"Index Cond: \(datastream_id = \w+\.datastream_id\)", plan);
    }

    [Fact]
    public void Kinds_of_parameters_stand_in_the_text()
    {
        var sql = Rows("Things?$filter=id gt 5 and name eq 'x'", Some);

        Assert.Contains("t0.id > $", sql.Text, StringComparison.Ordinal);
        Assert.Contains("::bigint", sql.Text, StringComparison.Ordinal);
        Assert.Contains("::text COLLATE \"C\"", sql.Text, StringComparison.Ordinal);
    }

    /// <summary>Where one Datastream is named, Citus can send the whole statement to the shard that has it.</summary>
    [Theory]
    [InlineData("Datastreams(1)/Observations?$orderby=phenomenonTime desc")]
    [InlineData("Datastreams(1)/Observations?$filter=result gt 5 and " + Span)]
    [InlineData("Observations?$filter=Datastream/id eq 1 and " + Span)]
    public void A_named_datastream_stands_as_a_plain_equality(string question)
    {
        var sql = Rows(question, AccessScope.Everything);

        Assert.Matches(@"t\d+\.datastream_id = \$\d+::bigint", sql.Text);
        Assert.DoesNotContain("few_groups", sql.Text, StringComparison.Ordinal);
    }
}
