using System.Text.RegularExpressions;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;
using Stoa.Tests.Query;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>How the engine goes about the questions that people ask of many observations: never by reading them all.</summary>
[Trait("Engine", "SQLite")]
public partial class Plans_of_large_sets
{
    private const string Span = "phenomenonTime ge 2026-03-01T00:00:00Z and phenomenonTime lt 2026-03-08T00:00:00Z";
    private const string Box = "geography'POLYGON((7 51,8 51,8 52,7 52,7 51))'";

    private static readonly QueryTranslator Translator = new(SensorThingsMapping.Mapping, SqlDialect.Sqlite);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [GeneratedRegex(@"\bobservation AS (t\d+)")]
    private static partial Regex ObservationAlias { get; }

    /// <summary>The rows of a question and of everything that it expands, and its count.</summary>
    private static IEnumerable<SqlText> Statements(string question, AccessScope scope)
    {
        foreach (var request in Question.ReadWithExpanded(question, scope))
        {
            yield return Translator.Rows(request);
            if (request.Query is not { Count: true }) continue;
            if (!request.IsChild) yield return Translator.Matches(request, 1_000_000);
            yield return Translator.Count(request, 1_000_000);
        }
    }

    private static async Task<List<string>> PlanOfAsync(Database database, string sql)
    {
        using var read = await database.ReadAsync(Now);
        using var explain = read.Prepare("EXPLAIN QUERY PLAN " + sql);
        var plan = new List<string>();
        while (explain.Step()) plan.Add(explain.Text(3));
        return plan;
    }

    /// <summary>Steps that go through every observation.</summary>
    private static IEnumerable<string> WholeReads(string sql, List<string> plan)
    {
        var aliases = ObservationAlias.Matches(sql).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        return plan.Where(step => step.Split(' ') is ["SCAN", var alias, ..] && (aliases.Contains(alias) || alias == "observation"));
    }

    [Theory]
    // Latest of all, and of all below Things.
    [InlineData("Datastreams?$top=1000&$expand=Observations($orderby=phenomenonTime desc;$top=1)")]
    [InlineData("Datastreams?$expand=Observations($orderby=phenomenonTime desc;$top=1;$count=true)&$count=true")]
    [InlineData("Things?$expand=Datastreams($expand=Observations($orderby=phenomenonTime desc;$top=1))&$count=true")]
    [InlineData("Things?$expand=Datastreams/Observations,MultiDatastreams/Observations")]
    [InlineData("Datastreams(1)/Observations?$orderby=phenomenonTime desc&$top=1&$count=true")]
    // One day of one stream.
    [InlineData("Datastreams(1)/Observations?$filter=" + Span + "&$count=true")]
    [InlineData("Datastreams(1)/Observations?$filter=result gt 20 and " + Span + "&$count=true")]
    [InlineData("Observations?$filter=Datastream/id eq 1 and " + Span + "&$count=true")]
    [InlineData("Observations?$filter=Datastream/Thing/name eq 'a' and " + Span + "&$count=true")]
    // By value over a week.
    [InlineData("Observations?$filter=result gt 99 and " + Span + "&$count=true")]
    [InlineData("Observations?$filter=result gt 99 and " + Span + "&$orderby=phenomenonTime desc&$count=true")]
    [InlineData("Observations?$filter=result gt 99 and " + Span + "&$orderby=result desc&$count=true")]
    [InlineData("Observations?$filter=" + Span + "&$count=true")]
    [InlineData("Observations?$filter=result gt 99&$count=true")]
    // A box on the map and the last hour.
    [InlineData("Observations?$filter=st_within(FeatureOfInterest/feature," + Box + ") and phenomenonTime ge 2026-03-01T00:00:00Z&$count=true")]
    [InlineData("Observations?$filter=st_within(Datastream/Thing/Locations/location," + Box + ") and phenomenonTime ge 2026-03-01T00:00:00Z&$count=true")]
    [InlineData("FeaturesOfInterest(1)/Observations?$count=true")]
    // Whole sets, their counts and the next pages.
    [InlineData("Observations?$count=true")]
    [InlineData("Observations?$orderby=phenomenonTime desc&$count=true")]
    [InlineData("Observations?$filter=id eq 7")]
    [InlineData("Observations(1)")]
    [InlineData("Observations(1)?$expand=Datastream/Thing,FeatureOfInterest")]
    [InlineData("Things?$filter=Datastreams/Observations/result gt 30")]
    public async Task Never_read_all_observations(string question)
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        foreach (var scope in new[] { AccessScope.Everything, AccessScope.Of([new DatasetId(1), new DatasetId(2)]), AccessScope.Of([new DatasetId(3)]) })
            foreach (var statement in Statements(question, scope))
            {
                var plan = await PlanOfAsync(database, statement.Text);
                Assert.True(
                    !WholeReads(statement.Text, plan).Any(),
                    $"{statement.Text}\n{string.Join('\n', plan)}");
            }
    }

    /// <summary>The latest value: one step backwards from the end of a datastream, no sort.</summary>
    [Fact]
    public async Task Find_the_latest_at_the_end_of_a_datastream()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        var latest = Statements("Datastreams?$expand=Observations($orderby=phenomenonTime desc;$top=1)", AccessScope.Everything).Last();

        var plan = await PlanOfAsync(database, latest.Text);

        Assert.DoesNotContain(plan, step => step.Contains("TEMP B-TREE", StringComparison.Ordinal));
        Assert.Contains(plan, step => step.Contains("USING PRIMARY KEY (datastream_id=?)", StringComparison.Ordinal));
    }

    /// <summary>Whole sets and the observations of a datastream are counted by looking the number up.</summary>
    [Theory]
    [InlineData("Observations?$count=true")]
    [InlineData("Things?$count=true")]
    [InlineData("Datastreams(1)/Observations?$count=true")]
    [InlineData("Things(1)/Datastreams(1)/Observations?$count=true")]
    [InlineData("MultiDatastreams(1)/Observations?$count=true")]
    public async Task Count_whole_sets_without_reading_them(string question)
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        foreach (var scope in new[] { AccessScope.Everything, AccessScope.Of([new DatasetId(1), new DatasetId(2)]), AccessScope.Of([new DatasetId(3)]) })
        {
            var count = Statements(question, scope).ElementAt(1);
            var plan = await PlanOfAsync(database, count.Text);

            Assert.True(count.IsExact);
            Assert.DoesNotContain("observation AS", count.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(plan, step => step.StartsWith("SCAN", StringComparison.Ordinal) &&
                !step.Contains("entity_count", StringComparison.Ordinal) && !step.Contains("CONSTANT", StringComparison.Ordinal));
        }
    }

    /// <summary>The bait: this order has no index, and it is seen.</summary>
    [Fact]
    public async Task Are_told_apart_from_those_that_do()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        var statement = Statements("Observations?$orderby=result", AccessScope.Everything).First();

        Assert.NotEmpty(WholeReads(statement.Text, await PlanOfAsync(database, statement.Text)));
    }
}
