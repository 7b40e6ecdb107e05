using System.Globalization;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Datastreams that take one Observation for each phenomenonTime: stoa.duplicates in their properties.</summary>
public class The_same_time_twice
{
    private static async Task<Exchange> StationAsync(string policy)
    {
        var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(1)"), $$$"""{"properties":{"stoa.duplicates":"{{{policy}}}","depth":1}}""")).ShouldBe(200);
        await stoa.CreateAsync("Datastreams(1)/Observations",
            """{"phenomenonTime":"2026-01-01T00:00:00Z","result":1,"resultTime":"2026-01-01T00:01:00Z","parameters":{"a":1}}""");
        return stoa;
    }

    private static Task<Answer> PostAsync(Exchange stoa, string time, int result) => stoa.PostJsonAsync(
        SensorThings.At("Datastreams(1)/Observations"), string.Create(CultureInfo.InvariantCulture, $$"""{"phenomenonTime":"{{time}}","result":{{result}}}"""));

    [Theory]
    [InlineData("allow", 201, "1,2")]
    [InlineData("reject", 409, "1")]
    [InlineData("ignore", 201, "1")]
    [InlineData("replace", 201, "2")]
    public async Task Is_answered_as_the_Datastream_says(string policy, int status, string results)
    {
        await using var stoa = await StationAsync(policy);

        var answer = await PostAsync(stoa, "2026-01-01T01:00:00+01:00", 2);

        if (status == 409)
        {
            answer.ShouldBeProblem(409, "observation-exists");
            Assert.Equal(1, answer.Json.GetProperty("id").GetInt64());
        }
        else
        {
            var id = policy == "allow" ? 2 : 1;
            Assert.Equal(id, SensorThings.IdIn(answer.ShouldBe(201).Header("Location")));
        }

        Assert.Equal(results, (await stoa.ReadAsync("Observations?$orderby=id")).Column("result"));
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task Replaces_all_but_time_and_feature()
    {
        await using var stoa = await StationAsync("replace");

        await PostAsync(stoa, "2026-01-01T00:00:00Z", 9);

        (await stoa.ReadAsync("Observations(1)?$select=phenomenonTime,resultTime,result,parameters")).ShouldBeJson(200,
            """{"phenomenonTime":"2026-01-01T00:00:00Z","resultTime":null,"result":9,"parameters":null}""");
        (await stoa.ReadAsync("Datastreams(1)?$select=resultTime")).ShouldBeJson(200, """{"resultTime":null}""");
        Assert.Equal("1", (await stoa.ReadAsync("Observations?$filter=result gt 8")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [InlineData("reject", """["{base}/sensorthings/v1.1/Observations(2)","error","error","{base}/sensorthings/v1.1/Observations(3)"]""", "1,5,8")]
    [InlineData("ignore", """["{base}/sensorthings/v1.1/Observations(2)","{base}/sensorthings/v1.1/Observations(1)","{base}/sensorthings/v1.1/Observations(2)","{base}/sensorthings/v1.1/Observations(3)"]""", "1,5,8")]
    [InlineData("replace", """["{base}/sensorthings/v1.1/Observations(2)","{base}/sensorthings/v1.1/Observations(1)","{base}/sensorthings/v1.1/Observations(2)","{base}/sensorthings/v1.1/Observations(3)"]""", "6,7,8")]
    public async Task Is_seen_within_a_data_array_too(string policy, string links, string results)
    {
        await using var stoa = await StationAsync(policy);

        (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            """
            [{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[
              ["2026-01-01T01:00:00Z",5],["2026-01-01T00:00:00Z",6],["2026-01-01T01:00:00Z",7],
              ["2026-01-01T01:00:00Z/2026-01-01T02:00:00Z",8]]}]
            """)).ShouldBeJson(201, links);

        Assert.Equal(results, (await stoa.ReadAsync("Observations?$orderby=id")).Column("result"));
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task Is_refused_when_a_change_leads_to_it()
    {
        await using var stoa = await StationAsync("ignore");
        await PostAsync(stoa, "2026-01-01T05:00:00Z", 2);
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("other"));
        await stoa.CreateAsync("Datastreams(2)/Observations", """{"phenomenonTime":"2026-01-01T05:00:00Z","result":3}""");

        (await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"), """{"phenomenonTime":"2026-01-01T00:00:00Z"}"""))
            .ShouldBeProblem(409, "observation-exists");
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(3)"), """{"Datastream":{"@iot.id":1}}"""))
            .ShouldBeProblem(409, "observation-exists");
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"), """{"phenomenonTime":"2026-01-01T05:00:00Z","result":4}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"), """{"phenomenonTime":"2026-01-01T06:00:00Z"}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(3)"), """{"Datastream":{"@iot.id":1}}""")).ShouldBe(200);
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task Holds_for_MultiDatastreams_and_from_the_moment_it_is_set()
    {
        await using var stoa = await Wind.StartAsync();
        const string path = "MultiDatastreams(1)/Observations";
        await stoa.CreateAsync(path, Wind.Observation("2026-01-01T00:00:00Z", "[1,1,true]"));
        (await stoa.PatchJsonAsync(SensorThings.At("MultiDatastreams(1)"), """{"properties":{"stoa.duplicates":"reject"}}""")).ShouldBe(200);

        (await stoa.PostJsonAsync(SensorThings.At(path), Wind.Observation("2026-01-01T00:00:00Z", "[2,2,true]")))
            .ShouldBeProblem(409, "observation-exists");
        (await stoa.PostJsonAsync(SensorThings.At(path), Wind.Observation("2026-01-01T00:00:00Z", "[2]"))).ShouldBeProblem(400, "invalid-property");
        (await stoa.PatchJsonAsync(SensorThings.At("MultiDatastreams(1)"), """{"properties":null}""")).ShouldBe(200);
        await stoa.CreateAsync(path, Wind.Observation("2026-01-01T00:00:00Z", "[3,3,true]"));

        Assert.Equal("1,4,5", (await stoa.ReadAsync(path + "?$filter=phenomenonTime eq 2026-01-01T00:00:00Z")).Ids());
    }

    [Fact]
    public async Task Leaves_nothing_behind_when_it_is_refused()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.PatchJsonAsync(SensorThings.At("Datastreams(1)"), """{"properties":{"stoa.duplicates":"reject"}}""");
        const string feature = """ "FeatureOfInterest":{"name":"f","description":"d","encodingType":"e","feature":"x"}""";
        await stoa.CreateAsync("Datastreams(1)/Observations", $$"""{"phenomenonTime":"2026-01-01T00:00:00Z","result":1,{{feature}}}""");
        var before = await stoa.SnapshotAsync();

        (await PostAsync(stoa, "2026-01-01T00:00:00Z", 2)).ShouldBeProblem(409, "observation-exists");
        (await stoa.PostJsonAsync(SensorThings.At("Datastreams(1)/Observations"),
            $$"""{"phenomenonTime":"2026-01-01T00:00:00Z","result":1,{{feature}}}""")).ShouldBeProblem(409, "observation-exists");

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [InlineData("\"never\"")]
    [InlineData("true")]
    [InlineData("null")]
    public async Task Is_no_policy_that_nobody_knows(string policy)
    {
        await using var stoa = await StationAsync("allow");

        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(1)"), $$$"""{"properties":{"stoa.duplicates":{{{policy}}} }}"""))
            .ShouldBeProblem(400, "invalid-property");
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), $$$"""{"properties":{"stoa.duplicates":{{{policy}}} }}""")).ShouldBe(200);
    }

    [Fact]
    public async Task Is_left_out_of_bulk_loads()
    {
        await using var stoa = await StationAsync("replace");
        var bulk = (BulkLoader)stoa.Services.GetService(typeof(BulkLoader))!;
        BulkObservation[] rows =
        [
            new(new Instant(1_767_225_600_000_000), null, ResultValue.Integer(7)), new(new Instant(1_767_229_200_000_000), null, ResultValue.Integer(8)),
        ];

        var outcome = await bulk.AppendAsync(new(1), rows, BulkMode.Append, TestContext.Current.CancellationToken);

        Assert.True(outcome.TryGet(out var result, out _));
        Assert.Equal(new BulkResult(1, 1), result);
        Assert.Equal("1,8", (await stoa.ReadAsync("Observations?$orderby=id")).Column("result"));
    }
}
