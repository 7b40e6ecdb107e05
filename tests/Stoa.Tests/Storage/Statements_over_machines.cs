using System.Globalization;
using System.Text.RegularExpressions;
using Stoa.Sensing.Http;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Postgres;
using Stoa.Storage.Translation;
using Stoa.Tests.Query;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>
/// What people ask when observations are spread over machines by Citus: every statement goes to one shard, to all at once, or to none.
/// </summary>
/// <remarks>
/// The rules are those of Citus' documentation ("SQL Support and Workarounds"; "Query processing"). The last test writes the plans into
/// the file that <c>STOA_PLANS_FILE</c> names, and on a cluster looks at the number of tasks: docs/operating/scale.md keeps both.
/// </remarks>
public partial class Statements_over_machines
{
    private const string Span = "phenomenonTime ge 2026-03-01T00:00:00Z and phenomenonTime lt 2026-03-08T00:00:00Z";
    private const string Box = "geography'POLYGON((7 51,8 51,8 52,7 52,7 51))'";

    private static readonly QueryTranslator Translator = new(SensorThingsMapping.Mapping, SqlDialect.Citus);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>Questions, and where the statements go: that of what is read, then those of what is expanded.</summary>
    public static TheoryData<string, string> Questions { get; } = new()
    {
        // The query mix of the benchmarks.
        { "Things(1)", "coordinator" },
        { "Datastreams(1)/Observations?$top=1&$orderby=phenomenonTime desc", "one shard" },
        { "Datastreams(1)/Observations?$top=100&$orderby=phenomenonTime asc&$filter=" + Span, "one shard" },
        { "Things(1)?$expand=Locations,Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))", "coordinator, coordinator, coordinator, one shard" },
        { "Locations?$top=100&$filter=st_within(location," + Box + ")", "coordinator" },
        { "Observations?$top=100&$orderby=phenomenonTime desc&$filter=result gt 98.5", "all shards" },
        { "Datastreams(1)/Observations?$count=true&$top=1", "one shard" },
        // What else is asked often.
        { "Observations?$top=100&$orderby=phenomenonTime desc", "all shards" },
        { "Observations?$filter=" + Span, "all shards" },
        { "Observations?$filter=Datastream/id eq 1 and " + Span, "one shard" },
        { "Observations?$filter=Datastream/Thing/name eq 'a' and " + Span, "all shards" },
        { "Observations?$filter=st_within(FeatureOfInterest/feature," + Box + ") and phenomenonTime ge 2026-03-01T00:00:00Z", "all shards" },
        { "Observations?$filter=st_within(Datastream/Thing/Locations/location," + Box + ") and phenomenonTime ge 2026-03-01T00:00:00Z", "all shards" },
        { "Observations(1)", "all shards" },
        { "Observations(1)/Datastream", "all shards, then coordinator" },
        { "Observations(1)?$expand=FeatureOfInterest", "all shards, all shards, then coordinator" },
        { "FeaturesOfInterest(1)/Observations", "all shards" },
        { "MultiDatastreams(1)/Observations?$top=1&$orderby=phenomenonTime desc", "one shard" },
        { "Datastreams?$top=1000&$expand=Observations($orderby=phenomenonTime desc;$top=1)", "coordinator, one shard" },
        { "Datastreams?$filter=phenomenonTime gt 2026-03-01T00:00:00Z", "coordinator" },
        { "Things?$filter=Datastreams/Observations/result gt 30", "all shards, then coordinator" },
        { "Things?$filter=not Datastreams/Observations/result gt 30", "all shards, then coordinator" },
        { "FeaturesOfInterest?$filter=Observations/result gt 30", "all shards, then coordinator" },
    };

    [Theory, MemberData(nameof(Questions))]
    public void Go_where_their_rows_are(string question, string places)
    {
        foreach (var scope in new[] { AccessScope.Everything, AccessScope.Of([new DatasetId(1), new DatasetId(2)]), AccessScope.Of([new DatasetId(3)]) })
        {
            var statements = Statements(question, scope).ToArray();

            Assert.Equal(places, string.Join(", ", statements.Select(statement => PlaceOf(statement.Text))));
            Assert.All(statements, statement => AssertKeepsTheRules(statement.Text));
        }
    }

    /// <summary>A bait for the check itself: what Citus refuses, or answers by sending a table to every shard.</summary>
    [Theory]
    [InlineData("SELECT t0.id FROM thing AS t0 WHERE EXISTS (SELECT 1 FROM observation AS t1 WHERE t1.id = t0.id)")]
    [InlineData("SELECT t0.id FROM observation AS t0 WHERE EXISTS (SELECT 1 FROM datastream_state AS t1 WHERE t1.datastream_id = t0.datastream_id)")]
    [InlineData("SELECT t0.id FROM observation AS t0 LEFT JOIN datastream_state AS t1 ON t1.datastream_id = t0.datastream_id")]
    [InlineData("SELECT t0.id FROM datastream AS t0 LEFT JOIN observation AS t1 ON t1.datastream_id = t0.id")]
    public void Are_looked_at_closely(string bad) => Assert.ThrowsAny<Exception>(() => AssertKeepsTheRules(bad));

    [Fact]
    public void That_cannot_be_taken_apart_are_the_ones_that_compare_an_observation_with_an_entity_around_it()
    {
        var statement = Assert.Single(Statements("Datastreams?$filter=Observations/result gt properties/most", AccessScope.Everything));

        Assert.ThrowsAny<Exception>(() => AssertKeepsTheRules(statement.Text));
    }

    [Fact, Trait("Engine", "Postgres")]
    public async Task Are_planned_by_the_server_as_they_are()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        await database.WriteAsync(MakeMonth, Now);
        using var read = await database.ReadAsync(Now);
        var isSpread = Values(read, "SELECT extname::text FROM pg_extension WHERE extname = 'citus'", []).Count > 0;
        var lines = new List<string>();
        foreach (var row in Questions)
        {
            var (question, _) = row.Data;
            lines.Add($"== {question}");
            foreach (var statement in Statements(question, AccessScope.Of([new DatasetId(1), new DatasetId(2)])))
            {
                var parameters = statement.Parameters.ToArray();
                if (statement.ParentParameter > 0) parameters[statement.ParentParameter - 1] = SqlValue.Of(1);
                var plan = Values(read, "EXPLAIN (COSTS OFF) " + statement.Text, parameters);
                lines.AddRange([statement.Text, .. plan.Select(line => "    " + line), ""]);
                Assert.NotEmpty(plan);
                if (isSpread) AssertHasTasks(PlaceOf(statement.Text), plan);
            }
        }

        if (Environment.GetEnvironmentVariable("STOA_PLANS_FILE") is { Length: > 0 } file) await File.WriteAllLinesAsync(file, lines, Now);
    }

    // The month that the questions are about; rows would bring it by themselves.
    private static bool MakeMonth(WriteSession session)
    {
        session.Execute("""
            CREATE TABLE IF NOT EXISTS observation_20260301 PARTITION OF observation FOR VALUES FROM (1772323200000000) TO (1775001600000000)
            """);
        return true;
    }

    private static void AssertHasTasks(string place, List<string> plan)
    {
        var tasks = plan.Select(line => TaskCount.Match(line)).Where(match => match.Success)
            .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToArray();
        var text = string.Join('\n', plan);
        if (place == "one shard") Assert.True(tasks.Length > 0 && tasks.All(count => count == 1), text);
        if (place == "all shards") Assert.True(tasks.Max() > 1, text);
        if (place == "coordinator") Assert.True(tasks.All(count => count == 1), text);
    }

    private static List<string> Values(Session session, string sql, IReadOnlyList<SqlValue> parameters)
    {
        using var read = ReadPlan.Prepare(session, new SqlText(sql, parameters));
        var values = new List<string>();
        while (read.Step()) values.Add(read.Text(0));
        return values;
    }

    // where statements go ------------------------------------------------------------------------------------------------

    [GeneratedRegex(@"Task Count: (\d+)")]
    private static partial Regex TaskCount { get; }

    [GeneratedRegex(@"\bt0\.datastream_id = (\$\d|\(-GREATEST\(\$)")]
    private static partial Regex OneDatastream { get; }

    [GeneratedRegex(@"(?:FROM|JOIN) (\w+) AS (t\d+)")]
    private static partial Regex TableInFrom { get; }

    [GeneratedRegex(@"\b(t\d+)\.")]
    private static partial Regex AliasUsed { get; }

    private static bool IsDistributed(string table) => Distribution.FormOf(table) == TableForm.Distributed;

    private static string PlaceOf(string sql)
    {
        var tables = TableInFrom.Matches(sql).Select(match => (Table: match.Groups[1].Value, Alias: match.Groups[2].Value)).ToArray();
        if (!tables.Any(entry => IsDistributed(entry.Table))) return "coordinator";
        if (!IsDistributed(tables.First(entry => entry.Alias == "t0").Table)) return "all shards, then coordinator";
        return OneDatastream.IsMatch(sql) ? "one shard" : "all shards";
    }

    /// <summary>
    /// A distributed table below one of another kind, and a table of the coordinator below a distributed one, stand in a subquery that
    /// names nothing around it: it is answered first, and its outcome sent on.
    /// </summary>
    private static void AssertKeepsTheRules(string sql)
    {
        var outer = TableInFrom.Matches(sql).First(match => match.Groups[2].Value == "t0").Groups[1].Value;
        foreach (Match match in TableInFrom.Matches(sql))
        {
            var table = match.Groups[1].Value;
            if (match.Groups[2].Value == "t0") continue;
            var isForeign = IsDistributed(outer)
                ? Distribution.FormOf(table) == TableForm.Coordinator
                : IsDistributed(table);
            if (!isForeign) continue;
            var inner = SubqueryAround(sql, match.Index);
            var known = TableInFrom.Matches(inner).Select(entry => entry.Groups[2].Value).ToHashSet();
            Assert.All(AliasUsed.Matches(inner), used => Assert.Contains(used.Groups[1].Value, known));
            Assert.NotEqual(sql, inner);
        }
    }

    private static string SubqueryAround(string sql, int at)
    {
        var depth = 0;
        for (var start = at - 1; start >= 0; start--)
        {
            if (sql[start] == ')') depth++;
            if (sql[start] != '(' || depth-- > 0) continue;
            var end = start;
            for (var open = 0; ; end++)
            {
                if (sql[end] == '(') open++;
                if (sql[end] == ')' && --open == 0) break;
            }

            return sql[(start + 1)..end];
        }

        return sql;
    }

    private static IEnumerable<SqlText> Statements(string question, AccessScope scope) =>
        Question.ReadWithExpanded(question, scope).Select(Translator.Rows);
}
