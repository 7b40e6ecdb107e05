using System.Globalization;
using System.Text.Json.Nodes;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>Observations of all datastreams in the order of time, which are read window by window (decision 0002).</summary>
public class Reading_in_the_order_of_time
{
    private const int Seed = 20_260_101;

    [Theory]
    [InlineData("$orderby=phenomenonTime desc")]
    [InlineData("$orderby=phenomenonTime desc&$skip=5")]
    [InlineData("$orderby=phenomenonTime desc,id asc")]
    [InlineData("$orderby=phenomenonTime asc")]
    [InlineData("$orderby=phenomenonTime desc&$filter=result gt 70")]
    [InlineData("$orderby=phenomenonTime asc&$filter=result gt 70")]
    [InlineData("$orderby=phenomenonTime desc&$filter=phenomenonTime ge 2026-03-01T00:00:00Z and phenomenonTime lt 2026-03-01T02:00:00Z")]
    [InlineData("$orderby=phenomenonTime asc&$filter=phenomenonTime ge 2026-03-01T00:00:00Z and phenomenonTime lt 2026-03-01T02:00:00Z")]
    [InlineData("$orderby=phenomenonTime desc&$filter=2026-03-01T00:30:00Z ge phenomenonTime and result lt 20")]
    [InlineData("$orderby=phenomenonTime asc&$filter=2026-03-01T00:30:00Z lt phenomenonTime and result lt 20")]
    [InlineData("$orderby=phenomenonTime desc&$filter=phenomenonTime eq 2026-03-01T00:10:00Z")]
    [InlineData("$orderby=phenomenonTime desc&$filter=phenomenonTime gt 2200-01-01T00:00:00Z")]
    [InlineData("$orderby=phenomenonTime asc&$filter=phenomenonTime lt 1900-01-01T00:00:00Z")]
    [InlineData("$orderby=phenomenonTime desc&$filter=Datastream/name eq 'open 3'")]
    public async Task Pages_through_all_that_may_be_seen_once_and_in_order(string question)
    {
        await using var stoa = await Exchange.StartAsync();
        var rows = await GivenObservationsAsync(stoa);

        var pages = new List<long>();
        var next = $"/sensorthings/v1.1/Observations?$top=9&{question}";
        while (next is not null)
        {
            var answer = (await stoa.GetAsync(next)).ShouldBe(200).Json;
            pages.AddRange(answer.GetProperty("value").EnumerateArray().Select(row => row.GetProperty("@iot.id").GetInt64()));
            next = answer.TryGetProperty("@iot.nextLink", out var link) ? new Uri(link.GetString()!).PathAndQuery : null;
        }

        var visible = rows.Where(row => row.Datastream.StartsWith("open", StringComparison.Ordinal) && Meets(row, question));
        var ordered = question.Contains("desc,id asc", StringComparison.Ordinal)
            ? visible.OrderByDescending(row => row.Time).ThenBy(row => row.Id)
            : question.Contains(" desc", StringComparison.Ordinal)
                ? visible.OrderByDescending(row => row.Time).ThenByDescending(row => row.Id)
                : visible.OrderBy(row => row.Time).ThenBy(row => row.Id);
        var skipped = question.Contains("$skip=5", StringComparison.Ordinal) ? 5 : 0;
        Assert.Equal(ordered.Skip(skipped).Select(row => row.Id), pages);
    }

    /// <summary>Else every question would sort the whole table: the engine must see that windows come in order.</summary>
    [Fact, Trait("Engine", "SQLite")]
    public async Task Sorts_one_window_at_a_time_and_seeks_in_each_datastream()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, TestContext.Current.CancellationToken);
        using var read = await database.ReadAsync(TestContext.Current.CancellationToken);
        var entity = SensorThingsSchema.Observation;
        var request = ReadRequest.OfSet(entity, AccessScope.Of([new DatasetId(1), new DatasetId(2)]));

        var sql = new QueryTranslator(SensorThingsMapping.Mapping, SqlDialect.Sqlite).Rows(request with { Limit = 100 }).Text;

        using var explain = read.Prepare("EXPLAIN QUERY PLAN " + sql);
        var plan = new List<string>();
        while (explain.Step()) plan.Add(explain.Text(3));
        Assert.Contains(plan, step => step.Contains("USE TEMP B-TREE FOR RIGHT PART OF ORDER BY", StringComparison.Ordinal));
        Assert.Contains(plan, step => step.Contains(
            "USING PRIMARY KEY (datastream_id=? AND phenomenon_start>? AND phenomenon_start<?)", StringComparison.Ordinal));
    }

    private static bool Meets(Row row, string question) => question.Split("$filter=") is not [_, var filter] || filter switch
    {
        "result gt 70" => row.Result > 70,
        "phenomenonTime ge 2026-03-01T00:00:00Z and phenomenonTime lt 2026-03-01T02:00:00Z" =>
            row.Time >= At("2026-03-01T00:00:00Z") && row.Time < At("2026-03-01T02:00:00Z"),
        "2026-03-01T00:30:00Z ge phenomenonTime and result lt 20" => row.Time <= At("2026-03-01T00:30:00Z") && row.Result < 20,
        "2026-03-01T00:30:00Z lt phenomenonTime and result lt 20" => row.Time > At("2026-03-01T00:30:00Z") && row.Result < 20,
        "phenomenonTime eq 2026-03-01T00:10:00Z" => row.Time == At("2026-03-01T00:10:00Z"),
        "phenomenonTime gt 2200-01-01T00:00:00Z" or "phenomenonTime lt 1900-01-01T00:00:00Z" => false,
        "Datastream/name eq 'open 3'" => row.Datastream == "open 3",
        _ => throw new ArgumentOutOfRangeException(nameof(question), filter, "No reference for this filter."),
    };

    /// <summary>Dense and sparse times, far past and future, ties; in an open and in a closed dataset.</summary>
    private static async Task<List<Row>> GivenObservationsAsync(Exchange stoa)
    {
        var random = new Random(Seed);
        var datastreams = new List<(string Name, long Id)>();
        foreach (var (dataset, spectrum, count) in new[] { ("open", SpectrumClass.Open, 5), ("closed", SpectrumClass.Closed, 2) })
        {
            await stoa.GivenDatasetAsync(dataset, spectrum);
            for (var number = 0; number < count; number++)
                datastreams.Add(($"{dataset} {number}", await GivenDatastreamAsync(stoa, dataset, $"{dataset} {number}")));
        }

        var rows = new List<Row>();
        for (var number = 0; number < 160; number++)
        {
            var (name, datastream) = datastreams[random.Next(datastreams.Count)];
            var (time, result) = (AnyTime(random), random.Next(100));
            var body = new JsonObject
            {
                ["phenomenonTime"] = time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
                ["result"] = result,
                ["Datastream"] = new JsonObject { ["@iot.id"] = datastream },
            };
            rows.Add(new Row(await CreateAsync(stoa, "/sensorthings/v1.1/Observations", body), name, time, result));
        }

        return rows;
    }

    private static DateTimeOffset AnyTime(Random random) => random.Next(10) switch
    {
        0 => At("2017-05-01T00:00:00Z").AddDays(random.Next(400)),
        1 => At("1969-12-31T00:00:00Z").AddSeconds(random.Next(100_000)),
        2 => At("2099-01-01T00:00:00Z").AddDays(random.Next(3)),
        _ => At("2026-03-01T00:00:00Z").AddMinutes(random.Next(90)),
    };

    private static Task<long> GivenDatastreamAsync(Exchange stoa, string dataset, string name) => CreateAsync(
        stoa, $"/datasets/{dataset}/sensorthings/v1.1/Datastreams", JsonNode.Parse($$"""
        {
          "name": "{{name}}", "description": "A datastream",
          "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CountObservation",
          "unitOfMeasurement": { "name": "count", "symbol": "", "definition": "https://example.org/one" },
          "Thing": {
            "name": "{{name}}", "description": "A thing",
            "Locations": [{
              "name": "Here", "description": "A place", "encodingType": "application/geo+json",
              "location": { "type": "Point", "coordinates": [7.6, 51.96] }
            }]
          },
          "Sensor": { "name": "Sensor", "description": "A sensor", "encodingType": "text/html", "metadata": "https://example.org" },
          "ObservedProperty": { "name": "Count", "description": "A count", "definition": "https://example.org/count" }
        }
        """)!);

    private static async Task<long> CreateAsync(Exchange stoa, string path, JsonNode body)
    {
        var answer = (await stoa.PostJsonAsync(path, body.ToJsonString())).ShouldBe(201);
        return long.Parse(answer.Header("Location").Split('(')[^1].TrimEnd(')'), CultureInfo.InvariantCulture);
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Row(long Id, string Datastream, DateTimeOffset Time, int Result);
}
