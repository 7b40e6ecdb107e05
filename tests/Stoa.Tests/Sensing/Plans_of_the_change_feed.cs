using Microsoft.Extensions.DependencyInjection;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Schema;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>New observations are found by their ids: no scan, no sort of a Datastream's whole past.</summary>
[Trait("Engine", "SQLite")]
public class Plans_of_the_change_feed
{
    public static TheoryData<string, bool> Cases => new()
    {
        { "", true }, { "", false }, { "$filter=result gt 3", true }, { "$filter=result gt 3", false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Enter_the_index_of_ids(string options, bool isOfOneDatastream)
    {
        await using var stoa = await Exchange.StartAsync();
        var observations = SensorThingsSchema.Observation;
        Assert.True(ODataQuery.Parse($"{options}&$orderby=id".TrimStart('&'), QueryLimits.Default).TryGet(out var parsed, out _));
        Assert.True(QueryBinder.Bind(parsed, observations, QueryLimits.Default, default).TryGet(out var query, out _));
        var datastream = SensorThingsSchema.Datastream;
        PathStep[] path = isOfOneDatastream
            ? [new(datastream, null, 1), new(observations, datastream.FindNavigation("Observations"))]
            : [new(observations)];
        var sql = stoa.Services.GetRequiredService<QueryTranslator>().Rows(new ReadRequest
        {
            Path = path,
            Scope = AccessScope.Of([new(1), new(2)]),
            Columns = [new Column("id")],
            Query = query with { Cursor = new PageCursor(false, [1000]) },
            Limit = 100,
            IsByIds = true,
        });
        using var read = await stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
        using var plan = read.Prepare("EXPLAIN QUERY PLAN " + sql.Text);

        var steps = new List<string>();
        while (plan.Step()) steps.Add(plan.Text(3));

        Assert.True(
            steps.Exists(step => step.Contains("INDEX observation_id (id>", StringComparison.Ordinal)) &&
            !steps.Exists(step => step.Contains("TEMP B-TREE", StringComparison.Ordinal)),
            sql.Text + "\n" + string.Join('\n', steps));
    }
}
